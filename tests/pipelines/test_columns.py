"""The column contract, the database and the data model page say the same."""

from __future__ import annotations

import pytest

from sagui_pipelines.columns import LAYERS, RELATIONS, TABLES
from tests.conftest import Database
from tools import data_model

_COLUMNS = """
SELECT attname, format_type(atttypid, NULL)
FROM pg_attribute
WHERE attrelid = ('guyane.' || %s)::regclass AND attnum > 0 AND NOT attisdropped
"""
_SPELLING = {"timestamp with time zone": "timestamptz", "character varying": "varchar"}


@pytest.mark.postgis
@pytest.mark.parametrize("table", [*TABLES, *(layer for layer in LAYERS if layer != "mvt_rainfall")])
def test_documented_columns_are_those_of_the_database(module_database: Database, table: str) -> None:
    stored = {
        name: _SPELLING.get(kind, kind)
        for name, kind in module_database.query(_COLUMNS, RELATIONS.get(table, table))
    }
    documented = {column.name: column.type for column in {**TABLES, **LAYERS}[table]}
    assert documented.items() <= stored.items()


def test_data_model_page_is_up_to_date() -> None:
    assert data_model.PAGE.read_text() == data_model.page(), "run `python -m tools.data_model`"
