"""Fixtures that write geography, station and reference-flow files."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import psycopg2
import pytest
from geography_builders import Territory, make_territory
from psycopg2.extensions import connection as Connection  # noqa: N812

WriteStations = Callable[..., Path]


@pytest.fixture
def territory() -> Territory:
    """Six cells."""
    return make_territory()


@pytest.fixture
def write_stations(tmp_path: Path) -> WriteStations:
    """Write rows as a station file, xlsx unless told otherwise."""

    def write(*rows: dict[str, object], name: str = "stations.xlsx", sheet: str = "Feuille 1") -> Path:
        path = tmp_path / name
        if path.suffix == ".csv":
            with path.open("w", newline="", encoding="utf-8") as stream:
                csv.writer(stream).writerows([list(rows[0]), *(row.values() for row in rows)])
            return path
        book = openpyxl.Workbook()
        book.active.title = "Cover" if sheet != "Cover" else "Other"
        page = book.create_sheet(sheet, index=0 if sheet != "Feuille 1" else 1)
        page.append(list(rows[0]))
        for row in rows:
            page.append(list(row.values()))
        page.append([])
        page.append([None, "*center of the point", None])
        book.save(path)
        return path

    return write


@pytest.fixture
def write_flows(tmp_path: Path) -> Callable[..., Path]:
    """Write rows (period, mini, day, flow) as a reference-flow file."""

    def write(*rows: tuple[object, ...], header: str = "ref_period,mini,day_of_year,flow") -> Path:
        path = tmp_path / "reference_flow.csv"
        path.write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n")
        return path

    return write


@pytest.fixture
def connection(database: Any) -> Iterator[Connection]:
    """A connection of the pipelines' role, inside a transaction that the test commits or not."""
    link = psycopg2.connect(database.url("pipelines"))
    yield link
    link.rollback()
    link.close()
