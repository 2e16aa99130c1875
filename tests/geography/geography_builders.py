"""Builders of small geography files and station rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

STATION_COLUMNS = (
    "ID_station", "name_station", "river", "latitude*", "longitude*", "minibasin_mgb", "threshold_drought**",
    "threshold_flood_low**", "threshold_flood_mid**", "threshold_flood_high**", "notes", "conversion*****",
)  # fmt: skip
WEST, SOUTH, SIZE = -54.0, 3.0, 0.1


@dataclass(frozen=True)
class Territory:
    """Frames of the three files; cell i has CatID 100 + i and Mini n - i, so that the two cannot be confused."""

    drainage: gpd.GeoDataFrame
    catchments: gpd.GeoDataFrame
    mini: gpd.GeoDataFrame

    def write(self, folder: Path, suffix: str = ".shp", names: tuple[str, str, str] | None = None) -> Path:
        """Write the three files, and return their folder."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, frame in zip(
            names or ("drainage", "catchments", "mini"),
            (self.drainage, self.catchments, self.mini),
            strict=True,
        ):
            frame.to_file(folder / f"{name}{suffix}", engine="pyogrio")
        return folder

    def with_drainage(self, **columns: Any) -> Territory:
        """The same with other columns of the drainage."""
        return replace(self, drainage=self.drainage.assign(**columns))

    def with_catchments(self, **columns: Any) -> Territory:
        """The same with other columns of the catchments."""
        return replace(self, catchments=self.catchments.assign(**columns))

    def with_mini(self, **columns: Any) -> Territory:
        """The same with other columns of the minibasins."""
        return replace(self, mini=self.mini.assign(**columns))

    def to_crs(self, crs: str) -> Territory:
        """The same in another CRS."""
        return Territory(self.drainage.to_crs(crs), self.catchments.to_crs(crs), self.mini.to_crs(crs))


def make_territory(cells: int = 6) -> Territory:
    """A row of square catchments, each crossed by a river line."""
    index = np.arange(cells)
    west = WEST + SIZE * index
    squares = shapely.box(west, SOUTH, west + SIZE, SOUTH + SIZE)
    ends = np.stack([np.stack([west + 0.01, west + 0.09], 1), np.full((cells, 2), SOUTH + SIZE / 2)], 2)
    lines = shapely.linestrings(ends)
    attributes = {
        "Mini": cells - index, "CatID": 100 + index, "Ordem": index + 8, "Sub": index // 3 + 1,
        "Width": index * 10 + 0.1, "Depth": index / 3,
    }  # fmt: skip
    return Territory(
        gpd.GeoDataFrame({"ID": 100.0 + index}, geometry=lines, crs="EPSG:4326"),
        gpd.GeoDataFrame({"ID": 100 + index}, geometry=squares, crs="EPSG:4326"),
        gpd.GeoDataFrame(attributes, geometry=shapely.centroid(squares), crs="EPSG:4326"),
    )


def station_row(**changes: object) -> dict[str, object]:
    """One row of the station sheet."""
    row = dict(
        zip(
            STATION_COLUMNS,
            ("alpha", "Alpha", "Lawa", 3.05, -53.95, 6, 5, 100, 200, -9999, None, "f ** 0.93 - 200"),
            strict=True,
        )
    )
    assert set(changes) <= set(row)
    return row | changes


BETA = {
    "ID_station": "beta", "name_station": "Beta River", "river": "Comté", "minibasin_mgb": 2,
    "threshold_drought**": 1.25, "threshold_flood_low**": None, "threshold_flood_mid**": -9999, "conversion*****": "f",
}  # fmt: skip
