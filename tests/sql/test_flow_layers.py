"""What the flow and forecast layers show, row by row."""

from __future__ import annotations

from datetime import date, timedelta

import psycopg2
import pytest

from tests.conftest import Database
from tests.sql.conftest import (
    FLOW,
    TODAY,
    add_day,
    add_forecast,
    features,
    last_days,
    make_geography,
    publish,
)

pytestmark = pytest.mark.postgis

DATA = {name: f"hyfaa_data_with_{name}_aggregate_geo" for name in ("assimilated", "mgbstandard")}
FORECAST = {name: f"hyfaa_forecast_with_{name}_aggregate_geo" for name in ("assimilated", "mgbstandard")}
ASSIMILATED, MGBSTANDARD = FLOW


@pytest.fixture
def rivers(database: Database) -> Database:
    """A database with geography only."""
    make_geography(database)
    return database


def test_golden_row(rivers: Database) -> None:
    for day in last_days(2):
        add_day(rivers, ASSIMILATED, day, {4: 12.5, 5: 13.5})
    publish(rivers)
    rows = rivers.query(
        "SELECT cell_id, values::text, ordem, width::text, depth::text, ST_SRID(geom), ST_AsText(geom, 0) "
        f"FROM {DATA['assimilated']} ORDER BY 1",
        role="api",
    )
    assert rows[0] == (
        4,
        '[{"date":"2026-01-10","flow":12,"flow_anomaly":5 \t},{"date":"2026-01-09","flow":12,"flow_anomaly":5 \n}]',
        13, "22", "1.23", 3857, "LINESTRING(-5966725 445640,-5966725 454568)",
    )  # fmt: skip
    assert [row[0] for row in rows] == [4, 5]


@pytest.mark.parametrize("table", FLOW)
@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.5, 0), (1.5, 2), (2.5, 2), (-0.4, 0), (-7.6, -8), (1234567.8, 1234568),
        (None, None), (float("nan"), None), (float("inf"), None),
    ],
)  # fmt: skip
def test_numbers_are_integers_rounded_half_to_even(
    rivers: Database, table: str, value: float, shown: int
) -> None:
    add_day(rivers, table, TODAY, {5: value}, anomaly=value)
    publish(rivers)
    (item,) = features(rivers, DATA[table.removeprefix("hyfaa_data_")])[5]
    assert item == {"date": "2026-01-10", "flow": shown, "flow_anomaly": shown}
    assert list(item) == ["date", "flow", "flow_anomaly"]
    text = rivers.query(f"SELECT values::text FROM {DATA[table.removeprefix('hyfaa_data_')]}")[0][0]
    assert "-0" not in str(text).replace("-01-", "")


def test_fifteen_newest_days_newest_first_across_the_new_year(rivers: Database) -> None:
    for day in last_days(18):
        add_day(rivers, MGBSTANDARD, day, {6: 1.0})
    publish(rivers)
    shown = [item["date"] for item in features(rivers, DATA["mgbstandard"])[6]]
    assert shown == [day.isoformat() for day in last_days(15)]
    assert shown[-1].startswith("2025")


def test_all_features_share_the_days_and_gaps_are_null(rivers: Database) -> None:
    days = last_days(4)
    add_day(rivers, ASSIMILATED, days[3], {3: 1.0, 4: 1.0})
    add_day(rivers, ASSIMILATED, days[2], {3: 2.0, 5: 2.0})
    rivers.query(
        "INSERT INTO sagui_importday (tablename, date, row_count) VALUES (%s, %s, 0)", ASSIMILATED, days[1]
    )
    add_day(rivers, ASSIMILATED, days[0], {3: 3.0})
    publish(rivers)
    shown = features(rivers, DATA["assimilated"])
    wanted = [day.isoformat() for day in (days[0], days[2], days[3])]
    assert set(shown) == {3, 4, 5}
    assert all([item["date"] for item in items] == wanted for items in shown.values())
    assert [item["flow"] for item in shown[3]] == [3, 2, 1]
    assert [(item["flow"], item["flow_anomaly"]) for item in shown[4]] == [(None, None), (None, None), (1, 5)]
    assert [item["flow"] for item in shown[5]] == [None, 2, None]


def test_assimilated_shows_its_median(rivers: Database) -> None:
    rivers.query("SELECT guyane.create_series_partition(%s, 2026)", ASSIMILATED, role="pipelines")
    rivers.query(
        "INSERT INTO hyfaa_data_assimilated (cell_id, date, flow_mean, flow_median) VALUES (5, %s, 10, 20)",
        TODAY,
    )
    rivers.query(
        "INSERT INTO sagui_importday (tablename, date, row_count) VALUES (%s, %s, 1)", ASSIMILATED, TODAY
    )
    publish(rivers)
    assert features(rivers, DATA["assimilated"])[5][0]["flow"] == 20


def test_smallest_order_and_mask(rivers: Database) -> None:
    add_day(rivers, ASSIMILATED, TODAY, dict.fromkeys(range(1, 7), 1.0))
    publish(rivers)
    assert set(features(rivers, DATA["assimilated"])) == {3, 4, 5, 6}
    rivers.query("UPDATE sagui_saguiconfig SET max_ordem = 14", role="api")
    publish(rivers)
    assert set(features(rivers, DATA["assimilated"])) == {5, 6}
    rivers.query("UPDATE sagui_saguiconfig SET max_ordem = 1", role="api")
    mask = "INSERT INTO hyfaa_geo_inclusion_mask (mask) VALUES (ST_MakeEnvelope(%s, 3.9, %s, 4.01, 4326))"
    rivers.query(mask, -53.95, -53.75, role="api")
    rivers.query(mask, -53.85, -53.65, role="api")
    publish(rivers)
    assert set(features(rivers, DATA["assimilated"])) == {1, 2, 3}
    rivers.query("DELETE FROM hyfaa_geo_inclusion_mask", role="api")
    publish(rivers)
    assert set(features(rivers, DATA["assimilated"])) == {1, 2, 3, 4, 5, 6}


def test_dataset_switch_takes_effect_at_once(rivers: Database) -> None:
    add_day(rivers, ASSIMILATED, TODAY, {5: 10.0})
    add_day(rivers, MGBSTANDARD, TODAY, {5: 20.0})
    publish(rivers)
    assert features(rivers, "hyfaa_data_aggregated_geo")[5][0]["flow"] == 10
    assert features(rivers, "hyfaa_forecast_aggregated_geo")[5][0]["source"] == "assimilated"
    rivers.query("UPDATE sagui_saguiconfig SET use_dataset = 'mgbstandard'", role="api")
    assert features(rivers, "hyfaa_data_aggregated_geo")[5][0]["flow"] == 20
    assert features(rivers, "hyfaa_forecast_aggregated_geo")[5][0]["source"] == "mgbstandard"
    assert publish(rivers)["hyfaa_data_aggregated_geo"][1] is True


def test_dataset_switch_is_seen_through_by_the_planner(rivers: Database) -> None:
    rivers.query(
        "INSERT INTO hyfaa_drainage SELECT i, ST_SetSRID(ST_MakeLine(ST_MakePoint(-54 + i * 1e-3, 2), "
        "ST_MakePoint(-54 + i * 1e-3, 2.01)), 4326) FROM generate_series(100, 2100) AS i"
    )
    rivers.query(
        "INSERT INTO hyfaa_minibasins_data SELECT i, 15, 9, 1, 1 FROM generate_series(100, 2100) AS i"
    )
    for table in FLOW:
        add_day(rivers, table, TODAY, {})
        rivers.query(
            f"INSERT INTO {table} (cell_id, date) SELECT i, %s FROM generate_series(100, 2100) AS i", TODAY
        )
    rivers.query("UPDATE sagui_importday SET row_count = 2001")
    publish(rivers)
    for layer in ("hyfaa_data_aggregated_geo", "hyfaa_forecast_aggregated_geo"):
        plan = rivers.query(
            f"EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off) SELECT * FROM guyane.{layer} "
            "WHERE geom && ST_TileEnvelope(14, 5740, 8100)",
            role="api",
        )
        text = "\n".join(str(line) for (line,) in plan)
        chosen, other = text.split("One-Time Filter: ")[1:]
        assert "assimilated_aggregate_geo_geom" in chosen
        assert "Index Cond: (geom &&" in chosen
        assert "never executed" not in chosen
        assert other.count("never executed") == other.count("hyfaa_")
        assert "Seq Scan on hyfaa" not in text


def test_forecast_is_ten_observed_days_then_the_days_after_them(rivers: Database) -> None:
    for day in last_days(12):
        add_day(rivers, ASSIMILATED, day, {5: 50.0})
    for day in last_days(12, TODAY + timedelta(days=2)):
        add_day(rivers, MGBSTANDARD, day, {5: 60.0})
    add_forecast(rivers, TODAY + timedelta(days=1), 10, [5])
    publish(rivers)
    items = features(rivers, FORECAST["assimilated"])[5]
    assert [item["date"] for item in items] == [
        day.isoformat() for day in last_days(20, TODAY + timedelta(days=10))
    ]
    assert [item["source"] for item in items] == ["forecast"] * 10 + ["assimilated"] * 10
    assert list(items[0]) == ["source", "date", "flow", "flow_anomaly"]
    assert items[0] == {"source": "forecast", "date": "2026-01-20", "flow": 509, "flow_anomaly": -3}
    assert items[10] == {"source": "assimilated", "date": "2026-01-10", "flow": 50, "flow_anomaly": 5}
    # The other dataset is two days ahead: two forecast days less.
    items = features(rivers, FORECAST["mgbstandard"])[5]
    assert [item["source"] for item in items] == ["forecast"] * 8 + ["mgbstandard"] * 10
    assert items[8]["date"] == "2026-01-12"


def test_forecast_gaps_are_null_with_source_and_date(rivers: Database) -> None:
    add_day(rivers, ASSIMILATED, TODAY, {4: 1.0, 5: 2.0})
    add_forecast(rivers, TODAY + timedelta(days=1), 2, [5])
    add_forecast(rivers, TODAY + timedelta(days=1), 1, [6])
    publish(rivers)
    shown = features(rivers, FORECAST["assimilated"])
    assert [(item["source"], item["date"]) for item in shown[4]] == [
        ("forecast", "2026-01-12"), ("forecast", "2026-01-11"), ("assimilated", "2026-01-10"),
    ]  # fmt: skip
    assert [item["flow"] for item in shown[4]] == [None, None, 1]
    assert [item["flow"] for item in shown[6]] == [None, 600, None]


def test_forecast_of_one_member_shows_its_mean(rivers: Database) -> None:
    add_day(rivers, ASSIMILATED, TODAY, {5: 1.0})
    add_forecast(rivers, TODAY + timedelta(days=1), 1, [5], column="flow_mean")
    publish(rivers)
    assert features(rivers, FORECAST["assimilated"])[5][0]["flow"] == 500


def test_forecast_without_observations_is_shown_alone(rivers: Database) -> None:
    add_forecast(rivers, TODAY, 3, [5])
    publish(rivers)
    assert [item["source"] for item in features(rivers, FORECAST["mgbstandard"])[5]] == ["forecast"] * 3


def test_forecast_rows_of_a_cell_for_the_api(rivers: Database) -> None:
    add_day(rivers, ASSIMILATED, TODAY, {1: 0.5})
    add_forecast(rivers, TODAY, 2, [1])
    rows = rivers.query(
        "SELECT * FROM hyfaa_forecast_with_assimilated WHERE cell_id = 1 ORDER BY date", role="api"
    )
    assert rows == [
        ("assimilated", 1, TODAY, 0.0, None, 5.0),
        ("forecast", 1, date(2026, 1, 11), 101.0, None, -3.0),
    ]


def test_publishing_twice_changes_nothing(rivers: Database) -> None:
    add_day(rivers, ASSIMILATED, TODAY, {5: 1.0})
    add_day(rivers, "sagui_rainfall", TODAY, {1: 1.0})
    first = publish(rivers)
    assert first["hyfaa_data_aggregated_geo"][1:] == (True, TODAY, TODAY, 1)
    assert first["hyfaa_drainage"][1:] == (True, None, None, 6)
    assert first["hyfaa_data_with_mgbstandard_aggregate_geo"][1:] == (True, None, None, 0)
    assert len(first) == 14
    before = rivers.query("SELECT *, xmin::text FROM sagui_publication ORDER BY layer")
    second = publish(rivers)
    assert {row[1] for row in second.values()} == {False}
    assert rivers.query("SELECT *, xmin::text FROM sagui_publication ORDER BY layer") == before


def test_only_layers_with_new_content_get_a_new_version(rivers: Database) -> None:
    add_day(rivers, ASSIMILATED, TODAY, {1: 1.0, 5: 1.0})
    publish(rivers)
    rivers.query("UPDATE hyfaa_data_assimilated SET flow_median = 1.2")
    assert not any(row[1] for row in publish(rivers).values()), "1.2 is shown as 1"
    rivers.query("UPDATE hyfaa_data_assimilated SET flow_median = 7")
    changed = {layer for layer, row in publish(rivers).items() if row[1]}
    assert changed == {
        DATA["assimilated"], FORECAST["assimilated"], "hyfaa_data_aggregated_geo", "hyfaa_forecast_aggregated_geo",
    }  # fmt: skip


def test_publication_that_is_rolled_back_leaves_the_old_layers(rivers: Database) -> None:
    publish(rivers)
    add_day(rivers, ASSIMILATED, TODAY, {5: 1.0})
    connection = psycopg2.connect(rivers.url("pipelines"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM guyane.publish_layers() WHERE changed")
        assert cursor.fetchone() == (4,)
        assert features(rivers, DATA["assimilated"]) == {}, "readers neither wait nor see unfinished work"
    connection.rollback()
    connection.close()
    assert features(rivers, DATA["assimilated"]) == {}
    assert publish(rivers)[DATA["assimilated"]][1] is True
