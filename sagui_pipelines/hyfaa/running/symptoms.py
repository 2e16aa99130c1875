"""From what a failed step printed to an error that says what it means and what to do."""

from __future__ import annotations

import re
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from sagui_pipelines.errors import SaguiError
from sagui_pipelines.hyfaa.running.plan import Kind, StepPlan
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

_ALL = tuple(Kind)
_LINES_TOLD = 3


@dataclass(frozen=True)
class Symptom:
    """One way in which steps fail.

    Attributes:
        pattern: what the step prints; a group, if any, is told.
        kinds: steps in which it means this.
        error: class of the error.
        fact: what it means; `{}` stands for the group.
        remedy: what to do.
    """

    pattern: re.Pattern[str]
    kinds: tuple[Kind, ...]
    error: type[SaguiError]
    fact: str
    remedy: str


def _symptom(pattern: str, kinds: Sequence[Kind], error: type[SaguiError], fact: str, remedy: str) -> Symptom:
    return Symptom(re.compile(pattern, re.IGNORECASE), tuple(kinds), error, fact, remedy)


_AGAIN = "It is tried again by itself."
_PUT_RIGHT = "It is put right before the next try, which comes by itself."
_MODEL = (Kind.PROCESSING, Kind.FORECAST)

# The first that fits decides: causes stand before their consequences.
SYMPTOMS = (
    _symptom(
        r"currently being modified",
        _ALL,
        StoreLocked,
        "HYFAA found the lock of another writer on its database",
        f"If a step runs that the platform did not start, let it end. {_PUT_RIGHT}",
    ),
    _symptom(
        r"KeyError: 'type'",
        (Kind.PROCESSING, Kind.POSTPROCESSING, Kind.FORECAST),
        StoreInconsistent,
        "a killed step left a state half added, and HYFAA cannot open the store",
        _PUT_RIGHT,
    ),
    _symptom(
        r"FileNotFoundError.*data_store/(DATA_\S+?\.nc)",
        _ALL,
        StoreInconsistent,
        "a row has no file ({}), and HYFAA cannot open the store",
        _PUT_RIGHT,
    ),
    _symptom(
        r"(ftputil\.error\S*|FTPOSError|FTPError|socket\.gaierror|ConnectionRefusedError|timed? ?out).*",
        (Kind.FORCING,),
        RainUnavailable,
        "the rain service cannot be reached ({})",
        "It is tried again by itself; until then the model goes on with the rain that is there.",
    ),
    _symptom(
        r"(?:http\S*|status\S*|code\S*|error:?) *40[13]\b|unauthorized|forbidden|AuthenticationError|MisconfiguredError",
        (Kind.ALTIMETRY,),
        AccessDenied,
        "the altimetry service refused the key",
        "Put a valid key of hydroweb.next into the file that SAGUI_HYFAA_API_KEY_FILE names.",
    ),
    _symptom(
        r"KeyError: '([^']+)'",
        (Kind.ALTIMETRY,),
        StationMissing,
        "the altimetry service delivered no file for the station {}",
        f"{_AGAIN} If it stays so, remove the station from hysope_svs.yaml; only the assimilated series waits for it.",
    ),
    _symptom(
        r"(RequestError|TimeOutError|ConnectionError|socket\.gaierror|Max retries exceeded|timed? ?out).*",
        (Kind.ALTIMETRY,),
        AltimetryUnavailable,
        "the altimetry service cannot be reached ({})",
        f"{_AGAIN} Only the assimilated series waits for it.",
    ),
    _symptom(
        r"assimilation_db\S* does not exist|Object must be within a context",
        _MODEL,
        ObservationsMissing,
        "the database of observations is not there",
        "An empty one is made before the next try, which comes by itself.",
    ),
    _symptom(
        r"No data found in database for rain",
        _MODEL,
        RainMissing,
        "the rain store has a gap longer than the model tolerates",
        "Fill the gap: materialize forcing_onmesh_db once the rain service has these days again.",
    ),
    _symptom(
        r"ValueError:.*(?:max|min)\S*.*empty",
        _MODEL,
        RainMissing,
        "the rain store holds no rain at all",
        "Materialize the asset forcing_onmesh_db first.",
    ),
    _symptom(
        r"MGB simulations failed",
        _MODEL,
        ModelFailed,
        "the river model itself failed",
        "Read the report named here; correct the input it complains of, then materialize this asset again.",
    ),
    _symptom(
        r"AssertionError.*ensemble|ensemble.*AssertionError|ensemble size",
        _ALL,
        EnsembleChanged,
        "the stored states have another number of members than the configuration",
        "Put the former n_ensemble back, or remove the solution's states to compute all days anew.",
    ),
    _symptom(
        r"KeyError: '(n_ensemble|n_cells|n_time)'",
        (Kind.POSTPROCESSING, Kind.FORECAST),
        ScienceFileUnusable,
        "the former science file lacks {}: an execution before was cut off",
        "HYFAA set it aside and makes it anew in the next try, which comes by itself.",
    ),
    _symptom(
        r"PermissionError.*post_processing_\w+\.nc",
        (Kind.POSTPROCESSING, Kind.FORECAST),
        PortalInUse,
        "a reader holds the file open that HYFAA wants to write",
        f"End the program that reads it, and let it open copies only. {_PUT_RIGHT}",
    ),
    _symptom(
        r"No space left on device",
        _ALL,
        StepFailed,
        "the disk is full",
        "Free some space, then materialize this asset again.",
    ),
    _symptom(
        r"MemoryError|Cannot allocate memory",
        _ALL,
        MemoryExceeded,
        "there was not enough memory",
        "Lower SAGUI_HYFAA_NPROCS, or give the step more memory.",
    ),
)


def diagnose(plan: StepPlan, lines: Sequence[str], status: int, log: Path, temporary: Path) -> SaguiError:
    """Name the reason for which a step failed.

    Args:
        plan: the step.
        lines: the last lines it printed.
        status: how it ended: an exit status, or minus the number of a signal.
        log: file with all it printed.
        temporary: its temporary folder, where the model's report lies.
    """
    found = recognise(plan, lines, log, temporary)
    if found is not None:
        return found
    killer = -status if status < 0 else status - 128
    if killer in {number.value for number in signal.Signals}:
        name = signal.Signals(killer).name
        hint = "; the machine may have run out of memory" if killer == signal.SIGKILL else ""
        return StepKilled(log, f"{plan.script} was ended by {name}{hint}", _PUT_RIGHT)
    told = " / ".join(line.strip() for line in [line for line in lines if line.strip()][-_LINES_TOLD:])
    fact = f"{plan.script} ended with status {status}, its last words: {told or 'none'}"
    return StepFailed(log, fact, "Read the log, correct the cause, then materialize this asset again.")


def recognise(plan: StepPlan, lines: Sequence[str], log: Path, temporary: Path) -> SaguiError | None:
    """Return the error that the output tells of, or None when it tells of none that is known."""
    for symptom in SYMPTOMS:
        if plan.kind not in symptom.kinds:
            continue
        for line in reversed(lines):
            match = symptom.pattern.search(line)
            if match:
                fact = symptom.fact.format(next(iter(match.groups()), ""))
                if symptom.error is ModelFailed:
                    fact = f"{fact}{_model_report(temporary)}"
                return symptom.error(log, fact, symptom.remedy)
    return None


def _model_report(temporary: Path) -> str:
    """What the model's own report says, for people; empty when there is none."""
    path = temporary / "error_jobs_yaml.log"
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8", errors="replace"))
    except (OSError, yaml.YAMLError):
        return ""
    words: list[str] = []
    for job in content if isinstance(content, list) else [content]:
        if isinstance(job, dict):
            words += [
                f"{name} {job[name]}".strip() for name in ("exitcode", "error", "output") if job.get(name)
            ]
    told = " / ".join(" ".join(word.split()) for word in words)[:500]
    return f" ({told}; {path})" if told else f" ({path})"
