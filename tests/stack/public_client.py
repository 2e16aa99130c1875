"""The public map client, as far as a server can see it: its URLs, its headers, its order, and what it cannot bear.

Reading is as strict as the client is: what would leave it blank, without charts or on the wrong day raises here.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import mapbox_vector_tile
import requests

LAYERS = {
    "flow_previ": "guyane.hyfaa_forecast_aggregated_geo",
    "flow_alerts": "guyane.hyfaa_data_aggregated_geo",
    "rain_alerts": "guyane.mvt_rainfall",
}
TABS = (*LAYERS, "atmo_alerts")
# View zoom 7 near 3.7 N, 55.2 W in a window of 1300 x 900, on a grid of 512 pixels.
FIRST_TILES = [(6, x, y) for x in range(20, 24) for y in range(30, 33)]
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_JSON = "application/json, text/plain, */*"


@dataclass
class PublicClient:
    """One page load of the client.

    Attributes:
        origin: scheme, host and port that the page came from.
        requested: paths asked for so far, in order.
    """

    origin: str
    requested: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._session = requests.Session()
        self._session.headers.clear()
        self._session.headers.update({"Accept-Encoding": "gzip, deflate", "Connection": "keep-alive"})
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def get(self, path: str, accept: str) -> requests.Response:
        """One request of the page's own origin, without credentials, query or headers of its own."""
        assert path.startswith("/")
        assert "?" not in path
        self.requested.append(path)
        return self._session.get(self.origin + path, headers={"Accept": accept}, timeout=60)

    def json(self, path: str) -> Any:
        """A body that the browser's parser takes."""
        answer = self.get(path, _JSON)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[:200])
        return strict_json(answer.text)

    def start(self) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """What happens at page start: tabs, dates of the air images, stations of the first tab."""
        tabs = dashboard(self.json("/api/v1/dashboard.json"))
        air = air_images(self.json("/api/v1/atmo/files"))
        self.stations("flow_previ")
        return tabs, air

    def stations(self, tab: str) -> dict[int, dict[str, Any]]:
        """Click on a tab of stations."""
        return station_list(self.json(f"/api/v1/{tab}/stations.json"))

    def chart(self, tab: str, station: int) -> dict[str, Any]:
        """Click on a station."""
        return chart(self.json(f"/api/v1/{tab}/stations/{station}/data.json"))

    def tile(self, tab: str, z: int, x: int, y: int) -> list[dict[str, Any]]:
        """Features of a tile; an empty area has none."""
        answer = self.get(f"/tiles/{LAYERS[tab]}/{z}/{x}/{y}.pbf", "*/*")
        if answer.status_code in {204, 404} or not answer.content:
            return []
        assert answer.status_code == 200, (answer.url, answer.status_code, answer.text[:200])
        # Names of layers are ignored and all are drawn alike: a second one would be drawn over the first.
        decoded = mapbox_vector_tile.decode(answer.content)
        assert len(decoded) == 1, "only the layer asked for"
        features = [feature for layer in decoded.values() for feature in layer["features"]]
        for feature in features:
            properties = feature["properties"]
            assert isinstance(properties["values"], str)
            properties["values"] = strict_json(properties["values"])
        return features


def strict_json(text: str) -> Any:
    """JSON as browsers parse it: NaN and Infinity are errors."""

    def refuse(token: str) -> None:
        raise AssertionError(f"{token} is not JSON")

    return json.loads(text, parse_constant=refuse)


def is_day(value: object) -> bool:
    """A plain date, without time."""
    return isinstance(value, str) and _DAY.fullmatch(value) is not None


def dashboard(body: Any) -> list[dict[str, Any]]:
    """Tabs in display order."""
    assert isinstance(body, list), "a wrapper gives no tabs"
    for tab in body:
        assert tab["id"] in TABS
        code = tab["alert_code"]
        assert code is None or (code and code[0] in "adfnr")
        assert code is None or code == "n" or code[1] in "012345"
    return body


def station_list(body: Any) -> dict[int, dict[str, Any]]:
    """Stations by id."""
    collection = body["results"]
    assert collection["type"] == "FeatureCollection"
    found = {}
    for feature in collection["features"]:
        number = feature["id"]
        assert number, "0 and nothing are no ids"
        assert number not in found
        geometry, properties = feature["geometry"], feature["properties"]
        assert geometry["type"] == "Point"
        longitude, latitude = geometry["coordinates"]
        assert -180 <= longitude <= 180
        assert -90 <= latitude <= 90
        assert properties["name"]
        assert isinstance(properties["levels"], list)
        for level in properties["levels"]:
            assert is_day(level["date"])
            assert re.fullmatch(r"n|[df][123]", level["level"])
        found[number] = feature
    assert len(found) == body["count"], "the whole list is in the first answer"
    return found


def chart(record: Any) -> dict[str, Any]:
    """A record that the chart can draw."""
    data = record["data"]
    series = [*data["flow"], *data["forecast"]]
    days = [item["date"] for item in series]
    assert all(is_day(day) for day in days)
    assert days == sorted(set(days)), "oldest first, forecast after the last observed day"
    for item in series:
        assert _is_number(item["flow"])
        assert item["flow"] != 9999.999
    for item in data["forecast"]:
        assert _is_number(item["flow_mad"])
    if "references" in data:
        assert data["references"], "an empty list aborts the chart"
        for reference in data["references"]:
            assert isinstance(reference["id"], str)
            assert [item["date"] for item in reference["data"]] == days
            assert all(_is_number(item["flow"]) for item in reference["data"])
    if "thresholds" in record:
        assert isinstance(record["thresholds"], list)
        for lines in record["thresholds"]:
            assert all(_is_number(value) and value >= 0 for value in lines.values())
    return dict(record)


def air_images(body: Any) -> dict[str, Any]:
    """The answer about air images."""
    days = [image["date"] for image in body["results"]]
    assert all(is_day(day) for day in days)
    assert days == sorted(set(days), reverse=True)
    assert {"west", "south", "east", "north"} <= set(body["extent"])
    assert all(_is_number(body["extent"][side]) for side in ("west", "south", "east", "north"))
    return dict(body)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
