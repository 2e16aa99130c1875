"""Requests generated from the schema find no server error and no answer that breaks it."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from api_world import FULL_YEAR, OBSERVED, Api, World, days_ahead, days_back
from django.core.handlers.wsgi import WSGIHandler
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

pytestmark = pytest.mark.postgis

_OPERATIONS = 20
_bounded = settings(
    max_examples=25, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


@pytest.fixture(scope="module")
def api_schema(module_api: Api, module_world: World) -> Any:
    """The served schema, with a platform of two stations behind it."""
    module_world.clear()
    module_world.station(1)
    module_world.station(2, thresholds=(None, None, None, None), river=None, point=None)
    module_world.observed(days_back(101, [50.4, None, 120.0] * 5, expected=None))
    module_world.forecast(days_ahead(101, [60.0] * 10))
    module_world.reference("2010-2020", 1, dict.fromkeys(FULL_YEAR, 55.0))
    module_world.minibasins({101: 1, 102: 2})
    module_world.rain(OBSERVED, {101: 12.0})
    return schemathesis.openapi.from_wsgi("/api/schema/?format=json", WSGIHandler())


def _operations(schema: Any) -> list[Any]:
    operations = [result.ok() for result in schema.get_all_operations()]
    assert len(operations) >= _OPERATIONS
    return operations


def test_fault_92_answers_to_valid_requests_keep_to_the_schema(api_schema: Any) -> None:
    for operation in _operations(api_schema):

        @_bounded
        @given(case=operation.as_strategy())
        def answers(case: schemathesis.Case) -> None:
            case.call_and_validate()

        answers()


def test_fault_92_answers_for_existing_stations_keep_to_the_schema(api_schema: Any) -> None:
    of_station = [operation for operation in _operations(api_schema) if "{id}" in operation.path]
    assert len(of_station) == 4
    for operation in of_station:

        @_bounded
        @given(case=operation.as_strategy(), number=st.sampled_from([1, 2]))
        def answers(case: schemathesis.Case, number: int) -> None:
            case.path_parameters["id"] = number
            assert case.call_and_validate().status_code == 200

        answers()


def test_fault_82_answers_to_invalid_requests_are_described_errors(api_schema: Any) -> None:
    varied = [
        operation
        for operation in _operations(api_schema)
        if list(operation.query) or list(operation.path_parameters)
    ]
    assert len(varied) >= 15
    for operation in varied:

        @_bounded
        @given(case=operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
        def answers(case: schemathesis.Case) -> None:
            response = case.call_and_validate()
            if response.status_code != 200:
                assert set(response.json()) >= {"detail", "title", "status"}

        answers()
