"""Real HYFAA results of the Niger basin: every unmasked value is in the table, bit for bit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import psycopg2
import pytest
import sqlalchemy as sa
from flow_files import VARIABLES
from numpy.typing import NDArray

from sagui_pipelines.flow.forecast import load_forecast
from sagui_pipelines.flow.load import load_series
from sagui_pipelines.hyfaa.portal import Portal
from sagui_pipelines.hyfaa.solutions import FILES, Solution
from sagui_pipelines.postgis.engine import create_engine

pytestmark = [pytest.mark.postgis, pytest.mark.shared_data]


@pytest.fixture(scope="module")
def files(shared_data: Path) -> dict[Solution, Path]:
    return {solution: shared_data / "niger" / paths.portal for solution, paths in FILES.items()}


@pytest.fixture(scope="module")
def loaded(module_database: Any, files: dict[Solution, Path]) -> Iterator[sa.Engine]:
    engine = create_engine(module_database.url())
    load_all(engine, files)
    yield engine
    engine.dispose()


def load_all(engine: sa.Engine, files: dict[Solution, Path], *, force: bool = False) -> list[int]:
    """Load the three files; rows changed by each."""
    changed = []
    for solution in (Solution.MGBSTANDARD, Solution.ASSIMILATED):
        with Portal(files[solution]) as portal:
            changed.append(load_series(engine, portal, solution, force=force).counts.changed)
    with (
        Portal(files[Solution.FORECAST], is_forecast=True) as portal,
        Portal(files[Solution.ASSIMILATED]) as history,
    ):
        report = load_forecast(engine, portal, history, Solution.ASSIMILATED)
    return [*changed, report.current.changed, report.archive.changed]


def from_file(path: Path, name: str) -> NDArray[np.float64]:
    """Values straight from the file, every kind of missing as NaN; not through the platform's reader."""
    with netCDF4.Dataset(path) as dataset:
        values = np.ma.filled(dataset[VARIABLES[name]][:].astype(np.float64), np.nan)
    return np.where(np.abs(values) > 1e36, np.nan, values)


def from_table(
    database: Any, table: str, names: list[str], shape: tuple[int, int], path: Path
) -> dict[str, Any]:
    """Columns of a table at their place in the file."""
    with netCDF4.Dataset(path) as dataset:
        first_jd = dataset["time"][:].astype(int)
    place = {jd: index for index, jd in enumerate(first_jd.tolist())}
    out = {name: np.full(shape, np.nan) for name in names}
    connection = psycopg2.connect(database.url("owner"))
    with connection, connection.cursor("series") as cursor:
        cursor.itersize = 100_000
        cursor.execute(f"SELECT cell_id, date - DATE '1950-01-01', {', '.join(names)} FROM guyane.{table}")
        while rows := cursor.fetchmany(100_000):
            cells, jds, *columns = zip(*rows, strict=True)
            days, indexes = [place[jd] for jd in jds], np.array(cells) - 1
            for name, column in zip(names, columns, strict=True):
                out[name][days, indexes] = np.array(column, np.float64)
    connection.close()
    return out


@pytest.mark.parametrize("solution", list(Solution))
def test_every_value_and_every_null_is_the_file_s(
    loaded: sa.Engine, module_database: Any, files: dict[Solution, Path], solution: Solution
) -> None:
    table, path = f"hyfaa_data_{solution.value}", files[solution]
    names = ["elevation_mean", "flow_mean"] if solution is Solution.MGBSTANDARD else list(VARIABLES)
    wanted = {name: from_file(path, name) for name in names}
    read = from_table(module_database, table, names, wanted["flow_mean"].shape, path)
    for name in names:
        missing = np.isnan(wanted[name])
        assert (np.isnan(read[name]) == missing).all(), name
        assert (read[name].view(np.int64)[~missing] == wanted[name].view(np.int64)[~missing]).all(), name
    any_value = np.any([~np.isnan(values) for values in wanted.values()], axis=0)
    counts = ", ".join(f"count(*) - count({name})" for name in names)
    ((rows, *nulls),) = module_database.query(f"SELECT count(*), {counts} FROM guyane.{table}")
    assert rows == any_value.sum() > 0
    assert nulls == [int((any_value & np.isnan(wanted[name])).sum()) for name in names]


def test_a_second_run_changes_no_row(loaded: sa.Engine, files: dict[Solution, Path]) -> None:
    assert load_all(loaded, files) == [0, 0, 0, 0]
    assert load_all(loaded, files, force=True) == [0, 0, 0, 0]


def test_the_import_state_counts_the_rows(loaded: sa.Engine, module_database: Any) -> None:
    states = module_database.query(
        "SELECT tablename, row_count, n_cells FROM guyane.sagui_importstate ORDER BY 1"
    )
    assert [row[0] for row in states] == [
        "hyfaa_data_assimilated",
        "hyfaa_data_forecast",
        "hyfaa_data_mgbstandard",
    ]
    for table, row_count, n_cells in states:
        assert module_database.query(f"SELECT count(*) FROM guyane.{table}") == [(row_count,)]
        assert n_cells == 11_595
