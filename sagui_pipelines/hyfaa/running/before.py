"""What must hold before a step begins: HYFAA destroys its last 30 days, or its forecast, before it looks."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sagui_pipelines.errors import SourceMissing
from sagui_pipelines.hyfaa.runner import Step
from sagui_pipelines.hyfaa.running.catalogue import StateRow, rain_days, state_rows
from sagui_pipelines.hyfaa.running.configuration import Configuration
from sagui_pipelines.hyfaa.running.layout import Layout
from sagui_pipelines.hyfaa.running.plan import Database, Kind, StepPlan, Store, databases
from sagui_pipelines.hyfaa.running.records import Status, read_record
from sagui_pipelines.hyfaa.solutions import FORCING_ONMESH, STATIC_DATA
from sagui_pipelines.hyfaa.step_errors import EnsembleChanged, RainMissing, StepRefused

ONMESH = databases(Store.FORCING)[1]
_DAYS_A_YEAR = 365.25


def states_of(plan: StepPlan) -> Database:
    """Catalogue of the states of a step's solution."""
    return databases(Store(f"{plan.solution}_states"))[0]


def check_before(layout: Layout, plan: StepPlan, configuration: Configuration) -> None:
    """Refuse a step that would end badly and take good results with it.

    Raises:
        SourceMissing: the mesh is not there.
        RainMissing: there is no rain for a day that would be computed, or too little for a forecast.
        EnsembleChanged: the stored states have another number of members than the configuration.
        StepRefused: the processing that a postprocessing needs did not succeed.
    """
    if plan.kind is not Kind.ALTIMETRY and not (layout.workdir / STATIC_DATA).is_file():
        raise SourceMissing(
            layout.workdir / STATIC_DATA,
            "is not there",
            "Download HYFAA's input data into the working directory, or correct SAGUI_HYFAA_WORKDIR.",
        )
    if plan.kind not in (Kind.PROCESSING, Kind.POSTPROCESSING, Kind.FORECAST):
        return
    states = state_rows(layout.workdir, states_of(plan))
    _check_members(layout.workdir, plan, configuration, states)
    if plan.kind is Kind.PROCESSING:
        _check_rain(layout.workdir, configuration, states)
        return
    _check_processing(layout, plan, states)
    if plan.kind is Kind.FORECAST:
        _check_years(layout.workdir, states)


def newest_computable(configuration: Configuration, rain: list[date]) -> date:
    """Newest day that a processing must reach: the day after the newest rain, or today where rain is forecast."""
    today = (configuration.exec_time or datetime.now(UTC)).date()
    return min(rain[-1] + timedelta(days=1), today)


def _check_members(
    workdir: Path, plan: StepPlan, configuration: Configuration, states: list[StateRow]
) -> None:
    stored = {state.members for state in states}
    if stored and stored != {configuration.members}:
        raise EnsembleChanged(
            configuration.path,
            f"asks for {configuration.members} member(s), and the stored states have "
            f"{', '.join(map(str, sorted(stored)))}",
            f"Put the former n_ensemble back, or remove {workdir / states_of(plan).path.parent} to compute all days anew.",
        )


def _check_rain(workdir: Path, configuration: Configuration, states: list[StateRow]) -> None:
    rain = rain_days(workdir, ONMESH)
    store = workdir / FORCING_ONMESH
    if not rain:
        raise RainMissing(store, "holds no rain at all", "Materialize the asset forcing_onmesh_db first.")
    now = configuration.exec_time or datetime.now(UTC)
    kept_until = (now - timedelta(days=configuration.retreatment_days)).date()
    kept = [state.day for state in states if state.kind == "control" and state.day <= kept_until]
    first = max(kept, default=configuration.time_start)
    for number in range(first.toordinal(), rain[-1].toordinal() + 1):
        day = date.fromordinal(number)
        earlier = bisect_right(rain, day)
        if not earlier or (day - rain[earlier - 1]).days > configuration.rain_reach_days:
            since = f"after {rain[earlier - 1]}" if earlier else f"before {rain[0]}"
            raise RainMissing(
                store,
                f"has no rain for {day} nor for the {configuration.rain_reach_days:g} days before it (none {since})",
                "Fill the gap: materialize forcing_onmesh_db once the rain service has these days again.",
            )


def _check_processing(layout: Layout, plan: StepPlan, states: list[StateRow]) -> None:
    processing = Step(f"{plan.solution}_processing")
    record = read_record(layout, processing)
    if record is not None and record.status is not Status.SUCCEEDED:
        told = record.error or f"it began at {record.began:%Y-%m-%d %H:%M} UTC and was killed"
        raise StepRefused(
            layout.workdir / states_of(plan).path,
            f"the last processing of {plan.solution} did not succeed ({told}); what it left is shorter than what is shown",
            f"Materialize {plan.solution}_states_db again; the last good copy of the portal stays in use.",
        )
    days = [state.day for state in states if state.kind == "control"]
    if not days:
        raise StepRefused(
            layout.workdir / states_of(plan).path,
            "holds no state yet",
            f"Materialize {plan.solution}_states_db first.",
        )


def _check_years(workdir: Path, states: list[StateRow]) -> None:
    rain = rain_days(workdir, ONMESH)
    first = max(state.day for state in states) + timedelta(days=1)
    years = int((first - rain[0]).days / _DAYS_A_YEAR) if rain else 0
    if years < 1:
        raise RainMissing(
            workdir / FORCING_ONMESH,
            f"begins on {rain[0] if rain else 'no day'}, less than a year before {first}, the first day to forecast",
            "A forecast takes the rain of earlier years: wait, or add earlier rain to the store.",
        )
