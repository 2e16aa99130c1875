"""Each kind of corruption of docs/corruptions.md, seeded into a night's files: no reader sees it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import geopandas as gpd
import netCDF4
import numpy as np
import pytest

from sagui_pipelines.errors import (
    CellsChanged,
    GeodataInvalid,
    SourceCorrupt,
    SourceInvalid,
    SourceNotReady,
    SourceShrunk,
)
from sagui_pipelines.flow import table_checks
from sagui_pipelines.flow.series import table_name
from sagui_pipelines.geography.read import read_geography
from sagui_pipelines.hyfaa import health
from sagui_pipelines.hyfaa.solutions import FILES, Solution
from tests.checks.conftest import CELLS, TONIGHT, Good, Night
from tests.checks.damage import (
    FILL,
    FLOW,
    LEVEL,
    RAIN_DAY,
    columns,
    computed_anew,
    each,
    left_out,
    rain,
    rain_file,
    rain_refused,
    rain_sql,
    refused_day,
    refused_file,
    replace_by,
)

pytestmark = pytest.mark.postgis
MGB, ASSIMILATED, FORECAST = Solution.MGBSTANDARD, Solution.ASSIMILATED, Solution.FORECAST
NEWEST = slice(-1, None)
SERIES_TABLE = table_name(ASSIMILATED)
NOW = datetime.combine(TONIGHT, time(16), UTC)


def shuffled(values: np.ndarray) -> np.ndarray:
    return values[..., np.random.default_rng(7).permutation(values.shape[-1])]


def without_newest_rain(good: Good) -> set[str]:
    return {row for row in good.after["sagui_rainfall"] if str(RAIN_DAY) not in row}


def mostly_missing(values: np.ndarray) -> np.ndarray:
    return np.where(np.arange(values.shape[-1]) < 0.6 * CELLS, FILL, values)


# ------------------------------------------------------------------------------------------ files as a whole


def test_corruption_01_empty_file(tonight: Night, good: Good) -> None:
    tonight.path(MGB).write_bytes(b"")
    refused_file(tonight, good, MGB, SourceCorrupt, "0 bytes")


def test_corruption_02_truncated_file(tonight: Night, good: Good) -> None:
    content = tonight.path(MGB).read_bytes()
    tonight.path(MGB).write_bytes(content[: len(content) // 2])
    refused_file(tonight, good, MGB, SourceCorrupt, "cannot be read")


def test_corruption_03_error_page_in_place_of_a_file(tonight: Night, good: Good) -> None:
    tonight.path(MGB).write_text("<html>502 Bad Gateway</html>", encoding="utf-8")
    refused_file(tonight, good, MGB, SourceCorrupt, "is not NetCDF-4")


def test_corruption_04_variable_missing(tonight: Night, good: Good) -> None:
    tonight.portal(MGB, lambda file: file.renameVariable(f"{FLOW}_mean", "discharge"))
    refused_file(tonight, good, MGB, SourceInvalid, "no variable streamflow_catchment_mean")


def test_corruption_05_ensemble_without_median(tonight: Night, good: Good) -> None:
    tonight.portal(ASSIMILATED, lambda file: file.renameVariable(f"{FLOW}_median", "median"))
    refused_file(tonight, good, ASSIMILATED, SourceInvalid, "no variable streamflow_catchment_median")


def test_corruption_06_packed_values(tonight: Night, good: Good) -> None:
    tonight.portal(MGB, lambda file: file[f"{FLOW}_mean"].setncattr("scale_factor", 0.1))
    refused_file(tonight, good, MGB, SourceInvalid, "packed")


def test_corruption_07_flow_declared_in_litres(tonight: Night, good: Good) -> None:
    tonight.portal(MGB, lambda file: file[f"{FLOW}_mean"].setncattr("units", "l/s"))
    refused_file(tonight, good, MGB, SourceInvalid, "is in l/s")


def test_corruption_08_level_declared_in_millimetres(tonight: Night, good: Good) -> None:
    tonight.portal(MGB, lambda file: file[f"{LEVEL}_mean"].setncattr("units", "mm"))
    refused_file(tonight, good, MGB, SourceInvalid, "is in mm")


def test_corruption_09_another_epoch(tonight: Night, good: Good) -> None:
    tonight.portal(MGB, lambda file: file["time"].setncattr("units", "days since 1970-01-01"))
    refused_file(tonight, good, MGB, SourceInvalid, "1970")


def test_corruption_10_a_date_twice(tonight: Night, good: Good) -> None:
    def twice(file: netCDF4.Dataset) -> None:
        file["time"][-1] = file["time"][-2]

    tonight.portal(MGB, twice)
    refused_file(tonight, good, MGB, SourceInvalid, "twice")


def test_corruption_11_dates_out_of_order(tonight: Night, good: Good) -> None:
    tonight.portal(MGB, lambda file: file["time"].__setitem__(slice(-2, None), file["time"][-2:][::-1]))
    refused_file(tonight, good, MGB, SourceInvalid, "goes back")


def test_corruption_12_noon_in_place_of_midnight(tonight: Night, good: Good) -> None:
    tonight.portal(MGB, lambda file: file["time"].__setitem__(slice(None), file["time"][:] + 0.5))
    refused_file(tonight, good, MGB, SourceInvalid, "not whole days")


def test_corruption_13_dates_in_the_future(tonight: Night, good: Good) -> None:
    def later(file: netCDF4.Dataset) -> None:
        file["time"][:] = file["time"][:] + 3000.0
        computed_anew(file)

    tonight.portal(MGB, later)
    refused_file(tonight, good, MGB, SourceInvalid, "days after today")


def test_corruption_14_labels_shifted_by_a_day(tonight: Night, good: Good) -> None:
    tonight.portal(MGB, lambda file: file["time"].__setitem__(slice(None), file["time"][:] + 1.0))
    refused_file(tonight, good, MGB, SourceInvalid, "1 day(s) later")


def test_corruption_15_values_shifted_by_a_day(tonight: Night, good: Good) -> None:
    def shift(file: netCDF4.Dataset) -> None:
        for name in columns(file, FLOW, LEVEL):
            values = np.asarray(file[name][:])
            file[name][1:] = values[:-1]
        computed_anew(file)

    tonight.portal(MGB, shift)
    refused_file(tonight, good, MGB, SourceInvalid, "1 day(s) later")


def test_corruption_16_fewer_cells(tonight: Night, good: Good) -> None:
    source = tonight.path(MGB)
    smaller = source.with_suffix(".smaller")
    with netCDF4.Dataset(source) as old, netCDF4.Dataset(smaller, "w") as new:
        old.set_auto_maskandscale(False)
        for name, dimension in old.dimensions.items():
            new.createDimension(name, dimension.size - (20 if name == "n_cells" else 0))
        for name, variable in old.variables.items():
            kept = new.createVariable(name, variable.dtype, variable.dimensions)
            kept[:] = variable[..., : CELLS - 20] if variable.dimensions[-1] == "n_cells" else variable[:]
    smaller.replace(source)
    refused_file(tonight, good, MGB, CellsChanged, "100 cells")


def test_corruption_17_another_order_of_cells_told_by_the_coordinates(tonight: Night, good: Good) -> None:
    def reorder(file: netCDF4.Dataset) -> None:
        for name in ("longitude", "latitude", *columns(file, FLOW, LEVEL)):
            file[name][:] = shuffled(np.asarray(file[name][:]))

    tonight.portal(MGB, reorder)
    refused_file(tonight, good, MGB, CellsChanged, "elsewhere")


def test_corruption_18_another_order_of_cells_not_told(tonight: Night, good: Good) -> None:
    tonight.portal(MGB, each(FLOW, LEVEL, rows=slice(None), change=shuffled))
    refused_file(tonight, good, MGB, SourceInvalid, "the same values stand in other cells")


def test_corruption_19_all_days_in_litres(tonight: Night, good: Good) -> None:
    tonight.portal(MGB, each(FLOW, rows=slice(None), change=lambda values: values * 1000))
    refused_file(tonight, good, MGB, SourceInvalid, "multiplied by 1000")


def test_corruption_20_series_shrunk(tonight: Night, good: Good) -> None:
    source = tonight.path(MGB)
    shorter = source.with_suffix(".shorter")
    with netCDF4.Dataset(source) as old, netCDF4.Dataset(shorter, "w") as new:
        old.set_auto_maskandscale(False)
        for name, dimension in old.dimensions.items():
            new.createDimension(name, dimension.size - (30 if name == "n_time" else 0))
        for name, variable in old.variables.items():
            kept = new.createVariable(name, variable.dtype, variable.dimensions)
            kept[:] = variable[:-30] if variable.dimensions[0] == "n_time" else variable[:]
    shorter.replace(source)
    refused_file(tonight, good, MGB, SourceShrunk, "ends on")


def test_corruption_21_days_not_written_yet(tonight: Night, good: Good) -> None:
    tonight.portal(MGB, lambda file: file["time_added_to_hydb"].__setitem__(NEWEST, FILL))
    refused_file(tonight, good, MGB, SourceNotReady, "not written yet")


def test_corruption_22_the_model_is_still_writing(tonight: Night, good: Good) -> None:
    lock = tonight.workdir / FILES[ASSIMILATED].lock
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.write_bytes(b"")
    refused_file(tonight, good, ASSIMILATED, SourceNotReady, "is writing")


def test_corruption_23_the_file_of_another_solution(tonight: Night, good: Good) -> None:
    replace_by(tonight, ASSIMILATED, MGB)
    refused_file(tonight, good, ASSIMILATED, SourceInvalid, "file of the mgbstandard solution")


# ------------------------------------------------------------------------------------------------ single days


def test_corruption_24_a_day_without_any_value(tonight: Night, good: Good) -> None:
    tonight.portal(ASSIMILATED, each(FLOW, LEVEL, rows=NEWEST, change=lambda values: values * 0 + FILL))
    refused_day(tonight, good, SERIES_TABLE, "no cell has a flow")


def test_corruption_25_a_flood_of_missing_values(tonight: Night, good: Good) -> None:
    tonight.portal(ASSIMILATED, each(FLOW, LEVEL, rows=NEWEST, change=mostly_missing))
    refused_day(tonight, good, SERIES_TABLE, "60% of the cells")


def test_corruption_26_flows_of_no_river_on_earth(tonight: Night, good: Good) -> None:
    tonight.portal(ASSIMILATED, each(FLOW, rows=NEWEST, change=lambda values: values + 1e7))
    refused_day(tonight, good, SERIES_TABLE, "flow_mean outside")


def test_corruption_27_one_impossible_flow(tonight: Night, good: Good) -> None:
    tonight.portal(MGB, lambda file: file[f"{FLOW}_mean"].__setitem__((-1, 17), 1e9))
    left_out(tonight, good, MGB, "the first cell 18; left out")


def test_corruption_28_a_day_in_litres(tonight: Night, good: Good) -> None:
    tonight.portal(ASSIMILATED, each(FLOW, rows=NEWEST, change=lambda values: values * 35.31))
    refused_day(tonight, good, SERIES_TABLE, "times the flow of the day before")


def test_corruption_29_the_cells_of_a_day_in_another_order(tonight: Night, good: Good) -> None:
    tonight.portal(ASSIMILATED, each(FLOW, LEVEL, rows=NEWEST, change=shuffled))
    refused_day(tonight, good, SERIES_TABLE, "another order of cells")


def test_corruption_30_a_day_copied_twice(tonight: Night, good: Good) -> None:
    def twice(file: netCDF4.Dataset) -> None:
        for name in columns(file, FLOW, LEVEL):
            file[name][-1] = file[name][-2]

    tonight.portal(ASSIMILATED, twice)
    refused_day(tonight, good, SERIES_TABLE, "a day copied twice")


def test_corruption_31_a_constant_field(tonight: Night, good: Good) -> None:
    tonight.portal(MGB, each(FLOW, rows=NEWEST, change=lambda values: values * 0 + 42.0))
    refused_day(tonight, good, table_name(MGB), "the same flow, 42 m3/s")


def test_corruption_32_all_rivers_dry(tonight: Night, good: Good) -> None:
    tonight.portal(ASSIMILATED, each(FLOW, rows=NEWEST, change=lambda values: values * 0))
    refused_day(tonight, good, SERIES_TABLE, "exactly dry")


def test_corruption_33_the_sign_turned(tonight: Night, good: Good) -> None:
    tonight.portal(MGB, each(FLOW, rows=NEWEST, change=lambda values: -values))
    refused_day(tonight, good, table_name(MGB), "flows backwards")


def test_corruption_34_levels_of_a_day_in_centimetres(tonight: Night, good: Good) -> None:
    tonight.portal(ASSIMILATED, each(LEVEL, rows=NEWEST, change=lambda values: values * 10))
    refused_day(tonight, good, SERIES_TABLE, "water levels moved")


def test_corruption_35_levels_above_all_land(tonight: Night, good: Good) -> None:
    tonight.portal(ASSIMILATED, each(LEVEL, rows=NEWEST, change=lambda values: values + 20_000))
    refused_day(tonight, good, SERIES_TABLE, "elevation_mean outside")


def test_corruption_36_the_median_of_other_cells(tonight: Night, good: Good) -> None:
    def mixed(file: netCDF4.Dataset) -> None:
        file[f"{FLOW}_median"][-1] = shuffled(np.asarray(file[f"{FLOW}_median"][-1]))

    tonight.portal(ASSIMILATED, mixed)
    refused_day(tonight, good, SERIES_TABLE, "contradictory statistics of flow")


def test_corruption_37_a_negative_spread(tonight: Night, good: Good) -> None:
    def negative(file: netCDF4.Dataset) -> None:
        file[f"{FLOW}_std"][-1] = -1 - np.asarray(file[f"{FLOW}_std"][-1])

    tonight.portal(ASSIMILATED, negative)
    refused_day(tonight, good, SERIES_TABLE, "contradictory statistics of flow")


def test_corruption_38_a_deviation_in_another_unit(tonight: Night, good: Good) -> None:
    def larger(file: netCDF4.Dataset) -> None:
        file[f"{FLOW}_mad"][-1] = 100 * np.asarray(file[f"{FLOW}_mad"][-1]) + 100

    tonight.portal(ASSIMILATED, larger)
    refused_day(tonight, good, SERIES_TABLE, "contradictory statistics of flow")


def test_corruption_39_one_false_flood(tonight: Night, good: Good) -> None:
    tonight.portal(ASSIMILATED, lambda file: file[f"{FLOW}_median"].__setitem__((-1, 5), 90_000.0))
    left_out(tonight, good, ASSIMILATED, "contradictory statistics of flow in 1 of")


# --------------------------------------------------------------------------------------------------- forecast


def test_corruption_40_a_forecast_that_is_not_finished(tonight: Night, good: Good) -> None:
    tonight.portal(FORECAST, lambda file: file.renameVariable("years_used", "years"))
    refused_file(tonight, good, FORECAST, SourceNotReady, "years_used")


def test_corruption_41_a_member_counted_twice(tonight: Night, good: Good) -> None:
    tonight.portal(FORECAST, lambda file: file["years_used"].__setitem__(slice(None), 2024))
    refused_file(tonight, good, FORECAST, SourceInvalid, "a year twice")


def test_corruption_42_a_forecast_with_a_hole(tonight: Night, good: Good) -> None:
    tonight.portal(FORECAST, lambda file: file["time"].__setitem__(NEWEST, file["time"][-1:] + 1))
    refused_file(tonight, good, FORECAST, SourceInvalid, "the forecast jumps")


def test_corruption_43_a_forecast_in_litres(tonight: Night, good: Good) -> None:
    tonight.portal(FORECAST, each(FLOW, rows=slice(None), change=lambda values: values * 1000))
    refused_file(tonight, good, FORECAST, SourceInvalid, "corrupt")


def test_corruption_44_a_forecast_of_other_cells(tonight: Night, good: Good) -> None:
    tonight.portal(FORECAST, each(FLOW, LEVEL, rows=slice(4, 5), change=shuffled))
    refused_file(
        tonight, good, FORECAST, SourceInvalid, "forecast days are corrupt", "another order of cells"
    )


# ------------------------------------------------------------------------------------------------------- rain


def test_corruption_45_negative_rain(tonight: Night, good: Good) -> None:
    rain(tonight, lambda values: np.where(np.arange(CELLS) < 10, -2376.0, values))
    rain_refused(tonight, good, "negative rain")


def test_corruption_46_rain_above_the_record(tonight: Night, good: Good) -> None:
    rain(tonight, lambda values: values + 2500)
    rain_refused(tonight, good, "more than 2000 mm")


def test_corruption_47_truncated_rain(tonight: Night, good: Good) -> None:
    content = rain_file(tonight).read_bytes()
    rain_file(tonight).write_bytes(content[: len(content) // 2])
    rain_refused(tonight, good, "cannot be read")


def test_corruption_48_the_same_rain_everywhere(tonight: Night, good: Good) -> None:
    rain(tonight, lambda values: values * 0 + 7.5)
    rain_refused(tonight, good, "have the same rain")


def test_corruption_49_a_day_of_rain_copied_twice(tonight: Night, good: Good) -> None:
    before = RAIN_DAY.replace(day=RAIN_DAY.day) - (TONIGHT - RAIN_DAY)
    with netCDF4.Dataset(rain_file(tonight, before)) as dataset:
        earlier = np.asarray(dataset["rain"][:], np.float64)
    rain(tonight, lambda _: earlier)
    rain_refused(tonight, good, "a day copied twice")


def test_corruption_50_rain_missing_in_most_cells(tonight: Night, good: Good) -> None:
    rain(tonight, mostly_missing)
    rain_refused(tonight, good, "60% of the cells")


def test_corruption_51_rain_in_metres(tonight: Night, good: Good) -> None:
    rain(tonight, lambda values: (values + 1) / 1000)
    rain_refused(tonight, good, "another unit")


def test_corruption_52_more_rain_than_a_basin_gets(tonight: Night, good: Good) -> None:
    rain(tonight, lambda values: values % 7 + 900)
    rain_refused(tonight, good, "in the mean of")


def test_corruption_53_rain_declared_in_mm_per_hour(tonight: Night, good: Good) -> None:
    with netCDF4.Dataset(rain_file(tonight), "a") as dataset:
        dataset["rain"].units = "mm/h"
    rain_refused(tonight, good, "is in mm/h")


def test_corruption_54_rain_of_another_mesh(tonight: Night, good: Good) -> None:
    path = rain_file(tonight)
    path.unlink()
    with netCDF4.Dataset(path, "w") as dataset:
        dataset.createDimension("n_meshes", 77)
        dataset.createVariable("rain", "f4", ("n_meshes",))[:] = np.arange(77)
    rain_refused(tonight, good, "has 77 cells")


def test_corruption_55_rain_from_the_future(tonight: Night, good: Good) -> None:
    path = rain_file(tonight)
    name = path.name.replace(f"{RAIN_DAY:%Y%m%d}", "20490101", 1)
    path.rename(path.with_name(name))
    rain_sql(
        tonight,
        f"UPDATE FILEINFO SET file_path = '{name}', date_data = '2049-01-01T00:00:00.000' "
        f"WHERE file_path = '{path.name}'",
    )
    tonight.run()
    assert "days after today" in tonight.refused["sagui_rainfall"][date(2049, 1, 1)]
    assert tonight.rows()["sagui_rainfall"] == without_newest_rain(good)


def test_corruption_56_a_row_that_contradicts_its_file(tonight: Night, good: Good) -> None:
    name = rain_file(tonight).name
    rain_sql(tonight, f"UPDATE FILEINFO SET date_data = '2025-07-30T00:00:00.000' WHERE file_path = '{name}'")
    tonight.run()
    assert tonight.rows()["sagui_rainfall"] == without_newest_rain(good)
    assert "its name does not say so" in health.rain_store(tonight.workdir, NOW).fact


# ---------------------------------------------------------------------------------------- tables and geography


def contract_fact(night: Night, damage: str) -> str:
    """What the blocking check in front of the publication says of a table that somebody changed by hand."""
    night.run()
    night.database.query(damage)
    finding = table_checks.contract(night.engine, SERIES_TABLE, NOW)
    assert not finding.well
    return finding.fact


def test_corruption_57_rows_deleted_by_hand(tonight: Night) -> None:
    fact = contract_fact(
        tonight, f"DELETE FROM guyane.{SERIES_TABLE} WHERE date = '{TONIGHT}' AND cell_id > 100"
    )
    assert fact == f"{TONIGHT} has 100 rows, and 120 were loaded"


def test_corruption_58_a_table_without_its_key(tonight: Night) -> None:
    fact = contract_fact(
        tonight,
        f"ALTER TABLE guyane.{SERIES_TABLE} DROP CONSTRAINT {SERIES_TABLE}_unique_cellid_day CASCADE",
    )
    assert "rows may be doubled" in fact


def test_corruption_59_values_changed_by_hand(tonight: Night) -> None:
    fact = contract_fact(
        tonight, f"UPDATE guyane.{SERIES_TABLE} SET flow_median = 9e9 WHERE date = '{TONIGHT}'"
    )
    assert fact == f"{TONIGHT} has 120 rows with values beyond physical limits"


def test_corruption_60_a_column_renamed(tonight: Night) -> None:
    fact = contract_fact(tonight, f"ALTER TABLE guyane.{SERIES_TABLE} RENAME COLUMN flow_median TO flow")
    assert "lacks the column flow_median" in fact


def test_corruption_61_river_widths_in_millimetres(basin, tmp_path) -> None:  # type: ignore[no-untyped-def]
    for path in (basin / "simulation" / "geodata").iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    mini = gpd.read_file(tmp_path / "mini.shp")
    width = next(name for name in mini.columns if name.lower() == "width")
    mini[width] = mini[width] * 1000
    mini.to_file(tmp_path / "mini.shp")
    with pytest.raises(GeodataInvalid, match="width that should be metres between 0 and 60,000"):
        read_geography(tmp_path)
