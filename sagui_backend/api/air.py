"""Files of the aerosol index, and what a day's raster says about the zones of interest."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path

import numpy as np
import shapely
from django.contrib.gis.gdal import GDALException, GDALRaster
from numpy.typing import NDArray

_PNG = re.compile(r"(\d{8})_aai\.png")
FEWEST_PIXELS = 10


class AirDataUnreadable(Exception):
    """A raster or the zones file cannot be read; the message says which."""


@dataclass(frozen=True)
class AirPixels:
    """Pixels of one day inside the zones of interest.

    Attributes:
        values: valid values, ascending.
        missing: number of pixels without value.
    """

    values: NDArray[np.float64]
    missing: int

    @property
    def alert_value(self) -> float | None:
        """The 10th largest value; None when fewer than 10 pixels are valid."""
        return float(self.values[-FEWEST_PIXELS]) if len(self.values) >= FEWEST_PIXELS else None

    def statistics(self) -> dict[str, tuple[float, str]]:
        """Value and description of each statistic; none when too few pixels are valid."""
        if self.alert_value is None:
            return {}
        shares = {f"percentile_{share}": float(np.percentile(self.values, share)) for share in (99, 95, 90)}
        return {
            "max": (float(self.values[-1]), "largest value"),
            "10th_max": (self.alert_value, "10th largest value, which sets the alert code"),
            "mean": (float(self.values.mean()), "mean"),
            "median": (float(np.median(self.values)), "median"),
            **{name: (value, f"{name[-2:]} % of the values are smaller") for name, value in shares.items()},
        }

    def per_class(self, lower_bounds: Sequence[float]) -> list[int]:
        """Number of pixels per class; a class is open on the left and closed on the right, as on the image."""
        ranks = np.searchsorted(np.asarray(lower_bounds), self.values, side="left") - 1
        return [int(np.count_nonzero(ranks == rank)) for rank in range(len(lower_bounds))]


def class_of(value: float | None, lower_bounds: Sequence[float]) -> int | None:
    """Rank of the class of a value: the highest whose lower bound is strictly below it."""
    if value is None:
        return None
    return max((rank for rank, bound in enumerate(lower_bounds) if bound < value), default=None)


def image_days(folder: Path | None) -> list[date]:
    """Days whose image, world file and styled raster all exist, newest first."""
    styled = None if folder is None else folder / "styled"
    if styled is None or not styled.is_dir():
        return []
    names = {entry.name for entry in styled.iterdir()}
    found = [_day(match[1]) for name in names if (match := _PNG.fullmatch(name))]
    return sorted(
        (
            day
            for day in found
            if day is not None and {f"{day:%Y%m%d}_aai.wld", f"{day:%Y%m%d}_aai.tif"} <= names
        ),
        reverse=True,
    )


def pixels_of(folder: Path, day: date, zones: Path | None) -> AirPixels | None:
    """Pixels of a day inside the zones (everywhere without zones); None when the day has no raster.

    Raises:
        AirDataUnreadable: raster or zones are not what they should be.
    """
    raster = folder / "raw" / f"{day:%Y%m%d}_merged_aai.tif"
    if not raster.is_file():
        return None
    return _read(raster, raster.stat().st_mtime_ns, zones, zones.stat().st_mtime_ns if zones else 0)


@lru_cache(maxsize=4)
def _read(raster: Path, _raster_time: int, zones: Path | None, _zones_time: int) -> AirPixels:
    try:
        image = GDALRaster(str(raster))
        values = np.asarray(image.bands[0].data(), dtype=np.float64)
        nodata = image.bands[0].nodata_value
        inside = _inside(image, zones)
    except (GDALException, shapely.errors.ShapelyError, OSError) as error:
        raise AirDataUnreadable(f"{raster} or its zones cannot be read: {error}") from error
    valid = inside & np.isfinite(values)
    if nodata is not None:
        valid &= values != nodata
    return AirPixels(np.sort(values[valid]), int(np.count_nonzero(inside & ~valid)))


def _inside(image: GDALRaster, zones: Path | None) -> NDArray[np.bool_]:
    if zones is None:
        return np.ones((image.height, image.width), dtype=bool)
    longitude = image.origin.x + image.scale.x * (np.arange(image.width) + 0.5)
    latitude = image.origin.y + image.scale.y * (np.arange(image.height) + 0.5)
    areas = shapely.union_all(shapely.from_geojson(zones.read_text("utf-8")))
    shapely.prepare(areas)
    inside: NDArray[np.bool_] = shapely.contains_xy(areas, *np.meshgrid(longitude, latitude))
    return inside


def _day(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007
    except ValueError:
        return None
