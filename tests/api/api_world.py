"""A platform of a few hand-written rows, and a client that asks the API about them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import psycopg2
from psycopg2.extras import execute_values

if TYPE_CHECKING:
    from tests.conftest import Database

OBSERVED = date(2026, 5, 2)
FULL_YEAR = range(1, 367)
SQUARE = "SRID=4326;POLYGON(({0} 3, {1} 3, {1} 4, {0} 4, {0} 3))"
_TABLES = (
    "hyfaa_data_assimilated", "hyfaa_data_mgbstandard", "hyfaa_data_forecast", "sagui_rainfall", "sagui_importday",
    "stations_reference_flow", "stations_reference_flow_period", "hyfaa_stations", "hyfaa_drainage",
    "hyfaa_catchments", "hyfaa_minibasins_data",
)  # fmt: skip


@dataclass(frozen=True)
class Day:
    """One row of a series; None is NULL."""

    cell: int
    date: date
    flow: float | None
    mad: float | None = 0.0
    expected: float | None = 1.0
    mean: float | None = None


@dataclass
class World:
    """Writes rows as the owner; every method commits."""

    database: Database
    connection: Any = field(default=None, repr=False)

    def execute(self, sql: str, rows: Sequence[Sequence[Any]] | None = None) -> None:
        """One statement; with rows, their values replace the only placeholder."""
        if self.connection is None:
            self.connection = psycopg2.connect(self.database.url("owner"))
        with self.connection, self.connection.cursor() as cursor:
            if rows is None:
                cursor.execute(sql)
            elif rows:
                execute_values(cursor, sql, rows, page_size=1000)

    def clear(self) -> None:
        """Back to an empty platform with the default configuration."""
        self.execute("; ".join(f"DELETE FROM guyane.{table}" for table in _TABLES))
        self.execute("UPDATE guyane.sagui_saguiconfig SET use_dataset = 'assimilated'")
        self.publish_catchments()

    def dataset(self, name: str) -> None:
        """Configure the dataset."""
        self.execute(f"UPDATE guyane.sagui_saguiconfig SET use_dataset = '{name}'")

    def station(
        self,
        number: int,
        cell: int | None = None,
        thresholds: tuple[float | None, ...] = (10.0, 100.0, 200.0, 300.0),
        river: str | None = "Maroni",
        point: str | None = "SRID=4326;POINT(-54 3.5)",
        conversion: str | None = None,
    ) -> None:
        """A station and its river line."""
        cell = number + 100 if cell is None else cell
        line = "SRID=4326;LINESTRING(-54 3, -54 4)"
        self.execute("INSERT INTO guyane.hyfaa_drainage VALUES %s ON CONFLICT DO NOTHING", [(cell, line)])
        self.execute(
            "INSERT INTO guyane.hyfaa_stations (id, code, name, river, minibasin_id, threshold_drought,"
            " threshold_flood_low, threshold_flood_mid, threshold_flood_high, geom, reference_conversion) VALUES %s",
            [(number, f"code{number}", f"Station {number}", river, cell, *thresholds, point, conversion)],
        )

    def loaded(self, table: str, days: Iterable[date], rows: int = 1) -> None:
        """Note days as loaded."""
        self.execute(
            "INSERT INTO guyane.sagui_importday (tablename, date, row_count) VALUES %s ON CONFLICT DO NOTHING",
            [(table, day, rows) for day in set(days)],
        )

    def observed(self, days: Sequence[Day], dataset: str = "assimilated", newest: date = OBSERVED) -> None:
        """Observed days of a dataset, whose newest loaded day is `newest`."""
        table = f"hyfaa_data_{dataset}"
        self._partitions(table, [day.date for day in days])
        if dataset == "assimilated":
            columns = "cell_id, date, flow_median, flow_mad, flow_expected"
            rows = [(day.cell, day.date, day.flow, day.mad, day.expected) for day in days]
        else:
            columns = "cell_id, date, flow_mean, flow_expected"
            rows = [(day.cell, day.date, day.flow, day.expected) for day in days]
        self.execute(f"INSERT INTO guyane.{table} ({columns}) VALUES %s", rows)
        self.loaded(table, [newest])

    def forecast(self, days: Sequence[Day], issued: date = OBSERVED) -> None:
        """Days of the current forecast."""
        self.execute(
            "INSERT INTO guyane.hyfaa_data_forecast (cell_id, date, flow_median, flow_mean, flow_mad) VALUES %s",
            [(day.cell, day.date, day.flow, day.mean, day.mad) for day in days],
        )
        self.loaded("hyfaa_data_forecast", [issued])

    def reference(self, period: str, station: int, flows: dict[int, float]) -> None:
        """Reference flows of a station by day of the year."""
        self.execute(
            "INSERT INTO guyane.stations_reference_flow_period (period) VALUES %s ON CONFLICT DO NOTHING",
            [(period,)],
        )
        number = self.database.query(
            "SELECT id FROM guyane.stations_reference_flow_period WHERE period = %s", period
        )[0][0]
        self.execute(
            "INSERT INTO guyane.stations_reference_flow (period_id, station_id, day_of_year, flow) VALUES %s",
            [(number, station, day, flow) for day, flow in flows.items()],
        )

    def rain(self, day: date, rain: dict[int, float]) -> None:
        """Rain of a day by minibasin."""
        self._partitions("sagui_rainfall", [day])
        self.execute(
            "INSERT INTO guyane.sagui_rainfall VALUES %s", [(cell, day, mm) for cell, mm in rain.items()]
        )
        self.loaded("sagui_rainfall", [day])

    def minibasins(self, subs: dict[int, int], widths: dict[int, float] | None = None) -> None:
        """Minibasins with their sub-basin; each is a rectangle one degree high."""
        wide = widths or {}
        self.execute(
            "INSERT INTO guyane.hyfaa_minibasins_data VALUES %s",
            [(cell, 15, sub, 1, 1) for cell, sub in subs.items()],
        )
        shapes = [(cell, sub, SQUARE.format(-55, -55 + wide.get(cell, 1.0))) for cell, sub in subs.items()]
        self.execute("INSERT INTO guyane.hyfaa_catchments VALUES %s", shapes)
        self.publish_catchments()

    def publish_catchments(self) -> None:
        """Renew the areas that the map and the API use."""
        self.execute("REFRESH MATERIALIZED VIEW guyane.hyfaa_catchments_shown")

    def _partitions(self, table: str, days: Iterable[date]) -> None:
        for year in {day.year for day in days}:
            self.database.query("SELECT guyane.create_series_partition(%s, %s)", table, year)


@dataclass
class Api:
    """Asks the API, in process."""

    client: Any

    def get(self, path: str, **headers: str) -> Any:
        """A response."""
        return self.client.get(path, **headers)

    def json(self, path: str, **headers: str) -> Any:
        """Body of a 200, parsed strictly."""
        response = self.get(path, **headers)
        assert response.status_code == 200, response.content
        return strict_json(response)


def strict_json(response: Any) -> Any:
    """Body parsed as a browser does: NaN and Infinity are errors."""

    def refuse(token: str) -> None:
        raise AssertionError(f"{token} is not JSON")

    return json.loads(response.content, parse_constant=refuse)


def days_back(cell: int, flows: Sequence[float | None], newest: date = OBSERVED, **more: Any) -> list[Day]:
    """Days ending at `newest`, oldest flow first."""
    first = newest - timedelta(days=len(flows) - 1)
    return [Day(cell, first + timedelta(days=index), flow, **more) for index, flow in enumerate(flows)]


def days_ahead(cell: int, flows: Sequence[float | None], after: date = OBSERVED, **more: Any) -> list[Day]:
    """Days after `after`."""
    return [Day(cell, after + timedelta(days=index + 1), flow, **more) for index, flow in enumerate(flows)]
