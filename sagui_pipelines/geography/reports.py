"""What loads did, as counts and sentences."""

from __future__ import annotations

from dataclasses import dataclass

from sagui_pipelines.geography.reference_flow import DAYS


@dataclass(frozen=True)
class TableReport:
    """What a load did to one table.

    Attributes:
        table: name in schema guyane.
        inserted, updated, deleted, unchanged: numbers of rows.
    """

    table: str
    inserted: int
    updated: int
    deleted: int
    unchanged: int

    @property
    def rows(self) -> int:
        """Rows of the source that the table now holds."""
        return self.inserted + self.updated + self.unchanged

    @property
    def changed(self) -> int:
        """Rows written or deleted."""
        return self.inserted + self.updated + self.deleted


@dataclass(frozen=True)
class GeographyReport:
    """What a load of the geography did.

    Attributes:
        drainage, catchments, minibasins: counts per table.
        notes: what the reader repaired, joined or left out.
    """

    drainage: TableReport
    catchments: TableReport
    minibasins: TableReport
    notes: tuple[str, ...]


@dataclass(frozen=True)
class StationsReport:
    """What a load of stations did.

    Attributes:
        stations: counts; stations that the file lacks are not among them.
        kept_edits: values of administrators that differ from the file and stay, as sentences.
        absent: stored stations that the file lacks; they stay.
        notes: rows of the file that were left out.
    """

    stations: TableReport
    kept_edits: tuple[str, ...]
    absent: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class SeriesCompleteness:
    """How complete a reference series is after a load.

    Attributes:
        period: reference period.
        station_id, station: number and name of the station.
        days: days of year that have a flow, of 366.
        always_zero: every flow is 0, which no river does: levels from it are meaningless.
    """

    period: str
    station_id: int
    station: str
    days: int
    always_zero: bool

    @property
    def is_sound(self) -> bool:
        """True when levels may be computed from the series."""
        return self.days == DAYS and not self.always_zero


@dataclass(frozen=True)
class ReferenceFlowReport:
    """What a load of reference flows did.

    Attributes:
        flows: counts, per station and day.
        series: completeness of each series that the file touches.
        rows_without_station: rows of the file whose minibasin carries no station; left out.
        minibasins_without_station: their minibasins.
    """

    flows: TableReport
    series: tuple[SeriesCompleteness, ...]
    rows_without_station: int
    minibasins_without_station: tuple[int, ...]
