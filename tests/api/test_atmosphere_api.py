"""Air: files, classes and the entry of the dashboard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from api_world import Api, World
from django.test import override_settings

pytestmark = pytest.mark.postgis

FILES = "/api/v1/atmo/files"
HOST = "http://testserver"
CLASS_KEYS = [
    "label", "label_fr", "label_en", "label_pt", "bounds_min", "bounds_max", "legend_label", "alert_code", "color",
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, api: Api, world: World) -> Any:
    """An empty folder of air files, known to the API."""
    for name in ("styled", "raw"):
        (tmp_path / name).mkdir()
    with override_settings(SAGUI_PATH_TO_ATMO_FILES=tmp_path):
        yield tmp_path


def _image(folder: Path, day: str, endings: tuple[str, ...] = ("png", "wld", "tif")) -> None:
    for ending in endings:
        (folder / "styled" / f"{day}_aai.{ending}").write_bytes(b"x")


def _raster(folder: Path, day: str, values: np.ndarray) -> None:
    # The module looks for its library on import, which needs settings.
    from django.contrib.gis.gdal import GDALRaster  # noqa: PLC0415

    raster = GDALRaster(
        {
            "name": str(folder / "raw" / f"{day}_merged_aai.tif"),
            "driver": "GTiff",
            "width": values.shape[1],
            "height": values.shape[0],
            "srid": 4326,
            "origin": (-57, 7),
            "scale": (0.025, -0.025),
            "datatype": 6,
            "bands": [{"nodata_value": -255, "data": values.astype("float32")}],
        }
    )
    del raster


def _air(api: Api) -> dict[str, Any]:
    entries = {entry["id"]: entry for entry in api.json("/api/v1/dashboard")}
    assert list(entries) == ["flow_previ", "flow_alerts", "rain_alerts", "atmo_alerts"]
    return entries["atmo_alerts"]


@pytest.mark.parametrize("setting", [None, Path("/nowhere")])
def test_files_are_an_empty_list_while_there_are_none(api: Api, world: World, setting: Path | None) -> None:
    with override_settings(SAGUI_PATH_TO_ATMO_FILES=setting):
        body = api.json(FILES)
        assert len(api.json("/api/v1/dashboard")) == 3
    assert list(body) == ["count", "description", "classes", "legend", "extent", "results", "bbox"]
    assert (body["count"], body["results"]) == (0, [])
    assert body["classes"] == f"{HOST}/api/v1/atmo/classes"
    assert body["legend"] == f"{HOST}/atmo/styled/legend.png"


def test_files_are_newest_first(api: Api, folder: Path) -> None:
    for day in ("20310501", "20310430", "20310502"):
        _image(folder, day)
    body = api.json(f"{FILES}.json")
    assert body["count"] == 3
    assert body["results"][0] == {
        "date": "2031-05-02",
        "png": f"{HOST}/atmo/styled/20310502_aai.png",
        "wld": f"{HOST}/atmo/styled/20310502_aai.wld",
        "geotiff": f"{HOST}/atmo/styled/20310502_aai.tif",
    }
    assert list(body["results"][0]) == ["date", "png", "wld", "geotiff"]
    assert [item["date"] for item in body["results"]] == ["2031-05-02", "2031-05-01", "2031-04-30"]
    assert api.get(FILES)["X-Data-Date"] == "2031-05-02"


def test_fault_88_extent_stays_swapped_beside_a_right_one(api: Api, world: World) -> None:
    body = api.json(FILES)
    assert body["extent"] == {"east": -57, "south": 1, "west": -50, "north": 7}
    assert body["bbox"] == [-57, 1, -50, 7]


def test_fault_88_duration_is_honoured(api: Api, folder: Path) -> None:
    for day in range(1, 21):
        _image(folder, f"203105{day:02}")
    assert [api.json(f"{FILES}{query}")["count"] for query in ("", "?duration=3", "?duration=100")] == [
        10,
        3,
        20,
    ]
    assert api.get(f"{FILES}?duration=x").status_code == 400


def test_fault_88_incomplete_and_undated_files_are_skipped(api: Api, folder: Path) -> None:
    _image(folder, "20310501")
    _image(folder, "20310502", ("png", "wld"))
    _image(folder, "20310503", ("png", "tif"))
    for name in ("aai.png", "20319999_aai.png", "legend.png", "20310504_aai.png.tmp"):
        (folder / "styled" / name).write_bytes(b"x")
    assert [item["date"] for item in api.json(FILES)["results"]] == ["2031-05-01"]


def test_classes_have_the_contract_shape(api: Api, world: World) -> None:
    classes = api.json("/api/v1/atmo/classes")
    assert [item["alert_code"] for item in classes] == ["a0", "a1", "a2", "a3", "a4", "a5"]
    assert list(classes[0])[:9] == CLASS_KEYS
    assert (classes[0]["bounds_min"], classes[0]["legend_label"]) == (-1000.0, "< 0.4")


def test_fault_95_classes_carry_the_alert_label(api: Api, world: World) -> None:
    classes = api.json("/api/v1/atmo/classes.json")
    assert list(classes[0])[9:] == ["alert_label"]
    assert classes[5]["alert_label"] == "Critique"


def test_classes_as_csv_are_exact(api: Api, world: World) -> None:
    response = api.get("/api/v1/atmo/classes.csv")
    lines = response.content.decode("utf-8").split("\r\n")
    assert lines[0] == "alert_code,bounds_max,bounds_min,color,label,label_en,label_fr,label_pt,legend_label"
    assert lines[3] == "a2,0.9,0.6,#FFFF00FF,Dégradé,Degraded,Dégradé,Degradado,"
    assert (len(lines), lines[-1]) == (8, "")
    assert response["Content-Type"] == "text/csv; charset=utf-8"


def test_fault_96_air_is_an_additional_entry(api: Api, folder: Path) -> None:
    _image(folder, "20310501")
    values = np.zeros((240, 280))
    values[0, :9] = 5.0
    values[0, 9] = 0.95
    _raster(folder, "20310501", values)
    air = _air(api)
    assert air["alert_code"] == "a3"
    assert list(air["histogram"].items()) == [
        ("a0", 67190), ("a1", 0), ("a2", 0), ("a3", 1), ("a4", 0), ("a5", 9), ("unknown", 0),
    ]  # fmt: skip
    assert list(air["attributes"]) == [
        "max", "10th_max", "mean", "median", "percentile_99", "percentile_95", "percentile_90",
    ]  # fmt: skip
    assert air["attributes"]["max"]["value"] == 5.0
    assert air["data_date"] == "2031-05-01"


def test_fault_19_nan_and_missing_pixels_are_masked(api: Api, folder: Path) -> None:
    _image(folder, "20310501")
    values = np.full((240, 280), np.nan)
    values[1] = -255
    values[0, :9] = 5.0
    _raster(folder, "20310501", values)
    air = _air(api)
    assert (air["alert_code"], air["attributes"]) == (None, {})
    assert air["histogram"] == {"a0": 0, "a1": 0, "a2": 0, "a3": 0, "a4": 0, "a5": 9, "unknown": 67191}


def test_fault_20_code_and_histogram_share_one_convention(api: Api, folder: Path) -> None:
    _image(folder, "20310501")
    values = np.full((240, 280), 0.25)
    values[0, :10] = 1.5
    _raster(folder, "20310501", values)
    air = _air(api)
    assert (air["alert_code"], air["histogram"]["a4"], air["histogram"]["a5"]) == ("a4", 10, 0)


def test_air_is_judged_in_the_zones_of_interest(api: Api, folder: Path) -> None:
    _image(folder, "20310501")
    values = np.zeros((240, 280))
    values[:, :140] = 2.0
    _raster(folder, "20310501", values)
    zones = folder / "zones.geojson"
    zones.write_text(
        '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":{"type":"Polygon",'
        '"coordinates":[[[-52,3],[-51,3],[-51,4],[-52,4],[-52,3]]]}}]}'
    )
    with override_settings(SAGUI_ATMO_ZONES_FILE=zones):
        air = _air(api)
    assert (air["alert_code"], sum(air["histogram"].values())) == ("a0", 1600)


def test_fault_84_unreadable_raster_spares_the_rest(api: Api, folder: Path) -> None:
    _image(folder, "20310501")
    (folder / "raw" / "20310501_merged_aai.tif").write_bytes(b"not a raster")
    air = _air(api)
    assert (air["alert_code"], set(air["histogram"].values())) == (None, {0})


def test_image_without_raster_has_no_code(api: Api, folder: Path) -> None:
    _image(folder, "20310501")
    assert _air(api)["alert_code"] is None
