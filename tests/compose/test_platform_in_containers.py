"""The end-to-end tests of the native platform, against the containers."""

# ruff: noqa: F401 - pytest collects what is imported; the fixture `stack` is that of this folder.
from __future__ import annotations

from tests.stack.test_contract_through_edge import (
    test_answers_have_the_keys_of_the_contract,
    test_errors_are_json_and_not_kept,
    test_fault_108_cache_control_is_well_formed,
    test_only_reading_is_allowed,
    test_pages_and_schema_are_there,
    test_redirects,
    test_tables_have_the_columns_of_the_contract,
)
from tests.stack.test_end_to_end import (
    test_edited_threshold_shows_in_the_cached_api,
    test_every_asset_has_been_materialized,
    test_every_value_of_the_file_is_in_the_table,
    test_flow_tile_shows_what_the_table_holds,
    test_forecast_tile_shows_observed_days_and_the_forecast,
    test_rain_tile_switches_to_minibasins_at_zoom_10,
    test_runs_are_visible_in_dagster_and_succeeded,
    test_second_request_is_a_cache_hit,
)
