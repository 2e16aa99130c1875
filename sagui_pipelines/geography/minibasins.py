"""Minibasins: the cells of the model and their attributes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from sagui_pipelines.errors import GeodataInvalid
from sagui_pipelines.geography.files import Layer, counted, doubled, few, find_layer, identifiers, read_layer
from sagui_pipelines.hydro.limits import RIVER_DEPTH_LIMIT_M, RIVER_WIDTH_LIMIT_M

_LIMITS_M = {"width": RIVER_WIDTH_LIMIT_M, "depth": RIVER_DEPTH_LIMIT_M}
_SIZES = tuple(_LIMITS_M)


@dataclass(frozen=True)
class Minibasins:
    """Cells of the model.

    Attributes:
        layer: where they come from.
        frame: columns mini, catid, ordem, sub (int32), width [m], depth [m] (float64), ordered by mini. `mini` is the
            cell of the model; `catid` is the number that lines and polygons carry.
    """

    layer: Layer
    frame: pd.DataFrame


def read_minibasins(folder: Path) -> Minibasins:
    """Read the attributes of `mini`; its geometry is not used.

    Raises:
        SourceMissing, SourceCorrupt: the file is absent or cannot be read.
        GeodataInvalid: a field is missing, a number is none or out of bounds, a cell occurs twice.
    """
    layer = find_layer(folder, "mini")
    table = read_layer(layer, ("catid", "mini", "ordem", "sub", *_SIZES), geometry=False)
    columns = {
        "mini": identifiers(layer, table, "mini"),
        "catid": identifiers(layer, table, "catid"),
        "ordem": identifiers(layer, table, "ordem", smallest=0),
        "sub": identifiers(layer, table, "sub", smallest=0),
    }
    for key in ("mini", "catid"):
        twice = doubled(columns[key])
        if twice:
            raise GeodataInvalid(
                str(layer),
                f"{counted(len(twice), 'cell')} with more than one row: {key} {few(twice)}",
                "Keep one row per cell.",
            )
    frame = pd.DataFrame(columns | {size: _metres(layer, table, size) for size in _SIZES})
    return Minibasins(layer, frame.sort_values("mini", ignore_index=True))


def _metres(layer: Layer, table: pd.DataFrame, field: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    values = pd.to_numeric(table[field], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    limit = _LIMITS_M[field]
    wrong = np.flatnonzero(~(np.isfinite(values) & (values >= 0) & (values <= limit)))
    if len(wrong):
        examples = few(f"feature {row + 1}: {table[field].iloc[row]!s}" for row in wrong)
        raise GeodataInvalid(
            str(layer),
            f"{counted(len(wrong), 'value')} of {field} that should be metres between 0 and {limit:,.0f} ({examples})",
            "Correct the field in the source data and export again.",
        )
    return values
