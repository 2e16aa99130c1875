"""HYFAA's file formats, fact by fact."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import h5py
import netCDF4
import numpy as np
import pytest

from sagui_pipelines.hyfaa.solutions import FILES, Solution

CELLS = 60
DAYS = 882
NAME = re.compile(r"^DATA_(\d{8}T\d{12})_(\d{8}T\d{12})_(\d{4})\.nc$")
STATISTICS = {"mean", "median", "std", "mad"}


@pytest.fixture(scope="module")
def work(made: Path) -> Path:
    return made / "hyfaa"


def rows(database: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(sql).fetchall()


def columns(database: Path) -> list[tuple[object, object]]:
    return [(row[1], str(row[2]).lower()) for row in rows(database, "PRAGMA table_info(FILEINFO)")]


def portal(work: Path, solution: Solution) -> netCDF4.Dataset:
    return netCDF4.Dataset(work / FILES[solution].portal)


def test_rain_file_holds_nothing_but_rain(work: Path) -> None:
    store = work / "databases/forcing_onmesh_db/data_store"
    with netCDF4.Dataset(sorted(store.iterdir())[0]) as data:
        assert {name: len(size) for name, size in data.dimensions.items()} == {"n_meshes": CELLS}
        assert list(data.variables) == ["rain"]
        rain = data["rain"]
        assert rain.dtype == np.float32
        assert rain.ncattrs() == []
        assert data.ncattrs() == []
        assert rain.filters()["complevel"] == 4
        assert rain.filters()["shuffle"]
        assert rain[:].min() >= 0.0


def test_rain_catalogue_has_one_added_row_per_file_and_day(work: Path) -> None:
    folder = work / "databases/forcing_onmesh_db"
    database = folder / "database_manager.sql"
    names = "file_path data_type date_data date_added_to_db date_created product_type file_status grid_status"
    assert columns(database) == [(name, "str") for name in names.split()]
    table = rows(database, "SELECT * FROM FILEINFO ORDER BY rowid")
    assert len(table) == DAYS
    assert {row[0] for row in table} == {file.name for file in (folder / "data_store").iterdir()}
    first = np.datetime64("2022-01-01")
    for number, (name, kind, day, added, created, product, status, grid) in enumerate(table):
        assert (kind, created, product, status, grid) == ("rain", "None", "analysis", "added", "complete")
        assert day == f"{first + number}T00:00:00.000"
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}", str(added))
        match = NAME.match(str(name))
        assert match
        assert match[1] == str(day)[:10].replace("-", "") + "T000000000000"
        stamp = re.sub(r"[-:.]", "", str(added))
        assert match[2].startswith(stamp)


@pytest.mark.parametrize("solution", list(Solution))
def test_state_catalogues_exist_and_are_empty(work: Path, solution: Solution) -> None:
    database = work / FILES[solution].state_database
    assert columns(database) == [
        ("file_path", "str"),
        ("file_status", "str"),
        ("date_data", "str"),
        ("date_added_to_db", "str"),
        ("ensemble_size", "int"),
        ("forcing_confidence_coefficient", "float"),
        ("type", "str"),
    ]
    assert rows(database, "SELECT * FROM FILEINFO") == []


def test_assimilation_database_has_its_table(work: Path) -> None:
    names = [name for name, _ in columns(work / "databases/assimilation_db/database.sql")]
    assert names == [
        "mesh_id",
        "value",
        "uncertainty",
        "date_data",
        "lon",
        "lat",
        "date_added_to_db",
        "sv_name",
        "info",
    ]


def test_no_lock_and_no_unfinished_file_is_left(made: Path) -> None:
    left = [path.name for path in made.rglob("*") if "lock" in path.name or ".part" in path.name]
    assert left == [".lock"]


@pytest.mark.parametrize(
    ("solution", "members", "days"),
    [(Solution.MGBSTANDARD, 1, DAYS), (Solution.ASSIMILATED, 20, DAYS), (Solution.FORECAST, 2, 10)],
)
def test_portal_layout(work: Path, solution: Solution, members: int, days: int) -> None:
    with portal(work, solution) as data:
        assert data.data_model == "NETCDF4"
        sizes = {name: len(size) for name, size in data.dimensions.items()}
        assert sizes == {"n_time": days, "n_cells": CELLS, "n_ensemble": members}
        assert not any(size.isunlimited() for size in data.dimensions.values())
        statistics = STATISTICS if members > 1 else {"mean"}
        fields = {
            f"{what}_{s}"
            for what in ("water_elevation_catchment", "streamflow_catchment")
            for s in statistics
        }
        others = {"time", "longitude", "latitude", "time_added_to_hydb", "is_analysis"}
        extra = {"years_used"} if solution is Solution.FORECAST else set()
        assert set(data.variables) == fields | others | extra
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", data.date_created)
        assert data.n_ensemble == members
        assert data.n_ensemble.dtype == np.int64
        for name in fields:
            variable = data[name]
            assert variable.dtype == np.float64
            assert variable.dimensions == ("n_time", "n_cells")
            assert variable.units == ("cm" if "elevation" in name else "m^3/s")
            assert variable.standard_name == name
            assert {"long_name", "comments"} <= set(variable.ncattrs())


@pytest.mark.parametrize("solution", list(Solution))
def test_portal_encoding(work: Path, solution: Solution) -> None:
    with portal(work, solution) as data:
        for variable in data.variables.values():
            assert not {"_FillValue", "missing_value"} & set(variable.ncattrs())
            assert variable.filters()["zlib"]
            assert variable.filters()["complevel"] == 4
            assert not variable.filters()["shuffle"]
            assert variable.chunking() != "contiguous"
        assert data["is_analysis"].dtype == np.uint8
        assert data["is_analysis"].units == "0,1"
        for name in ("time", "time_added_to_hydb"):
            assert data[name].units == "days since 1950-01-01 00:00:00.0"
            assert data[name].calendar == "gregorian"
        assert data["time"].standard_name == "time"
        assert data["longitude"].units == "degrees_east"
        assert data["latitude"].units == "degrees_north"


def test_portal_values_are_complete_rounded_and_consistent(work: Path) -> None:
    with portal(work, Solution.ASSIMILATED) as data:
        for name in ("streamflow_catchment", "water_elevation_catchment"):
            fields = {s: np.asarray(np.ma.filled(data[f"{name}_{s}"][:], np.nan)) for s in STATISTICS}
            for values in fields.values():
                assert np.isfinite(values).all()
                assert np.array_equal(values, np.round(values, 3))
            assert fields["std"].min() >= 0.0
            assert fields["mad"].min() >= 0.0
            assert np.median(np.abs(fields["mean"] - fields["median"])) < np.median(fields["std"])
        relative = data["streamflow_catchment_std"][:] / data["streamflow_catchment_mean"][:]
        assert 0.01 < np.ma.median(relative) < 0.6


def test_other_readers_see_the_same_values(work: Path) -> None:
    path = work / FILES[Solution.ASSIMILATED].portal
    with h5py.File(path) as raw, netCDF4.Dataset(path) as data:
        name = "streamflow_catchment_median"
        assert np.array_equal(raw[name][:], data[name][:].data)


def test_portal_times(work: Path) -> None:
    epoch = np.datetime64("1950-01-01")
    with portal(work, Solution.MGBSTANDARD) as data:
        days = epoch + data["time"][:].astype(int)
        assert days[0] == np.datetime64("2022-01-02")
        assert days[-1] == np.datetime64("2024-06-01")
        assert (np.diff(data["time"][:]) == 1.0).all()
        added = data["time_added_to_hydb"][:]
        assert (np.diff(added) > 0).all()
        assert (added.astype(int) == data["time"][-1]).all()
        assert np.allclose(added * 86_400_000, np.rint(added * 86_400_000), atol=0.01)
        assert not data["is_analysis"][:].any()
        assert data.date_created.startswith("2024-06-01T")
    with portal(work, Solution.FORECAST) as data:
        assert epoch + int(data["time"][0]) == np.datetime64("2024-06-02")
        assert not data["is_analysis"][:].any()


def test_some_days_are_analyses_but_never_the_newest(work: Path) -> None:
    with portal(work, Solution.ASSIMILATED) as data:
        analysis = data["is_analysis"][:]
        assert 0.2 < analysis.mean() < 0.5
        assert not analysis[-8:].any()


def test_forecast_tells_its_years_and_starts_from_mgbstandard(work: Path) -> None:
    with portal(work, Solution.FORECAST) as forecast, portal(work, Solution.MGBSTANDARD) as past:
        assert forecast["years_used"].dtype == np.int32
        assert forecast["years_used"].dimensions == ("n_ensemble",)
        assert forecast["years_used"][:].tolist() == [2023, 2022]
        assert isinstance(forecast.fake_prevision_info, str)
        mouth = CELLS - 1
        last = past["streamflow_catchment_mean"][-1, mouth]
        assert forecast["streamflow_catchment_mean"][0, mouth] == pytest.approx(last, rel=0.3)
        spread = forecast["streamflow_catchment_std"][:].mean(axis=1)
        assert spread[-1] > spread[0]


def test_cell_positions_are_float32_values(work: Path) -> None:
    with (
        portal(work, Solution.MGBSTANDARD) as data,
        netCDF4.Dataset(work / "input_data/static_data.nc") as static,
    ):
        for short in ("longitude", "latitude"):
            values = data[short][:].data
            assert np.array_equal(values, values.astype(np.float32).astype(np.float64))
            assert np.array_equal(values, static[f"{short}_center"][:].data.astype(np.float64))
        assert data["longitude"][:].min() > -56.5
        assert data["longitude"][:].max() < -51.0
        assert data["latitude"][:].min() > 1.9
        assert data["latitude"][:].max() < 6.0
