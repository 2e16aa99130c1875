"""Reading station lists: spreadsheet, csv, the minimal list, and everything that is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from geography_builders import BETA, station_row

from sagui_pipelines.errors import SourceCorrupt, SourceMissing, StationsInvalid
from sagui_pipelines.geography.stations import FIELDS, MINIMAL_FIELDS, Station, read_stations

Write = Callable[..., Path]


@pytest.mark.parametrize("name", ["stations.xlsx", "stations.csv"])
def test_values_of_both_formats(write_stations: Write, name: str) -> None:
    listed = read_stations(write_stations(station_row(), station_row(**BETA), name=name))
    assert listed.fields == FIELDS
    assert listed.notes == ()
    assert listed.stations == (
        Station(2, "alpha", "Alpha", "Lawa", 6, 5.0, 100.0, 200.0, None, (-53.95, 3.05), "f ** 0.93 - 200"),
        Station(3, "beta", "Beta River", "Comté", 2, 1.25, None, None, None, (-53.95, 3.05)),
    )


def test_first_sheet_when_the_usual_one_is_absent(write_stations: Write) -> None:
    assert len(read_stations(write_stations(station_row(), sheet="Stations")).stations) == 1


def test_columns_without_footnote_marks(write_stations: Write) -> None:
    plain = {name.rstrip("*").upper(): value for name, value in station_row().items()}
    assert read_stations(write_stations(plain, name="stations.csv")).stations[0].threshold_flood_low == 100.0


def test_without_conversions_the_field_is_left_alone(write_stations: Write) -> None:
    row = {name: value for name, value in station_row().items() if name != "conversion*****"}
    listed = read_stations(write_stations(row, name="stations.csv"))
    assert listed.fields == tuple(field for field in FIELDS if field != "reference_conversion")


def test_rows_without_river_are_no_stations(write_stations: Write) -> None:
    listed = read_stations(write_stations(station_row(), station_row(**BETA | {"river": None})))
    assert [station.code for station in listed.stations] == ["alpha"]
    assert listed.notes[0].endswith("rows 3 have no river and were left out.")


def test_minimal_list(tmp_path: Path) -> None:
    path = tmp_path / "stations.csv"
    path.write_text("Id,Minibasin,City\n1,3780,Komana\n2,3922,Siguiri\n")
    listed = read_stations(path)
    assert listed.fields == MINIMAL_FIELDS
    assert listed.stations == (
        Station(2, "1", "Komana", None, 3780),
        Station(3, "2", "Siguiri", None, 3922),
    )


BAD = {
    "text in a threshold": ({"threshold_flood_low**": "2 280"}, r"row 2, threshold_flood_low is '2 280', not a flow in m3/s"),
    "decimal comma": ({"threshold_flood_low**": "99,5"}, "row 2, threshold_flood_low is '99,5'"),
    "not a number": ({"threshold_flood_low**": "nan"}, "row 2, threshold_flood_low is 'nan'"),
    "negative threshold": ({"threshold_drought**": -5}, "row 2, threshold_drought is -5"),
    "another sentinel": ({"threshold_flood_high**": -999}, "row 2, threshold_flood_high is -999"),
    "drought above flood": ({"threshold_drought**": 150}, "row 2, threshold_flood_low 100 is not above threshold_drought 150"),
    "equal thresholds": ({"threshold_flood_mid**": 100}, "threshold_flood_mid 100 is not above threshold_flood_low 100"),
    "disorder across a gap": ({"threshold_flood_low**": None, "threshold_flood_mid**": 4}, "threshold_flood_mid 4 is not above threshold_drought 5"),
    "no latitude": ({"latitude*": None}, "row 2, latitude is empty, not a number of degrees"),
    "impossible longitude": ({"longitude*": -540}, "row 2, longitude is -540"),
    "no code": ({"ID_station": None}, "row 2, id_station is empty"),
    "no name": ({"name_station": "  "}, "row 2, name_station is empty"),
    "long name": ({"name_station": "x" * 51}, "longer than 50 characters"),
    "half a cell": ({"minibasin_mgb": 6.5}, "row 2, minibasin_mgb is 6.5, not the number of a minibasin"),
    "cell 0": ({"minibasin_mgb": 0}, "row 2, minibasin_mgb is 0"),
    "no cell": ({"minibasin_mgb": None}, "row 2, minibasin_mgb is empty"),
    "formula without result": ({"threshold_flood_low**": "=H4-H3"}, "threshold_flood_low is a formula without a stored result"),
    "conversion that is none": ({"conversion*****": "exit()"}, r"row 2, conversion 'exit\(\)' is no formula such as f / 1.5 - 200"),
    "conversion to one number": ({"conversion*****": "f * 0 + 7"}, "row 2, conversion 'f \\* 0 \\+ 7' gives the same result"),
    "formula as name": ({"name_station": "=A1"}, "name_station is a formula without a stored result"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_wrong_cells_are_named(write_stations: Write, case: str) -> None:
    changes, fact = BAD[case]
    with pytest.raises(StationsInvalid, match=fact) as caught:
        read_stations(write_stations(station_row(**changes)))
    assert caught.value.source.endswith("stations.xlsx")
    assert "Correct these cells" in caught.value.remedy


def test_all_problems_come_in_one_error(write_stations: Write) -> None:
    path = write_stations(
        station_row(),
        station_row(**{"threshold_drought**": "dry", "latitude*": None}),
        station_row(**BETA | {"name_station": "Alpha", "ID_station": "alpha"}),
    )
    with pytest.raises(StationsInvalid) as caught:
        read_stations(path, known_cells={6})
    assert len(caught.value.fact.split("; ")) == 5
    for expected in (
        "row 3, threshold_drought is 'dry'",
        "row 3, latitude is empty",
        "row 4, code 'alpha' is already in row 2",
        "row 4, name 'Alpha' is already in row 2",
        "row 4, minibasin 2 of Alpha is not in the drainage",
    ):
        assert expected in caught.value.fact


def test_missing_column(write_stations: Write) -> None:
    row = {name: value for name, value in station_row().items() if not name.startswith("threshold_drought")}
    with pytest.raises(StationsInvalid, match="lacks the column threshold_drought; it has id_station"):
        read_stations(write_stations(row))


def test_no_station_at_all(write_stations: Write) -> None:
    with pytest.raises(StationsInvalid, match="holds no station"):
        read_stations(write_stations(station_row(river=None)))


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(SourceMissing, match="does not exist"):
        read_stations(tmp_path / "absent.xlsx")
    for name, content in (
        ("a.xlsx", b""),
        ("b.xlsx", b"PK no"),
        ("c.csv", b""),
        ("d.csv", "Comté".encode("latin-1")),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(SourceCorrupt, match=name):
            read_stations(path)
    (tmp_path / "e.ods").touch()
    with pytest.raises(StationsInvalid, match=r"is a .ods file"):
        read_stations(tmp_path / "e.ods")


@pytest.mark.shared_data
def test_the_real_spreadsheet(shared_data: Path) -> None:
    path = shared_data / "guyane" / "stations_surveillance_guyane.xlsx"
    listed = read_stations(path)
    sheet = openpyxl.load_workbook(path, data_only=True)["Feuille 1"]
    rows = [row[:12] for row in sheet.iter_rows(min_row=2, values_only=True) if row[2]]
    assert len(listed.stations) == len(rows) == 13
    for station, (code, name, river, latitude, longitude, cell, *thresholds, _note, conversion) in zip(
        listed.stations, rows, strict=True
    ):
        assert station.reference_conversion == conversion
        assert (station.code, station.name, station.river, station.minibasin_id) == (code, name, river, cell)
        assert station.position == (longitude, latitude)
        stored = (
            station.threshold_drought,
            station.threshold_flood_low,
            station.threshold_flood_mid,
            station.threshold_flood_high,
        )
        assert stored == tuple(None if value == -9999 else float(value) for value in thresholds)


@pytest.mark.shared_data
def test_the_real_minimal_list(shared_data: Path) -> None:
    listed = read_stations(shared_data / "niger" / "stations.csv")
    assert len(listed.stations) == 22
    assert listed.stations[-1] == Station(23, "22", "Onitsha", None, 11595)
