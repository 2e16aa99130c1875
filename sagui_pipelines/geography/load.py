"""Writing geography, stations and reference flows. Every function runs inside the caller's transaction.

A second run with the same input changes no row.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

import geopandas as gpd
import pandas as pd
import shapely
from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from sagui_pipelines.errors import CellsChanged, GeodataInvalid, ReferenceFlowInvalid
from sagui_pipelines.geography.files import counted, few
from sagui_pipelines.geography.read import Geography
from sagui_pipelines.geography.reference_flow import ReferenceFlow, provenance, unknown_periods
from sagui_pipelines.geography.reference_flow import refused as flow_refused
from sagui_pipelines.geography.reports import (
    GeographyReport,
    ReferenceFlowReport,
    SeriesCompleteness,
    StationsReport,
    TableReport,
)
from sagui_pipelines.geography.staging import copy_rows, statement
from sagui_pipelines.geography.station_plan import StationPlan, StoredStation, Update, plan_import, values_of
from sagui_pipelines.geography.stations import FIELDS, THRESHOLDS, StationList, refused, unknown_cells


def load_geography(connection: Connection, geography: Geography) -> GeographyReport:
    """Make the three geography tables equal to the files.

    Raises:
        CellsChanged: series of another number of cells are loaded.
        GeodataInvalid: a cell would vanish on which a station stands.
    """
    with connection.cursor() as cursor:
        _check_cells(cursor, geography)
        cursor.execute(statement("geography_stage"))
        copy_rows(cursor, "new_drainage", _with_wkb(geography.drainage))
        copy_rows(cursor, "new_catchments", _with_wkb(geography.catchments))
        copy_rows(cursor, "new_minibasins", geography.minibasins.astype(object).itertuples(index=False))
        _check_stations(cursor, geography)
        return GeographyReport(
            drainage=_merged(cursor, "hyfaa_drainage", "drainage_merge"),
            catchments=_merged(cursor, "hyfaa_catchments", "catchments_merge"),
            minibasins=_merged(cursor, "hyfaa_minibasins_data", "minibasins_merge"),
            notes=geography.report,
        )


def load_stations(
    connection: Connection, listed: StationList, *, overwrite_edits: bool = False
) -> StationsReport:
    """Insert and update stations; none is deleted or renumbered.

    The first import numbers stations 1, 2, ... in the order of the file.

    Args:
        connection: inside a transaction.
        listed: the stations of a file.
        overwrite_edits: replace what administrators edited, too.

    Raises:
        StationsInvalid: a station stands on no cell of the drainage, or collides with a stored one.
    """
    with connection.cursor() as cursor:
        cursor.execute(statement("stations_lock"))
        stored = _stored_stations(cursor)
        plan = plan_import(stored, listed, overwrite_edits=overwrite_edits)
        problems = [*unknown_cells(listed.stations, known_cells(connection)), *plan.problems]
        if problems:
            raise refused(listed.source, problems)
        _write_stations(cursor, plan, listed.fields)
    return StationsReport(
        stations=TableReport("hyfaa_stations", len(plan.inserts), len(plan.updates), 0, plan.unchanged),
        kept_edits=tuple(plan.kept_edits),
        absent=tuple(plan.absent),
        notes=listed.notes,
    )


def load_reference_flow(connection: Connection, reference: ReferenceFlow) -> ReferenceFlowReport:
    """Insert and update reference flows; every station on a minibasin gets its series.

    Raises:
        ReferenceFlowInvalid: a period does not exist, or no minibasin carries a station.
    """
    frame = reference.frame
    problems = unknown_periods(frame, known_periods(connection))
    if problems:
        raise flow_refused(reference.source, problems)
    with connection.cursor() as cursor:
        cursor.execute(statement("reference_flow_stage"))
        columns = ["ref_period", "mini", "day_of_year", "flow"]
        copy_rows(cursor, "new_reference_flow", frame[columns].astype(object).itertuples(index=False))
        cursor.execute(statement("reference_flow_orphans"))
        orphans = cursor.fetchall()
        if sum(count for _, count in orphans) == len(frame):
            raise ReferenceFlowInvalid(
                reference.source,
                f"none of its minibasins carries a station ({few(mini for mini, _ in orphans)})",
                "Load the stations first, or the reference flows of these stations.",
            )
        flows = _merged(cursor, "stations_reference_flow", "reference_flow_merge")
        _tell_provenance(cursor, reference)
        cursor.execute(statement("reference_flow_series"))
        series = tuple(SeriesCompleteness(*row) for row in cursor.fetchall())
    return ReferenceFlowReport(
        flows, series, sum(count for _, count in orphans), tuple(mini for mini, _ in orphans)
    )


def known_cells(connection: Connection) -> frozenset[int]:
    """Cells of the drainage, on which stations may stand."""
    with connection.cursor() as cursor:
        cursor.execute(statement("drainage_cells"))
        return frozenset(cell for (cell,) in cursor.fetchall())


def known_periods(connection: Connection) -> frozenset[str]:
    """Reference periods that exist."""
    with connection.cursor() as cursor:
        cursor.execute(statement("reference_periods"))
        return frozenset(period for (period,) in cursor.fetchall())


def _check_cells(cursor: Cursor, geography: Geography) -> None:
    cells = geography.minibasins["mini"]
    cursor.execute(statement("loaded_cells"))
    for table, loaded in cursor.fetchall():
        if len(cells) != loaded or cells.max() != loaded:
            raise CellsChanged(
                geography.source,
                f"{counted(len(cells), 'minibasin')}, the largest {cells.max()}, but {table} was loaded with "
                f"{counted(loaded, 'cell')}",
                "Load the geography of the same model run, or start again with an empty database.",
            )


def _check_stations(cursor: Cursor, geography: Geography) -> None:
    cursor.execute(statement("stranded_stations"))
    stranded = [f"{name} on {cell}" for name, cell in cursor.fetchall()]
    if stranded:
        raise GeodataInvalid(
            geography.source,
            f"its drainage lacks the minibasin of {counted(len(stranded), 'station')}: {few(stranded)}",
            "Move these stations in the admin, or deliver the drainage that holds their minibasins.",
        )


def _merged(cursor: Cursor, table: str, name: str) -> TableReport:
    cursor.execute(statement(name))
    [(inserted, updated, deleted, total)] = cursor.fetchall()
    return TableReport(table, inserted, updated, deleted, total - inserted - updated)


def _tell_provenance(cursor: Cursor, reference: ReferenceFlow) -> None:
    parameters = {
        "provenance": provenance(reference.source.name, reference.source.read_bytes()),
        "periods": reference.frame["ref_period"].unique().tolist(),
    }
    cursor.execute(statement("reference_flow_provenance"), parameters)


def _with_wkb(frame: gpd.GeoDataFrame) -> Iterable[Sequence[object]]:
    plain = pd.DataFrame(frame.drop(columns="geometry")).astype(object)
    wkb = shapely.to_wkb(shapely.set_srid(frame.geometry.to_numpy(), 4326), hex=True, include_srid=True)
    return ((*numbers, shape) for numbers, shape in zip(plain.itertuples(index=False), wkb, strict=True))


def _stored_stations(cursor: Cursor) -> list[StoredStation]:
    cursor.execute(statement("stations_stored"))
    stations = []
    for number, *plain, longitude, latitude, conversion, imported in cursor.fetchall():
        position = None if longitude is None else (longitude, latitude)
        values = dict(zip(FIELDS, (*plain, position, conversion), strict=True))
        if imported.get("position") is not None:
            imported["position"] = tuple(imported["position"])
        stations.append(StoredStation(number, values, imported))
    return stations


def _write_stations(cursor: Cursor, plan: StationPlan, fields: Sequence[str]) -> None:
    new: list[Update] = []
    if plan.inserts:
        cursor.execute(statement("stations_reserve_ids"), {"count": len(plan.inserts)})
        [(last,)] = cursor.fetchall()
        for number, station in enumerate(plan.inserts, start=last - len(plan.inserts) + 1):
            values = values_of(station)
            new.append(Update(number, values, {field: values[field] for field in fields}))
    cursor.execute(statement("stations_stage"))
    copy_rows(cursor, "new_stations", (_station_row(station) for station in (*plan.updates, *new)))
    cursor.execute(statement("stations_merge"))


def _station_row(station: Update) -> tuple[object, ...]:
    position = station.current["position"]
    longitude, latitude = position if isinstance(position, tuple) else (None, None)
    plain = (station.current[field] for field in ("code", "name", "river", "minibasin_id", *THRESHOLDS))
    conversion = station.current["reference_conversion"]
    return (
        station.id,
        *plain,
        longitude,
        latitude,
        conversion,
        json.dumps(station.imported, ensure_ascii=False),
    )
