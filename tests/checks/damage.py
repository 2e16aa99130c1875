"""Ways of damaging HYFAA's files, and what must come of it."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path

import netCDF4
import numpy as np
from numpy.typing import NDArray

from sagui_pipelines.errors import SaguiError
from sagui_pipelines.flow.series import table_name
from sagui_pipelines.hyfaa.solutions import FORCING_ONMESH, Solution
from sagui_pipelines.rainfall.load import TABLE as RAIN
from tests.checks.conftest import LOADED, Good, Night

FLOW, LEVEL = "streamflow_catchment", "water_elevation_catchment"
STATISTICS = ("mean", "median", "std", "mad")
RAIN_DAY = LOADED  # the rain of the day before the newest flow
FILL = 9.969209968386869e36

Values = NDArray[np.float64]


def columns(dataset: netCDF4.Dataset, *quantities: str) -> list[str]:
    """Variables of some quantities that the file has."""
    return [f"{q}_{s}" for q in quantities for s in STATISTICS if f"{q}_{s}" in dataset.variables]


def each(
    *quantities: str, rows: slice | int, change: Callable[[Values], Values]
) -> Callable[[netCDF4.Dataset], None]:
    """Change some days of all statistics of some quantities alike."""

    def apply(dataset: netCDF4.Dataset) -> None:
        for name in columns(dataset, *quantities):
            dataset[name][rows] = change(np.asarray(dataset[name][rows]))

    return apply


def computed_anew(dataset: netCDF4.Dataset) -> None:
    """Make every day look as if it had been computed tonight."""
    dataset["time_added_to_hydb"][:] = dataset["time_added_to_hydb"][:] + 1.0


def refused_file(night: Night, good: Good, solution: Solution, kind: type[SaguiError], *words: str) -> None:
    """The file is refused as a whole: its table stays as it was, the others are loaded."""
    night.run()
    assert list(night.errors) == [solution.value], night.errors
    error = night.errors[solution.value]
    assert type(error) is kind
    assert all(word in str(error) for word in words), str(error)
    table, rows = table_name(solution), night.rows()
    assert rows[table] == good.before[table]
    assert all(
        rows[other] == good.after[other] for other in rows if other not in (table, "hyfaa_data_forecast")
    )


def refused_day(night: Night, good: Good, table: str, *words: str, days: int = 1) -> None:
    """The newest days are left out and told; every other day is loaded, and no other row is seen."""
    night.run()
    assert night.errors == {}
    assert len(night.refused[table]) == days
    assert all(word in why for why in night.refused[table].values() for word in words), night.refused[table]
    rows = night.rows()
    assert rows[table] <= good.before[table] | good.after[table]
    lost = {str(day) for day in night.refused[table]}
    assert {row for row in good.after[table] if not any(day in row for day in lost)} <= rows[table]
    told = night.database.query("SELECT tablename, date FROM guyane.sagui_refusedday")
    assert set(told) == {(table, day) for day in night.refused[table]}


def left_out(night: Night, good: Good, solution: Solution, word: str) -> None:
    """One value is left out and told; nothing else is missing, nothing impossible is seen."""
    night.run()
    assert night.errors == {}
    assert not any(night.refused.values())
    assert any(word in note for note in night.notes[solution]), night.notes
    table, rows = table_name(solution), night.rows()
    assert len(good.after[table] - rows[table]) == 1
    assert len(rows[table] - good.after[table]) <= 1


def rain_file(night: Night, day: date = RAIN_DAY) -> Path:
    """File of a day of rain."""
    [path] = (night.workdir / FORCING_ONMESH / "data_store").glob(f"DATA_{day:%Y%m%d}T*.nc")
    return path


def rain(night: Night, change: Callable[[Values], Values]) -> None:
    """Change the newest day of rain."""
    with netCDF4.Dataset(rain_file(night), "a") as dataset:
        dataset.set_auto_maskandscale(False)
        dataset["rain"][:] = change(np.asarray(dataset["rain"][:], np.float64))


def rain_sql(night: Night, statement: str) -> None:
    """Change the catalogue of rain."""
    with (
        closing(sqlite3.connect(night.workdir / FORCING_ONMESH / "database_manager.sql")) as connection,
        connection,
    ):
        connection.execute(statement)


def rain_refused(night: Night, good: Good, *words: str) -> None:
    """The newest day of rain is left out and told."""
    refused_day(night, good, RAIN, *words)


def replace_by(night: Night, solution: Solution, source: Solution) -> None:
    """Deliver the file of another solution."""
    shutil.copyfile(night.path(source), night.path(solution))
