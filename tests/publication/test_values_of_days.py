"""Stored values are those of the tables, per series and day, and only what changed is written again."""

from __future__ import annotations

import json
from datetime import timedelta

import numpy as np
import pytest

from sagui_pipelines.publication.encoding import from_bytes
from sagui_pipelines.publication.layers import publish_layers
from sagui_pipelines.publication.series import SERIES
from tests.conftest import Database
from tests.sql.conftest import TODAY, last_days

pytestmark = pytest.mark.postgis
ENCODING = {series.name: series.encoding for series in SERIES}


def values(database: Database, series: str) -> dict[str, list[float]]:
    """Decoded values by day."""
    rows = database.query(
        "SELECT date::text, content FROM guyane.sagui_dayvalues WHERE series = %s ORDER BY date DESC", series
    )
    return {str(day): ENCODING[series].decode(from_bytes(bytes(content))).tolist() for day, content in rows}  # type: ignore[arg-type]


def index(database: Database) -> dict:
    """The index document."""
    [(content,)] = database.query("SELECT content FROM guyane.sagui_document WHERE path = '/api/values/'")
    return json.loads(str(content))


def test_every_day_of_every_series(published: Database) -> None:
    flow = values(published, "flow")
    assert list(flow) == [day.isoformat() for day in last_days(15)]
    for back, day in enumerate(last_days(15)):
        wanted = [10.0**cell / 100 + back for cell in range(1, 7)]
        np.testing.assert_allclose(flow[day.isoformat()], wanted, rtol=3.6e-4)
        np.testing.assert_allclose(values(published, "anomaly")[day.isoformat()], 5.25 - back, atol=0.005)
    assert values(published, "flow_assimilated") == flow
    assert list(values(published, "flow_mgbstandard")) == list(flow)
    ahead = values(published, "forecast")
    assert list(ahead) == [(TODAY + timedelta(days=offset)).isoformat() for offset in (3, 2, 1)]
    np.testing.assert_allclose(ahead["2026-01-11"], [100.0 * cell for cell in range(1, 7)], rtol=3.6e-4)
    assert np.isnan(values(published, "forecast_spread")["2026-01-11"]).all()
    np.testing.assert_allclose(
        values(published, "rain")["2026-01-10"], [1.25 * cell for cell in range(1, 7)], rtol=3.6e-4
    )
    assert [round(rain, 1) for rain in values(published, "rain_subbasin")["2026-01-10"]] == [2.0, 6.2]


def test_index_lists_what_is_stored(published: Database) -> None:
    told = index(published)
    assert told["dataset"] == "assimilated"
    assert (told["first_date"], told["last_date"]) == ("2025-12-27", "2026-01-10")
    assert set(told["series"]) == set(ENCODING)
    stored = dict(published.query("SELECT series || '/' || date, version FROM guyane.sagui_dayvalues"))
    listed = {
        f"{name}/{day['date']}": day["version"]
        for name, series in told["series"].items()
        for day in series["days"]
    }
    assert listed == stored
    assert told["ids"]["cells"]["count"] == 6
    assert told["ids"]["subbasins"]["count"] == 2
    assert set(told["layers"]) == {
        "guyane.reaches",
        "guyane.catchments",
        "guyane.subbasins",
        "guyane.stations",
    }
    for layer in told["layers"].values():
        assert layer["tiles"].endswith(f"?v={layer['version']}")


def test_second_publication_writes_nothing_again(published: Database) -> None:
    statement = (
        "SELECT xmin::text, series, date::text FROM guyane.sagui_dayvalues"
        " UNION ALL SELECT xmin::text, path, '' FROM guyane.sagui_document"
        " UNION ALL SELECT xmin::text, layer, format('%s/%s/%s', z, x, y) FROM guyane.sagui_tile ORDER BY 2, 3"
    )
    before = published.query(statement)
    publish_layers(published.engine())
    assert published.query(statement) == before
    assert len(before) > 100


def test_changed_day_gets_a_new_version_and_others_keep_theirs(published: Database) -> None:
    before = dict(published.query("SELECT series || '/' || date, version FROM guyane.sagui_dayvalues"))
    version = index(published)["version"]
    published.query(
        "UPDATE guyane.hyfaa_data_assimilated SET flow_median = 5 WHERE cell_id = 1 AND date = %s", TODAY
    )
    publish_layers(published.engine())
    after = dict(published.query("SELECT series || '/' || date, version FROM guyane.sagui_dayvalues"))
    assert {name for name in after if after[name] != before[name]} == {
        "flow/2026-01-10",
        "flow_assimilated/2026-01-10",
    }
    assert index(published)["version"] != version


def test_dataset_and_missing_values(published: Database) -> None:
    published.query("UPDATE guyane.hyfaa_data_mgbstandard SET flow_mean = NULL WHERE cell_id = 2")
    published.query("DELETE FROM guyane.hyfaa_data_mgbstandard WHERE cell_id = 3 AND date = %s", TODAY)
    published.query("UPDATE guyane.sagui_saguiconfig SET use_dataset = 'mgbstandard'", role="api")
    publish_layers(published.engine())
    newest = values(published, "flow")["2026-01-10"]
    assert np.isnan(newest).tolist() == [False, True, True, False, False, False]
    assert index(published)["series"]["flow"]["source"] == "mgbstandard"


def test_day_that_is_no_longer_shown_is_forgotten(published: Database) -> None:
    published.query("DELETE FROM guyane.sagui_importday WHERE date = %s", TODAY)
    publish_layers(published.engine())
    assert next(iter(values(published, "flow"))) == "2026-01-09"


def test_nothing_loaded_is_published_as_nothing(database: Database) -> None:
    publish_layers(database.engine())
    told = index(database)
    assert told["last_date"] is None
    assert all(series["days"] == [] for series in told["series"].values())
    assert told["ids"]["cells"]["count"] == 0
