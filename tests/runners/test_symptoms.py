"""What HYFAA prints, and what people are told of it; the table in the documentation has a row for each error."""

from __future__ import annotations

import inspect
import re
import signal
from pathlib import Path

import pytest

from sagui_pipelines.errors import SaguiError
from sagui_pipelines.hyfaa import step_errors
from sagui_pipelines.hyfaa.runner import Step
from sagui_pipelines.hyfaa.running.plan import PLANS
from sagui_pipelines.hyfaa.running.symptoms import SYMPTOMS, diagnose, recognise
from sagui_pipelines.hyfaa.step_errors import (
    AccessDenied,
    AltimetryUnavailable,
    EnsembleChanged,
    MemoryExceeded,
    ModelFailed,
    ObservationsMissing,
    PortalInUse,
    RainMissing,
    RainUnavailable,
    ScienceFileUnusable,
    StationMissing,
    StepFailed,
    StepKilled,
    StoreInconsistent,
    StoreLocked,
)

ROOT = Path(__file__).resolve().parents[2]
DOC = (ROOT / "docs" / "hyfaa-runners.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in re.findall(r"<!-- symptoms -->\n(.*?)\n\n", DOC, re.S)[0].splitlines()[2:]
]
MGB, POST = Step.MGBSTANDARD_PROCESSING, Step.MGBSTANDARD_POSTPROCESSING

PRINTED = [
    (
        MGB,
        "Exception: database /w/database_manager.sql is currently being modified by another program",
        StoreLocked,
    ),
    (MGB, "KeyError: 'type'", StoreInconsistent),
    (POST, "KeyError: 'type'", StoreInconsistent),
    (
        Step.FORCING,
        "FileNotFoundError: [Errno 2] No such file or directory: '/w/databases/forcing_grid_db/data_store/DATA_x.nc'",
        StoreInconsistent,
    ),
    (Step.FORCING, "ftputil.error.FTPOSError: [Errno 111] Connection refused", RainUnavailable),
    (Step.FORCING, "socket.gaierror: [Errno -2] Name or service not known", RainUnavailable),
    (Step.FORCING, "TimeoutError: [Errno 110] Connection timed out", RainUnavailable),
    (Step.ALTIMETRY, "KeyError: 'R_MARONI_MARONI_KM0054'", StationMissing),
    (Step.ALTIMETRY, "eodag.utils.exceptions.RequestError: 503 Service Unavailable", AltimetryUnavailable),
    (Step.ALTIMETRY, "eodag.utils.exceptions.TimeOutError: no answer", AltimetryUnavailable),
    (Step.ALTIMETRY, "eodag.utils.exceptions.AuthenticationError: HTTP Error 401", AccessDenied),
    (
        Step.ALTIMETRY,
        "eodag.utils.exceptions.MisconfiguredError: The following credentials are missing: apikey",
        AccessDenied,
    ),
    (MGB, "Exception: path /w/databases/assimilation_db does not exist", ObservationsMissing),
    (MGB, "Exception: Object must be within a context", ObservationsMissing),
    (MGB, "Exception: No data found in database for rain between 2026-01-01 and 2026-01-11", RainMissing),
    (MGB, "ValueError: max() arg is an empty sequence", RainMissing),
    (MGB, "ValueError: min() iterable argument is empty", RainMissing),
    (MGB, "Exception: MGB simulations failed", ModelFailed),
    (Step.FORECAST, "Exception: MGB simulations failed", ModelFailed),
    (MGB, "AssertionError: ensemble size mismatch", EnsembleChanged),
    (POST, "KeyError: 'n_ensemble'", ScienceFileUnusable),
    (POST, "KeyError: 'n_cells'", ScienceFileUnusable),
    (POST, "PermissionError: [Errno 13] Permission denied: '/w/m/post_processing_portal.nc'", PortalInUse),
    (MGB, "OSError: [Errno 28] No space left on device", StepFailed),
    (MGB, "numpy._core._exceptions._ArrayMemoryError: MemoryError", MemoryExceeded),
]


@pytest.mark.parametrize(("step", "line", "kind"), PRINTED)
def test_what_is_printed_becomes_an_error_with_fact_and_remedy(
    step: Step, line: str, kind: type[SaguiError], tmp_path: Path
) -> None:
    error = diagnose(
        PLANS[step], ["Traceback (most recent call last):", "  ...", line], 1, tmp_path / "log", tmp_path
    )
    assert type(error) is kind
    assert error.source == str(tmp_path / "log")
    assert error.fact
    assert "{" not in error.fact
    assert error.remedy.endswith(".")


@pytest.mark.parametrize("symptom", SYMPTOMS, ids=lambda symptom: symptom.error.__name__)
def test_every_symptom_is_tried_here(symptom, tmp_path: Path) -> None:
    assert any(
        symptom.pattern.search(line) and PLANS[step].kind in symptom.kinds for step, line, _ in PRINTED
    )


def test_a_name_in_quotes_means_a_station_to_altimetry_only(tmp_path: Path) -> None:
    lines = ["KeyError: 'R_MARONI'"]
    assert recognise(PLANS[MGB], lines, tmp_path, tmp_path) is None
    error = recognise(PLANS[Step.ALTIMETRY], lines, tmp_path, tmp_path)
    assert error is not None
    assert "R_MARONI" in error.fact


def test_the_model_s_own_report_is_told(tmp_path: Path) -> None:
    report = '- {output: STOP Stopped, error: "NetCDF:\\n  bound", status: failed, exitcode: 134}\n'
    (tmp_path / "error_jobs_yaml.log").write_text(report)
    error = recognise(PLANS[MGB], ["MGB simulations failed"], tmp_path / "log", tmp_path)
    assert error is not None
    assert "exitcode 134 / error NetCDF: bound / output STOP Stopped" in error.fact


@pytest.mark.parametrize("report", ["", "{", "text"])
def test_a_report_that_is_no_report_is_no_obstacle(tmp_path: Path, report: str) -> None:
    (tmp_path / "error_jobs_yaml.log").write_text(report)
    error = recognise(PLANS[MGB], ["MGB simulations failed"], tmp_path / "log", tmp_path)
    assert isinstance(error, ModelFailed)


@pytest.mark.parametrize("status", [-signal.SIGKILL, 128 + signal.SIGKILL])
def test_a_signal_is_named(tmp_path: Path, status: int) -> None:
    error = diagnose(PLANS[MGB], [], status, tmp_path / "log", tmp_path)
    assert isinstance(error, StepKilled)
    assert "SIGKILL; the machine may have run out of memory" in error.fact


def test_what_nobody_knows_is_quoted(tmp_path: Path) -> None:
    error = diagnose(PLANS[MGB], ["one", "two", "", "three", "four"], 2, tmp_path / "log", tmp_path)
    assert type(error) is StepFailed
    assert error.fact == "hyfaa_processing.py ended with status 2, its last words: two / three / four"


ERRORS = {
    name
    for name, kind in inspect.getmembers(step_errors, inspect.isclass)
    if issubclass(kind, SaguiError) and kind is not SaguiError
}


def test_the_documentation_has_every_error_and_names_tests_that_exist() -> None:
    told = {name for row in ROWS for name in re.findall(r"`(\w+)`", row[1])}
    assert told >= ERRORS
    tests = {
        name
        for path in (ROOT / "tests" / "runners").glob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.M)
    }
    for row in ROWS:
        named = re.findall(r"`(test_\w+)`", row[3])
        assert named, row[0]
        assert set(named) <= tests, row[0]


def test_the_documentation_says_of_each_error_whether_it_is_tried_again() -> None:
    for row in ROWS:
        for name in re.findall(r"`(\w+)`", row[1]):
            kind = getattr(step_errors, name, None)
            if kind is not None:
                assert ("tried again" in row[2]) == kind.retryable, name
