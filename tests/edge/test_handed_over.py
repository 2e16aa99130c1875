"""Tiles are handed to the cache before their publication, and nobody sees them before it."""

from __future__ import annotations

import json
import time

import mapbox_vector_tile
import pytest
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from sagui_pipelines.postgis.engine import create_engine
from sagui_pipelines.publication.ahead import hand_ahead
from sagui_pipelines.publication.cache import purge
from sagui_pipelines.publication.layers import publish_layers
from sagui_pipelines.publication.telling import tell_cache, untold_tags
from sagui_pipelines.publication.warm import Warmth
from tests.conftest import free_port
from tests.edge.edge_site import FLOW, EdgeSite

pytestmark = pytest.mark.postgis

TILE = f"/tiles/{FLOW}/6/22/31.pbf"


def shown_flow(site: EdgeSite) -> float:
    """Flow of the newest day [m3/s] that the tile shows."""
    answer = site.get(TILE)
    assert answer.status_code == 200
    features = mapbox_vector_tile.decode(answer.content)[FLOW]["features"]
    return float(json.loads(features[0]["properties"]["values"])[0]["flow"])


def tiles_ahead(site: EdgeSite) -> object:
    """How many tiles lie in the table between."""
    return site.database.query("SELECT count(*) FROM guyane.sagui_tileahead")[0][0]


def test_a_publication_that_fails_shows_nothing(site: EdgeSite) -> None:
    engine = create_engine(site.database.url())
    tell_cache(engine, site.url, untold_tags(engine))
    before = shown_flow(site)
    site.load_day(before + 100)
    handed: list[Warmth] = []

    def hand_over_and_fail(publication: Cursor) -> None:
        handed.append(hand_ahead(engine, publication, site.url))
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        publish_layers(engine, hand_over_and_fail)
    assert handed[0].fetched > 50
    assert handed[0].failed == 0
    assert tiles_ahead(site) == 0
    purge(site.url, [FLOW])
    assert shown_flow(site) == before


def test_a_publication_is_shown_at_once(site: EdgeSite) -> None:
    engine = create_engine(site.database.url())
    site.load_day(777)
    publish_layers(engine, lambda publication: hand_ahead(engine, publication, site.url))
    tell_cache(engine, site.url, untold_tags(engine))
    assert site.get(TILE).headers["V-Cache"] == "HIT"
    assert shown_flow(site) == 777


def test_a_cache_that_is_away_stops_no_publication(site: EdgeSite) -> None:
    engine = create_engine(site.database.url())
    site.load_day(888)
    handed: list[Warmth] = []
    nowhere = f"http://127.0.0.1:{free_port()}"
    publish_layers(engine, lambda publication: handed.append(hand_ahead(engine, publication, nowhere)))
    assert handed[0].fetched == 0
    assert handed[0].failed > 0
    assert tiles_ahead(site) == 0
    tell_cache(engine, site.url, untold_tags(engine))
    time.sleep(0.6)  # what was right until the purge may be shown for half a second
    assert shown_flow(site) == 888
