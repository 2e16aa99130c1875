"""Values over HTTP: index, ids, the numbers of a day, validators, bad addresses."""

from __future__ import annotations

import struct

import pytest
import requests

from tests.web_site import Site

pytestmark = pytest.mark.postgis


def get(site: Site, path: str, method: str = "GET", **headers: str) -> requests.Response:
    """One answer."""
    return requests.request(method, site.url + path, headers=headers, timeout=30, allow_redirects=False)


def test_a_client_finds_and_decodes_the_flow_of_a_cell(site: Site) -> None:
    """As docs/tiles.md tells."""
    index = get(site, "/api/values/").json()
    series = index["series"]["flow"]
    newest = series["days"][0]
    answer = get(
        site, series["url"].replace("{date}", newest["date"]).replace("{version}", newest["version"])
    )
    ids = get(site, index["ids"][series["ids"]]["url"]).json()["ids"]
    codes = struct.unpack(f"<{len(ids)}h", answer.content)
    code = codes[ids.index(4)]
    rule = series["encoding"]
    assert rule["kind"] == "signed_log"
    flow = rule["minimum"] * 2.718281828459045 ** (rule["step"] * (code - 1))
    assert flow == pytest.approx(100, rel=rule["relative_error"])
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert series["unit"] == "m3 s-1"


def test_answers_carry_version_tag_and_open_door(site: Site) -> None:
    plain = get(site, "/api/values/flow/2026-01-10")
    assert plain.status_code == 200
    assert plain.headers["xkey"] == "values"
    assert plain.headers["Access-Control-Allow-Origin"] == "*"
    assert plain.headers["Cache-Control"] == "public, max-age=0"
    assert "Set-Cookie" not in plain.headers
    version = plain.headers["ETag"].strip('"')
    versioned = get(site, f"/api/values/flow/2026-01-10?v={version}")
    assert versioned.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert versioned.content == plain.content
    assert (
        get(site, "/api/values/flow/2026-01-10?v=0123456789abcdef").headers["Cache-Control"]
        == "public, max-age=0"
    )


@pytest.mark.parametrize(
    "path", ["/api/values/", "/api/values/cells", "/api/values/rain/2026-01-10", "/tiles/index.json"]
)
def test_known_version_is_304_and_head_has_no_body(site: Site, path: str) -> None:
    answer = get(site, path)
    again = get(site, path, **{"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == answer.headers["ETag"]
    weak = get(site, path, **{"If-None-Match": f"W/{answer.headers['ETag']}"})
    assert weak.status_code == 304
    head = get(site, path, "HEAD")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == str(len(answer.content))


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/values/flow/2026-13-40", 400),
        ("/api/values/flow/today", 400),
        ("/api/values/flow/2026-01-10?limit=0", 400),
        ("/api/values/?_=1", 400),
        ("/api/values/flow/1999-01-01", 404),
        ("/api/values/level/2026-01-10", 404),
        ("/api/values/flow", 404),
        ("/api/values", 404),
        ("/tiles/guyane.no_such_layer.json", 404),
        ("/tiles/guyane.no_such_layer.html", 404),
        ("/tiles/guyane.reaches.json?properties=ordem", 400),
    ],
)
def test_bad_addresses_are_told_in_short_json(site: Site, path: str, status: int) -> None:
    answer = get(site, path)
    assert answer.status_code == status
    assert len(answer.content) < 400
    if "values" in path or "guyane" in path:
        assert answer.headers.get("Cache-Control") == "no-store"
        assert answer.json()["status"] == status


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_only_reading(site: Site, method: str) -> None:
    answer = get(site, "/api/values/", method)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD"
