"""Loading a series: true values, due days, idempotence, refusals, the import state."""

from __future__ import annotations

import math
import statistics
import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from flow_files import VARIABLES, days, jd, read_table, same_bits, series, write_portal
from numpy.typing import NDArray

from sagui_pipelines.errors import CellsChanged, DayNotAvailable, SourceShrunk
from sagui_pipelines.flow.load import LoadReport, load_series
from sagui_pipelines.hyfaa.portal import Portal
from sagui_pipelines.hyfaa.solutions import Solution
from sagui_pipelines.postgis.merge import MergeCounts

pytestmark = pytest.mark.postgis

N_CELLS = 7
DATES = days("2021-11-20", "2023-01-25")
GOOD = np.delete(DATES, 5)
TABLE = "hyfaa_data_assimilated"


def load(engine: sa.Engine, path: Path, wanted: NDArray[Any] | None = None, **options: Any) -> LoadReport:
    with Portal(path) as portal:
        return load_series(engine, portal, Solution.ASSIMILATED, wanted, snapshot_version="v1", **options)


def state(database: Any, column: str) -> Any:
    ((value,),) = database.query(f"SELECT {column} FROM guyane.sagui_importstate WHERE tablename = %s", TABLE)
    return value


def row_versions(database: Any) -> set[tuple[str, ...]]:
    return set(
        database.query(f"SELECT tableoid::text, ctid::text, xmin::text, xmax::text FROM guyane.{TABLE}")
    )


@pytest.fixture
def columns() -> dict[str, NDArray[np.float64]]:
    values = series(DATES, N_CELLS)
    for column in values.values():
        column[5] = np.nan  # a day without any value, which is refused
        column[9, 2] = np.nan  # a cell without any value on one day
    return values


@pytest.fixture
def portal_file(tmp_path: Path, columns: dict[str, NDArray[np.float64]]) -> Path:
    return write_portal(tmp_path / "portal.nc", DATES, columns, is_analysis=np.arange(DATES.size) % 2)


def test_every_value_arrives_bit_for_bit(
    engine: sa.Engine, database: Any, portal_file: Path, columns: dict[str, NDArray[np.float64]]
) -> None:
    report = load(engine, portal_file)
    for name in VARIABLES:
        assert same_bits(read_table(database, TABLE, name, DATES, N_CELLS), columns[name]), name
    with_value = int(np.any([~np.isnan(column) for column in columns.values()], axis=0).sum())
    assert report.counts == MergeCounts(staged=with_value, inserted=with_value)
    assert report.days == tuple(GOOD.tolist())
    assert report.refused == {DATES[5].item(): "no cell has a flow"}
    assert report.n_cells == N_CELLS


def test_a_cell_and_day_without_any_value_has_no_row(
    engine: sa.Engine, database: Any, portal_file: Path
) -> None:
    load(engine, portal_file)
    day, cell_day = DATES[5].item(), DATES[9].item()
    assert database.query(f"SELECT count(*) FROM guyane.{TABLE} WHERE date = %s", day) == [(0,)]
    found = database.query(f"SELECT cell_id FROM guyane.{TABLE} WHERE date = %s ORDER BY 1", cell_day)
    assert [row[0] for row in found] == [1, 2, 4, 5, 6, 7]
    counts = database.query(
        "SELECT date, row_count FROM guyane.sagui_importday WHERE date IN (%s, %s) ORDER BY date",
        day,
        cell_day,
    )
    assert counts == [(cell_day, 6)]


def test_expected_and_anomaly_follow_their_definitions(
    engine: sa.Engine, database: Any, portal_file: Path, columns: dict[str, NDArray[np.float64]]
) -> None:
    load(engine, portal_file)
    expected = read_table(database, TABLE, "flow_expected", DATES, N_CELLS)
    anomaly = read_table(database, TABLE, "flow_anomaly", DATES, N_CELLS)
    flow = columns["flow_median"]
    calendar = DATES.tolist()
    seen = 0
    for index in range(0, len(calendar), 13):
        day = calendar[index]
        season = {(day + timedelta(offset)).timetuple().tm_yday for offset in range(-10, 11)}
        earlier = [
            i
            for i, other in enumerate(calendar)
            if other < day - timedelta(10) and other.timetuple().tm_yday in season
        ]
        for cell in range(N_CELLS):
            values = [flow[i, cell] for i in earlier if not math.isnan(flow[i, cell])]
            if not any(not math.isnan(column[index, cell]) for column in columns.values()):
                continue
            if not values:
                assert math.isnan(expected[index, cell])
                continue
            usual, current = statistics.median(values), flow[index, cell]
            assert expected[index, cell] == usual
            if not math.isnan(current):
                assert anomaly[index, cell] == pytest.approx(
                    200 * (current - usual) / (current + usual), rel=1e-14
                )
                seen += 1
    assert seen > 30


def test_time_and_analysis_flag_keep_their_detail(
    engine: sa.Engine, database: Any, portal_file: Path
) -> None:
    load(engine, portal_file)
    rows = database.query(
        f"SELECT date, update_time, is_analysis FROM guyane.{TABLE} WHERE cell_id = 1 ORDER BY date"
    )
    assert len(rows) > 400
    for day, moment, flag in rows:
        exact = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=6.1)
        assert abs(moment - exact) < timedelta(microseconds=2)
        assert flag == bool((day - DATES[0].item()).days % 2)


def test_each_year_is_a_partition_with_its_key_and_brin(
    engine: sa.Engine, database: Any, portal_file: Path
) -> None:
    load(engine, portal_file)
    found = database.query(
        "SELECT c.relname, count(*) FILTER (WHERE i.indisprimary), count(*) FILTER (WHERE am.amname = 'brin') "
        "FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid JOIN pg_index i ON i.indrelid = c.oid "
        "JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am am ON am.oid = x.relam "
        "WHERE inhparent = 'guyane.hyfaa_data_assimilated'::regclass GROUP BY 1 ORDER BY 1"
    )
    assert found == [(f"{TABLE}_y{year}", 1, 1) for year in (2021, 2022, 2023)]


def test_an_empty_partition_is_filled_like_a_new_one(
    engine: sa.Engine, database: Any, portal_file: Path
) -> None:
    database.query("SELECT guyane.create_series_partition('hyfaa_data_assimilated', 2022)")
    told: list[str] = []
    load(engine, portal_file, progress=told.append)
    assert [line for line in told if "2022 in a new partition" in line]
    assert database.query(f"SELECT count(DISTINCT date) FROM guyane.{TABLE}_y2022") == [(365,)]


def test_the_import_state_says_what_was_loaded(engine: sa.Engine, database: Any, portal_file: Path) -> None:
    report = load(engine, portal_file, run_id="run-1", source_file="/hyfaa/portal.nc")
    assert state(database, "last_updated") == datetime(2023, 1, 25, tzinfo=UTC)
    assert state(database, "last_updated_jd") == jd(DATES[-1:], 0)[0]
    assert state(database, "last_updated_without_errors_jd") == jd(DATES)[-1]
    assert (state(database, "first_date"), state(database, "last_date")) == (
        date(2021, 11, 20),
        date(2023, 1, 25),
    )
    assert state(database, "row_count") == report.counts.staged
    assert state(database, "n_cells") == N_CELLS
    assert (state(database, "update_errors"), state(database, "last_error")) == (0, None)
    raw = dict(
        database.query("SELECT date, time_added_jd FROM guyane.sagui_importday WHERE tablename = %s", TABLE)
    )
    assert raw == dict(zip(GOOD.tolist(), jd(GOOD).tolist(), strict=True))
    logged = database.query(
        "SELECT run_id, source_file, source_version, rows_staged, rows_inserted, rows_unchanged FROM guyane.sagui_importlog"
    )
    assert logged == [("run-1", "/hyfaa/portal.nc", "v1", report.counts.staged, report.counts.staged, 0)]


def test_a_second_run_finds_nothing_due(engine: sa.Engine, database: Any, portal_file: Path) -> None:
    load(engine, portal_file)
    before = row_versions(database)
    assert load(engine, portal_file).days == ()
    assert row_versions(database) == before
    assert database.query("SELECT count(*) FROM guyane.sagui_importlog") == [(1,)]


def test_a_forced_second_run_changes_no_row(engine: sa.Engine, database: Any, portal_file: Path) -> None:
    first = load(engine, portal_file)
    before = row_versions(database)
    again = load(engine, portal_file, force=True)
    assert (again.counts.changed, again.counts.unchanged) == (0, first.counts.staged)
    assert row_versions(database) == before


def test_only_recomputed_days_and_their_dependants_are_written(
    engine: sa.Engine,
    database: Any,
    tmp_path: Path,
    portal_file: Path,
    columns: dict[str, NDArray[np.float64]],
) -> None:
    load(engine, portal_file)
    changed = np.isin(DATES, days("2021-12-20", "2021-12-22"))
    for column in columns.values():
        column[changed] += 1000.0
    added = jd(DATES)
    added[changed] = np.nextafter(added[changed], np.inf)  # one bit later is later
    path = write_portal(
        tmp_path / "next.nc", DATES, columns, added_jd=added, is_analysis=np.arange(DATES.size) % 2
    )
    report = load(engine, path)
    dependants = days("2022-12-10", "2023-01-01")
    assert set(report.days) == {*days("2021-12-20", "2021-12-22").tolist(), *dependants.tolist()}
    assert report.counts.updated > 3 * (N_CELLS - 1)
    fresh = read_table(database, TABLE, "flow_expected", DATES, N_CELLS)
    database.query("DELETE FROM guyane.hyfaa_data_assimilated")
    database.query("DELETE FROM guyane.sagui_importday")
    load(engine, path)
    assert same_bits(fresh, read_table(database, TABLE, "flow_expected", DATES, N_CELLS))


def test_a_range_can_be_loaded_alone_and_the_rest_later(
    engine: sa.Engine, database: Any, portal_file: Path
) -> None:
    late, early = days("2022-12-01", "2023-01-25"), days("2021-11-20", "2022-11-30")
    assert load(engine, portal_file, np.append(late, np.datetime64("2030-01-01"))).days == tuple(
        late.tolist()
    )
    assert state(database, "first_date") == date(2022, 12, 1)
    assert load(engine, portal_file, early).counts.deleted == 0
    parts = database.query(
        f"SELECT md5(string_agg(s::text, '' ORDER BY cell_id, date)) FROM guyane.{TABLE} s"
    )
    database.query("DELETE FROM guyane.hyfaa_data_assimilated")
    database.query("DELETE FROM guyane.sagui_importday")
    load(engine, portal_file)
    assert parts == database.query(
        f"SELECT md5(string_agg(s::text, '' ORDER BY cell_id, date)) FROM guyane.{TABLE} s"
    )


def test_a_value_that_disappears_takes_its_row_along(
    engine: sa.Engine,
    database: Any,
    tmp_path: Path,
    portal_file: Path,
    columns: dict[str, NDArray[np.float64]],
) -> None:
    load(engine, portal_file)
    for column in columns.values():
        column[-1, 3] = np.nan
    added = jd(DATES)
    added[-1] += 1
    report = load(engine, write_portal(tmp_path / "next.nc", DATES, columns, added_jd=added))
    assert report.counts.deleted == 1
    last = database.query(f"SELECT cell_id FROM guyane.{TABLE} WHERE date = '2023-01-25' ORDER BY 1")
    assert 4 not in [row[0] for row in last]


def test_watermarks_never_go_back(
    engine: sa.Engine,
    database: Any,
    tmp_path: Path,
    portal_file: Path,
    columns: dict[str, NDArray[np.float64]],
) -> None:
    load(engine, portal_file)
    watermark = state(database, "last_updated_without_errors_jd")
    # The model's clock was set back by a month.
    load(engine, write_portal(tmp_path / "next.nc", DATES, columns, added_jd=jd(DATES) - 30))
    assert state(database, "last_updated_without_errors_jd") == watermark
    ((stored,),) = database.query("SELECT max(time_added_jd) FROM guyane.sagui_importday")
    assert stored == (jd(DATES) - 30).max()


def test_a_file_that_ends_earlier_is_refused(
    engine: sa.Engine,
    database: Any,
    tmp_path: Path,
    portal_file: Path,
    columns: dict[str, NDArray[np.float64]],
) -> None:
    load(engine, portal_file)
    before, watermark = row_versions(database), state(database, "last_updated_without_errors_jd")
    short = write_portal(tmp_path / "short.nc", DATES[:-3], {name: c[:-3] for name, c in columns.items()})
    with pytest.raises(SourceShrunk, match=r"2023-01-22.*2023-01-25"):
        load(engine, short, run_id="run-2")
    assert row_versions(database) == before
    assert state(database, "last_updated_without_errors_jd") == watermark
    assert "SourceShrunk" in state(database, "last_error")
    assert state(database, "last_error_at") is not None
    assert state(database, "update_errors") == 1
    assert database.query("SELECT run_id FROM guyane.sagui_importlog WHERE error LIKE 'SourceShrunk%%'") == [
        ("run-2",)
    ]
    load(engine, portal_file)
    assert (state(database, "update_errors"), state(database, "last_error")) == (0, None)


def test_a_day_that_vanished_inside_is_reported_and_kept(
    engine: sa.Engine,
    database: Any,
    tmp_path: Path,
    portal_file: Path,
    columns: dict[str, NDArray[np.float64]],
) -> None:
    load(engine, portal_file)
    keep = np.ones(DATES.size, bool)
    keep[100] = False
    path = write_portal(
        tmp_path / "gap.nc", DATES[keep], {name: column[keep] for name, column in columns.items()}
    )
    report = load(engine, path)
    assert report.vanished == (DATES[100].item(),)
    assert database.query(f"SELECT count(*) > 0 FROM guyane.{TABLE} WHERE date = %s", DATES[100].item()) == [
        (True,)
    ]


def test_another_number_of_cells_is_refused(
    engine: sa.Engine, database: Any, tmp_path: Path, portal_file: Path
) -> None:
    load(engine, portal_file)
    before = row_versions(database)
    other = write_portal(tmp_path / "other.nc", DATES, series(DATES, N_CELLS + 1))
    with pytest.raises(CellsChanged, match="8 cells"):
        load(engine, other)
    assert row_versions(database) == before


def test_cells_must_be_those_of_the_geography(engine: sa.Engine, database: Any, portal_file: Path) -> None:
    insert = "INSERT INTO guyane.hyfaa_minibasins_data (mini, ordem, sub, width, depth) SELECT n, 1, 1, 1, 1 FROM generate_series(1, %s) n"
    database.query(insert, 9)
    with pytest.raises(CellsChanged, match="the geography has 9 cells"):
        load(engine, portal_file)
    assert database.query(f"SELECT count(*) FROM guyane.{TABLE}") == [(0,)]
    database.query("DELETE FROM guyane.hyfaa_minibasins_data WHERE mini IN (1, 2)")
    with pytest.raises(CellsChanged, match="numbers them up to 9"):
        load(engine, portal_file)
    database.query("DELETE FROM guyane.hyfaa_minibasins_data")
    database.query(insert, N_CELLS)
    assert load(engine, portal_file).counts.inserted > 0


def test_days_outside_the_file_are_refused_when_nothing_else_is_asked(
    engine: sa.Engine, portal_file: Path
) -> None:
    with pytest.raises(DayNotAvailable, match="2021-11-20 to 2023-01-25"):
        load(engine, portal_file, days("2024-01-01", "2024-01-05"))


def test_two_loads_at_once_are_as_good_as_one(engine: sa.Engine, database: Any, portal_file: Path) -> None:
    reports: list[LoadReport] = []

    def run() -> None:
        reports.append(load(engine, portal_file, DATES[-40:]))

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(len(report.days) for report in reports) == [0, 40]


def test_the_mean_is_the_flow_of_the_standard_model(engine: sa.Engine, database: Any, tmp_path: Path) -> None:
    columns = series(DATES, N_CELLS, ensemble=False)
    path = write_portal(tmp_path / "standard.nc", DATES, columns, n_ensemble=1)
    with Portal(path) as portal:
        load_series(engine, portal, Solution.MGBSTANDARD)
    flow = read_table(database, "hyfaa_data_mgbstandard", "flow_mean", DATES, N_CELLS)
    expected = read_table(database, "hyfaa_data_mgbstandard", "flow_expected", DATES, N_CELLS)
    anomaly = read_table(database, "hyfaa_data_mgbstandard", "flow_anomaly", DATES, N_CELLS)
    assert same_bits(flow, columns["flow_mean"])
    known = ~np.isnan(anomaly)
    assert known.sum() > 100
    wanted = 200 * (flow - expected) / (flow + expected)
    np.testing.assert_allclose(anomaly[known], wanted[known], rtol=1e-14)
