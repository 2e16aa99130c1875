"""Merging staged rows: counts, untouched rows, deletions, errors of the stream."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import pytest
from postgis_sandbox import Sandbox, days, rows

from sagui_pipelines.errors import SourceCorrupt
from sagui_pipelines.postgis.copy_rows import copy_rows
from sagui_pipelines.postgis.engine import transaction
from sagui_pipelines.postgis.merge import MergeCounts, create_staging, merge

pytestmark = pytest.mark.postgis

FIRST = {(1, "2020-12-31"): 1.0, (2, "2020-12-31"): 2.0, (1, "2021-01-01"): 3.0}
BOTH = days("2020-12-31", "2021-01-01")


def load(box: Sandbox, values: dict[tuple[int, str], float], loaded: Sequence[date] | None) -> MergeCounts:
    table = box.table()
    with transaction(box.engine) as connection, connection.cursor() as cursor:
        staging = create_staging(cursor, table)
        staged = copy_rows(cursor, staging, table.columns, [rows(table, values)])
        return merge(cursor, table, staging, staged=staged, scope="date", loaded=loaded)


def content(box: Sandbox) -> dict[tuple[int, str], float | None]:
    return {
        (cell, day): value
        for cell, day, value in box.query("SELECT cell_id, date::text, value FROM shop.series")
    }


def versions(box: Sandbox) -> set[tuple[str, str]]:
    return set(box.query("SELECT tableoid::text || ctid::text, xmin::text || xmax::text FROM shop.series"))


def test_new_rows_are_inserted_into_their_partitions(sandbox: Sandbox) -> None:
    counts = load(sandbox, FIRST, BOTH)
    assert counts == MergeCounts(staged=3, inserted=3)
    assert content(sandbox) == FIRST
    assert sandbox.query("SELECT count(*) FROM shop.series_y2020") == [(2,)]


def test_a_second_run_leaves_every_row_untouched(sandbox: Sandbox) -> None:
    load(sandbox, FIRST | {(3, "2020-12-31"): float("nan")}, BOTH)
    before = versions(sandbox)
    counts = load(sandbox, FIRST | {(3, "2020-12-31"): float("nan")}, BOTH)
    assert (counts.changed, counts.unchanged) == (0, 4)
    assert versions(sandbox) == before


def test_changed_new_and_vanished_rows_are_counted_apart(sandbox: Sandbox) -> None:
    load(sandbox, FIRST, BOTH)
    counts = load(sandbox, {(1, "2020-12-31"): 1.5, (1, "2021-01-01"): 3.0, (9, "2021-01-01"): 4.0}, BOTH)
    assert counts == MergeCounts(staged=3, inserted=1, updated=1, deleted=1)
    assert content(sandbox) == {(1, "2020-12-31"): 1.5, (1, "2021-01-01"): 3.0, (9, "2021-01-01"): 4.0}


def test_a_value_that_becomes_null_and_back_is_a_change(sandbox: Sandbox) -> None:
    load(sandbox, FIRST, BOTH)
    assert load(sandbox, FIRST | {(1, "2021-01-01"): float("nan")}, BOTH).updated == 1
    assert content(sandbox)[1, "2021-01-01"] is None
    assert load(sandbox, FIRST, BOTH).updated == 1
    assert content(sandbox) == FIRST


def test_other_days_keep_their_rows(sandbox: Sandbox) -> None:
    load(sandbox, FIRST, BOTH)
    assert load(sandbox, {}, days("2021-01-01")) == MergeCounts(deleted=1)
    assert content(sandbox) == {(1, "2020-12-31"): 1.0, (2, "2020-12-31"): 2.0}


def test_without_days_the_whole_table_is_replaced(sandbox: Sandbox) -> None:
    load(sandbox, FIRST, BOTH)
    counts = load(sandbox, {(1, "2021-01-01"): 3.0, (1, "2021-01-02"): 5.0}, None)
    assert counts == MergeCounts(staged=2, inserted=1, deleted=2)
    assert content(sandbox) == {(1, "2021-01-01"): 3.0, (1, "2021-01-02"): 5.0}


def test_an_error_of_the_source_ends_the_copy_as_it_is(sandbox: Sandbox) -> None:
    table = sandbox.table()
    load(sandbox, FIRST, BOTH)

    def failing() -> Iterator[bytes]:
        yield rows(table, {(7, "2020-05-05"): 1.0})
        raise SourceCorrupt("portal.nc", "is cut off", "Copy it again.")

    with (
        pytest.raises(SourceCorrupt, match="cut off"),
        transaction(sandbox.engine) as connection,
        connection.cursor() as cursor,
    ):
        copy_rows(cursor, table.identifier, table.columns, failing())
    assert content(sandbox) == FIRST
