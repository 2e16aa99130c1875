"""The mesh of the model as `static_data.nc` tells it: where cells lie, what they drain, which cell comes next."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
from numpy.typing import NDArray

from sagui_pipelines.errors import SaguiError, SourceCorrupt, SourceInvalid, SourceMissing
from sagui_pipelines.hyfaa.netcdf import LIBRARY
from sagui_pipelines.hyfaa.solutions import STATIC_DATA

OUTLET = -1
_AGAIN = "Put back the static data that the model ran with."
_LARGEST_BASIN_KM2 = 7e6  # the Amazon's


@dataclass(frozen=True)
class Mesh:
    """Cells of the model, by position; cell_id = position + 1.

    Attributes:
        source: the file.
        longitude, latitude: centres [degrees], float64 (n_cells).
        cell_km2: land of each cell [km2], float64 (n_cells).
        drained_km2: all land upstream, own cell included [km2], float64 (n_cells).
        downstream: position of the next cell downstream, -1 at an outlet, int64 (n_cells).
    """

    source: Path
    longitude: NDArray[np.float64]
    latitude: NDArray[np.float64]
    cell_km2: NDArray[np.float64]
    drained_km2: NDArray[np.float64]
    downstream: NDArray[np.int64]

    @property
    def n_cells(self) -> int:
        """Number of cells."""
        return self.downstream.size


def read_mesh(workdir: Path) -> Mesh | None:
    """Read the mesh; None where the file was not delivered.

    The file is read whole and decoded in memory: HYFAA never meets an HDF5 lock.

    Args:
        workdir: HYFAA's working directory.

    Raises:
        SourceCorrupt: the file cannot be read as NetCDF-4.
        SourceInvalid: a variable is missing, or the mesh is impossible: positions off the Earth, areas that are none,
            rivers that run in circles.
    """
    path = workdir / STATIC_DATA
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SourceCorrupt(
            path, f"cannot be read: {error.strerror or error}", "Correct its rights."
        ) from error
    return _decoded(path, content)


def usable_mesh(workdir: Path) -> tuple[Mesh | None, str]:
    """Read the mesh for work that can do without it: None where there is no good one, with what is wrong with it."""
    try:
        return read_mesh(workdir), ""
    except SaguiError as error:
        return None, str(error)


def require_mesh(workdir: Path) -> Mesh:
    """Read the mesh of a working directory that must have one.

    Raises:
        SourceMissing: the file is not there.
        SourceCorrupt, SourceInvalid: see `read_mesh`.
    """
    mesh = read_mesh(workdir)
    if mesh is None:
        raise SourceMissing(
            workdir / STATIC_DATA, "is not there", "Download HYFAA's input data, or set SAGUI_HYFAA_WORKDIR."
        )
    return mesh


def _decoded(path: Path, content: bytes) -> Mesh:
    if not content:
        raise SourceCorrupt(path, "is empty (0 bytes)", _AGAIN)
    try:
        with LIBRARY, netCDF4.Dataset(path.name, memory=content) as dataset:
            dataset.set_auto_maskandscale(False)
            downstream = _cells(path, dataset, "cell_id_upstream").astype(
                np.int64
            )  # its name notwithstanding
            mesh = Mesh(
                source=path,
                longitude=_cells(path, dataset, "longitude_center").astype(np.float64),
                latitude=_cells(path, dataset, "latitude_center").astype(np.float64),
                cell_km2=_cells(path, dataset, "cell_area").astype(np.float64),
                drained_km2=_cells(path, dataset, "total_drained_area").astype(np.float64),
                downstream=np.where(downstream == OUTLET, OUTLET, downstream - 1),
            )
    except (OSError, RuntimeError) as error:  # the two that netCDF4 raises for damaged files
        raise SourceCorrupt(path, f"cannot be read as NetCDF-4: {error}", _AGAIN) from error
    _check(mesh)
    return mesh


def _cells(path: Path, dataset: netCDF4.Dataset, name: str) -> NDArray[Any]:
    variable = dataset.variables.get(name)
    if variable is None or variable.dimensions != ("n_cells",) or np.dtype(variable.dtype).kind not in "fiu":
        raise SourceInvalid(path, f"has no variable {name}(n_cells) of numbers", _AGAIN)
    return np.asarray(variable[:])


def _check(mesh: Mesh) -> None:
    place = np.arange(mesh.n_cells)
    follows = mesh.downstream != OUTLET
    wrong = (
        ("a centre that is not on Earth", ~((abs(mesh.longitude) <= 180) & (abs(mesh.latitude) <= 90))),
        ("an area that is none", ~((mesh.cell_km2 > 0) & (mesh.cell_km2 <= _LARGEST_BASIN_KM2))),
        ("a drained area that is none", ~((mesh.drained_km2 > 0) & (mesh.drained_km2 <= _LARGEST_BASIN_KM2))),
        # The model computes cells in order of their numbers: water must run towards larger ones.
        ("a next cell that is not further downstream", follows & (mesh.downstream <= place)),
        ("a next cell that does not exist", follows & (mesh.downstream >= mesh.n_cells)),
    )
    for what, cells in wrong:
        if cells.any():
            fact = f"{int(cells.sum())} of {mesh.n_cells} cells have {what}, the first cell {int(cells.argmax()) + 1}"
            raise SourceInvalid(mesh.source, fact, _AGAIN)
