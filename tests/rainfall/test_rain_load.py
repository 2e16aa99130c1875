"""Loading rain: true values, revisions, refused days, idempotence."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from numpy.typing import NDArray
from rain_files import Store, as_rows, table

from sagui_pipelines.errors import CellsChanged, DayNotAvailable, SourceNotReady
from sagui_pipelines.rainfall.load import load_rain

pytestmark = pytest.mark.postgis

N_CELLS = 9


def rain(seed: int, n_cells: int = N_CELLS) -> NDArray[np.float32]:
    return np.random.default_rng(seed).gamma(0.5, 20, n_cells).astype(np.float32)


@pytest.fixture
def loaded(engine: sa.Engine, rain_store: Store) -> dict[str, NDArray[np.float32]]:
    """Three days in two years, in store and table."""
    values = {day: rain(seed) for seed, day in enumerate(("2023-12-30", "2023-12-31", "2024-01-01"))}
    values["2023-12-31"][4] = np.nan
    for day, one in values.items():
        rain_store.add(day, one)
    load_rain(engine, rain_store.store)
    return values


def state(database: Any, column: str) -> Any:
    ((value,),) = database.query(
        f"SELECT {column} FROM guyane.sagui_importstate WHERE tablename = 'sagui_rainfall'"
    )
    return value


def row_versions(database: Any) -> set[tuple[str, ...]]:
    return set(
        database.query("SELECT tableoid::text, ctid::text, xmin::text, xmax::text FROM guyane.sagui_rainfall")
    )


def test_every_value_arrives_exactly_and_a_missing_one_makes_no_row(
    database: Any, loaded: dict[str, NDArray[np.float32]]
) -> None:
    assert table(database) == {date.fromisoformat(day): as_rows(values) for day, values in loaded.items()}
    counts = database.query("SELECT date, row_count FROM guyane.sagui_importday ORDER BY 1")
    assert [count for _, count in counts] == [9, 8, 9]


def test_the_clock_of_the_state_is_the_newest_file_s(
    database: Any, loaded: dict[str, NDArray[np.float32]]
) -> None:
    assert state(database, "last_updated") == datetime(2024, 1, 1, 6, 0, 0, 123000, tzinfo=UTC)
    assert (state(database, "first_date"), state(database, "last_date")) == (
        date(2023, 12, 30),
        date(2024, 1, 1),
    )
    assert (state(database, "row_count"), state(database, "n_cells")) == (26, N_CELLS)


def test_a_second_run_finds_nothing_due_and_a_forced_one_changes_nothing(
    engine: sa.Engine, database: Any, rain_store: Store, loaded: dict[str, NDArray[np.float32]]
) -> None:
    before = row_versions(database)
    assert load_rain(engine, rain_store.store).days == ()
    forced = load_rain(engine, rain_store.store, force=True)
    assert (forced.counts.changed, forced.counts.unchanged) == (0, 26)
    assert row_versions(database) == before


def test_a_revision_replaces_its_day_only(
    engine: sa.Engine, database: Any, rain_store: Store, loaded: dict[str, NDArray[np.float32]]
) -> None:
    rain_store.remove("2023-12-30")
    revised = rain(50)
    revised[:3] = np.nan
    rain_store.add("2023-12-30", revised, added="2024-02-01T06:00:00.000")
    report = load_rain(engine, rain_store.store)
    assert report.days == (date(2023, 12, 30),)
    assert (report.counts.updated, report.counts.deleted) == (6, 3)
    content = table(database)
    assert content[date(2023, 12, 30)] == as_rows(revised)
    assert content[date(2024, 1, 1)] == as_rows(loaded["2024-01-01"])


def test_refused_days_are_listed_and_the_others_are_loaded(
    engine: sa.Engine, database: Any, rain_store: Store, loaded: dict[str, NDArray[np.float32]]
) -> None:
    negative, good = rain(60), rain(61)
    negative[2] = -99.0
    rain_store.remove("2024-01-01")
    rain_store.add("2024-01-01", negative, added="2024-03-01T06:00:00.000")
    broken = rain_store.add("2024-01-02", rain(62))
    broken.write_bytes(b"CDF nothing of the kind")
    rain_store.add("2025-01-01", good)
    report = load_rain(engine, rain_store.store)
    assert [day for day, _ in report.refused] == [date(2024, 1, 1), date(2024, 1, 2)]
    content = table(database)
    assert content[date(2025, 1, 1)] == as_rows(good)
    # The revision was refused: the day keeps what it had.
    assert content[date(2024, 1, 1)] == as_rows(loaded["2024-01-01"])
    assert date(2024, 1, 2) not in content
    assert "2 day(s) refused, 1 loaded: 2024-01-01" in state(database, "last_error")
    assert state(database, "update_errors") == 2
    refused = database.query("SELECT date, fact FROM guyane.sagui_refusedday ORDER BY 1")
    assert [day for day, _ in refused] == [date(2024, 1, 1), date(2024, 1, 2)]
    assert "negative rain in 1 of 9 cells" in refused[0][1]


def test_a_refused_day_is_due_again_when_its_file_changes(
    engine: sa.Engine, database: Any, rain_store: Store, loaded: dict[str, NDArray[np.float32]]
) -> None:
    path = rain_store.add("2024-01-02", rain(62))
    content = path.read_bytes()
    path.write_bytes(content[:200])
    assert load_rain(engine, rain_store.store).days == ()
    assert load_rain(engine, rain_store.store).refused == ()  # not looked at again
    path.write_bytes(content)
    assert load_rain(engine, rain_store.store).days == (date(2024, 1, 2),)
    assert table(database)[date(2024, 1, 2)] == as_rows(rain(62))
    assert (state(database, "update_errors"), state(database, "last_error")) == (0, None)
    assert database.query("SELECT count(*) FROM guyane.sagui_refusedday") == [(0,)]


def test_a_file_of_another_mesh_is_refused(
    engine: sa.Engine, database: Any, rain_store: Store, loaded: dict[str, NDArray[np.float32]]
) -> None:
    rain_store.add("2024-01-02", rain(1, N_CELLS + 2))
    with pytest.raises(CellsChanged, match="11 cells"):
        load_rain(engine, rain_store.store)
    assert date(2024, 1, 2) not in table(database)


def test_wanted_days_only(engine: sa.Engine, database: Any, rain_store: Store) -> None:
    for seed, day in enumerate(("2024-01-01", "2024-01-02", "2024-01-03")):
        rain_store.add(day, rain(seed))
    wanted = np.array(["2024-01-02", "2024-06-01"], "datetime64[D]")
    assert load_rain(engine, rain_store.store, wanted).days == (date(2024, 1, 2),)
    assert list(table(database)) == [date(2024, 1, 2)]
    with pytest.raises(DayNotAvailable):
        load_rain(engine, rain_store.store, wanted[1:])


def test_vanished_days_are_reported_and_kept(
    engine: sa.Engine, database: Any, rain_store: Store, loaded: dict[str, NDArray[np.float32]]
) -> None:
    rain_store.remove("2023-12-31")
    report = load_rain(engine, rain_store.store)
    assert report.vanished == (date(2023, 12, 31),)
    assert any("has no row" in problem for problem in report.problems)
    assert date(2023, 12, 31) in table(database)


def test_a_store_in_use_is_left_alone_and_remembered(
    engine: sa.Engine, database: Any, rain_store: Store, loaded: dict[str, NDArray[np.float32]]
) -> None:
    before = row_versions(database)
    (rain_store.folder / "database_manager.sql_lock").touch()
    with pytest.raises(SourceNotReady):
        load_rain(engine, rain_store.store)
    assert row_versions(database) == before
    assert "SourceNotReady" in state(database, "last_error")


def test_forecast_rain_is_not_loaded_as_observed(engine: sa.Engine, rain_store: Store, database: Any) -> None:
    rain_store.add("2024-01-01", rain(1))
    rain_store.add("2024-01-02", rain(2), product_type="forecast")
    report = load_rain(engine, rain_store.store)
    assert report.days == (date(2024, 1, 1),)
    assert set(table(database)) == {date(2024, 1, 1)}
