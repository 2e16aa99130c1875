"""Every edit that alters published data leaves a trace that the pipelines can read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg2
import pytest

from tests.web_site import Site, Visitor

pytestmark = pytest.mark.postgis

SQUARE = "SRID=4326;POLYGON((-54 3, -53 3, -53 4, -54 4, -54 3))"
Recorded = Callable[[], list[tuple[Any, ...]]]


@pytest.fixture
def recorded(site: Site) -> Recorded:
    """Changes since the test began, as the pipelines see them: what and who."""
    [(start,)] = site.database.query("SELECT coalesce(max(id), 0) FROM guyane.sagui_configurationchange")

    def read() -> list[tuple[Any, ...]]:
        return site.database.query(
            "SELECT what, who FROM guyane.sagui_configurationchange WHERE id > %s ORDER BY id",
            start,
            role="pipelines",
        )

    return read


CHANGES = {
    "threshold": ("UPDATE guyane.hyfaa_stations SET threshold_drought = 1 WHERE id = 1", ["thresholds"]),
    "name": ("UPDATE guyane.hyfaa_stations SET river = 'Inini' WHERE id = 1", ["station"]),
    "both": (
        "UPDATE guyane.hyfaa_stations SET river = NULL, threshold_drought = NULL WHERE id = 1",
        ["station", "thresholds"],
    ),
    "conversion": (
        "UPDATE guyane.hyfaa_stations SET reference_conversion = 'f - 75' WHERE id = 1",
        ["reference_flow"],
    ),
    "removed": ("DELETE FROM guyane.hyfaa_stations WHERE code = 'new'", []),
    "new station": (
        "INSERT INTO guyane.hyfaa_stations (code, name, minibasin_id) VALUES ('new', 'New', 4444)",
        ["station"],
    ),
    "deleted": ("DELETE FROM guyane.hyfaa_stations WHERE code = 'new'", ["station"]),
    "the same again": ("UPDATE guyane.hyfaa_stations SET river = river", []),
    "values as imported": ("UPDATE guyane.hyfaa_stations SET imported = '{\"a\": 1}' WHERE id = 2", []),
    "mask": (f"INSERT INTO guyane.hyfaa_geo_inclusion_mask (name, mask) VALUES ('a', '{SQUARE}')", ["mask"]),
    "name of a mask": ("UPDATE guyane.hyfaa_geo_inclusion_mask SET name = 'b'", []),
    "mask deleted": ("DELETE FROM guyane.hyfaa_geo_inclusion_mask", ["mask"]),
    "dataset": ("UPDATE guyane.sagui_saguiconfig SET use_dataset = 'mgbstandard'", ["dataset"]),
    "order": ("UPDATE guyane.sagui_saguiconfig SET max_ordem = 10", ["minimum_order"]),
    "order and dataset": (
        "UPDATE guyane.sagui_saguiconfig SET max_ordem = 12, use_dataset = 'assimilated'",
        ["dataset", "minimum_order"],
    ),
    "reference flows": ("UPDATE guyane.stations_reference_flow SET flow = flow + 1", ["reference_flow"]),
    "no reference flow": ("UPDATE guyane.stations_reference_flow SET flow = 1 WHERE station_id = 99", []),
    "period with its flows": (
        "DELETE FROM guyane.stations_reference_flow WHERE period_id = 2",
        ["reference_flow"],
    ),
    "category": (
        "UPDATE guyane.sagui_atmoalertcategories SET color = '#000000FF' WHERE label = 'Bon'",
        ["air_category"],
    ),
}


@pytest.mark.parametrize("case", CHANGES)
def test_what_is_recorded(site: Site, recorded: Recorded, case: str) -> None:
    statement, what = CHANGES[case]
    site.database.query(statement, role="api")
    assert recorded() == [(name, "sagui_api") for name in what]


def test_the_same_conversion_again_is_no_change(site: Site, recorded: Recorded) -> None:
    statement = "UPDATE guyane.hyfaa_stations SET reference_conversion = %s WHERE id = 3"
    for conversion in ("f - 60", "f - 60", None, None):
        site.database.query(statement, conversion, role="api")
    assert recorded() == [("reference_flow", "sagui_api")] * 2


def test_what_pipelines_load_is_not_an_edit(site: Site, recorded: Recorded) -> None:
    site.database.query("UPDATE guyane.hyfaa_stations SET river = 'Ouanary' WHERE id = 2", role="pipelines")
    assert recorded() == []


def test_changes_carry_the_administrators_name(site: Site, admin: Visitor, recorded: Recorded) -> None:
    assert (
        admin.post("/admin/sagui/saguiconfig/1/change/", use_dataset="mgbstandard", max_ordem=11).status_code
        == 302
    )
    assert recorded() == [("dataset", "ana"), ("minimum_order", "ana")]
    site.database.query(
        "UPDATE guyane.sagui_saguiconfig SET max_ordem = 12, use_dataset = 'assimilated'", role="api"
    )
    assert recorded()[2:] == [("dataset", "sagui_api"), ("minimum_order", "sagui_api")], (
        "the name does not stick"
    )


def test_deleting_from_the_list_is_recorded_too(site: Site, admin: Visitor, recorded: Recorded) -> None:
    site.database.query(f"INSERT INTO guyane.hyfaa_geo_inclusion_mask (mask) VALUES ('{SQUARE}')")
    [(number,)] = site.database.query("SELECT max(id) FROM guyane.hyfaa_geo_inclusion_mask")
    fields = {"action": "delete_selected", "_selected_action": number, "post": "yes"}
    assert admin.post("/admin/sagui/hyfaageoinclusionmask/", **fields).status_code == 302
    assert recorded()[-1] == ("mask", "ana")


@pytest.mark.parametrize("role", ["api", "pipelines", "tileserv"])
@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO guyane.sagui_configurationchange (what, who) VALUES ('mask', 'nobody')",
        "DELETE FROM guyane.sagui_configurationchange",
        "SELECT guyane.record_change('mask', '')",
    ],
)
def test_nobody_writes_the_record_by_hand(site: Site, role: str, statement: str) -> None:
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        site.database.query(statement, role=role)


@pytest.mark.parametrize(
    "table", ["sagui_referenceupload", "axes_accessattempt", "auth_user", "django_session"]
)
@pytest.mark.parametrize("role", ["pipelines", "tileserv"])
def test_fault_103_what_people_do_in_the_admin_is_nobodys_business(site: Site, role: str, table: str) -> None:
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        site.database.query(f"SELECT * FROM guyane.{table}", role=role)


def test_fault_051_a_dataset_switch_takes_effect_at_once(site: Site, admin: Visitor) -> None:
    def source() -> str:
        found = admin.get("/api/v1/flow_previ/stations/1/data").json()
        return str(found["data"]["flow"][-1]["source"])

    assert source() == "assimilated"
    admin.post("/admin/sagui/saguiconfig/1/change/", use_dataset="mgbstandard", max_ordem=12)
    assert source() == "mgbstandard"
    admin.post("/admin/sagui/saguiconfig/1/change/", use_dataset="assimilated", max_ordem=12)
    assert source() == "assimilated"


def test_a_threshold_takes_effect_at_once(site: Site, admin: Visitor) -> None:
    before = admin.get("/api/v1/flow_alerts/stations/5/data").json()["thresholds"]
    fields = {
        "name": "Regina", "code": "regina", "river": "Approuague", "minibasin": 4239, "threshold_drought": 80,
        "threshold_flood_low": "", "threshold_flood_mid": "", "threshold_flood_high": "", "geom": "",
    }  # fmt: skip
    assert admin.post("/admin/sagui/stations/5/change/", **fields).status_code == 302
    after = admin.get("/api/v1/flow_alerts/stations/5/data").json()["thresholds"]
    assert before == [{"threshold_drought": 79.0, "threshold_flood_low": 679.0}]
    assert after == [{"threshold_drought": 80.0}]
