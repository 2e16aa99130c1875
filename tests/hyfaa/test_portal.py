"""Reading portal files: values to the bit, and every way in which a file may be wrong."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sagui_pipelines.errors import SaguiError, SourceCorrupt, SourceInvalid, SourceMissing, SourceNotReady
from sagui_pipelines.hyfaa.portal import Portal
from sagui_pipelines.hyfaa.quality import judge
from sagui_pipelines.hyfaa.solutions import FILES, Solution

FILL = 9.969209968386869e36
ALL_COLUMNS = {
    f"{quantity}_{statistic}"
    for quantity in ("elevation", "flow")
    for statistic in ("mean", "median", "stddev", "mad")
}


def edit(path: Path, variable: str, index: object, value: object) -> None:
    with netCDF4.Dataset(path, "a") as dataset:
        dataset.set_auto_mask(False)
        dataset[variable][index] = value


def refusal(path: Path, kind: type[SaguiError], *, is_forecast: bool = False) -> str:
    """Open a file that must be refused; return the message, which names file and remedy."""
    with pytest.raises(kind) as caught, Portal(path, is_forecast=is_forecast) as portal:
        judge(portal)
    assert caught.value.source == str(path)
    assert caught.value.remedy.endswith(".")
    return caught.value.fact


def same_bits(left: NDArray[np.float64], right: NDArray[np.float64]) -> bool:
    return np.array_equal(left.view(np.int64), right.view(np.int64))


# ------------------------------------------------------------------------------------------- real files


@pytest.mark.shared_data
@pytest.mark.parametrize("solution", Solution)
def test_real_files_are_read_bit_exactly(shared_data: Path, solution: Solution) -> None:
    path = shared_data / "niger" / FILES[solution].portal
    with netCDF4.Dataset(path) as reference, Portal(path, is_forecast=FILES[solution].is_forecast) as portal:
        assert portal.n_cells == 11_595
        assert set(portal.columns) == (
            {"flow_mean", "elevation_mean"} if solution is Solution.MGBSTANDARD else ALL_COLUMNS
        )
        assert same_bits(portal.time_added_jd, reference["time_added_to_hydb"][:].data)
        assert portal.dates.size == reference["time"].size
        for column, name in portal.columns.items():
            masked = reference[name][:]
            values = portal.read(column, 0, portal.dates.size)
            assert np.array_equal(np.isnan(values), masked.mask | np.isnan(masked.data))
            present = ~np.isnan(values)
            assert present.any()
            assert same_bits(values[present], masked.data[present])


@pytest.mark.shared_data
def test_trap_13_real_flows_are_negative_and_kept(shared_data: Path) -> None:
    with Portal(shared_data / "niger" / FILES[Solution.ASSIMILATED].portal) as portal:
        lowest = min(np.nanmin(portal.read("flow_mean", *chunk)) for chunk in portal.chunks())
    assert lowest == -15756.868


# ------------------------------------------------------------------------------------------- what is read


def test_header_and_values(hyfaa) -> None:
    flow = hyfaa.flow(40, 7)
    with Portal(hyfaa.portal(flow=flow)) as portal:
        assert (portal.n_cells, portal.n_ensemble, portal.years_used) == (7, 1, None)
        assert portal.date_created == "2026-03-01T06:15:32"
        assert portal.dates[0] == np.datetime64("2026-01-02")
        assert not portal.is_analysis.any()
        assert same_bits(portal.read("flow_mean", 3, 11), flow[3:11])
        assert portal.read("flow_mean", 5, 5).shape == (0, 7)
        with pytest.raises(IndexError):
            portal.read("flow_mean", 0, 41)
        with pytest.raises(KeyError):
            portal.read("flow_median", 0, 1)


def test_forecast_names_its_years(hyfaa) -> None:
    with Portal(hyfaa.portal(Solution.FORECAST), is_forecast=True) as portal:
        assert portal.years_used == (2025, 2024, 2023, 2022)
        assert portal.n_ensemble == 4


def test_trap_03_a_file_not_yet_compressed_is_complete(hyfaa) -> None:
    flow = hyfaa.flow()
    with Portal(hyfaa.portal(flow=flow, compressed=False)) as portal:
        assert same_bits(portal.read("flow_mean", 0, 20), flow)


def test_trap_08_fill_value_is_missing(hyfaa) -> None:
    path = hyfaa.portal()
    edit(path, "streamflow_catchment_mean", (2, slice(1, 3)), FILL)
    with Portal(path) as portal:
        assert np.isnan(portal.read("flow_mean", 2, 3)).tolist() == [[False, True, True, False, False]]


def test_trap_08_a_declared_fill_value_is_missing_too(hyfaa) -> None:
    path = hyfaa.portal()
    with netCDF4.Dataset(path, "a") as dataset:
        dataset["streamflow_catchment_mean"].missing_value = -9999.0
    edit(path, "streamflow_catchment_mean", (0, 0), -9999.0)
    with Portal(path) as portal:
        assert np.isnan(portal.read("flow_mean", 0, 1)).tolist() == [[True, False, False, False, False]]


def test_trap_09_nan_and_infinities_are_missing(hyfaa) -> None:
    path = hyfaa.portal(Solution.ASSIMILATED)
    edit(path, "streamflow_catchment_mad", (0, slice(0, 3)), [np.nan, np.inf, -np.inf])
    with Portal(path) as portal:
        assert np.isnan(portal.read("flow_mad", 0, 1)).tolist() == [[True, True, True, False, False]]


def test_trap_10_the_variables_decide_and_not_the_solution(hyfaa) -> None:
    single = hyfaa.portal(Solution.FORECAST, n_ensemble=1)
    with Portal(single, is_forecast=True) as portal:
        assert set(portal.columns) == {"flow_mean", "elevation_mean"}
    with Portal(hyfaa.portal(Solution.MGBSTANDARD, n_ensemble=3)) as portal:
        assert set(portal.columns) == ALL_COLUMNS


def test_trap_11_elevation_is_metres_whatever_the_attribute_says(hyfaa) -> None:
    flow = hyfaa.flow()
    with Portal(hyfaa.portal(flow=flow)) as portal:
        assert same_bits(portal.read("elevation_mean", 0, 20), flow)


def test_trap_12_mad_is_not_rescaled(hyfaa) -> None:
    flow = hyfaa.flow()
    with Portal(hyfaa.portal(Solution.ASSIMILATED, flow=flow)) as portal:
        assert same_bits(portal.read("flow_mad", 0, 20), np.round(flow / 4, 3))


def test_trap_13_negative_flows_are_values(hyfaa) -> None:
    flow = hyfaa.flow()
    flow[4, 2] = -15756.868
    with Portal(hyfaa.portal(flow=flow)) as portal:
        assert portal.read("flow_mean", 4, 5)[0, 2] == -15756.868


def test_trap_14_rivers_may_be_exactly_dry(hyfaa) -> None:
    flow = hyfaa.flow()
    flow[:, 0] = 0.0
    with Portal(hyfaa.portal(flow=flow)) as portal:
        assert portal.read("flow_mean", 0, 20)[:, 0].tolist() == [0.0] * 20


def test_trap_15_hours_and_late_dates_survive(hyfaa) -> None:
    path = hyfaa.portal(first_day=np.datetime64("2039-09-10"))
    edit(path, "time_added_to_hydb", 3, 32_780.260788421)
    with Portal(path) as portal:
        assert portal.time_added_jd[3] == 32_780.260788421
        assert portal.dates[-1] == np.datetime64("2039-09-29")


def test_trap_16_noise_in_time_does_not_move_days(hyfaa) -> None:
    path = hyfaa.portal()
    with netCDF4.Dataset(path, "a") as dataset:
        dataset["time"][:] = dataset["time"][:] + np.where(np.arange(20) % 2, 1e-9, -1e-9)
    with Portal(path) as portal:
        assert portal.dates.tolist() == (np.datetime64("2026-01-02") + np.arange(20)).tolist()


@pytest.mark.parametrize(("attribute", "value"), [("units", "days since 1970-01-01"), ("calendar", "noleap")])
def test_trap_16_another_clock_is_refused(hyfaa, attribute: str, value: str) -> None:
    path = hyfaa.portal()
    with netCDF4.Dataset(path, "a") as dataset:
        dataset["time"].setncattr(attribute, value)
    assert value in refusal(path, SourceInvalid)


def test_trap_17_times_of_addition_are_not_compared_with_now(hyfaa) -> None:
    path = hyfaa.portal()
    edit(path, "time_added_to_hydb", slice(None), 60_000.5)  # in 2114
    with Portal(path) as portal:
        assert set(portal.time_added_jd) == {60_000.5}


def test_trap_18_the_newest_addition_may_belong_to_an_old_day(hyfaa) -> None:
    path = hyfaa.portal()
    edit(path, "time_added_to_hydb", 2, 27900.123456789)
    with Portal(path) as portal:
        assert portal.time_added_jd.argmax() == 2
        assert portal.time_added_jd[2] == 27900.123456789


def test_trap_20_analysis_days_are_told_apart(hyfaa) -> None:
    path = hyfaa.portal(Solution.ASSIMILATED)
    edit(path, "is_analysis", slice(3, 5), 1)
    with Portal(path) as portal:
        assert np.flatnonzero(portal.is_analysis).tolist() == [3, 4]


def test_trap_21_labels_are_left_where_hyfaa_puts_them(hyfaa) -> None:
    observed = hyfaa.portal()
    forecast = hyfaa.portal(Solution.FORECAST, first_day=np.datetime64("2026-01-22"))
    with Portal(observed) as one, Portal(forecast, is_forecast=True) as other:
        assert (other.dates[0] - one.dates[-1]).astype(int) == 1


def test_trap_24_messages_count_cells_from_one(hyfaa) -> None:
    flow = hyfaa.flow()
    flow[6, 4] = 2e6
    with Portal(hyfaa.portal(flow=flow)) as portal:
        [(day, why)] = judge(portal).refused.items()
    assert (str(day), why) == (
        "2026-01-08",
        "flow_mean outside -1e+06 to 1e+06 m3/s in 1 of 5 cells, the first cell 5",
    )


def test_trap_25_more_cells_than_an_int16_holds(hyfaa) -> None:
    flow = hyfaa.flow(2, 40_000)
    flow[1, 39_999] = -3e6
    with Portal(hyfaa.portal(flow=flow)) as portal:
        notes = judge(portal).notes
        assert np.isnan(portal.read("flow_mean", 1, 2)[0, 39_999])
    assert any("cell 40000; left out" in note for note in notes)


@pytest.mark.parametrize("value", [1e6, -1e6])
def test_the_bounds_themselves_are_allowed(hyfaa, value: float) -> None:
    path = hyfaa.portal()
    edit(path, "streamflow_catchment_mean", (1, 1), value)
    with Portal(path) as portal:
        assert portal.read("flow_mean", 1, 2)[0, 1] == value
        assert judge(portal).refused == {}


def test_a_level_above_all_land_is_refused(hyfaa) -> None:
    path = hyfaa.portal()
    edit(path, "water_elevation_catchment_mean", (1, 1), 1.2e4)
    with Portal(path) as portal:
        [why] = judge(portal).refused.values()
    assert why == "elevation_mean outside -500 to 9000 m in 1 of 5 cells, the first cell 2"


def test_reads_stay_small_whatever_the_width(hyfaa) -> None:
    with Portal(hyfaa.portal(Solution.ASSIMILATED, flow=hyfaa.flow(3, 60_000))) as portal:
        assert portal.chunk_days == 17
        assert portal.chunk_days * portal.n_cells * 8 * len(portal.columns) < 100e6


# ---------------------------------------------------------------------------- damaged, unfinished, wrong


def test_readers_in_several_threads_get_the_values(hyfaa) -> None:
    flow = hyfaa.flow(200, 400)
    path = hyfaa.portal(flow=flow)

    def read(_: int) -> bool:
        with Portal(path) as portal, portal.in_order():
            return same_bits(portal.read("flow_mean", 0, 200), flow)

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(read, range(40)))


def test_missing_file(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.nc", SourceMissing) == "does not exist"


@pytest.mark.parametrize(
    ("content", "fact"),
    [(b"", "empty"), (b"cell,flow\n1,2.0\n", "is not NetCDF-4"), (b"\x89HDF\r\n\x1a\n", "cannot be read")],
)
def test_no_netcdf_file(tmp_path: Path, content: bytes, fact: str) -> None:
    path = tmp_path / "portal.nc"
    path.write_bytes(content)
    assert fact in refusal(path, SourceCorrupt)


def test_a_folder(tmp_path: Path) -> None:
    assert "is a folder" in refusal(tmp_path, SourceCorrupt)


@given(kept=st.floats(0.0, 0.999))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_truncated_copy_is_refused(hyfaa, kept: float) -> None:
    path = hyfaa.path()
    if not path.exists():
        shutil.copy(hyfaa.portal(flow=hyfaa.flow(60, 50)), path.with_suffix(".whole"))
    content = path.with_suffix(".whole").read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    refusal(path, SourceCorrupt)


def test_damaged_values_are_refused(hyfaa) -> None:
    path = hyfaa.portal(flow=hyfaa.flow(200, 100))
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 64] = bytes(64)
    path.write_bytes(content)
    assert "damaged" in refusal(path, SourceCorrupt)


@pytest.mark.parametrize("unwritten", [FILL, np.nan])
@pytest.mark.parametrize("variable", ["time_added_to_hydb", "time"])
def test_trap_04_a_day_not_written_yet(hyfaa, variable: str, unwritten: float) -> None:
    path = hyfaa.portal()
    edit(path, variable, slice(17, 20), unwritten)
    fact = refusal(path, SourceNotReady)
    assert fact == f"{variable} is not written yet for 3 of 20 days, first at position 17"


def test_trap_02_fill_values_everywhere_mean_still_writing(hyfaa) -> None:
    path = hyfaa.portal()
    for variable in ("time_added_to_hydb", "streamflow_catchment_mean", "water_elevation_catchment_mean"):
        edit(path, variable, ..., FILL)
    assert "not written yet for 20 of 20 days" in refusal(path, SourceNotReady)


def test_trap_07_a_forecast_is_complete_once_its_years_are_appended(hyfaa) -> None:
    path = hyfaa.portal(Solution.FORECAST, years_used=False)
    assert "years_used" in refusal(path, SourceNotReady, is_forecast=True)
    with netCDF4.Dataset(path, "a") as dataset:
        hyfaa.append_years(dataset)
    with Portal(path, is_forecast=True) as portal:
        assert portal.years_used is not None


def test_a_converted_forecast_has_no_years_and_no_attributes(hyfaa) -> None:
    path = hyfaa.portal(Solution.FORECAST, years_used=False)
    with netCDF4.Dataset(path, "a") as dataset:
        dataset.delncattr("date_created")
        dataset.delncattr("n_ensemble")
    with Portal(path, is_forecast=True) as portal:
        assert (portal.years_used, portal.date_created) == (None, None)


@pytest.mark.parametrize(
    ("times", "fact"),
    [
        ([27760, 27761, 27761, 27762], "time holds 2026-01-03 twice"),
        ([27760, 27762, 27761, 27763], "time goes back from 2026-01-04 to 2026-01-03"),
        ([27760, 27761, 27762.5, 27763], "1 value(s) are not whole days, first 27762.5"),
        ([27760, 27761, 27762, 4e6], "no day between 1950 and 2223"),
        ([-5, 27761, 27762, 27763], "no day between 1950 and 2223"),
    ],
)
def test_times_out_of_order(hyfaa, times: list[float], fact: str) -> None:
    path = hyfaa.portal(flow=hyfaa.flow(4))
    edit(path, "time", slice(None), times)
    assert fact in refusal(path, SourceInvalid)


def test_a_time_of_addition_out_of_range(hyfaa) -> None:
    path = hyfaa.portal()
    edit(path, "time_added_to_hydb", 0, 0.0)
    assert "time_added_to_hydb holds 0.0" in refusal(path, SourceInvalid)


def test_an_unknown_flag(hyfaa) -> None:
    path = hyfaa.portal()
    edit(path, "is_analysis", 1, 7)
    assert "is_analysis holds 7" in refusal(path, SourceInvalid)


@pytest.mark.parametrize("name", ["time", "time_added_to_hydb", "is_analysis", "streamflow_catchment_mean"])
def test_a_required_variable_is_absent(hyfaa, name: str) -> None:
    path = hyfaa.portal()
    with netCDF4.Dataset(path, "a") as dataset:
        dataset.renameVariable(name, "other")
    assert refusal(path, SourceInvalid) == f"has no variable {name}"


@pytest.mark.parametrize("name", ["n_time", "n_cells"])
def test_a_required_dimension_is_absent(hyfaa, name: str) -> None:
    path = hyfaa.portal()
    with netCDF4.Dataset(path, "a") as dataset:
        dataset.renameDimension(name, "other")
    assert refusal(path, SourceInvalid) == f"has no dimension {name}"


def test_no_cell_at_all(tmp_path: Path) -> None:
    path = tmp_path / "portal.nc"
    with netCDF4.Dataset(path, "w") as dataset:
        dataset.createDimension("n_time", 1)
        dataset.createDimension("n_cells", None)
    assert refusal(path, SourceInvalid) == "dimension n_cells has size 0"


@pytest.mark.parametrize(
    ("change", "fact"),
    [
        (lambda d: d.createVariable("streamflow_catchment_mean", "f8", ("n_cells", "n_time")), "dimensions"),
        (lambda d: d.createVariable("streamflow_catchment_mean", "f8", ("n_cells",)), "dimensions"),
        (lambda d: d.createVariable("streamflow_catchment_mean", "S1", ("n_time", "n_cells")), "not numbers"),
        (
            lambda d: d.createVariable("streamflow_catchment_mean", "i2", ("n_time", "n_cells")).setncattr(
                "scale_factor", 0.1
            ),
            "packed",
        ),
        (
            lambda d: d.createVariable("streamflow_catchment_mean", "f8", ("n_time", "n_cells")),
            "no value at all",
        ),
    ],
    ids=["transposed", "one dimension", "text", "packed", "all masked"],
)
def test_a_flow_variable_of_another_kind(hyfaa, change: Callable[[netCDF4.Dataset], None], fact: str) -> None:
    path = hyfaa.portal()
    with netCDF4.Dataset(path, "a") as dataset:
        dataset.renameVariable("streamflow_catchment_mean", "former")
        change(dataset)
    assert fact in refusal(path, SourceInvalid)


def test_years_of_another_number_than_members(hyfaa) -> None:
    path = hyfaa.portal(Solution.FORECAST, years_used=False)
    with netCDF4.Dataset(path, "a") as dataset:
        dataset.createDimension("n_years", 2)
        dataset.createVariable("years_used", "i4", ("n_years",))[:] = [2025, 2024]
    assert "2 years for 4 members" in refusal(path, SourceInvalid, is_forecast=True)


def test_messages_name_the_file_people_know(hyfaa) -> None:
    path = hyfaa.path()
    path.parent.mkdir(parents=True)
    path.write_bytes(b"")
    with pytest.raises(SourceCorrupt, match=r"at HYFAA's: is empty"):
        Portal(path, source="at HYFAA's")
