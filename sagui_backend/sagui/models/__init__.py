"""All tables; migrations are generated from here."""

from __future__ import annotations

from sagui_backend.sagui.models.configuration import SaguiConfig
from sagui_backend.sagui.models.geography import (
    HyfaaCatchments,
    HyfaaDrainage,
    HyfaaGeoInclusionMask,
    HyfaaMinibasinsData,
)
from sagui_backend.sagui.models.incidents import AlarmMessage, Incident
from sagui_backend.sagui.models.series import (
    HyfaaDataAssimilated,
    HyfaaDataForecast,
    HyfaaDataForecastArchive,
    HyfaaDataMgbstandard,
    SaguiRainfall,
)
from sagui_backend.sagui.models.state import (
    ImportDay,
    ImportLog,
    ImportState,
    Publication,
    RefusedDay,
    SqlState,
)
from sagui_backend.sagui.models.stations import (
    THRESHOLDS,
    Stations,
    StationsReferenceFlow,
    StationsReferenceFlowPeriod,
)
from sagui_backend.sagui.models.subscriptions import AlertSubscriptions, AtmoAlertCategories

__all__ = [
    "THRESHOLDS",
    "AlarmMessage",
    "AlertSubscriptions",
    "AtmoAlertCategories",
    "HyfaaCatchments",
    "HyfaaDataAssimilated",
    "HyfaaDataForecast",
    "HyfaaDataForecastArchive",
    "HyfaaDataMgbstandard",
    "HyfaaDrainage",
    "HyfaaGeoInclusionMask",
    "HyfaaMinibasinsData",
    "ImportDay",
    "ImportLog",
    "ImportState",
    "Incident",
    "Publication",
    "RefusedDay",
    "SaguiConfig",
    "SaguiRainfall",
    "SqlState",
    "Stations",
    "StationsReferenceFlow",
    "StationsReferenceFlowPeriod",
]
