"""A code location with HYFAA's assets only, as the environment's settings give them."""

import dagster as dg

from sagui_pipelines.hyfaa import assets as hyfaa
from sagui_pipelines.resources import Inputs
from sagui_pipelines.settings import load_settings

defs = dg.Definitions(
    assets=hyfaa.ASSETS,
    jobs=[
        dg.define_asset_job(
            "night", dg.AssetSelection.groups(hyfaa.GROUP), executor_def=hyfaa.model_executor()
        )
    ],
    resources={"inputs": Inputs.from_settings(load_settings())},
)
