"""Working ahead in a thread: order, bounds, errors, and an end that leaves nothing running."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from sagui_pipelines.postgis.background import ahead


def test_items_come_in_order() -> None:
    with ahead(range(500), 3) as items:
        assert list(items) == list(range(500))


def test_the_producer_runs_in_another_thread() -> None:
    with ahead((threading.get_ident() for _ in range(3)), 2) as items:
        assert threading.get_ident() not in set(items)


def test_no_more_than_the_depth_is_produced_in_advance() -> None:
    produced: list[int] = []
    taken = threading.Event()

    def numbers() -> Iterator[int]:
        for number in range(100):
            produced.append(number)
            if number == 4:
                taken.set()
            yield number

    with ahead(numbers(), 2) as items:
        assert next(items) == 0
        assert next(items) == 1
        assert taken.wait(5)
        # Two taken, two waiting, one in the producer's hand.
        assert produced == [0, 1, 2, 3, 4]


def test_an_error_of_the_producer_is_raised_at_the_consumer() -> None:
    def failing() -> Iterator[int]:
        yield 1
        raise LookupError("no more")

    with ahead(failing(), 4) as items:
        assert next(items) == 1
        with pytest.raises(LookupError, match="no more"):
            next(items)


def test_leaving_early_ends_the_producer_and_closes_what_it_opened() -> None:
    closed = threading.Event()

    def endless() -> Iterator[int]:
        try:
            while True:
                yield 0
        finally:
            closed.set()

    before = threading.active_count()
    with ahead(endless(), 1) as items:
        next(items)
    assert closed.is_set()
    assert threading.active_count() == before
