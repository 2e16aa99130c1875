"""Geography as assets: the files that people deliver, and the tables made from them."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import dagster as dg

from sagui_pipelines.asset_kit import OWNERS, geodata_key, reported_errors, table_key, table_metadata
from sagui_pipelines.errors import SourceMissing
from sagui_pipelines.geography.files import find_layer
from sagui_pipelines.geography.load import (
    known_cells,
    known_periods,
    load_geography,
    load_reference_flow,
    load_stations,
)
from sagui_pipelines.geography.read import read_geography
from sagui_pipelines.geography.reference_flow import read_reference_flow
from sagui_pipelines.geography.reports import TableReport
from sagui_pipelines.geography.stations import read_stations
from sagui_pipelines.postgis.engine import transaction
from sagui_pipelines.resources import Inputs, Postgis

GROUP = "geography"
_NOTES_SHOWN = 30


def _source_asset(
    name: str, kinds: set[str], description: str, locate: Callable[[Inputs], Path]
) -> dg.AssetsDefinition:
    @dg.asset(
        key=geodata_key(name),
        description=description,
        group_name=GROUP,
        kinds=kinds,
        owners=OWNERS,
        pool="geodata",
    )
    def source(context: dg.AssetExecutionContext, inputs: Inputs) -> dg.MaterializeResult[None]:
        with reported_errors(context):
            inputs.model().prepare_geodata(context.log.info)
            path = locate(inputs)
            if not path.is_file():
                raise SourceMissing(
                    path, "is not there", "Deliver it, or set the variable that names it (see .env.example)."
                )
            version = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
        return dg.MaterializeResult(
            data_version=dg.DataVersion(version),
            metadata={
                "path": dg.MetadataValue.path(path),
                "file_version": version,
                "size": dg.MetadataValue.int(path.stat().st_size),
            },
        )

    return source


SOURCES = [
    _source_asset(
        "drainage",
        {"shapefile"},
        "River lines of the minibasins, as delivered.",
        lambda inputs: find_layer(Path(inputs.geodata_dir), "drainage").path,
    ),
    _source_asset(
        "mini",
        {"shapefile"},
        "Minibasins with order, sub-basin, river width and depth, as delivered.",
        lambda inputs: find_layer(Path(inputs.geodata_dir), "mini").path,
    ),
    _source_asset(
        "catchments",
        {"shapefile"},
        "Catchment polygons, as delivered.",
        lambda inputs: find_layer(Path(inputs.geodata_dir), "catchments").path,
    ),
    _source_asset(
        "stations",
        {"excel"},
        "Station list with thresholds, as delivered.",
        lambda inputs: Path(inputs.stations_file),
    ),
    _source_asset(
        "reference_flow",
        {"csv"},
        "Mean flow of each station and day of the year over past decades, as delivered.",
        lambda inputs: Path(inputs.reference_flow_file),
    ),
]


@dg.multi_asset(
    name="load_geography",
    specs=[
        dg.AssetSpec(
            table_key(table),
            deps=[geodata_key(name) for name in upstream],
            description=description,
            group_name=GROUP,
            kinds={"postgres"},
            owners=OWNERS,
            metadata=table_metadata(table),
        )
        for table, upstream, description in (
            ("hyfaa_drainage", ["drainage", "mini"], "River line of each minibasin."),
            ("hyfaa_catchments", ["catchments", "drainage", "mini"], "Catchment of each minibasin."),
            ("hyfaa_minibasins_data", ["mini"], "Order, sub-basin, river width and depth of each minibasin."),
        )
    ],
)
def geography_tables(
    context: dg.AssetExecutionContext, inputs: Inputs, postgis: Postgis
) -> Iterator[dg.MaterializeResult[None]]:
    """Clean and join the three geography files; write their tables in one transaction."""
    with reported_errors(context):
        geography = read_geography(Path(inputs.geodata_dir), refuse_unmatched=inputs.refuse_unmatched)
        with transaction(postgis.engine) as connection:
            report = load_geography(connection, geography)
    _log_notes(context, report.notes)
    for table in (report.drainage, report.catchments, report.minibasins):
        yield dg.MaterializeResult(
            asset_key=table_key(table.table), metadata={**_counts(table), "notes": _bullets(report.notes)}
        )


@dg.asset(
    key=table_key("hyfaa_stations"),
    deps=[geodata_key("stations"), table_key("hyfaa_drainage")],
    group_name=GROUP,
    kinds={"postgres"},
    owners=OWNERS,
    metadata=table_metadata("hyfaa_stations"),
)
def hyfaa_stations(
    context: dg.AssetExecutionContext, inputs: Inputs, postgis: Postgis
) -> dg.MaterializeResult[None]:
    """Stations with thresholds. What an administrator edited stays; numbers never change."""
    with reported_errors(context), transaction(postgis.engine) as connection:
        listed = read_stations(Path(inputs.stations_file), known_cells(connection))
        report = load_stations(connection, listed)
    notes = (*report.notes, *report.kept_edits, *(f"not in the file, kept: {name}" for name in report.absent))
    _log_notes(context, notes)
    return dg.MaterializeResult(metadata={**_counts(report.stations), "notes": _bullets(notes)})


@dg.asset(
    key=table_key("stations_reference_flow"),
    deps=[geodata_key("reference_flow"), table_key("hyfaa_stations")],
    group_name=GROUP,
    kinds={"postgres"},
    owners=OWNERS,
    metadata=table_metadata("stations_reference_flow"),
)
def stations_reference_flow(
    context: dg.AssetExecutionContext, inputs: Inputs, postgis: Postgis
) -> dg.MaterializeResult[None]:
    """Mean flow per station, past decade and day of the year."""
    with reported_errors(context), transaction(postgis.engine) as connection:
        reference = read_reference_flow(Path(inputs.reference_flow_file), known_periods(connection))
        report = load_reference_flow(connection, reference)
    notes = [
        *(
            f"{series.station}, {series.period}: only {series.days} of 366 days"
            for series in report.series
            if series.days < 366
        ),
        *(
            f"{series.station}, {series.period}: zero on every day"
            for series in report.series
            if series.always_zero
        ),
    ]
    if report.rows_without_station:
        notes.append(f"{report.rows_without_station} rows of minibasins without a station were left out")
    _log_notes(context, notes)
    return dg.MaterializeResult(metadata={**_counts(report.flows), "notes": _bullets(notes)})


def _counts(report: TableReport) -> dict[str, int]:
    return {
        "dagster/row_count": report.rows,
        "inserted": report.inserted,
        "updated": report.updated,
        "deleted": report.deleted,
        "unchanged": report.unchanged,
    }


def _log_notes(context: dg.AssetExecutionContext, notes: Sequence[str]) -> None:
    for note in notes:
        context.log.warning(note)


def _bullets(notes: Sequence[str]) -> dg.MarkdownMetadataValue:
    shown = [f"- {note}" for note in notes[:_NOTES_SHOWN]]
    if len(notes) > _NOTES_SHOWN:
        shown.append(f"- and {len(notes) - _NOTES_SHOWN} more")
    return dg.MetadataValue.md("\n".join(shown) or "nothing to note")


ASSETS = [*SOURCES, geography_tables, hyfaa_stations, stations_reference_flow]
