"""Snapshots: what is copied, what is refused, and that the last good copy always stays."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import netCDF4
import numpy as np
import pytest

from sagui_pipelines.errors import (
    CellsChanged,
    SaguiError,
    SourceCorrupt,
    SourceInvalid,
    SourceMissing,
    SourceNotReady,
    SourceShrunk,
    WorkspaceUnwritable,
)
from sagui_pipelines.hyfaa import snapshot as module
from sagui_pipelines.hyfaa.portal import Portal
from sagui_pipelines.hyfaa.snapshot import Snapshot, current_snapshot, take_snapshot
from sagui_pipelines.hyfaa.solutions import FILES, Solution

MGB = Solution.MGBSTANDARD
FILL = 9.969209968386869e36


def take(hyfaa, snapshots: Path, solution: Solution = MGB) -> Snapshot:
    return take_snapshot(hyfaa.workdir, solution, snapshots)


def refused(hyfaa, snapshots: Path, kind: type[SaguiError], solution: Solution = MGB) -> SaguiError:
    """Take a snapshot that must be refused; what was current stays, and nothing is left lying about."""
    before = module._read_current(snapshots / solution.value, solution)
    with pytest.raises(kind) as caught:
        take(hyfaa, snapshots, solution)
    assert module._read_current(snapshots / solution.value, solution) == before
    assert not list(snapshots.rglob("*.partial"))
    assert str(hyfaa.workdir) in caught.value.source
    return caught.value


def test_a_snapshot_is_a_verified_copy(hyfaa, snapshots: Path) -> None:
    source = hyfaa.portal()
    taken = take(hyfaa, snapshots)
    assert taken.path.read_bytes() == source.read_bytes()
    assert taken.path == snapshots / "mgbstandard" / f"{taken.version}.nc"
    assert (str(taken.first_date), str(taken.last_date)) == ("2026-01-02", "2026-01-21")
    assert (taken.n_time, taken.n_cells, taken.n_ensemble) == (20, 5, 1)
    assert taken.source_mtime == source.stat().st_mtime
    assert current_snapshot(snapshots, MGB) == taken
    with taken.open() as portal:
        assert portal.source == str(source)
        assert portal.dates.size == 20


def test_the_same_content_is_the_same_snapshot(
    hyfaa, snapshots: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = hyfaa.portal()
    first = take(hyfaa, snapshots)
    os.utime(source, (0, 0))

    def no_work(*_: object, **__: object) -> None:
        raise AssertionError("opened again")

    monkeypatch.setattr(module, "Portal", no_work)
    assert take(hyfaa, snapshots) == first
    assert sorted(path.name for path in first.path.parent.iterdir()) == [first.path.name, "current.json"]


def test_three_versions_are_kept(hyfaa, snapshots: Path) -> None:
    versions = []
    for number in range(5):
        hyfaa.portal(flow=hyfaa.flow(20 + number))
        versions.append(take(hyfaa, snapshots).version)
    kept = {path.stem for path in (snapshots / "mgbstandard").glob("*.nc")}
    assert kept == set(versions[-3:])


def test_an_abandoned_copy_is_swept_away(hyfaa, snapshots: Path) -> None:
    folder = snapshots / "mgbstandard"
    folder.mkdir(parents=True)
    abandoned, recent = folder / "killed.partial", folder / "running.partial"
    abandoned.write_bytes(b"half")
    recent.write_bytes(b"half")
    os.utime(abandoned, (1, 1))
    hyfaa.portal()
    take(hyfaa, snapshots)
    assert not abandoned.exists()
    assert recent.exists()


def test_a_copy_lost_from_disk_is_taken_again(hyfaa, snapshots: Path) -> None:
    hyfaa.portal()
    first = take(hyfaa, snapshots)
    first.path.unlink()
    with pytest.raises(SourceMissing):
        current_snapshot(snapshots, MGB)
    assert take(hyfaa, snapshots).version == first.version
    assert first.path.exists()


# -------------------------------------------------------------------------------- the traps of HYFAA's files


def test_trap_01_the_live_file_is_never_opened(
    hyfaa, snapshots: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hyfaa.portal()
    opened: list[Path] = []
    original = netCDF4.Dataset

    def watch(path: Path, *args: object, **options: object) -> netCDF4.Dataset:
        opened.append(Path(path))
        return original(path, *args, **options)

    monkeypatch.setattr("sagui_pipelines.hyfaa.portal.netCDF4.Dataset", watch)
    take(hyfaa, snapshots).open().close()
    assert len(opened) == 2
    assert all(snapshots in path.parents for path in opened)


def test_trap_01_hyfaa_can_write_while_a_snapshot_is_read(hyfaa, snapshots: Path) -> None:
    live = hyfaa.portal()
    writer = f"import netCDF4; netCDF4.Dataset({str(live)!r}, 'w').close()"
    with take(hyfaa, snapshots).open() as portal:
        environment = os.environ | {"HDF5_USE_FILE_LOCKING": "TRUE"}
        subprocess.run([sys.executable, "-c", writer], check=True, env=environment)
        assert portal.read("flow_mean", 0, 20).shape == (20, 5)


def test_trap_02_a_file_open_for_writing_is_not_taken(hyfaa, snapshots: Path) -> None:
    live = hyfaa.portal()
    take(hyfaa, snapshots)
    with netCDF4.Dataset(live, "w") as dataset:
        dataset.createDimension("n_time", 20)
        dataset.sync()
        assert refused(hyfaa, snapshots, SaguiError).fact


@pytest.mark.parametrize("grows", [True, False], ids=["grows", "is replaced"])
def test_trap_03_a_file_that_changes_during_the_copy(
    hyfaa, snapshots: Path, monkeypatch: pytest.MonkeyPatch, grows: bool
) -> None:
    live = hyfaa.portal()
    take(hyfaa, snapshots)
    original = module._read_block

    def disturbed(*args: object) -> bytes:
        if grows:
            with live.open("ab") as file:
                file.write(b"more")
        else:
            shutil.copy2(live, live.with_suffix(".new"))
            live.with_suffix(".new").replace(live)
        monkeypatch.setattr(module, "_read_block", original)
        return original(*args)

    monkeypatch.setattr(module, "_read_block", disturbed)
    assert "changed while it was copied" in refused(hyfaa, snapshots, SourceNotReady).fact


def test_trap_05_leftovers_of_the_science_file_do_not_matter(hyfaa, snapshots: Path) -> None:
    science = hyfaa.portal().with_name("post_processing_science.nc_old20260301061532")
    science.write_bytes(b"")
    assert take(hyfaa, snapshots).n_time == 20
    assert science.exists()


def test_trap_06_after_a_failed_forecast_the_last_good_one_stays(hyfaa, snapshots: Path) -> None:
    hyfaa.portal(Solution.FORECAST)
    good = take(hyfaa, snapshots, Solution.FORECAST)
    shutil.rmtree(hyfaa.path(Solution.FORECAST).parent)
    error = refused(hyfaa, snapshots, SourceMissing, Solution.FORECAST)
    assert "the last good copy stays in use" in error.remedy
    assert current_snapshot(snapshots, Solution.FORECAST) == good
    assert good.path.exists()


def test_trap_07_a_forecast_without_its_years_is_not_taken(hyfaa, snapshots: Path) -> None:
    hyfaa.portal(Solution.FORECAST, years_used=False)
    assert refused(hyfaa, snapshots, SourceNotReady, Solution.FORECAST).retryable


def test_trap_20_a_late_analysis_is_a_new_version(hyfaa, snapshots: Path) -> None:
    live = hyfaa.portal(Solution.ASSIMILATED)
    before = take(hyfaa, snapshots, Solution.ASSIMILATED)
    with netCDF4.Dataset(live, "a") as dataset:
        dataset["is_analysis"][7] = 1
    after = take(hyfaa, snapshots, Solution.ASSIMILATED)
    assert after.version != before.version
    with after.open() as portal:
        assert portal.is_analysis[7]


def test_trap_22_a_shorter_series_is_refused(hyfaa, snapshots: Path) -> None:
    hyfaa.portal(flow=hyfaa.flow(40))
    take(hyfaa, snapshots)
    hyfaa.portal(flow=hyfaa.flow(10))
    error = refused(hyfaa, snapshots, SourceShrunk)
    assert "ends on 2026-01-11, and on 2026-02-10 before" in error.fact
    (snapshots / "mgbstandard" / "current.json").unlink()  # the remedy, to accept it on purpose
    assert "current.json" in error.remedy
    assert take(hyfaa, snapshots).n_time == 10


def test_trap_22_a_forecast_may_go_back(hyfaa, snapshots: Path) -> None:
    for day in ("2026-03-02", "2026-03-01"):
        hyfaa.portal(Solution.FORECAST, first_day=np.datetime64(day))
        assert str(take(hyfaa, snapshots, Solution.FORECAST).first_date) == day


def test_trap_27_another_number_of_cells_is_refused(hyfaa, snapshots: Path) -> None:
    hyfaa.portal()
    take(hyfaa, snapshots)
    hyfaa.portal(flow=hyfaa.flow(30, 6))
    assert refused(hyfaa, snapshots, CellsChanged).fact == "has 6 cells, and 5 before"


@pytest.mark.parametrize("solution", Solution)
def test_trap_35_a_lock_refuses_the_file_and_tells_what_to_do(
    hyfaa, snapshots: Path, solution: Solution
) -> None:
    hyfaa.portal(solution)
    lock = hyfaa.lock(solution)
    error = refused(hyfaa, snapshots, SourceNotReady, solution)
    assert error.source == str(lock)
    assert "delete it" in error.remedy


def test_trap_36_a_lock_left_by_a_killed_step_shows_its_age(hyfaa, snapshots: Path) -> None:
    hyfaa.portal()
    lock = hyfaa.lock()
    os.utime(lock, (lock.stat().st_mtime - 36_000, lock.stat().st_mtime - 36_000))
    assert "locked for 10.0 h" in refused(hyfaa, snapshots, SourceNotReady).fact


def test_trap_37_a_lock_is_never_deleted_by_us(hyfaa, snapshots: Path) -> None:
    hyfaa.portal()
    lock = hyfaa.lock()
    refused(hyfaa, snapshots, SourceNotReady)
    assert lock.read_bytes() == b"copy of the database"


def test_trap_37_a_lock_that_appears_during_the_copy_counts(
    hyfaa, snapshots: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hyfaa.portal()
    original = module._copy

    def locked_meanwhile(*args: object) -> tuple[str, float]:
        hyfaa.lock()
        return original(*args)

    monkeypatch.setattr(module, "_copy", locked_meanwhile)
    refused(hyfaa, snapshots, SourceNotReady)


def test_trap_40_the_good_copy_outlives_a_destroyed_window(hyfaa, snapshots: Path) -> None:
    flow = hyfaa.flow(60)
    hyfaa.portal(flow=flow)
    good = take(hyfaa, snapshots)
    hyfaa.portal(flow=flow[:30])  # what postprocessing makes of a state store whose window is gone
    refused(hyfaa, snapshots, SourceShrunk)
    with current_snapshot(snapshots, MGB).open() as portal:
        assert np.array_equal(portal.read("flow_mean", 0, 60), flow)
    assert current_snapshot(snapshots, MGB) == good


def test_trap_41_the_number_of_members_is_told(hyfaa, snapshots: Path) -> None:
    for members in (20, 6):
        hyfaa.portal(Solution.ASSIMILATED, n_ensemble=members)
        assert take(hyfaa, snapshots, Solution.ASSIMILATED).n_ensemble == members


def test_trap_43_nothing_in_hyfaas_folder_changes(hyfaa, snapshots: Path) -> None:
    hyfaa.portal()
    before = {path: path.stat().st_mtime_ns for path in hyfaa.workdir.rglob("*")}
    take(hyfaa, snapshots).open().close()
    assert {path: path.stat().st_mtime_ns for path in hyfaa.workdir.rglob("*")} == before


# ------------------------------------------------------------------------------------------------ bad input


def test_no_portal(hyfaa, snapshots: Path) -> None:
    error = refused(hyfaa, snapshots, SourceMissing)
    assert "processing and postprocessing" in error.remedy


def test_no_snapshot_yet(snapshots: Path) -> None:
    with pytest.raises(SourceMissing, match="mgbstandard_portal"):
        current_snapshot(snapshots, MGB)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def unwritten(path: Path) -> None:
    with netCDF4.Dataset(path, "a") as dataset:
        dataset.set_auto_mask(False)
        dataset["time_added_to_hydb"][19] = FILL


def too_large(path: Path) -> None:
    with netCDF4.Dataset(path, "a") as dataset:
        dataset["streamflow_catchment_mean"][19, 4] = 5e6


@pytest.mark.parametrize(
    ("damage", "kind"),
    [
        (lambda path: path.write_bytes(b""), SourceCorrupt),
        (truncate, SourceCorrupt),
        (lambda path: path.write_text("proxy error", encoding="utf-8"), SourceCorrupt),
        (lambda path: (path.unlink(), path.mkdir()), SourceCorrupt),
        (unwritten, SourceNotReady),
    ],
    ids=["empty", "truncated", "text", "folder", "unwritten"],
)
def test_a_bad_file_leaves_the_last_good_copy(hyfaa, snapshots: Path, damage, kind: type[SaguiError]) -> None:
    hyfaa.portal(flow=hyfaa.flow(10))
    good = take(hyfaa, snapshots)
    damage(hyfaa.portal(flow=hyfaa.flow(20)))
    assert refused(hyfaa, snapshots, kind).source == str(hyfaa.path())
    assert current_snapshot(snapshots, MGB) == good
    hyfaa.path().rmdir() if hyfaa.path().is_dir() else None
    hyfaa.portal(flow=hyfaa.flow(20))
    assert take(hyfaa, snapshots).n_time == 20


def test_a_corrupt_day_is_told_and_the_file_is_taken(hyfaa, snapshots: Path) -> None:
    too_large(hyfaa.portal())
    taken = take(hyfaa, snapshots)
    why = "flow_mean outside -1e+06 to 1e+06 m3/s in 1 of 5 cells, the first cell 5"
    assert taken.refused == {taken.last_date: why}
    assert current_snapshot(snapshots, MGB) == taken
    with taken.open() as portal:
        assert portal.refused == taken.refused


def test_more_than_half_of_the_days_corrupt_condemn_the_file(hyfaa, snapshots: Path) -> None:
    flow = hyfaa.flow()
    flow[:11] = 5e6
    hyfaa.portal(flow=flow)
    assert "11 of 20 days are corrupt, the first 2026-01-02" in refused(hyfaa, snapshots, SourceInvalid).fact


def test_a_day_that_a_person_accepts_is_taken(hyfaa, snapshots: Path) -> None:
    too_large(hyfaa.portal())
    last = take(hyfaa, snapshots).last_date
    (snapshots / "accepted-days.txt").write_text(f"{last}  # seen by the hydrologist\nno day\n")
    again = take(hyfaa, snapshots)
    assert again.refused == {}
    assert (
        again.notes[0]
        == f"{snapshots / 'accepted-days.txt'}: line 2 is neither a day nor a range of days: no day"
    )


def test_snapshot_folder_is_a_file(hyfaa, tmp_path: Path) -> None:
    hyfaa.portal()
    (tmp_path / "state").write_bytes(b"")
    with pytest.raises(WorkspaceUnwritable, match="state"):
        take(hyfaa, tmp_path / "state" / "snapshots")


def test_snapshot_folder_is_read_only(hyfaa) -> None:
    hyfaa.portal()
    with pytest.raises(WorkspaceUnwritable, match="Make the state folder writable"):
        take(hyfaa, Path("/proc/sagui"))


def test_disk_full_during_the_copy(hyfaa, snapshots: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hyfaa.portal(flow=hyfaa.flow(10))
    good = take(hyfaa, snapshots)
    hyfaa.portal(flow=hyfaa.flow(20))

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(WorkspaceUnwritable, match="No space left on device"):
        take(hyfaa, snapshots)
    assert current_snapshot(snapshots, MGB) == good
    assert not list(snapshots.rglob("*.partial"))


def test_unreadable_source(hyfaa, snapshots: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hyfaa.portal()
    original = Path.open

    def refuse(self: Path, *args: object, **options: object) -> object:
        if self == hyfaa.path():
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return original(self, *args, **options)

    monkeypatch.setattr(Path, "open", refuse)
    assert "Permission denied" in refused(hyfaa, snapshots, SourceCorrupt).fact


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"version": 3}', "\x00"])
def test_a_damaged_description_is_told(hyfaa, snapshots: Path, content: str) -> None:
    hyfaa.portal()
    take(hyfaa, snapshots)
    description = snapshots / "mgbstandard" / "current.json"
    description.write_text(content, encoding="utf-8")
    for call in (lambda: current_snapshot(snapshots, MGB), lambda: take(hyfaa, snapshots)):
        with pytest.raises(SourceCorrupt) as caught:
            call()
        assert caught.value.source == str(description)
    description.unlink()
    assert json.loads((take(hyfaa, snapshots).path.parent / "current.json").read_text())["n_time"] == 20


@pytest.mark.shared_data
@pytest.mark.parametrize("solution", Solution)
def test_real_files_are_taken(shared_data: Path, snapshots: Path, solution: Solution) -> None:
    taken = take_snapshot(shared_data / "niger", solution, snapshots)
    assert taken.n_cells == 11_595
    with Portal(shared_data / "niger" / FILES[solution].portal) as real:
        assert real.dates[-1] == np.datetime64(taken.last_date)


def test_only_rows_computed_again_are_read_anew(
    hyfaa, snapshots: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal = hyfaa.portal(MGB)
    take(hyfaa, snapshots)
    read_from: list[int] = []
    spans = Portal.spans

    def spy(self: Portal, days: int, first: int = 0) -> Iterator[tuple[int, int]]:
        read_from.append(first)
        return spans(self, days, first)

    monkeypatch.setattr(Portal, "spans", spy)
    with netCDF4.Dataset(portal, "a") as dataset:
        dataset["time_added_to_hydb"][17:] += 1.0
    take(hyfaa, snapshots)
    assert read_from[-1] == 17
