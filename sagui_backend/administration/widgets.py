"""Map and colour inputs; their scripts come from our own static files, the rivers from the tiles."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib.gis.forms.widgets import BaseGeometryWidget
from django.urls import reverse
from django.utils.translation import gettext as _

# All rivers with their order: the drainage without the values of days.
RIVER_LAYER = "guyane.reaches"
RIVER_TILES = f"/tiles/{RIVER_LAYER}/{{z}}/{{x}}/{{y}}.pbf"


class MapWidget(BaseGeometryWidget):
    """A point or an area on a map that shows the rivers; without scripts, its GeoJSON text."""

    template_name = "administration/map_widget.html"
    centre = (4.0, -53.0)
    zoom = 7

    class Media:
        css: ClassVar = {
            "all": (
                "leaflet/leaflet.css",
                "leaflet/draw/leaflet.draw.css",
                "maplibre/maplibre-gl.css",
                "administration/map.css",
            )
        }
        js = (
            "leaflet/leaflet.js",
            "leaflet/draw/leaflet.draw.js",
            "maplibre/maplibre-gl.js",
            "administration/rivers.js",
            "administration/map.js",
        )

    def serialize(self, value: Any) -> str:
        """GeoJSON of a geometry."""
        return value.json if value else ""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Context of the template."""
        context: dict[str, Any] = super().get_context(name, value, attrs)
        context["options"] = {
            "centre": self.centre,
            "zoom": self.zoom,
            "rivers": {"tiles": RIVER_TILES, "layer": RIVER_LAYER},
            "line": reverse("admin:sagui_hyfaadrainage_line"),
            "basemap": settings.SAGUI_ADMIN_BASEMAP_URL,
            "attribution": settings.SAGUI_ADMIN_BASEMAP_ATTRIBUTION,
            "minibasin": self.attrs.get("minibasin_field", ""),
            "words": _words(),
        }
        return context


class ColourWidget(forms.TextInput):
    """A colour with its opacity, #RRGGBBAA."""

    template_name = "administration/colour_widget.html"

    class Media:
        css: ClassVar = {"all": ("administration/colour.css",)}
        js = ("administration/colour.js",)


def _words() -> dict[str, str]:
    return {
        "place": _("Place the station here"),
        "useMinibasin": _("Use minibasin {mini}"),
        "minibasin": _("Minibasin {mini}, order {order}"),
        "draw": _("Draw an area"),
        "redraw": _("Draw it anew"),
        "remove": _("Remove"),
        "find": _("Show it"),
        "drawStart": _("Click to place the first corner."),
        "drawContinue": _("Click to place the next corner."),
        "drawEnd": _("Click the first corner to close the area."),
        "drawError": _("Borders may not cross."),
        "riversFailed": _("The rivers cannot be shown at the moment."),
        "longitude": _("Longitude"),
        "latitude": _("Latitude"),
        "zoomInTitle": _("Zoom in"),
        "zoomOutTitle": _("Zoom out"),
    }
