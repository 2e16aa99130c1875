"""A load that is killed, cut off from the server, or given a very wide file."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest
import sqlalchemy as sa
from flow_files import VARIABLES, days, jd, series, write_portal
from numpy.typing import NDArray

from sagui_pipelines.errors import DatabaseUnavailable
from sagui_pipelines.flow import load as load_module
from sagui_pipelines.flow.load import load_series
from sagui_pipelines.hyfaa.portal import Portal
from sagui_pipelines.hyfaa.solutions import Solution

pytestmark = pytest.mark.postgis

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = Path(__file__).with_name("load_once.py")
TABLE = "hyfaa_data_assimilated"
KILLS = 12


def start(database: Any, path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), database.url(), str(path)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )


def checksum(database: Any) -> str:
    """Content of the table and of all that remembers its loads; not the moments of loading."""
    statements = (
        f"SELECT count(*), sum(hashtextextended(s::text, 0)) FROM guyane.{TABLE} s",
        "SELECT tablename, date, time_added_jd, row_count FROM guyane.sagui_importday ORDER BY 1, 2",
        "SELECT s::text FROM guyane.sagui_importstate s ORDER BY 1",
        "SELECT tablename, rows_staged, rows_inserted, rows_updated FROM guyane.sagui_importlog ORDER BY id",
        "SELECT relname FROM pg_class WHERE relname LIKE 'hyfaa_data_assimilated_y%%' ORDER BY 1",
    )
    return hashlib.sha256(repr([database.query(text) for text in statements]).encode()).hexdigest()


def wait_until_idle(database: Any) -> None:
    """The server notices a dead client when it next talks to it."""
    deadline = time.monotonic() + 60
    query = (
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'sagui-pipelines' "
        "AND datname = current_database()"
    )
    while database.query(query, role="superuser") != [(0,)]:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_killed_at_any_moment_leaves_the_old_or_the_new_state(
    engine: sa.Engine, database: Any, tmp_path: Path
) -> None:
    dates, n_cells = days("2021-11-01", "2023-02-28"), 300
    columns = series(dates, n_cells)
    first = {name: column[:-45] for name, column in columns.items()}
    with Portal(write_portal(tmp_path / "old.nc", dates[:-45], first)) as portal:
        load_series(engine, portal, Solution.ASSIMILATED)
    engine.dispose()
    old = checksum(database)
    # The next file recomputed 60 days, so it merges into one year and makes the partition of the next.
    added = jd(dates)
    added[-105:] += 40
    for column in columns.values():
        column[-105:] += 0.125
    path = write_portal(tmp_path / "new.nc", dates, columns, added_jd=added)

    began = time.monotonic()
    reference = start(database, path)
    assert reference.wait(120) == 0
    duration = time.monotonic() - began
    new = checksum(database)
    assert new != old

    random = np.random.default_rng(973)
    seen = {old: 0, new: 0}
    for _ in range(KILLS):
        reset(engine, database, tmp_path / "old.nc")
        assert checksum(database) == old
        process = start(database, path)
        time.sleep(duration * random.uniform(0.25, 1.05))
        process.send_signal(signal.SIGKILL)
        process.wait()
        wait_until_idle(database)
        seen[checksum(database)] += 1
    assert sum(seen.values()) == KILLS
    assert seen[old] > 0
    # And the next run ends well, whatever was left behind.
    reset(engine, database, tmp_path / "old.nc")
    assert start(database, path).wait(120) == 0
    assert checksum(database) == new


def reset(engine: sa.Engine, database: Any, path: Path) -> None:
    """Back to the state in which only the first file was loaded."""
    partitions = database.query(
        "SELECT relname FROM pg_class WHERE relname ~ '^hyfaa_data_assimilated_y[0-9]{4}$'"
    )
    for (name,) in partitions:
        database.query(f"DROP TABLE guyane.{name}")
    for name in ("importday", "importstate", "importlog"):
        database.query(f"DELETE FROM guyane.sagui_{name}")
    with Portal(path) as portal:
        load_series(engine, portal, Solution.ASSIMILATED)
    engine.dispose()


def test_a_connection_cut_in_the_middle_changes_nothing_and_is_worth_a_retry(
    engine: sa.Engine, database: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dates = days("2022-01-01", "2022-03-31")
    path = write_portal(tmp_path / "portal.nc", dates, series(dates, 50))
    with Portal(path) as portal:
        load_series(engine, portal, Solution.ASSIMILATED, dates[:30])
    before = database.query(f"SELECT count(*), sum(hashtextextended(s::text, 0)) FROM guyane.{TABLE} s")
    known = database.query("SELECT date FROM guyane.sagui_importday ORDER BY 1")

    def cut(self: Any, wanted: NDArray[np.datetime64]) -> Any:
        for number, block in enumerate(original(self, wanted)):
            yield block
            if number == 0:
                time.sleep(0.3)
                database.query(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
                    "AND application_name = 'sagui-pipelines'",
                    role="superuser",
                )

    original = load_module.SeriesRows.blocks
    monkeypatch.setattr(load_module.SeriesRows, "blocks", cut)
    monkeypatch.setattr("sagui_pipelines.flow.rows._BLOCK_ROWS", 100)
    with Portal(path) as portal:
        with pytest.raises(DatabaseUnavailable) as caught:
            load_series(engine, portal, Solution.ASSIMILATED)
        assert caught.value.retryable
        assert (
            database.query(f"SELECT count(*), sum(hashtextextended(s::text, 0)) FROM guyane.{TABLE} s")
            == before
        )
        assert database.query("SELECT date FROM guyane.sagui_importday ORDER BY 1") == known
        ((error,),) = database.query(
            "SELECT last_error FROM guyane.sagui_importstate WHERE tablename = %s", TABLE
        )
        assert error.startswith("DatabaseUnavailable")
        monkeypatch.undo()
        assert len(load_series(engine, portal, Solution.ASSIMILATED).days) == 60


def test_the_producer_ends_with_a_failed_load(
    engine: sa.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dates = days("2022-01-01", "2022-12-31")
    path = write_portal(tmp_path / "portal.nc", dates, series(dates, 50))
    monkeypatch.setattr("sagui_pipelines.flow.rows._BLOCK_ROWS", 100)

    def fail(*_: Any, **__: Any) -> Any:
        raise KeyError("stage")

    monkeypatch.setattr("sagui_pipelines.postgis.load.stage_partition", fail)
    before = threading.active_count()
    with Portal(path) as portal, pytest.raises(KeyError, match="stage"):
        load_series(engine, portal, Solution.ASSIMILATED)
    assert threading.active_count() == before


def test_a_wide_file_stays_below_500_mb(database: Any, tmp_path: Path) -> None:
    dates, n_cells = days("2019-01-01", "2020-12-31"), 11_595
    path = tmp_path / "wide.nc"
    write_wide(path, dates, n_cells)
    process = start(database, path)
    output, _ = process.communicate(timeout=300)
    rows, peak_kb = (int(word) for word in output.split())
    assert rows == dates.size * n_cells
    assert peak_kb / 1024 < 500


def write_wide(path: Path, dates: NDArray[np.datetime64], n_cells: int) -> None:
    """All eight columns in HYFAA's chunk layout, hundreds of days deep; written without holding them in memory."""
    random = np.random.default_rng(3)
    with netCDF4.Dataset(path, "w") as dataset:
        for name, size in (("n_time", dates.size), ("n_cells", n_cells), ("n_ensemble", 20)):
            dataset.createDimension(name, size)
        dataset.createVariable("time", "f8", ("n_time",))[:] = jd(dates, 0)
        dataset.createVariable("time_added_to_hydb", "f8", ("n_time",))[:] = jd(dates)
        dataset.createVariable("is_analysis", "u1", ("n_time",))[:] = 0
        for name in VARIABLES.values():
            variable = dataset.createVariable(name, "f8", ("n_time", "n_cells"), zlib=True, complevel=1)
            values = np.round(random.random(n_cells) * 100, 3) + (100 if name.endswith("_std") else 0)
            variable[:] = values + np.arange(dates.size)[:, None]
