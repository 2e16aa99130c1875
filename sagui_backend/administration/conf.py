"""Settings of the libraries behind the pages: `/admin/`, `/dashboards/`, and those of the API."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONE, SELF


def content_security_policy(basemap_url: str) -> dict[str, Any]:
    """Nothing from elsewhere but the images of the configured base map, and no script inside a page."""
    return {
        "DIRECTIVES": {
            "default-src": [SELF],
            "img-src": [SELF, "data:", *_origins(basemap_url)],
            "object-src": [NONE],
            "base-uri": [SELF],
            "form-action": [SELF],
            "frame-ancestors": [NONE],
        },
    }


def packaged_assets() -> list[tuple[str, Path]]:
    """Prefix below STATIC_URL and folder of the scripts that Python packages ship; none of their code runs."""
    return [
        ("leaflet", _package("leaflet") / "static" / "leaflet"),
        ("maplibre", _package("maplibre") / "srcjs"),
        ("d3", _package("d3_bridge") / "static" / "d3_bridge" / "js"),
    ]


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        return Path(name)
    return Path(spec.origin).parent


def _origins(url: str) -> list[str]:
    parts = urlsplit(url.replace("{s}.", "*."))
    return [f"{parts.scheme}://{parts.netloc}"] if parts.netloc else []
