"""Varnish, nginx, backend and tile server together: who answers what, with which rights and headers."""

from __future__ import annotations

import time

import mapbox_vector_tile
import pytest
import requests

from sagui_pipelines.publication.cache import purge
from tests.edge.edge_site import FLOW, EdgeSite

pytestmark = pytest.mark.postgis

TILE = f"/tiles/{FLOW}/6/22/31.pbf"


def test_tile_carries_the_version_of_its_layer(site: EdgeSite) -> None:
    answer = site.get(TILE)
    assert answer.status_code == 200
    assert len(mapbox_vector_tile.decode(answer.content)[FLOW]["features"]) > 0
    [(version,)] = site.database.query(
        "SELECT data_version FROM guyane.sagui_tile_layers WHERE layer = %s", FLOW, role="api"
    )
    assert answer.headers["X-Data-Version"] == version
    assert answer.headers["ETag"] == f'W/"{version}"'
    again = site.get(TILE, **{"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    kept = site.get(f"{TILE}?v={version}")
    assert kept.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_rights_of_the_tile_role_are_the_list_of_layers(site: EdgeSite) -> None:
    function = "CREATE FUNCTION guyane.edge_test(z integer, x integer, y integer) RETURNS bytea LANGUAGE sql AS $$ SELECT '\\x'::bytea $$"
    url = "/tiles/guyane.edge_test/0/0/0.pbf"
    site.database.query(function)
    purge(site.url, ["guyane.edge_test"])
    assert site.get(url).status_code == 404
    site.database.query("GRANT EXECUTE ON FUNCTION guyane.edge_test TO tileserv")
    site.stop("tileserv")  # it reads its catalogue at start
    site.start("tileserv")
    purge(site.url, ["guyane.edge_test"])
    assert site.get(url).status_code == 200
    site.database.query("REVOKE EXECUTE ON FUNCTION guyane.edge_test FROM tileserv")
    purge(site.url, ["guyane.edge_test"])
    deadline = time.monotonic() + 10
    while site.get(url).status_code != 404:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_map_page_has_its_security_headers(site: EdgeSite) -> None:
    page = site.get("/")
    assert page.status_code == 200
    assert "<title>map" in page.text
    assert page.headers["Served-By"] == "nginx"
    policy = page.headers["Content-Security-Policy"]
    assert "worker-src 'self' blob:" in policy
    assert "script-src 'self';" in policy
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert "Server" not in page.headers
    assert site.get("/index.html").text == page.text
    assert site.get("/backend_static/portal/index.html").status_code == 404


def test_files_are_served_by_name_only(site: EdgeSite) -> None:
    for folder in ("styled", "raw"):
        (site.layout.atmo / folder).mkdir(parents=True, exist_ok=True)
        (site.layout.atmo / folder / "20260110_aai.png").write_bytes(b"image")
    hashed = site.layout.static / "app.0123456789ab.css"
    hashed.write_text("body {}")
    (site.layout.static / "app.css").write_text("body {}")
    assert site.get("/atmo/styled/20260110_aai.png").content == b"image"
    immutable = site.get("/backend_static/app.0123456789ab.css")
    assert immutable.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert site.get("/backend_static/app.css").headers["Cache-Control"] == "public, max-age=300"
    for path in ("/atmo/raw/20260110_aai.png", "/atmo/styled/", "/backend_static/", "/media/x", "/.env"):
        assert site.get(path).status_code in (403, 404), path


def test_backend_down_shows_what_was_seen(site: EdgeSite) -> None:
    seen = site.get("/api/values/")
    assert seen.status_code == 200
    site.stop("backend")
    try:
        deadline = time.monotonic() + 60
        # Asked at every state of the probe, it never fails.
        while site.get("/api/health/ready").status_code != 503 and time.monotonic() < deadline:
            assert site.get("/api/values/").content == seen.content
        tile = site.get(TILE)
        assert tile.status_code == 200, f"{tile.headers}\n{tile.text}\n{site.log('varnish')}"
        with pytest.raises(requests.HTTPError):
            site.get("/api/v1/never-seen").raise_for_status()
    finally:
        site.start("backend")


def test_database_role_of_the_api_is_told_the_layers(site: EdgeSite) -> None:
    backend = requests.get(site.layout.url("backend", "127.0.0.1") + "/api/edge/layers", timeout=30)
    entries = dict(entry.split("=") for entry in backend.headers["X-Layers"].strip("|").split("|"))
    rows = site.database.query("SELECT layer, data_version FROM guyane.sagui_tile_layers", role="api")
    assert entries == {layer: version or "-" for layer, version in rows}
    assert backend.text.splitlines() == [f"{layer}={entries[str(layer)]}" for layer in sorted(entries)]
    assert len(entries) >= 10
    assert site.get("/api/edge/layers").status_code == 404
