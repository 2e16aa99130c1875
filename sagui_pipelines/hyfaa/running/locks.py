"""Who works on a store: flocks that a runner and the processes of its step hold as long as any of them lives.

A flock goes with the process that holds it, whatever kills that process, and survives in the children that inherited
it. So a flock that can be had proves that no step started by a runner on this machine is left on the store.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sagui_pipelines.hyfaa.running.layout import Layout
from sagui_pipelines.hyfaa.running.plan import StepPlan, Store
from sagui_pipelines.hyfaa.step_errors import StoreBusy
from sagui_pipelines.hyfaa.workspace import unwritable

_POLL_S = 0.5


@contextmanager
def held(path: Path, *, shared: bool = False) -> Iterator[int | None]:
    """Try to hold the flock of a file: the descriptor, or None when another process holds it."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise unwritable(path, error) from error
    try:
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
        else:
            yield descriptor
    finally:
        os.close(descriptor)


def wait_for(
    stack: ExitStack, path: Path, *, shared: bool, deadline: float, busy: Callable[[], None]
) -> int | None:
    """Hold a flock until `stack` is closed, waiting for it.

    Args:
        stack: closes it.
        path: file of the flock.
        shared: with other readers.
        deadline: monotonic time at which to give up [s].
        busy: called about twice a second while another process holds it.

    Returns:
        The descriptor, or None when the deadline has passed.
    """
    while True:
        with ExitStack() as attempt:
            descriptor = attempt.enter_context(held(path, shared=shared))
            if descriptor is not None:
                stack.push(attempt.pop_all())
                return descriptor
        busy()
        if time.monotonic() >= deadline:
            return None
        time.sleep(_POLL_S)


@contextmanager
def stores_of(
    layout: Layout, plan: StepPlan, *, wait_s: float, busy: Callable[[Store], None]
) -> Iterator[tuple[int, ...]]:
    """Hold all stores of a step, its own alone and the others with other readers.

    Stores are taken in one order everywhere, so that two steps never wait for each other.

    Args:
        layout: paths.
        plan: the step.
        wait_s: longest time to wait [s].
        busy: called while a store is held by others.

    Yields:
        Descriptors that the processes of the step must inherit.

    Raises:
        StoreBusy: a store was not free in time.
    """
    deadline = time.monotonic() + wait_s
    with ExitStack() as stack:
        descriptors = []
        for store in Store:
            if store is not plan.writes and store not in plan.reads:
                continue
            descriptor = wait_for(
                stack,
                layout.store_lock(store),
                shared=store is not plan.writes,
                deadline=deadline,
                busy=lambda store=store: busy(store),  # type: ignore[misc]
            )
            if descriptor is None:
                raise StoreBusy(
                    layout.store_lock(store),
                    f"another step has been working on the {store.value} store for more than {wait_s / 60:.0f} min",
                    "Wait for it to end, or cancel its run; then materialize this asset again.",
                )
            descriptors.append(descriptor)
        yield tuple(descriptors)
