"""Layers and values as assets: one publication renews all of them."""

from collections.abc import Iterator

import dagster as dg
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from sagui_pipelines.asset_kit import OWNERS, SCHEMA, reported_errors, table_key, table_metadata
from sagui_pipelines.covers import COVERS, present_marks
from sagui_pipelines.publication.ahead import hand_ahead
from sagui_pipelines.publication.layers import publish_layers
from sagui_pipelines.publication.telling import tell_cache, untold_tags, values_version
from sagui_pipelines.publication.warm import warm
from sagui_pipelines.resources import Postgis, TileCache

GROUP = "publication"

_RIVERS = ["hyfaa_drainage", "hyfaa_minibasins_data"]
_UPSTREAM: dict[str, list[str]] = {
    "reaches": _RIVERS,
    "catchments": ["hyfaa_catchments"],
    "subbasins": ["hyfaa_catchments"],
    "stations": ["hyfaa_stations"],
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
    "reaches": "Light map layer: rivers without values.",
    "catchments": "Light map layer: catchments without values.",
    "subbasins": "Light map layer: sub-basins without values.",
    "stations": "Light map layer: stations.",
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


_VALUES = "sagui_dayvalues"
_TABLES_OF_VALUES = [
    "hyfaa_data_assimilated",
    "hyfaa_data_mgbstandard",
    "hyfaa_data_forecast",
    "sagui_rainfall",
    "hyfaa_catchments",
]


@dg.multi_asset(
    name="publish_layers",
    specs=[
        *(
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
        ),
        dg.AssetSpec(
            table_key(_VALUES),
            deps=[table_key(name) for name in _TABLES_OF_VALUES],
            description="Values per series and day, as small answers of the API.",
            group_name=GROUP,
            kinds={"postgres"},
            owners=OWNERS,
        ),
    ],
)
def published_layers(
    context: dg.AssetExecutionContext, postgis: Postgis, tile_cache: TileCache
) -> Iterator[dg.MaterializeResult[None]]:
    """Renew layers and values in one transaction, tell the cache what changed, and fill it again."""

    def hand_over(publication: Cursor) -> None:
        if tile_cache.purge_url:
            ahead = hand_ahead(postgis.engine, publication, tile_cache.purge_url)
            context.log.info(
                f"{ahead.fetched} tiles handed to the cache before the commit, {ahead.failed} failed"
            )

    with reported_errors(context):
        # Taken first: what is loaded meanwhile asks for another publication.
        marks = present_marks(context.instance, postgis.engine)
        states = {state.layer: state for state in publish_layers(postgis.engine, hand_over)}
        changed = [name for name, state in states.items() if state.changed]
        context.log.info(f"{len(changed)} of {len(states)} layers changed")
        untold = untold_tags(postgis.engine)
        if tile_cache.purge_url:
            stale = tell_cache(postgis.engine, tile_cache.purge_url, untold)
            context.log.info(f"{stale} cached answers marked as stale")
            fetched = warm(postgis.engine, tile_cache.purge_url, untold)
            context.log.info(f"{fetched.fetched} answers fetched anew, {fetched.failed} failed")
    yield dg.MaterializeResult(
        asset_key=table_key(_VALUES), data_version=dg.DataVersion(values_version(postgis.engine))
    )
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
                COVERS: str(marks),
                "tiles": f"/tiles/{SCHEMA}.{layer}/{{z}}/{{x}}/{{y}}.pbf",
            },
        )


ASSETS = [published_layers]
