"""Where GDAL and GEOS are: inside the pinned Python wheels, or else on the system.

The wheels come first: the same versions everywhere, and newer than a distribution's.
"""

from __future__ import annotations

import importlib.util
import os
from ctypes.util import find_library
from pathlib import Path

from sagui_pipelines.errors import SettingsInvalid


def gdal_library(configured: Path | None) -> str:
    """Path or name of GDAL's shared library; points GDAL to the wheel's data when it is the wheel's library."""
    found = configured or _in_wheel("pyogrio", "libgdal-*")
    if found and not configured:
        package = _package("pyogrio")
        os.environ.setdefault("GDAL_DATA", str(package / "gdal_data"))
        os.environ.setdefault("PROJ_DATA", str(package / "proj_data"))
    return _checked("SAGUI_GDAL_LIBRARY", found, "gdal")


def geos_library(configured: Path | None) -> str:
    """Path or name of GEOS's shared library (C interface)."""
    return _checked("SAGUI_GEOS_LIBRARY", configured or _in_wheel("shapely", "libgeos_c-*"), "geos_c")


def _checked(variable: str, path: Path | None, name: str) -> str:
    if path:
        if not path.is_file():
            raise SettingsInvalid(variable, f"{path} does not exist", "Correct or unset it.")
        return str(path)
    found = find_library(name)
    if not found:
        raise SettingsInvalid(
            variable, f"lib{name} is nowhere on this system", "Install it, or set its path."
        )
    return found


def _package(wheel: str) -> Path:
    spec = importlib.util.find_spec(wheel)
    if spec is None or spec.origin is None:
        return Path(wheel)
    return Path(spec.origin).parent


def _in_wheel(wheel: str, pattern: str) -> Path | None:
    folder = _package(wheel).with_name(f"{wheel}.libs")
    return next(iter(sorted(folder.glob(pattern))), None)
