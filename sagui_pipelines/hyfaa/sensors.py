"""Files that arrive from elsewhere: a sensor that sees new content and has it taken in."""

from pathlib import Path

import dagster as dg

from sagui_pipelines.asset_kit import file_key
from sagui_pipelines.errors import SaguiError
from sagui_pipelines.hyfaa.delivery import CATALOGUES_OF_ASSETS, FILES_OF_ASSETS, look, recall, remember
from sagui_pipelines.resources import Inputs
from sagui_pipelines.settings import Runner, load_settings

_INTERVAL_S = 60
# What the platform itself takes in; of the other stores it only says that they changed.
_TAKEN = {*FILES_OF_ASSETS, "forcing_onmesh_db"}


@dg.sensor(
    target=dg.AssetSelection.assets(*(file_key(name) for name in sorted(_TAKEN))),
    minimum_interval_seconds=_INTERVAL_S,
    default_status=(
        dg.DefaultSensorStatus.RUNNING
        if load_settings().hyfaa_runner is Runner.NONE
        else dg.DefaultSensorStatus.STOPPED
    ),
)
def delivered_files(context: dg.SensorEvaluationContext, inputs: Inputs) -> dg.SensorResult:
    """New content in HYFAA's folder is taken in, whatever its files are called or dated; stores are observed.

    A file is looked at once it has stayed the same for a whole interval.
    """
    before, told, number = recall(context.cursor)
    try:
        sight = look(Path(inputs.workdir), before)
    except SaguiError as error:
        return dg.SensorResult(skip_reason=str(error))
    news = {
        name: seen.content for name, seen in sight.items() if seen.content and told.get(name) != seen.content
    }
    if not news:
        return dg.SensorResult(skip_reason="no new content", cursor=remember(sight, told, number))
    observations = [
        dg.AssetObservation(
            asset_key=file_key(name),
            metadata={"path": dg.MetadataValue.path(Path(inputs.workdir) / CATALOGUES_OF_ASSETS[name])},
            tags={"dagster/data_version": content},
        )
        for name, content in news.items()
        if name not in _TAKEN
    ]
    taken = sorted(name for name in news if name in _TAKEN)
    request = dg.RunRequest(
        # The number lets a former content come back; the same look, taken again, asks for the same run.
        run_key="-".join([str(number), *(news[name] for name in taken)]),
        asset_selection=[file_key(name) for name in taken],
    )
    return dg.SensorResult(
        [request] if taken else [], cursor=remember(sight, told | news, number + 1), asset_events=observations
    )


SENSORS = [delivered_files]
