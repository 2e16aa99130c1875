"""After each publication every tile is compared with the tables."""

from collections.abc import Iterator

import dagster as dg

from sagui_pipelines.asset_kit import table_key
from sagui_pipelines.covers import present_marks, published_marks
from sagui_pipelines.publication.tile_content import compare_tiles
from sagui_pipelines.resources import Postgis, TileServer

TILE_CONTENT = "tile_content"
# The rivers of the admin's map have no asset of their own here: what is wrong with them is told with the light ones.
_TOLD_WITH = {"hyfaa_drainage": "reaches"}
_LAYERS = (
    "hyfaa_data_aggregated_geo",
    "hyfaa_forecast_aggregated_geo",
    "hyfaa_data_with_assimilated_aggregate_geo",
    "hyfaa_data_with_mgbstandard_aggregate_geo",
    "hyfaa_forecast_with_assimilated_aggregate_geo",
    "hyfaa_forecast_with_mgbstandard_aggregate_geo",
    "rainfall_minibasin_aggregated_geo",
    "rainfall_subbasin_aggregated_geo",
    "mvt_rainfall",
    "reaches",
    "catchments",
    "subbasins",
    "stations",
)
_UNSET = "SAGUI_TILESERV_URL is not set: nobody looked at the published tiles."
_DUE = (
    "Not judged: data or settings have changed since this publication. The next one, which is due, will be."
)
_REMEDY = (
    "Publish again. If the difference stays, run `python -m sagui_backend.manage apply_sql --force` and publish; "
    "a tile server that does not answer is shown by `make status`."
)


@dg.multi_asset_check(
    name=TILE_CONTENT,
    specs=[
        dg.AssetCheckSpec(
            TILE_CONTENT,
            asset=table_key(layer),
            description="Every tile of zooms 0 to 10, fetched from the tile server, shows what the tables hold.",
        )
        for layer in _LAYERS
    ],
)
def tile_content(
    context: dg.AssetCheckExecutionContext, postgis: Postgis, tile_server: TileServer
) -> Iterator[dg.AssetCheckResult]:
    """Decode all tiles and compare ids, numbers and values with the tables.

    Tables that were loaded or settings that were edited since the publication differ from its tiles rightly.
    """
    if not tile_server.url:
        for layer in _LAYERS:
            yield _result(layer, passed=False, severity=dg.AssetCheckSeverity.WARN, description=_UNSET,
                          metadata={"remedy": "Set it to the address of the tile server, with its base path."})  # fmt: skip
        return
    results = compare_tiles(postgis.engine, tile_server.url)
    differ = any(result.differences for result in results)
    covered = published_marks(context.instance) if differ else None
    is_due = covered is not None and covered != present_marks(context.instance, postgis.engine)
    for layer in _LAYERS:
        parts = [result for result in results if _TOLD_WITH.get(result.layer, result.layer) == layer]
        differences = [difference for part in parts for difference in part.differences]
        told = " ".join(part.description for part in parts if part.differences or not differences)
        # A tile that cannot be had or read is wrong whatever the tables hold by now.
        is_excused = is_due and bool(differences) and all(found.place is not None for found in differences)
        yield _result(
            layer,
            passed=not differences or is_excused,
            severity=dg.AssetCheckSeverity.ERROR,
            description=f"{_DUE} {told}" if is_excused else told,
            metadata={
                "tiles": sum(part.tiles for part in parts),
                "features": sum(part.features for part in parts),
                "differences": len(differences),
                "remedy": _REMEDY,
            },
        )


def _result(
    layer: str,
    *,
    passed: bool,
    severity: dg.AssetCheckSeverity,
    description: str,
    metadata: dict[str, int | str],
) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        passed=passed,
        asset_key=table_key(layer),
        check_name=TILE_CONTENT,
        severity=severity,
        description=description,
        metadata=metadata,
    )


CHECKS = [tile_content]
