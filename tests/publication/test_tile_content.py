"""The check finds every kind of difference between tiles and tables, and says where it is."""

from __future__ import annotations

from collections.abc import Callable

import dagster as dg
import pytest

from sagui_pipelines.publication.assets import published_layers
from sagui_pipelines.publication.tile_checks import tile_content
from sagui_pipelines.publication.tile_content import LayerResult, compare_tiles
from sagui_pipelines.resources import Postgis, TileCache, TileServer
from tests.conftest import Database, free_port

pytestmark = pytest.mark.postgis

FLOW = "hyfaa_data_aggregated_geo"
CELL_TEXT = "convert_to('{}', 'UTF8')"


def compared(database: Database, tile_server: str) -> dict[str, LayerResult]:
    """Results by layer."""
    return {result.layer: result for result in compare_tiles(database.engine(), tile_server)}


def test_what_is_published_is_what_the_tables_hold(published: Database, tile_server: str) -> None:
    results = compared(published, tile_server)
    assert len(results) == 14
    assert {layer: result.differences for layer, result in results.items() if result.differences} == {}
    for layer, result in results.items():
        assert result.features > 0, layer
    # Four rivers of order 12 or more, and more than one tile shows some of them.
    assert results[FLOW].features >= 4 * 8


def spoil(database: Database, old: str, new: str, layer: str = f"{FLOW}:assimilated") -> None:
    """Replace bytes, of the same number, in the prepared tiles of a layer."""
    assert len(old) == len(new)
    database.query(
        "UPDATE guyane.sagui_tile SET content = "
        "decode(replace(encode(content, 'hex'), encode(convert_to(%s, 'UTF8'), 'hex'), "
        "encode(convert_to(%s, 'UTF8'), 'hex')), 'hex') WHERE layer = %s AND z = 7",
        old, new, layer,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda database: spoil(database, '"flow":1000,', '"flow":1001,'), "values are"),
        (lambda database: spoil(database, '"2026-01-10"', '"2026-01-11"'), "values are"),
        (lambda database: spoil(database, "width", "wedth"), "w"),
        (
            lambda database: database.query(
                "UPDATE guyane.sagui_tile SET content = '' WHERE z = 7 AND layer = %s", f"{FLOW}:assimilated"
            ),
            "is missing",
        ),
        (
            lambda database: database.query(
                "UPDATE guyane.sagui_tile AS t SET content = n.content FROM guyane.sagui_tile AS n "
                "WHERE t.layer = n.layer AND t.layer = %s AND t.z = 7 AND n.z = 8 AND n.content <> ''",
                f"{FLOW}:assimilated",
            ),
            "",
        ),
        (
            lambda database: database.query(
                "UPDATE guyane.sagui_tile SET content = content || content WHERE z = 7 AND layer = %s",
                f"{FLOW}:assimilated",
            ),
            "there twice",
        ),
        (
            lambda database: database.query(
                "UPDATE guyane.sagui_tile SET content = 'no tile at all' WHERE z = 7 AND layer = %s",
                f"{FLOW}:assimilated",
            ),
            "cannot be read",
        ),
    ],
)
def test_spoiled_tile_is_found_and_named(
    published: Database, tile_server: str, change: Callable[[Database], None], told: str
) -> None:
    clean = compared(published, tile_server)[FLOW]
    change(published)
    result = compared(published, tile_server)[FLOW]
    assert clean.differences == []
    if not told:
        return
    assert result.differences
    assert all(difference.tile[0] == 7 for difference in result.differences)
    assert f"guyane.{FLOW}: tile 7/" in result.description
    assert told in result.description


def test_table_that_changed_after_the_publication_is_a_difference(
    published: Database, tile_server: str
) -> None:
    published.query("UPDATE guyane.hyfaa_data_assimilated SET flow_median = 77 WHERE cell_id = 4")
    results = compared(published, tile_server)
    [place] = {difference.place for difference in results[FLOW].differences}
    assert place == 4
    assert results["mvt_rainfall"].differences == []
    published.query("DELETE FROM guyane.sagui_rainfall WHERE cell_id = 6")
    assert (
        "does not belong there"
        in compared(published, tile_server)["rainfall_minibasin_aggregated_geo"].description
    )


def check(
    database: Database, url: str, instance: dg.DagsterInstance | None = None
) -> dict[str, dg.AssetCheckEvaluation]:
    """Evaluations of the asset check by layer."""
    result = dg.materialize(
        [tile_content], resources={"postgis": Postgis(url=database.url()), "tile_server": TileServer(url=url)},
        selection=dg.AssetSelection.all_asset_checks(), instance=instance,
    )  # fmt: skip
    return {found.asset_key.path[-1]: found for found in result.get_asset_check_evaluations()}


def test_check_passes_and_counts(published: Database, tile_server: str) -> None:
    found = check(published, tile_server)
    assert len(found) == 13
    assert all(evaluation.passed for evaluation in found.values())
    assert found[FLOW].metadata["differences"].value == 0
    assert found[FLOW].metadata["features"].value > 0


def test_tile_server_that_does_not_answer_is_an_error_of_every_layer(published: Database) -> None:
    found = check(published, f"http://127.0.0.1:{free_port()}/tiles")
    assert not any(evaluation.passed for evaluation in found.values())
    assert {evaluation.severity for evaluation in found.values()} == {dg.AssetCheckSeverity.ERROR}
    assert "ConnectionRefusedError" in str(found[FLOW].description)


def test_without_a_tile_server_the_check_says_that_nobody_looked(published: Database) -> None:
    found = check(published, "")
    assert not any(evaluation.passed for evaluation in found.values())
    assert {evaluation.severity for evaluation in found.values()} == {dg.AssetCheckSeverity.WARN}
    assert "SAGUI_TILESERV_URL" in str(found[FLOW].description)


def test_what_waits_for_the_next_publication_is_no_error_of_this_one(
    published: Database, tile_server: str
) -> None:
    resources = {"postgis": Postgis(url=published.url()), "tile_cache": TileCache()}
    with dg.DagsterInstance.ephemeral() as instance:
        assert dg.materialize([published_layers], resources=resources, instance=instance).success
        published.query("UPDATE guyane.hyfaa_data_assimilated SET flow_median = 77 WHERE cell_id = 4")
        # Nobody has said that the table changed.
        assert not check(published, tile_server, instance)[FLOW].passed
        published.query(
            "INSERT INTO guyane.sagui_configurationchange (what, detail, who) VALUES ('minimum_order', '', 'ana')"
        )
        found = check(published, tile_server, instance)
        assert all(evaluation.passed for evaluation in found.values())
        assert str(found[FLOW].description).startswith("Not judged")
        assert found[FLOW].metadata["differences"].value > 0
        assert not str(found["mvt_rainfall"].description).startswith("Not judged")
        # A tile that cannot be had is never excused.
        nowhere = check(published, f"http://127.0.0.1:{free_port()}/tiles", instance)
        assert not any(evaluation.passed for evaluation in nowhere.values())
