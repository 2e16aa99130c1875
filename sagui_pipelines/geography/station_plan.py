"""What an import of stations changes: which rows are new, which change, and what administrators edited."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sagui_pipelines.geography.stations import FIELDS, THRESHOLDS, Station, StationList, order_problem

# The admin's map rewrites coordinates with rounding when somebody saves another field.
_SAME_POSITION_DEG = 1e-6

Values = Mapping[str, object]


@dataclass(frozen=True)
class StoredStation:
    """A station of the database.

    Attributes:
        id: public number.
        current: its value by field of `stations.FIELDS`.
        imported: values of the last import; empty when no import wrote it.
    """

    id: int
    current: Values
    imported: Values


@dataclass(frozen=True)
class Update:
    """A stored station that gets other values."""

    id: int
    current: Values
    imported: Values


@dataclass
class StationPlan:
    """What an import does.

    Attributes:
        inserts: new stations in the order of the file.
        updates: stored stations that change.
        unchanged: number of listed stations that are stored as they are.
        kept_edits: values of administrators that differ from the file and stay, as sentences.
        absent: stored stations that the file lacks; they stay, as sentences.
        problems: why the import is impossible, as sentences.
    """

    inserts: list[Station] = field(default_factory=list)
    updates: list[Update] = field(default_factory=list)
    unchanged: int = 0
    kept_edits: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def values_of(station: Station) -> dict[str, object]:
    """object by field."""
    return {name: getattr(station, name) for name in FIELDS}


def plan_import(
    stored: Sequence[StoredStation], listed: StationList, *, overwrite_edits: bool = False
) -> StationPlan:
    """Compare a station list with the stored stations.

    A stored station is the listed one if its code agrees, else its last imported code, else its name. A field whose
    stored value differs from the last imported one was edited, and keeps its value unless `overwrite_edits`.
    """
    plan = StationPlan()
    matches = _match(stored, listed.stations)
    for station in listed.stations:
        match = matches.get(station.row)
        if match is None:
            plan.inserts.append(station)
            continue
        update = _merge(match, station, listed.fields, plan, overwrite_edits=overwrite_edits)
        if update.current == match.current and update.imported == match.imported:
            plan.unchanged += 1
        else:
            plan.updates.append(update)
    matched = {match.id for match in matches.values()}
    plan.absent.extend(_label(station) for station in stored if station.id not in matched)
    plan.problems.extend(_conflicts(stored, plan))
    return plan


def _match(stored: Sequence[StoredStation], listed: Sequence[Station]) -> dict[int, StoredStation]:
    keys: list[tuple[Callable[[StoredStation], object], Callable[[Station], object]]] = [
        (lambda old: old.current["code"], lambda new: new.code),
        (lambda old: old.imported.get("code"), lambda new: new.code),
        (lambda old: old.current["name"], lambda new: new.name),
    ]
    free = {station.id: station for station in stored}
    found: dict[int, StoredStation] = {}
    for old_key, new_key in keys:
        by_key = {old_key(station): station for station in free.values()}
        for station in listed:
            match = None if station.row in found else by_key.get(new_key(station))
            if match is not None:
                found[station.row] = free.pop(match.id)
    return found


def _merge(
    old: StoredStation, new: Station, fields: Sequence[str], plan: StationPlan, *, overwrite_edits: bool
) -> Update:
    values, imported = dict(old.current), dict(old.imported)
    for name in fields:
        value = getattr(new, name)
        # What an earlier import did not know was empty then.
        was_edited = not old.imported or not _same(values[name], old.imported.get(name))
        if not was_edited or overwrite_edits or _same(values[name], value):
            values[name] = value
        else:
            plan.kept_edits.append(
                f"{_label(old)}: {name} stays {_shown(values[name])} as edited; the file says {_shown(value)}"
            )
        imported[name] = value
    return Update(old.id, values, imported)


def _conflicts(stored: Sequence[StoredStation], plan: StationPlan) -> list[str]:
    problems = []
    final: list[tuple[int | None, str, Values]] = [
        *((update.id, f"station {update.id}", update.current) for update in plan.updates),
        *((None, f"row {station.row}", values_of(station)) for station in plan.inserts),
    ]
    for key in ("code", "name"):
        owners = {station.current[key]: station.id for station in stored if station.current[key] is not None}
        for number, label, values in final:
            owner = owners.get(values[key])
            if owner is not None and owner != number:
                problems.append(
                    f"{label}, {key} {values[key]!r} belongs to station {owner}; rename one in the admin"
                )
    for _, label, values in final:
        disorder = order_problem({name: _threshold(values[name]) for name in THRESHOLDS})
        if disorder:
            problems.append(f"{label}, {disorder} (edits of administrators included)")
    return problems


def _threshold(value: object) -> float | None:
    return value if isinstance(value, float) else None


def _same(one: object, other: object) -> bool:
    if isinstance(one, tuple) and isinstance(other, tuple):
        return math.dist(one, other) <= _SAME_POSITION_DEG
    return one == other


def _label(station: StoredStation) -> str:
    return f"station {station.id} ({station.current['name']})"


def _shown(value: object) -> str:
    return "empty" if value is None else str(value)
