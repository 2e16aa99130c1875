"""Loading forecast issues: archive, current table, the dataset behind the expected flow, single members."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from flow_files import VARIABLES, days, read_table, same_bits, series, write_portal

from sagui_pipelines.errors import CellsChanged
from sagui_pipelines.flow.forecast import ForecastReport, configured_dataset, issue_day, load_forecast
from sagui_pipelines.flow.load import load_series
from sagui_pipelines.hyfaa.portal import Portal
from sagui_pipelines.hyfaa.solutions import Solution

pytestmark = pytest.mark.postgis

N_CELLS = 6
PAST = days("2021-06-01", "2022-12-31")
CURRENT, ARCHIVE = "hyfaa_data_forecast", "hyfaa_data_forecast_archive"


@pytest.fixture
def history(tmp_path: Path) -> Path:
    return write_portal(tmp_path / "history.nc", PAST, series(PAST, N_CELLS, seed=9))


def issue(folder: Path, first: str, *, seed: int = 1, ensemble: bool = True, n_cells: int = N_CELLS) -> Path:
    """A forecast file of ten days."""
    dates = days(first, str(np.datetime64(first) + 9))
    columns = series(dates, n_cells, ensemble=ensemble, seed=seed)
    members = 10 if ensemble else 1
    return write_portal(folder / f"{first}-{seed}.nc", dates, columns, n_ensemble=members, years_used=True)


def load(
    engine: sa.Engine, path: Path, history: Path, dataset: Solution = Solution.ASSIMILATED, **options: Any
) -> ForecastReport:
    with Portal(path, is_forecast=True) as portal, Portal(history) as past:
        return load_forecast(engine, portal, past, dataset, snapshot_version="v1", **options)


def test_values_arrive_bit_for_bit_in_both_tables(
    engine: sa.Engine, database: Any, tmp_path: Path, history: Path
) -> None:
    path = issue(tmp_path, "2023-01-01")
    report = load(engine, path, history)
    assert (report.issue, report.is_newest) == (date(2022, 12, 31), True)
    assert report.current.inserted == report.archive.inserted == report.current.staged > 50
    with Portal(path, is_forecast=True) as portal:
        assert issue_day(portal) == date(2022, 12, 31)
        for name in VARIABLES:
            for table in (CURRENT, ARCHIVE):
                read = read_table(database, table, name, portal.dates, N_CELLS)
                assert same_bits(read, portal.read(name, 0, 10)), (table, name)
    assert database.query(f"SELECT DISTINCT issue_date FROM guyane.{ARCHIVE}") == [(date(2022, 12, 31),)]


@pytest.mark.parametrize(
    ("dataset", "column"), [(Solution.ASSIMILATED, "flow_median"), (Solution.MGBSTANDARD, "flow_mean")]
)
def test_expected_flow_comes_from_the_history_of_the_dataset(
    engine: sa.Engine, database: Any, tmp_path: Path, history: Path, dataset: Solution, column: str
) -> None:
    load(engine, issue(tmp_path, "2023-01-01"), history, dataset)
    with Portal(history) as past:
        flow = past.read(column, 0, PAST.size)
    season = np.isin(PAST, days("2021-12-22", "2022-01-11"))
    dates = days("2023-01-01", "2023-01-10")
    expected = read_table(database, CURRENT, "flow_expected", dates, N_CELLS)
    # The first of January: 21 days around it a year ago, and no day of December just past.
    np.testing.assert_array_equal(expected[0], np.nanmedian(flow[season], axis=0))
    shown = read_table(database, CURRENT, "flow_median", dates, N_CELLS)
    anomaly = read_table(database, CURRENT, "flow_anomaly", dates, N_CELLS)
    np.testing.assert_allclose(anomaly, 200 * (shown - expected) / (shown + expected), rtol=1e-14)


def test_the_next_issue_replaces_the_current_one_and_joins_the_archive(
    engine: sa.Engine, database: Any, tmp_path: Path, history: Path
) -> None:
    load(engine, issue(tmp_path, "2022-12-30"), history)
    report = load(engine, issue(tmp_path, "2023-01-01", seed=2), history)
    assert report.current.deleted > 2 * (N_CELLS - 2)
    assert database.query(f"SELECT min(date), max(date) FROM guyane.{CURRENT}") == [
        (date(2023, 1, 1), date(2023, 1, 10))
    ]
    issues = database.query(
        f"SELECT issue_date, count(DISTINCT date) FROM guyane.{ARCHIVE} GROUP BY 1 ORDER BY 1"
    )
    assert issues == [(date(2022, 12, 29), 10), (date(2022, 12, 31), 10)]
    state = database.query(
        "SELECT first_date, last_date, row_count FROM guyane.sagui_importstate WHERE tablename = %s", CURRENT
    )
    assert state == [(date(2023, 1, 1), date(2023, 1, 10), report.current.staged)]


def test_an_older_issue_only_goes_to_the_archive(
    engine: sa.Engine, database: Any, tmp_path: Path, history: Path
) -> None:
    load(engine, issue(tmp_path, "2023-01-01"), history)
    shown = database.query(f"SELECT xmin::text, s::text FROM guyane.{CURRENT} s ORDER BY cell_id, date")
    state = database.query("SELECT s::text FROM guyane.sagui_importstate s")
    report = load(engine, issue(tmp_path, "2022-12-30"), history)
    assert not report.is_newest
    assert report.archive.inserted > 0
    assert (
        database.query(f"SELECT xmin::text, s::text FROM guyane.{CURRENT} s ORDER BY cell_id, date") == shown
    )
    assert database.query("SELECT s::text FROM guyane.sagui_importstate s") == state
    days_known = database.query(
        "SELECT date FROM guyane.sagui_importday WHERE tablename = %s ORDER BY 1", CURRENT
    )
    assert days_known == [(date(2022, 12, 29),), (date(2022, 12, 31),)]


def test_a_second_run_changes_nothing(
    engine: sa.Engine, database: Any, tmp_path: Path, history: Path
) -> None:
    path = issue(tmp_path, "2023-01-01")
    load(engine, path, history)
    report = load(engine, path, history)
    assert (report.current.changed, report.archive.changed) == (0, 0)
    assert report.current.unchanged > 50


def test_a_rerun_of_an_issue_replaces_it(
    engine: sa.Engine, database: Any, tmp_path: Path, history: Path
) -> None:
    load(engine, issue(tmp_path, "2023-01-01"), history)
    report = load(engine, issue(tmp_path, "2023-01-01", seed=5), history)
    assert report.current.updated > 50
    assert report.archive.updated == report.current.updated


def test_a_single_member_is_its_own_median_without_spread(
    engine: sa.Engine, database: Any, tmp_path: Path, history: Path
) -> None:
    load(engine, issue(tmp_path, "2023-01-01", ensemble=False), history)
    differing = database.query(
        f"SELECT count(*) FROM guyane.{CURRENT} WHERE flow_median IS DISTINCT FROM flow_mean "
        "OR elevation_median IS DISTINCT FROM elevation_mean OR flow_stddev <> 0 OR flow_mad <> 0 "
        "OR (flow_mean IS NULL) <> (flow_mad IS NULL)"
    )
    assert differing == [(0,)]
    known = database.query(
        f"SELECT count(flow_median), count(flow_mad), count(flow_anomaly) FROM guyane.{CURRENT}"
    )
    assert min(known[0]) > 40


def test_forecast_and_history_must_have_the_same_cells(
    engine: sa.Engine, database: Any, tmp_path: Path, history: Path
) -> None:
    with pytest.raises(CellsChanged, match="has 8 cells, but"):
        load(engine, issue(tmp_path, "2023-01-01", n_cells=8), history)
    ((error,),) = database.query(
        "SELECT last_error FROM guyane.sagui_importstate WHERE tablename = %s", CURRENT
    )
    assert "CellsChanged" in error
    assert database.query(f"SELECT count(*) FROM guyane.{ARCHIVE}") == [(0,)]


def test_the_dataset_is_the_configured_one(engine: sa.Engine, database: Any) -> None:
    assert configured_dataset(engine) is Solution.ASSIMILATED
    database.query("UPDATE guyane.sagui_saguiconfig SET use_dataset = 'mgbstandard'")
    assert configured_dataset(engine) is Solution.MGBSTANDARD


def test_a_single_member_series_has_a_flow_too(engine: sa.Engine, database: Any, tmp_path: Path) -> None:
    path = write_portal(tmp_path / "one.nc", PAST, series(PAST, N_CELLS, ensemble=False), n_ensemble=1)
    with Portal(path) as portal:
        load_series(engine, portal, Solution.ASSIMILATED)
    ((medians, anomalies),) = database.query(
        "SELECT count(flow_median), count(flow_anomaly) FROM guyane.hyfaa_data_assimilated"
    )
    assert medians > anomalies > 0
