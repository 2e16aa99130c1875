"""Scratch files: the same values whatever the memory allows at a time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from flow_files import days, same_bits, series, write_portal

from sagui_pipelines.flow import scratch
from sagui_pipelines.flow.scratch import RowFile, scratch_history, spans
from sagui_pipelines.hydro.floating_median import candidate_indexes
from sagui_pipelines.hyfaa.portal import Portal

DATES = days("2021-01-01", "2022-12-31")
N_CELLS = 11


@pytest.fixture
def portal_file(tmp_path: Path) -> Path:
    return write_portal(tmp_path / "portal.nc", DATES, series(DATES, N_CELLS))


@pytest.mark.parametrize("days_in_memory", [1, 7, 100, 10_000])
@pytest.mark.parametrize("step", [1, 3, 50])
def test_spans_hold_every_wanted_day_once(
    portal_file: Path, monkeypatch: pytest.MonkeyPatch, days_in_memory: int, step: int
) -> None:
    monkeypatch.setattr(scratch, "_COLUMN_BYTES", 8 * N_CELLS * days_in_memory)
    wanted = np.arange(2, DATES.size, step)
    names = ("flow_median", "elevation_mad")
    seen = []
    with Portal(portal_file) as portal:
        for span in spans(portal, names, wanted):
            with span:
                seen.append(span.indexes)
                assert span.indexes[-1] - span.indexes[0] < days_in_memory
                for name in names:
                    for first, last in ((0, span.indexes.size), (span.indexes.size // 2, span.indexes.size)):
                        whole = portal.read(name, 0, DATES.size)
                        assert same_bits(span.read(name, first, last), whole[span.indexes[first:last]])
    np.testing.assert_array_equal(np.concatenate(seen), wanted)


@pytest.mark.parametrize("days_in_memory", [5, 10_000])
def test_the_history_holds_the_candidates(
    portal_file: Path, monkeypatch: pytest.MonkeyPatch, days_in_memory: int
) -> None:
    monkeypatch.setattr(scratch, "_COLUMN_BYTES", 8 * N_CELLS * days_in_memory)
    wanted = days("2022-06-01", "2022-06-05")
    with Portal(portal_file) as portal, scratch_history(portal, "flow_median", wanted) as history:
        whole = portal.read("flow_median", 0, DATES.size)
        for day in wanted:
            indexes = candidate_indexes(DATES, day)
            assert indexes.size == 21
            assert same_bits(history.rows(indexes), whole[indexes])
            assert same_bits(history.rows(indexes[[0, 5, 6, 20]]), whole[indexes[[0, 5, 6, 20]]])
        assert history.rows(np.empty(0, np.intp)).shape == (0, N_CELLS)


def test_reading_beyond_the_end_is_an_error() -> None:
    with RowFile(3) as file:
        file.append(np.zeros((2, 3)))
        assert file.read(0, 2).shape == (2, 3)
        with pytest.raises(EOFError):
            file.read(1, 3)
