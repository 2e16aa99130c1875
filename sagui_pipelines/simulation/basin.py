"""The simulated basin as the model sees it: one value per cell, index i is cell i + 1."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sagui_pipelines.simulation.files import replacing


@dataclass(frozen=True)
class Basin:
    """Numbers of every cell, numbered from upstream to downstream.

    Attributes:
        longitude, latitude: centre of the catchment, float32 precision as in HYFAA [degrees].
        area_km2: own catchment [km2].
        drained_km2: own catchment and everything upstream [km2].
        downstream: index of the next cell, -1 at a mouth.
        river: number of the river system, 1-based, in the order of outlines.RIVERS.
        order: MGB's computing order, 1 in headwaters, larger downstream.
        sub: sub-basin that groups neighbouring cells, 1-based.
        reach_km: length of the river reach [km].
        slope_m_km: its slope [m/km].
        bank_m: lowest altitude of the flood plain [m]; the river bed lies `depth_m` below.
        width_m, depth_m: river at bankful [m].
    """

    longitude: NDArray[np.float64]
    latitude: NDArray[np.float64]
    area_km2: NDArray[np.float64]
    drained_km2: NDArray[np.float64]
    downstream: NDArray[np.int32]
    river: NDArray[np.int32]
    order: NDArray[np.int32]
    sub: NDArray[np.int32]
    reach_km: NDArray[np.float64]
    slope_m_km: NDArray[np.float64]
    bank_m: NDArray[np.float64]
    width_m: NDArray[np.float64]
    depth_m: NDArray[np.float64]

    @property
    def cells(self) -> int:
        """Number of cells."""
        return self.area_km2.size

    def save(self, path: Path) -> None:
        """Keep the numbers for later runs."""
        with replacing(path) as new, new.open("wb") as stream:
            np.savez(stream, **{field.name: getattr(self, field.name) for field in fields(self)})

    @classmethod
    def load(cls, path: Path) -> Basin:
        """Read what `save` wrote."""
        with np.load(path) as stored:
            return cls(**{field.name: stored[field.name] for field in fields(cls)})
