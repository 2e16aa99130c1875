"""Geography files: finding a layer by its name, reading its fields, checking its numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyproj
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError

from sagui_pipelines.errors import GeodataInvalid, SourceCorrupt, SourceMissing

CRS = "EPSG:4326"
_SUFFIXES = (".shp", ".gpkg")
_LARGEST_INTEGER = 2**31 - 1
# Exports write integer identifiers as decimals; anything farther from an integer is another field.
_ROUNDING = 1e-3


@dataclass(frozen=True)
class Layer:
    """One layer of a geography file.

    Attributes:
        path: shapefile or GeoPackage.
        name: layer inside the file.
    """

    path: Path
    name: str

    def __str__(self) -> str:
        """Address for people."""
        return str(self.path) if self.path.suffix.lower() == ".shp" else f"{self.path} (layer {self.name})"


def few(items: Iterable[object], shown: int = 10) -> str:
    """The first items in words, and how many more there are."""
    listed = [str(item) for item in items]
    rest = f" and {len(listed) - shown} more" if len(listed) > shown else ""
    return ", ".join(listed[:shown]) + rest


def counted(count: int, singular: str, plural: str = "") -> str:
    """A number with its noun: `1 line`, `2 lines`, `1,200 lines`."""
    return f"{count:,} {singular if count == 1 else plural or singular + 's'}"


def find_layer(folder: Path, name: str) -> Layer:
    """Find `<name>.shp`, `<name>.gpkg` or the layer of that name in a GeoPackage; case does not matter.

    Raises:
        SourceMissing: no folder, or nothing of that name in it.
        GeodataInvalid: more than one candidate.
    """
    if not folder.is_dir():
        raise SourceMissing(
            folder, "is not a folder", "Set SAGUI_GEODATA_DIR to the folder of the geography files."
        )
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in _SUFFIXES)
    named = [path for path in files if path.stem.lower() == name]
    candidates = [Layer(path, _only_layer(path, name)) for path in named] or [
        Layer(path, layer)
        for path in files
        if path.suffix.lower() == ".gpkg"
        for layer in _layers(path)
        if layer.lower() == name
    ]
    if not candidates:
        raise SourceMissing(
            folder,
            f"holds neither {name}.shp nor {name}.gpkg nor a GeoPackage with a layer {name}",
            "Put the file there, or set SAGUI_GEODATA_DIR to the folder that holds it.",
        )
    if len(candidates) > 1:
        raise GeodataInvalid(
            folder,
            f"holds {name} more than once: {few(candidates)}",
            "Keep the one that counts, move the others away.",
        )
    return candidates[0]


def read_layer(layer: Layer, fields: tuple[str, ...], *, geometry: bool = True) -> gpd.GeoDataFrame:
    """Read fields and geometry of a layer.

    Args:
        layer: what to read.
        fields: required fields in lower case; case in the file does not matter.
        geometry: read the geometry too, reprojected to longitude and latitude (EPSG:4326).

    Returns:
        One row per feature, columns named as in `fields`, and `geometry` if wanted.

    Raises:
        SourceCorrupt: the file cannot be read.
        GeodataInvalid: a field or the CRS is missing, coordinates are not on Earth, or there is no feature.
    """
    _check_whole(layer.path)
    try:
        info = pyogrio.read_info(layer.path, layer=layer.name)
        columns = _columns(layer, list(info["fields"]), fields)
        if geometry and not info["crs"]:
            raise GeodataInvalid(
                str(layer),
                "has no coordinate reference system",
                "Deliver the .prj file with it, or assign the CRS in the GIS that made it.",
            )
        frame = pyogrio.read_dataframe(
            layer.path, layer=layer.name, columns=list(columns), read_geometry=geometry
        )
    except (DataSourceError, DataLayerError, FeatureError, FieldError, GeometryError) as error:
        raise _unreadable(layer.path, error) from error
    if frame.empty:
        raise GeodataInvalid(str(layer), "holds no feature", "Export it again; the layer must not be empty.")
    frame = frame.rename(columns=columns)
    return _to_lonlat(layer, frame) if geometry else frame


def identifiers(layer: Layer, frame: pd.DataFrame, field: str, *, smallest: int = 1) -> NDArray[np.int32]:
    """Values of a field as integers.

    Raises:
        GeodataInvalid: a value is missing, no integer, or below `smallest`.
    """
    values = pd.to_numeric(frame[field], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    whole = np.rint(values)
    good = (np.abs(values - whole) <= _ROUNDING) & (whole >= smallest) & (whole <= _LARGEST_INTEGER)
    if not good.all():
        wrong = np.flatnonzero(~good)
        examples = few(f"feature {row + 1}: {frame[field].iloc[row]!s}" for row in wrong)
        raise GeodataInvalid(
            str(layer),
            f"{counted(len(wrong), 'value')} of {field} that should be an integer of at least {smallest} ({examples})",
            "Correct the field in the source data and export again.",
        )
    cells: NDArray[np.int32] = whole.astype(np.int32)
    return cells


def doubled(values: NDArray[np.int32]) -> list[int]:
    """Values that occur more than once, ascending."""
    unique, counts = np.unique(values, return_counts=True)
    return [int(value) for value in unique[counts > 1]]


def _columns(layer: Layer, present: list[str], wanted: tuple[str, ...]) -> dict[str, str]:
    found = {name: name.lower() for name in present if name.lower() in wanted}
    missing = [name for name in wanted if name not in found.values()]
    if missing:
        raise GeodataInvalid(
            str(layer),
            f"lacks the field {few(missing)}; it has {few(present, 30) or 'none'}",
            "Export it with these fields (case does not matter); a shapefile needs its .dbf file beside it.",
        )
    if len(found) > len(wanted):
        raise GeodataInvalid(
            str(layer), f"has fields that differ by case only: {few(found)}", "Keep one of each."
        )
    return found


def _to_lonlat(layer: Layer, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    remedy = "Check the CRS that the file declares against the one its coordinates are in."
    try:
        lonlat = frame.to_crs(CRS)
    except pyproj.exceptions.ProjError as error:
        raise GeodataInvalid(
            str(layer), f"cannot be brought to longitude and latitude: {error}", remedy
        ) from error
    west, south, east, north = lonlat.total_bounds
    known = bool(lonlat.geometry.notna().any()) and not bool(lonlat.geometry.is_empty.all())
    if known and not (west >= -180 and east <= 180 and south >= -90 and north <= 90):
        raise GeodataInvalid(
            str(layer),
            f"its coordinates are not on Earth (x {west:g} to {east:g}, y {south:g} to {north:g} as {frame.crs.name})",
            remedy,
        )
    return lonlat


def _layers(path: Path) -> list[str]:
    try:
        return [str(name) for name, _ in pyogrio.list_layers(path)]
    except DataSourceError as error:
        raise _unreadable(path, error) from error


def _only_layer(path: Path, name: str) -> str:
    layers = _layers(path)
    matching = [layer for layer in layers if layer.lower() == name] or layers
    if len(matching) != 1:
        raise GeodataInvalid(
            path,
            f"holds {counted(len(matching), 'layer')} and none named {name}",
            f"Name the right layer {name}.",
        )
    return matching[0]


def _check_whole(path: Path) -> None:
    # Readers see the missing end of a shapefile as features without geometry.
    if path.suffix.lower() != ".shp":
        return
    with path.open("rb") as stream:
        header = stream.read(28)
    declared = 2 * int.from_bytes(header[24:28], "big")
    if path.stat().st_size < declared:
        raise _unreadable(path, f"it ends after {path.stat().st_size:,} of {declared:,} bytes")


def _unreadable(path: Path, reason: object) -> SourceCorrupt:
    parts = " together with its .shx, .dbf and .prj" if path.suffix.lower() == ".shp" else ""
    return SourceCorrupt(path, f"cannot be read: {str(reason).rstrip('.')}", f"Copy the file again{parts}.")
