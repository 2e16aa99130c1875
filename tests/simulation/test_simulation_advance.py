"""Advancing day by day: what is rewritten, what stays, and what an interruption leaves."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import h5py
import netCDF4
import numpy as np
import pytest

from sagui_pipelines.errors import SettingsInvalid, SourceCorrupt, WorkspaceUnwritable
from sagui_pipelines.hyfaa.runner import Step
from sagui_pipelines.hyfaa.solutions import FILES, Solution
from sagui_pipelines.simulation.basin_run import simulate, write_geography
from sagui_pipelines.simulation.kept import Kept

UNTIL = date(2024, 6, 1)
DAY = timedelta(days=1)
SERIES = (Solution.MGBSTANDARD, Solution.ASSIMILATED)
COMMAND = ("--cells", "60", "--seed", "5", "--start", "2022-01-01")


def content(folder: Path, solution: Solution) -> dict[str, np.ndarray]:
    with netCDF4.Dataset(folder / "hyfaa" / FILES[solution].portal) as data:
        data.set_auto_mask(False)
        return {name: variable[:] for name, variable in data.variables.items()}


def rain(folder: Path) -> dict[str, bytes]:
    store = folder / "hyfaa/databases/forcing_onmesh_db/data_store"
    return {path.name: path.read_bytes() for path in store.iterdir()}


def assert_same(one: Path, other: Path) -> None:
    for solution in Solution:
        first, second = content(one, solution), content(other, solution)
        assert first.keys() == second.keys()
        for name, values in first.items():
            assert np.array_equal(values, second[name]), (solution, name)
    assert rain(one).keys() == rain(other).keys()


def test_two_runs_with_the_same_arguments_give_identical_values(made, advance, tmp_path) -> None:
    advance(tmp_path / "again")
    assert_same(made, tmp_path / "again")
    for name in ("reference_flow.csv", "geodata/drainage.shp", "geodata/catchments.shp", "geodata/mini.shp"):
        assert (made / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def test_nothing_is_written_when_the_day_is_reached(copied, advance) -> None:
    def stamps() -> dict[str, int]:
        return {str(path): path.stat().st_mtime_ns for path in copied.rglob("*") if path.is_file()}

    before = {path: stamp for path, stamp in stamps().items() if not path.endswith(".lock")}
    for until in (UNTIL, UNTIL - 5 * DAY):
        report = advance(copied, until)
        assert not report.changed
        assert report.flow_days == 0
        assert report.forecast_members == 2
    assert {path: stamp for path, stamp in stamps().items() if not path.endswith(".lock")} == before


@pytest.mark.parametrize("days", [1, 3, 40])
def test_only_the_last_thirty_days_are_rewritten(made, copied, advance, days: int) -> None:
    report = advance(copied, UNTIL + days * DAY)
    assert report.changed
    assert report.rain_days == days
    old_rain = rain(made)
    assert {name: data for name, data in rain(copied).items() if name in old_rain} == old_rain
    for solution in SERIES:
        old, new = content(made, solution), content(copied, solution)
        total = old["time"].size
        kept = min(total, total + days - 30)
        assert new["time"].size == total + days
        assert report.flow_days == 2 * (total + days - kept)
        for name in ("time", "time_added_to_hydb", "is_analysis"):
            assert np.array_equal(old[name][:kept], new[name][:kept])
        assert (new["time_added_to_hydb"][kept:] > old["time_added_to_hydb"].max()).all()
        for name in (name for name in old if name.startswith(("streamflow", "water"))):
            assert old[name][:kept].tobytes() == new[name][:kept].tobytes()
            common = slice(kept, total)
            same = old[name][common].tobytes() == new[name][common].tobytes()
            assert same == (solution is Solution.MGBSTANDARD or kept == total)


def test_recomputed_ensemble_stays_close(made, copied, advance) -> None:
    advance(copied, UNTIL + DAY)
    old, new = (
        content(folder, Solution.ASSIMILATED)["streamflow_catchment_median"] for folder in (made, copied)
    )
    recent = slice(-29, None)
    change = np.abs(old[recent] - new[old.shape[0] - 29 : -1]) / old[recent].clip(1.0)
    assert 0.0 < change.mean() < 0.2


def test_observations_arrive_late(made, copied, advance) -> None:
    advance(copied, UNTIL + 15 * DAY)
    old, new = (content(folder, Solution.ASSIMILATED)["is_analysis"] for folder in (made, copied))
    before, after = old.astype(bool), new[: old.size].astype(bool)
    assert (after[-8:] & ~before[-8:]).any()
    assert not (before & ~after).any()


def test_day_by_day_gives_the_same_mgbstandard_as_in_one_go(copied, advance, land) -> None:
    for number in range(1, 4):
        advance(copied, UNTIL + number * DAY)
    advance(land, UNTIL + 3 * DAY)
    for solution in (Solution.MGBSTANDARD, Solution.FORECAST):
        stepwise, at_once = content(copied, solution), content(land, solution)
        for name, values in at_once.items():
            if name != "time_added_to_hydb":
                assert np.array_equal(values, stepwise[name]), name


def test_forecast_follows_the_newest_day(copied, advance) -> None:
    advance(copied, UNTIL + DAY)
    first = np.datetime64("1950-01-01") + int(content(copied, Solution.FORECAST)["time"][0])
    assert first == np.datetime64(UNTIL + 2 * DAY)


def test_forecast_needs_a_year_of_rain_and_has_one_member_after_the_first(land) -> None:
    def run(until: date) -> int:
        arguments = {"cells": 60, "seed": 5, "start": date(2023, 1, 1), "progress": lambda _line: None}
        return simulate(land, until=until, **arguments).forecast_members

    portal = land / "hyfaa" / FILES[Solution.FORECAST].portal
    assert run(date(2023, 1, 20)) == 0
    assert not portal.exists()
    assert run(date(2024, 1, 10)) == 1
    names = {name for name in content(land, Solution.FORECAST) if name.startswith(("stream", "water"))}
    assert names == {"streamflow_catchment_mean", "water_elevation_catchment_mean"}


def test_short_history_grows_without_gaps(land, tmp_path, advance) -> None:
    shutil.copytree(land, tmp_path / "whole")
    for until in (date(2022, 1, 2), date(2022, 1, 20), date(2022, 2, 5), date(2022, 3, 30)):
        advance(land, until)
    advance(tmp_path / "whole", date(2022, 3, 30))
    grown, whole = (content(folder, Solution.MGBSTANDARD) for folder in (land, tmp_path / "whole"))
    assert np.array_equal(grown["time"], whole["time"])
    assert np.array_equal(grown["streamflow_catchment_mean"], whole["streamflow_catchment_mean"])
    assert len(np.unique(grown["time_added_to_hydb"])) == grown["time"].size


def test_steps_run_alone_and_end_in_the_same_files(copied, tmp_path, advance) -> None:
    once = Path(shutil.copytree(copied, tmp_path / "once"))
    advance(once, UNTIL + DAY)
    for step in Step:
        simulate(
            copied,
            cells=60,
            seed=5,
            start=date(2022, 1, 1),
            until=UNTIL + DAY,
            progress=lambda _line: None,
            steps=[step],
        )
    assert_same(once, copied)


@pytest.mark.parametrize("solution", SERIES)
def test_a_run_that_dies_before_its_state_is_kept_is_done_again(
    copied, tmp_path, advance, monkeypatch, solution: Solution
) -> None:
    reference = Path(shutil.copytree(copied, tmp_path / "reference"))
    advance(reference, UNTIL + DAY)

    def die(self: Kept, path: Path) -> None:
        if path.stem == solution.value:
            raise KeyboardInterrupt
        save(self, path)

    save = Kept.save
    monkeypatch.setattr(Kept, "save", die)
    with pytest.raises(KeyboardInterrupt):
        advance(copied, UNTIL + DAY)
    monkeypatch.undo()
    advance(copied, UNTIL + DAY)
    assert_same(reference, copied)


@pytest.mark.parametrize("moment", [0.0, 0.1, 0.25, 0.5])
def test_kill_during_advance_leaves_whole_files_and_the_next_call_completes(
    made, copied, tmp_path, advance, moment: float
) -> None:
    until = UNTIL + 2 * DAY
    reference = Path(shutil.copytree(copied, tmp_path / "reference"))
    advance(reference, until)
    arguments = [sys.executable, "-m", "sagui_pipelines.simulation", "--dir", str(copied), *COMMAND]
    process = subprocess.Popen([*arguments, "--until", str(until)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(moment)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    lengths = {content(copied, solution)["time"].size for solution in SERIES}
    assert lengths <= {content(made, SERIES[0])["time"].size, content(reference, SERIES[0])["time"].size}
    advance(copied, until)
    assert_same(reference, copied)


def test_a_removed_portal_is_computed_again(copied, advance) -> None:
    portal = copied / "hyfaa" / FILES[Solution.MGBSTANDARD].portal
    before = content(copied, Solution.MGBSTANDARD)["streamflow_catchment_mean"]
    portal.unlink()
    assert advance(copied).changed
    assert np.array_equal(content(copied, Solution.MGBSTANDARD)["streamflow_catchment_mean"], before)


def test_a_removed_geography_file_is_written_again(made, copied, advance) -> None:
    (copied / "geodata" / "mini.shp").unlink()
    assert advance(copied).changed
    assert (copied / "geodata" / "mini.shp").read_bytes() == (made / "geodata" / "mini.shp").read_bytes()


def test_a_damaged_kept_state_says_what_to_do(copied, advance) -> None:
    (copied / "state" / "mgbstandard.npz").write_bytes(b"PK\x03\x04 not a state")
    with pytest.raises(SourceCorrupt, match="Remove it"):
        advance(copied, UNTIL + DAY)


def test_a_truncated_portal_is_computed_again(copied, advance) -> None:
    portal = copied / "hyfaa" / FILES[Solution.MGBSTANDARD].portal
    portal.write_bytes(portal.read_bytes()[:5000])
    assert advance(copied, UNTIL + DAY).changed
    assert content(copied, Solution.MGBSTANDARD)["time"].size == 883


def test_damage_inside_a_portal_says_what_to_do(copied, advance) -> None:
    portal = copied / "hyfaa" / FILES[Solution.MGBSTANDARD].portal
    with h5py.File(portal) as data:
        place = data["streamflow_catchment_mean"].id.get_chunk_info_by_coord((832, 0))
    with portal.open("r+b") as stream:
        stream.seek(place.byte_offset)
        stream.write(b"\0" * place.size)
    with pytest.raises(SourceCorrupt, match="Remove it"):
        advance(copied, UNTIL + DAY)


def test_other_arguments_are_refused(copied) -> None:
    right = {"cells": 60, "seed": 5, "start": date(2022, 1, 1)}
    for name, value in (("cells", 70), ("seed", 6), ("start", date(2021, 1, 1))):
        with pytest.raises(SettingsInvalid, match=f"was made with {name}") as caught:
            simulate(copied, **(right | {name: value}), until=UNTIL, progress=lambda _line: None)
        assert "remove the folder" in caught.value.remedy


def test_an_empty_period_is_refused(tmp_path) -> None:
    with pytest.raises(SettingsInvalid, match="simulated period"):
        simulate(tmp_path, cells=60, seed=5, start=UNTIL, until=UNTIL, progress=lambda _line: None)


def test_geography_alone_then_the_series(made, tmp_path, advance) -> None:
    lines: list[str] = []
    assert write_geography(tmp_path, 60, 5, lines.append)
    assert any("60 cells" in line for line in lines)
    assert sorted(path.name for path in tmp_path.iterdir() if path.name[0] != ".") == [
        "geodata",
        "hyfaa",
        "reference_flow.csv",
        "simulation.json",
        "state",
        "stations.xlsx",
    ]
    assert not write_geography(tmp_path, 60, 5, lines.append)
    advance(tmp_path)
    assert_same(made, tmp_path)


def test_an_unwritable_folder_says_so(tmp_path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(WorkspaceUnwritable):
        write_geography(tmp_path / "file" / "basin", 60, 5, lambda _line: None)


def test_command_line_reports_progress_and_errors(copied) -> None:
    command = [sys.executable, "-m", "sagui_pipelines.simulation", "--dir", str(copied)]
    done = subprocess.run([*command, *COMMAND, "--until", str(UNTIL)], capture_output=True, text=True)
    assert done.returncode == 0
    assert "mgbstandard: 0 days written" in done.stdout
    wrong = subprocess.run([*command, *COMMAND[:3], "9", *COMMAND[4:]], capture_output=True, text=True)
    assert wrong.returncode == 1
    assert "was made with seed 5, not 9" in wrong.stderr
    missing = subprocess.run(command, capture_output=True, text=True)
    assert missing.returncode == 2
    assert "--start" in missing.stderr
