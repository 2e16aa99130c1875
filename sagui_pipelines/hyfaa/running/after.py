"""What a step must leave behind: exit status 0 proves nothing, so the outcome is looked at."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sagui_pipelines.errors import SourceCorrupt, SourceInvalid, SourceMissing, SourceNotReady
from sagui_pipelines.hyfaa.portal import Portal
from sagui_pipelines.hyfaa.running.before import ONMESH, newest_computable, states_of
from sagui_pipelines.hyfaa.running.catalogue import StateRow, observations, rain_days, state_rows
from sagui_pipelines.hyfaa.running.configuration import Configuration
from sagui_pipelines.hyfaa.running.options import RunOptions
from sagui_pipelines.hyfaa.running.plan import Kind, StepPlan, Store, databases
from sagui_pipelines.hyfaa.running.repair import damage
from sagui_pipelines.hyfaa.step_errors import StepIncomplete

Facts = dict[str, str | int | float]


@dataclass(frozen=True)
class Before:
    """What there was when the step began.

    Attributes:
        began: when it began, UTC.
        rain: days in the rain store.
        states: states of its solution.
        observations: number of observations.
    """

    began: datetime
    rain: tuple[date, ...]
    states: tuple[StateRow, ...]
    observations: int


def look(workdir: Path, plan: StepPlan) -> Before:
    """Note what there is before the step begins."""
    has_states = plan.kind in (Kind.PROCESSING, Kind.POSTPROCESSING, Kind.FORECAST)
    [altimetry] = databases(Store.ASSIMILATION)
    return Before(
        datetime.now(UTC),
        tuple(rain_days(workdir, ONMESH)),
        tuple(state_rows(workdir, states_of(plan))) if has_states else (),
        observations(workdir, altimetry)[0],
    )


def check_after(
    workdir: Path,
    plan: StepPlan,
    configuration: Configuration,
    options: RunOptions,
    before: Before,
    scratch: Path,
) -> Facts:
    """Look at what a step left behind, and tell it.

    Args:
        workdir: HYFAA's working directory.
        plan: the step.
        configuration: its configuration.
        options: with the length of the forecast.
        before: what there was.
        scratch: folder for a copy of the portal.

    Raises:
        StepIncomplete: the step left less than it must.
    """
    left = damage(workdir, plan.writes)
    if left:
        raise _incomplete(workdir / plan.folder, f"left {', '.join(left)}")
    if plan.kind is Kind.FORCING:
        return _forcing(workdir, before)
    if plan.kind is Kind.ALTIMETRY:
        return _altimetry(workdir, configuration, before)
    if plan.kind is Kind.PROCESSING:
        return _processing(workdir, plan, configuration, before)
    copy = scratch / plan.portal.name
    try:
        shutil.copyfile(workdir / plan.portal, copy)
        with Portal(copy, is_forecast=plan.kind is Kind.FORECAST, source=workdir / plan.portal) as portal:
            return _portal(workdir, plan, options, before, portal)
    except FileNotFoundError as error:
        raise _incomplete(workdir / plan.portal, "is not there") from error
    except (SourceMissing, SourceCorrupt, SourceInvalid, SourceNotReady) as error:
        raise _incomplete(workdir / plan.portal, error.fact) from error
    finally:
        copy.unlink(missing_ok=True)


def _incomplete(path: Path, fact: str) -> StepIncomplete:
    return StepIncomplete(
        path,
        f"the step ended with status 0, but {fact}",
        "It is tried again; if that does not help, read the step's log. The last good copy stays in use.",
    )


def _forcing(workdir: Path, before: Before) -> Facts:
    grid, onmesh = databases(Store.FORCING)
    on_grid, days = rain_days(workdir, grid), rain_days(workdir, onmesh)
    store = (workdir / onmesh.path).parent
    lost = sorted(set(before.rain) - set(days))
    if lost:
        raise _incomplete(store, f"the rain of {lost[0]} is gone")
    behind = sorted(set(on_grid) - set(days))
    if behind:
        raise _incomplete(store, f"the rain of {behind[0]} was fetched and not brought to the cells")
    return {
        "rain_days": len(days),
        "rain_days_added": len(set(days) - set(before.rain)),
        "newest_rain_day": str(days[-1]) if days else "none",
    }


def _altimetry(workdir: Path, configuration: Configuration, before: Before) -> Facts:
    [database] = databases(Store.ASSIMILATION)
    if configuration.stations and not (workdir / database.path).exists():
        raise _incomplete(workdir / database.path, "there is no database of observations")
    rows, stations, newest = observations(workdir, database)
    return {
        "observations": rows,
        "observations_added": rows - before.observations,
        "stations": stations,
        "newest_observation": newest,
    }


def _processing(workdir: Path, plan: StepPlan, configuration: Configuration, before: Before) -> Facts:
    database = states_of(plan)
    folder = (workdir / database.path).parent
    states = state_rows(workdir, database)
    control = [state.day for state in states if state.kind == "control"]
    expected = newest_computable(configuration, list(before.rain))
    if not control or control[-1] < expected:
        raise _incomplete(folder, f"the newest state is {control[-1] if control else 'none'}, not {expected}")
    known = {(state.name, state.added) for state in before.states}
    computed = [state for state in states if (state.name, state.added) not in known]
    days = [state.day for state in computed if state.kind == "control"]
    holes = sorted(set(_days(days[0], control[-1])) - set(control)) if days else []
    if holes:
        raise _incomplete(folder, f"there is no state of {holes[0]}")
    files = {state.name: folder / "data_store" / state.kind / state.name for state in computed}
    missing = [name for name, file in files.items() if not file.is_file() or file.stat().st_size == 0]
    if missing:
        raise _incomplete(
            folder, f"{len(missing)} state file(s) are missing or empty, the first {missing[0]}"
        )
    return {
        "days_computed": len(days),
        "analyses": sum(state.kind == "analysis" for state in computed),
        "newest_state": str(control[-1]),
        "states": len(control),
        "members": configuration.members,
    }


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _portal(workdir: Path, plan: StepPlan, options: RunOptions, before: Before, portal: Portal) -> Facts:
    created = _created(portal)
    if created is None or created < before.began.replace(microsecond=0):
        raise _incomplete(workdir / plan.portal, f"it is the one that was made at {portal.date_created}")
    days = [day.item() for day in portal.dates]
    control = [state.day for state in before.states if state.kind == "control"]
    if plan.kind is Kind.FORECAST:
        start = max(state.day for state in before.states)
        wanted = _days(start + timedelta(days=1), start + timedelta(days=options.forecast_days))
    else:
        wanted = control
    if days != wanted:
        fact = f"it holds {len(days)} days, {days[0]} to {days[-1]}, not {len(wanted)}, {wanted[0]} to {wanted[-1]}"
        raise _incomplete(workdir / plan.portal, fact)
    return {
        "days": len(days),
        "newest_day": str(days[-1]),
        "members": portal.n_ensemble,
        "cells": portal.n_cells,
    }


def _created(portal: Portal) -> datetime | None:
    """When HYFAA began to write the file, UTC; None when the file does not say."""
    try:
        return datetime.fromisoformat(portal.date_created or "").replace(tzinfo=UTC)
    except ValueError:
        return None
