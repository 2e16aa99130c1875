"""Which checks stand between the tables and the maps, and which look at providers and clocks when nothing else runs."""

from __future__ import annotations

import dagster as dg

from sagui_pipelines.asset_kit import file_key, table_key

_SERIES = ("hyfaa_data_mgbstandard", "hyfaa_data_assimilated", "hyfaa_data_forecast", "sagui_rainfall")

PUBLICATION_GATES = [dg.AssetCheckKey(table_key(table), "contract") for table in _SERIES]

HEALTH_CHECKS = [
    *(dg.AssetCheckKey(table_key(table), "freshness") for table in _SERIES),
    dg.AssetCheckKey(file_key("forcing_onmesh_db"), "rain_store"),
    dg.AssetCheckKey(file_key("assimilation_db"), "altimetry"),
]
