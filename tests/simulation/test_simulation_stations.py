"""Invented stations: the spreadsheet's layout, thresholds and reference flows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from sagui_pipelines.simulation.stations import COLUMNS, place_stations
from sagui_pipelines.simulation.survey import build_basin

LEVELS = ["threshold_drought**", "threshold_flood_low**", "threshold_flood_mid**", "threshold_flood_high**"]


@pytest.fixture(scope="module")
def stations(made: Path) -> pd.DataFrame:
    return pd.read_excel(made / "stations.xlsx", sheet_name="Feuille 1").dropna(subset=["river"])


def test_sheet_is_laid_out_like_the_real_one(made: Path) -> None:
    book = openpyxl.load_workbook(made / "stations.xlsx")
    assert book.sheetnames == ["Feuille 1"]
    rows = list(book["Feuille 1"].iter_rows(values_only=True))
    assert rows[0] == COLUMNS
    filled = [row for row in rows[1:] if row[2] is not None]
    rest = rows[1 + len(filled) :]
    assert rest[0] == (None,) * len(COLUMNS)
    notes = [row for row in rest if row[1]]
    assert len(notes) == 5
    assert all(str(row[1]).startswith("*") and row[2] is None for row in notes)


def test_stations_have_their_own_cell_and_an_invented_name(stations: pd.DataFrame) -> None:
    assert 8 <= len(stations) <= 13
    for column in ("ID_station", "name_station", "minibasin_mgb"):
        assert stations[column].is_unique
    assert stations["name_station"].str.startswith("Demo ").all()
    assert stations["minibasin_mgb"].between(1, 60).all()
    assert stations["latitude*"].between(1.9, 6.0).all()
    assert stations["longitude*"].between(-56.5, -51.0).all()


def test_thresholds_increase_and_some_are_absent(stations: pd.DataFrame) -> None:
    values = stations[LEVELS].to_numpy(dtype=float)
    assert (values == -9999).any()
    assert (values[:, :2] > 0).all()
    for row in values:
        known = row[row != -9999]
        assert (np.diff(known) > 0).all()
        assert (row[known.size :] == -9999).all()
    assert ((values[:, 3] > 0).sum()) >= 2


def test_a_thousand_cells_carry_thirteen_stations_on_growing_rivers() -> None:
    basin = build_basin(1000, 973)[0]
    stations = {station.code: station.cell for station in place_stations(basin)}
    assert len(stations) == 13
    drained = {code: basin.drained_km2[cell - 1] for code, cell in stations.items()}
    assert drained["demo_maroni_aval"] > drained["demo_maroni_milieu"] > drained["demo_lawa_aval"]
    assert drained["demo_tapanahoni_aval"] > drained["demo_tapanahoni_amont"]
    west, east = (basin.longitude[stations[f"demo_{name}_aval"] - 1] for name in ("tapanahoni", "lawa"))
    assert west < east


def test_reference_flows_cover_every_period_day_and_station(made: Path, stations: pd.DataFrame) -> None:
    flows = pd.read_csv(made / "reference_flow.csv")
    assert list(flows.columns) == ["ref_period", "mini", "day_of_year", "flow"]
    assert set(flows["ref_period"]) == {"1980-1990", "1990-2000", "2000-2010", "2010-2020"}
    assert set(flows["mini"]) == set(stations["minibasin_mgb"].astype(int))
    assert len(flows) == 4 * 366 * len(stations)
    assert not flows.duplicated(["ref_period", "mini", "day_of_year"]).any()
    assert flows["day_of_year"].min() == 1
    assert flows["day_of_year"].max() == 366
    assert flows["flow"].gt(0).all()
    by_day = flows.groupby("day_of_year")["flow"].mean()
    assert by_day.loc[150:180].mean() > 2.5 * by_day.loc[290:320].mean()
