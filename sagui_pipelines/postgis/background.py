"""Work ahead in a thread: the producer computes the next items while the consumer waits for the server."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")

_POLL_S = 0.1


def _items(items: Iterable[T]) -> Generator[T, None, None]:
    yield from items


class _Failure:
    def __init__(self, error: BaseException) -> None:
        self.error = error


class _End:
    """No more items."""


class _Producer(Generic[T]):
    def __init__(self, items: Iterable[T], depth: int) -> None:
        self._items = items
        self._queue: queue.Queue[T | _Failure | _End] = queue.Queue(depth)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="producer", daemon=True)

    def _put(self, item: T | _Failure | _End) -> bool:
        while not self._stopped.is_set():
            try:
                self._queue.put(item, timeout=_POLL_S)
            except queue.Full:
                continue
            return True
        return False

    def _run(self) -> None:
        last: _Failure | _End = _End()
        try:
            # Closing a generator ends what it opened itself, here and now.
            with closing(_items(self._items)) as items:
                for item in items:
                    if not self._put(item):
                        return
        # The error belongs to the consumer, whatever it is: it is raised there.
        except BaseException as error:  # noqa: BLE001
            last = _Failure(error)
        self._put(last)

    def __iter__(self) -> Iterator[T]:
        while True:
            item = self._queue.get()
            if isinstance(item, _End):
                return
            if isinstance(item, _Failure):
                raise item.error
            yield item

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()


@contextmanager
def ahead(items: Iterable[T], depth: int) -> Iterator[Iterator[T]]:
    """Iterate in a background thread, at most `depth` items in advance.

    An error of the producer is raised where the consumer asks for the next item. Leaving the block stops the
    producer after the item in hand and waits for it, so what it reads from may be closed afterwards.

    Args:
        items: what to iterate; only the thread touches it.
        depth: bound of the queue, which bounds memory.
    """
    producer = _Producer(items, depth)
    producer.start()
    try:
        yield iter(producer)
    finally:
        producer.stop()
