"""Layers as assets: one publication renews all of them."""

from collections.abc import Iterator

import dagster as dg

from sagui_pipelines.asset_kit import OWNERS, SCHEMA, reported_errors, table_key, table_metadata
from sagui_pipelines.publication.cache import purge
from sagui_pipelines.publication.layers import publish_layers
from sagui_pipelines.resources import Postgis, TileCache

GROUP = "publication"

_RIVERS = ["hyfaa_drainage", "hyfaa_minibasins_data"]
_UPSTREAM: dict[str, list[str]] = {
    "hyfaa_data_with_assimilated_aggregate_geo": ["hyfaa_data_assimilated", *_RIVERS],
    "hyfaa_data_with_mgbstandard_aggregate_geo": ["hyfaa_data_mgbstandard", *_RIVERS],
    "hyfaa_forecast_with_assimilated_aggregate_geo": [
        "hyfaa_data_forecast",
        "hyfaa_data_assimilated",
        *_RIVERS,
    ],
    "hyfaa_forecast_with_mgbstandard_aggregate_geo": [
        "hyfaa_data_forecast",
        "hyfaa_data_mgbstandard",
        *_RIVERS,
    ],
    "rainfall_minibasin_aggregated_geo": ["sagui_rainfall", "hyfaa_catchments"],
    "rainfall_subbasin_aggregated_geo": ["sagui_rainfall", "hyfaa_catchments"],
    "hyfaa_data_aggregated_geo": [
        "hyfaa_data_with_assimilated_aggregate_geo",
        "hyfaa_data_with_mgbstandard_aggregate_geo",
    ],
    "hyfaa_forecast_aggregated_geo": [
        "hyfaa_forecast_with_assimilated_aggregate_geo",
        "hyfaa_forecast_with_mgbstandard_aggregate_geo",
    ],
    "mvt_rainfall": ["rainfall_minibasin_aggregated_geo", "rainfall_subbasin_aggregated_geo"],
}
_MEANING = {
    "hyfaa_data_with_assimilated_aggregate_geo": "Map layer: 15 days of assimilated flow per river reach.",
    "hyfaa_data_with_mgbstandard_aggregate_geo": "Map layer: 15 days of modelled flow per river reach.",
    "hyfaa_forecast_with_assimilated_aggregate_geo": "Map layer: last 10 assimilated days and the forecast.",
    "hyfaa_forecast_with_mgbstandard_aggregate_geo": "Map layer: last 10 modelled days and the forecast.",
    "rainfall_minibasin_aggregated_geo": "Map layer: 15 days of rain per minibasin.",
    "rainfall_subbasin_aggregated_geo": "Map layer: 15 days of rain per sub-basin, weighted by area.",
    "hyfaa_data_aggregated_geo": "The flow map: the dataset that the configuration names.",
    "hyfaa_forecast_aggregated_geo": "The forecast map: the dataset that the configuration names.",
    "mvt_rainfall": "The rain map: sub-basins below zoom 10, minibasins from there.",
}


@dg.multi_asset(
    name="publish_layers",
    specs=[
        dg.AssetSpec(
            table_key(layer),
            deps=[table_key(name) for name in upstream],
            description=_MEANING[layer],
            group_name=GROUP,
            kinds={"postgres", "mvt"},
            owners=OWNERS,
            metadata=table_metadata(layer),
        )
        for layer, upstream in _UPSTREAM.items()
    ],
)
def published_layers(
    context: dg.AssetExecutionContext, postgis: Postgis, tile_cache: TileCache
) -> Iterator[dg.MaterializeResult[None]]:
    """Renew every layer in one transaction, then mark the cached tiles of the changed ones as stale."""
    with reported_errors(context):
        states = {state.layer: state for state in publish_layers(postgis.engine)}
        changed = [name for name, state in states.items() if state.changed]
        context.log.info(f"{len(changed)} of {len(states)} layers changed")
        if tile_cache.purge_url:
            # The API reads the tables, which may have changed where no layer did.
            stale = purge(tile_cache.purge_url, [*(f"{SCHEMA}.{layer}" for layer in changed), "api"])
            context.log.info(f"{stale} cached answers marked as stale")
    for layer in _UPSTREAM:  # lower layers first, as Dagster demands
        state = states[layer]
        yield dg.MaterializeResult(
            asset_key=table_key(layer),
            data_version=dg.DataVersion(state.data_version),
            metadata={
                "dagster/row_count": state.feature_count,
                "first_date": str(state.first_date or "none"),
                "last_date": str(state.last_date or "none"),
                "data_version": state.data_version,
                "changed": state.changed,
                "tiles": f"/tiles/{SCHEMA}.{layer}/{{z}}/{{x}}/{{y}}.pbf",
            },
        )


ASSETS = [published_layers]
