"""Geography, stations and reference flows in a real database, as the pipelines' role."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psycopg2
import pytest
import shapely
from geography_builders import BETA, Territory, make_territory, station_row
from psycopg2.extensions import connection as Connection  # noqa: N812

from sagui_pipelines.errors import CellsChanged, GeodataInvalid, ReferenceFlowInvalid, StationsInvalid
from sagui_pipelines.geography.load import load_geography, load_reference_flow, load_stations
from sagui_pipelines.geography.read import Geography, read_geography
from sagui_pipelines.geography.reference_flow import read_reference_flow
from sagui_pipelines.geography.stations import FIELDS, StationList, read_stations

pytestmark = pytest.mark.postgis
Write = Callable[..., Path]
PERIODS = ("1980-1990", "1990-2000", "2000-2010", "2010-2020")


@pytest.fixture
def geography(territory: Territory, tmp_path: Path) -> Geography:
    return read_geography(territory.write(tmp_path / "geodata", ".gpkg"))


@pytest.fixture
def loaded(connection: Connection, geography: Geography) -> Connection:
    load_geography(connection, geography)
    connection.commit()
    return connection


@pytest.fixture
def two_stations(write_stations: Write) -> StationList:
    return read_stations(write_stations(station_row(), station_row(**BETA)))


def rows(connection: Connection, statement: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def counts(report: Any) -> tuple[int, int, int, int]:
    return report.inserted, report.updated, report.deleted, report.unchanged


def test_geography_is_stored_exactly_and_a_second_load_writes_nothing(
    connection: Connection, geography: Geography
) -> None:
    report = load_geography(connection, geography)
    assert [counts(part) for part in (report.drainage, report.catchments, report.minibasins)] == [
        (6, 0, 0, 0)
    ] * 3
    connection.commit()
    stored = rows(
        connection, "SELECT mini, ST_AsBinary(geom), ST_SRID(geom) FROM hyfaa_drainage ORDER BY mini"
    )
    for (mini, wkb, srid), expected in zip(stored, geography.drainage.itertuples(), strict=True):
        assert (mini, srid) == (expected.mini, 4326)
        assert shapely.from_wkb(bytes(wkb)).equals_exact(expected.geometry)
    stored = rows(connection, "SELECT mini, sub, ST_AsBinary(geom) FROM hyfaa_catchments ORDER BY mini")
    for (mini, sub, wkb), expected in zip(stored, geography.catchments.itertuples(), strict=True):
        assert (mini, sub) == (expected.mini, expected.sub)
        assert shapely.from_wkb(bytes(wkb)).equals_exact(expected.geometry)
    stored = rows(
        connection, "SELECT mini, ordem, sub, width, depth FROM hyfaa_minibasins_data ORDER BY mini"
    )
    assert stored == list(geography.minibasins.itertuples(index=False, name=None))

    before = rows(connection, "SELECT xmin::text, ctid::text FROM hyfaa_catchments")
    again = load_geography(connection, geography)
    connection.commit()
    assert [counts(part) for part in (again.drainage, again.catchments, again.minibasins)] == [
        (0, 0, 0, 6)
    ] * 3
    assert rows(connection, "SELECT xmin::text, ctid::text FROM hyfaa_catchments") == before


def test_only_what_differs_is_written(loaded: Connection, territory: Territory, tmp_path: Path) -> None:
    lines = territory.drainage.geometry.copy()
    lines.iloc[0] = shapely.LineString([(-54, 3), (-53.9, 3.1)])
    changed = Territory(
        territory.drainage.assign(geometry=lines), territory.catchments.iloc[:5], territory.mini
    )
    changed = changed.with_mini(Width=[1, *territory.mini["Width"][1:]])
    report = load_geography(loaded, read_geography(changed.write(tmp_path / "changed", ".gpkg")))
    assert counts(report.drainage) == (0, 1, 0, 5)
    assert counts(report.catchments) == (0, 0, 1, 5)
    assert counts(report.minibasins) == (0, 1, 0, 5)
    assert rows(loaded, "SELECT ST_AsText(geom) FROM hyfaa_drainage WHERE mini = 6") == [
        ("LINESTRING(-54 3,-53.9 3.1)",)
    ]


def test_two_loads_in_one_transaction(
    connection: Connection, geography: Geography, two_stations: StationList
) -> None:
    for _ in range(2):
        load_geography(connection, geography)
        report = load_stations(connection, two_stations)
    assert counts(report.stations) == (0, 0, 0, 2)


def test_a_cell_under_a_station_may_not_vanish(
    loaded: Connection, territory: Territory, two_stations: StationList, tmp_path: Path
) -> None:
    load_stations(loaded, two_stations)
    loaded.commit()
    fewer = Territory(territory.drainage.iloc[:4], territory.catchments, territory.mini)
    smaller = read_geography(fewer.write(tmp_path / "fewer"))
    with pytest.raises(GeodataInvalid, match="minibasin of 1 station: Beta River on 2"):
        load_geography(loaded, smaller)
    loaded.rollback()
    assert rows(loaded, "SELECT count(*) FROM hyfaa_drainage") == [(6,)]


@pytest.mark.parametrize("cells", [5, 7])
def test_another_number_of_cells_than_the_series_is_refused(
    loaded: Connection, geography: Geography, cells: int
) -> None:
    table = "hyfaa_data_mgbstandard"
    with loaded.cursor() as cursor:
        cursor.execute("DELETE FROM sagui_importstate WHERE tablename = %s", (table,))
        cursor.execute("INSERT INTO sagui_importstate (tablename, n_cells) VALUES (%s, %s)", (table, cells))
    with pytest.raises(
        CellsChanged, match=f"6 minibasins, the largest 6, but {table} was loaded with {cells} cells"
    ):
        load_geography(loaded, geography)


def test_the_same_number_of_cells_as_the_series_is_accepted(loaded: Connection, geography: Geography) -> None:
    rows(loaded, "DELETE FROM sagui_importstate")
    rows(loaded, "INSERT INTO sagui_importstate (tablename, n_cells) VALUES ('sagui_rainfall', 6)")
    assert load_geography(loaded, geography).minibasins.unchanged == 6
    with pytest.raises(CellsChanged, match="the largest 9"):
        load_geography(loaded, replace(geography, minibasins=geography.minibasins.replace({"mini": {6: 9}})))


STORED_STATIONS = """
SELECT id, code, name, river, minibasin_id, threshold_drought, threshold_flood_low, threshold_flood_mid,
    threshold_flood_high, ST_X(geom), ST_Y(geom), reference_conversion
FROM hyfaa_stations ORDER BY id
"""


def test_stations_are_numbered_in_file_order_and_a_second_load_writes_nothing(
    loaded: Connection, two_stations: StationList
) -> None:
    assert counts(load_stations(loaded, two_stations).stations) == (2, 0, 0, 0)
    loaded.commit()
    assert rows(loaded, STORED_STATIONS) == [
        (1, "alpha", "Alpha", "Lawa", 6, 5.0, 100.0, 200.0, None, -53.95, 3.05, "f ** 0.93 - 200"),
        (2, "beta", "Beta River", "Comté", 2, 1.25, None, None, None, -53.95, 3.05, None),
    ]
    before = rows(loaded, "SELECT xmin::text FROM hyfaa_stations")
    assert counts(load_stations(loaded, two_stations).stations) == (0, 0, 0, 2)
    loaded.commit()
    assert rows(loaded, "SELECT xmin::text FROM hyfaa_stations") == before


def test_a_failed_first_import_leaves_no_gap_in_the_numbers(
    loaded: Connection, two_stations: StationList
) -> None:
    load_stations(loaded, two_stations)
    loaded.rollback()
    load_stations(loaded, two_stations)
    assert [row[0] for row in rows(loaded, STORED_STATIONS)] == [1, 2]


def test_new_stations_get_numbers_that_nobody_had(
    loaded: Connection, database: Any, two_stations: StationList, write_stations: Write
) -> None:
    load_stations(loaded, two_stations)
    loaded.commit()
    by_hand = "INSERT INTO hyfaa_stations (id, code, name, minibasin_id) VALUES (40, 'hand', 'Hand', 3)"
    database.query(by_hand)
    database.query("DELETE FROM hyfaa_stations WHERE id = 2")
    more = read_stations(
        write_stations(station_row(), station_row(**BETA | {"ID_station": "gamma", "name_station": "Gamma"}))
    )
    report = load_stations(loaded, more)
    loaded.commit()
    assert counts(report.stations) == (1, 0, 0, 1)
    assert report.absent == ("station 40 (Hand)",)
    assert [row[:2] for row in rows(loaded, STORED_STATIONS)] == [(1, "alpha"), (40, "hand"), (41, "gamma")]
    database.query(
        "INSERT INTO hyfaa_stations (code, name, minibasin_id) VALUES ('next', 'Next', 3)", role="owner"
    )
    assert rows(loaded, "SELECT max(id) FROM hyfaa_stations") == [(42,)]


def test_edits_of_administrators_are_kept_unless_asked(
    loaded: Connection, database: Any, two_stations: StationList, write_stations: Write
) -> None:
    load_stations(loaded, two_stations)
    loaded.commit()
    database.query(
        "UPDATE hyfaa_stations SET name = 'Alpha Falls', threshold_flood_low = 120, "
        "geom = ST_SetSRID(ST_MakePoint(-53.9, 3.0), 4326) WHERE id = 1"
    )
    newer = read_stations(write_stations(station_row(river="Maroni"), station_row(**BETA)))
    report = load_stations(loaded, newer)
    loaded.commit()
    assert counts(report.stations) == (0, 1, 0, 1)
    assert [edit.split(" stays ")[0] for edit in report.kept_edits] == [
        f"station 1 (Alpha Falls): {field}" for field in ("name", "threshold_flood_low", "position")
    ]
    edited = (1, "alpha", "Alpha Falls", "Maroni", 6, 5.0, 120.0, 200.0, None, -53.9, 3.0, "f ** 0.93 - 200")
    assert rows(loaded, STORED_STATIONS)[0] == edited
    assert counts(load_stations(loaded, newer).stations) == (0, 0, 0, 2)
    assert counts(load_stations(loaded, newer, overwrite_edits=True).stations) == (0, 1, 0, 1)
    assert rows(loaded, STORED_STATIONS)[0][2:] == (
        "Alpha",
        "Maroni",
        6,
        5.0,
        100.0,
        200.0,
        None,
        -53.95,
        3.05,
        "f ** 0.93 - 200",
    )


def test_stations_on_unknown_minibasins_change_nothing(loaded: Connection, write_stations: Write) -> None:
    listed = read_stations(write_stations(station_row(), station_row(**BETA | {"minibasin_mgb": 77})))
    with pytest.raises(StationsInvalid, match="row 3, minibasin 77 of Beta River is not in the drainage"):
        load_stations(loaded, listed)
    loaded.commit()
    assert rows(loaded, STORED_STATIONS) == []


def test_the_minimal_list_gives_stations_without_position(loaded: Connection, tmp_path: Path) -> None:
    path = tmp_path / "stations.csv"
    path.write_text("Id,Minibasin,City\n1,3,Komana\n2,4,Siguiri\n")
    load_stations(loaded, read_stations(path))
    assert rows(loaded, STORED_STATIONS) == [
        (1, "1", "Komana", None, 3, *[None] * 7),
        (2, "2", "Siguiri", None, 4, *[None] * 7),
    ]


STORED_FLOWS = """
SELECT p.period, s.code, f.day_of_year, f.flow
FROM stations_reference_flow f JOIN stations_reference_flow_period p ON p.id = f.period_id
JOIN hyfaa_stations s ON s.id = f.station_id ORDER BY 1, 2, 3
"""


def test_reference_flows_are_merged_row_by_row(
    loaded: Connection, two_stations: StationList, write_flows: Write
) -> None:
    load_stations(loaded, two_stations)
    first = [
        ("2010-2020", 6, 1, 12.3),
        ("2010-2020", 6, 2, 0.1),
        ("2000-2010", 2, 1, 0),
        ("2010-2020", 5, 1, 9),
    ]
    report = load_reference_flow(loaded, read_reference_flow(write_flows(*first)))
    loaded.commit()
    assert counts(report.flows) == (3, 0, 0, 0)
    assert (report.rows_without_station, report.minibasins_without_station) == (1, (5,))
    assert [
        (part.period, part.station_id, part.days, part.always_zero, part.is_sound) for part in report.series
    ] == [
        ("2000-2010", 2, 1, True, False),
        ("2010-2020", 1, 2, False, False),
    ]
    assert rows(loaded, STORED_FLOWS) == [
        ("2000-2010", "beta", 1, 0.0),
        ("2010-2020", "alpha", 1, 12.3),
        ("2010-2020", "alpha", 2, 0.1),
    ]
    second = [("2010-2020", 6, 1, 12.4), ("2010-2020", 6, 2, 0.1), ("2010-2020", 6, 3, 1)]
    report = load_reference_flow(loaded, read_reference_flow(write_flows(*second)))
    assert counts(report.flows) == (1, 1, 0, 1)
    assert counts(load_reference_flow(loaded, read_reference_flow(write_flows(*second))).flows) == (
        0,
        0,
        0,
        3,
    )
    assert len(rows(loaded, STORED_FLOWS)) == 4


def test_fault_006_periods_say_which_file_their_flows_came_from(
    loaded: Connection, two_stations: StationList, write_flows: Write
) -> None:
    load_stations(loaded, two_stations)
    path = write_flows(("2010-2020", 6, 1, 12.3))
    load_reference_flow(loaded, read_reference_flow(path))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    stored = "SELECT provenance FROM stations_reference_flow_period ORDER BY period DESC"
    assert rows(loaded, stored) == [(f"{path.name}, SHA-256 {digest[:16]}",), ("",), ("",), ("",)]


def test_two_stations_on_one_minibasin_both_get_the_series(
    loaded: Connection, write_stations: Write, write_flows: Write
) -> None:
    load_stations(
        loaded, read_stations(write_stations(station_row(), station_row(**BETA | {"minibasin_mgb": 6})))
    )
    load_reference_flow(loaded, read_reference_flow(write_flows(("2010-2020", 6, 1, 7.5))))
    assert rows(loaded, STORED_FLOWS) == [("2010-2020", "alpha", 1, 7.5), ("2010-2020", "beta", 1, 7.5)]


def test_reference_flows_of_nobody_and_of_no_period_are_refused(
    loaded: Connection, two_stations: StationList, write_flows: Write
) -> None:
    load_stations(loaded, two_stations)
    with pytest.raises(ReferenceFlowInvalid, match=r"none of its minibasins carries a station \(5\)"):
        load_reference_flow(loaded, read_reference_flow(write_flows(("2010-2020", 5, 1, 7.5))))
    with pytest.raises(ReferenceFlowInvalid, match="row 3, ref_period '2020-2030' is unknown"):
        load_reference_flow(
            loaded, read_reference_flow(write_flows(("2010-2020", 6, 1, 7.5), ("2020-2030", 6, 1, 7.5)))
        )
    assert rows(loaded, STORED_FLOWS) == []


def real_territory(connection: Connection, cells: int) -> None:
    """Drainage that holds every minibasin of the real stations."""
    geography = make_territory(3)
    minis = np.arange(1, cells + 1)
    line = geography.drainage.geometry.iloc[0]
    square = geography.catchments.geometry.iloc[0]
    frame = pd.DataFrame({"mini": minis, "ordem": 12, "sub": 1, "width": 10.0, "depth": 1.0})
    drainage = geography.drainage.iloc[np.zeros(cells, int)].assign(mini=minis, geometry=line)
    catchments = geography.catchments.iloc[np.zeros(cells, int)].assign(mini=minis, sub=1, geometry=square)
    made_up = Geography(
        Path("made-up"), drainage[["mini", "geometry"]], catchments[["mini", "sub", "geometry"]], frame, ()
    )
    assert load_geography(connection, made_up).drainage.inserted == cells


@pytest.mark.shared_data
def test_the_real_stations_and_reference_flows(connection: Connection, shared_data: Path) -> None:
    real_territory(connection, 4500)
    listed = read_stations(shared_data / "guyane" / "stations_surveillance_guyane.xlsx")
    assert counts(load_stations(connection, listed).stations) == (13, 0, 0, 0)
    stored = rows(connection, STORED_STATIONS)
    for number, (row, station) in enumerate(zip(stored, listed.stations, strict=True), start=1):
        assert row[0] == number
        assert (*row[1:9], row[9:11], row[11]) == tuple(getattr(station, field) for field in FIELDS)
    by_name = {row[2]: row for row in stored}
    assert by_name["Saut Bief"][0] == 13
    assert by_name["Apatou"][5:9] == (138, 5071, 6123, 7849)
    assert by_name["Regina"][5:9] == (79, 679, None, None)
    assert counts(load_stations(connection, listed).stations) == (0, 0, 0, 13)

    path = shared_data / "guyane" / "MGB-HYFAA_MSWEP_Guyane_1980-2020_Q_R_ref_data_kv.csv"
    report = load_reference_flow(connection, read_reference_flow(path))
    assert counts(report.flows) == (19_032, 0, 0, 0)
    assert (report.rows_without_station, len(report.series)) == (0, 52)
    assert {part.days for part in report.series} == {366}
    assert [(part.period, part.station) for part in report.series if part.always_zero] == [
        (period, "Kourou") for period in PERIODS
    ]
    code_of = {station.minibasin_id: station.code for station in listed.stations}
    with path.open(newline="") as stream:
        expected = sorted(
            (row["ref_period"], code_of[int(row["mini"])], int(row["day_of_year"]), float(row["flow"]))
            for row in csv.DictReader(stream)
        )
    assert sorted(rows(connection, STORED_FLOWS)) == expected
    assert counts(load_reference_flow(connection, read_reference_flow(path)).flows) == (0, 0, 0, 19_032)


def test_a_rolled_back_load_leaves_nothing(
    connection: Connection, geography: Geography, database: Any
) -> None:
    load_geography(connection, geography)
    connection.rollback()
    assert database.query("SELECT count(*) FROM guyane.hyfaa_drainage") == [(0,)]
    link = psycopg2.connect(database.url("pipelines"))
    load_geography(link, geography)
    link.commit()
    link.close()
    assert database.query("SELECT count(*) FROM guyane.hyfaa_drainage") == [(6,)]
