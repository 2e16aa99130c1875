"""The place where a step works: who else is there, what was left there, and holding it alone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta

from sagui_pipelines.errors import SourceNotReady
from sagui_pipelines.hyfaa.runner import Log
from sagui_pipelines.hyfaa.running import processes
from sagui_pipelines.hyfaa.running.catalogue import create_observations
from sagui_pipelines.hyfaa.running.executor import Executor
from sagui_pipelines.hyfaa.running.layout import Layout
from sagui_pipelines.hyfaa.running.locks import held, stores_of, wait_for
from sagui_pipelines.hyfaa.running.options import RunOptions
from sagui_pipelines.hyfaa.running.plan import PLANS, StepPlan, Store, conflicting, databases
from sagui_pipelines.hyfaa.running.records import Status, read_record
from sagui_pipelines.hyfaa.running.repair import damage, quiet_for, repair, sweep
from sagui_pipelines.hyfaa.step_errors import StoreBusy

_QUIET = timedelta(minutes=30)
_TELL_EVERY_S = 60.0
_LOOK_EVERY_S = 5.0


@dataclass(frozen=True)
class Site:
    """A step's place in one working directory.

    Attributes:
        layout: paths.
        plan: the step.
        options: how long to wait, when to remove leftovers.
        executor: knows what is left of abandoned steps, and who else is at work.
        say: gets a sentence for everything that is found or done.
    """

    layout: Layout
    plan: StepPlan
    options: RunOptions
    executor: Executor
    say: Log

    def attend(self, stack: ExitStack) -> None:
        """Be the only runner of this step until `stack` is closed.

        Raises:
            StoreBusy: another runner did not end in time.
        """
        path, name = self.layout.attendance(self.plan.step), self.plan.step.value
        patience = _Patience(self.say, f"another run works on {name}: waiting for it")
        deadline = time.monotonic() + self.options.wait_s
        if wait_for(stack, path, shared=False, deadline=deadline, busy=patience.tell) is None:
            raise StoreBusy(
                path,
                f"another run has been working on {name} for more than {self.options.wait_s / 60:.0f} min",
                "Wait for it to end, or cancel it; then materialize this asset again.",
            )

    @contextmanager
    def stores(self) -> Iterator[tuple[int, ...]]:
        """Hold the step's stores; yields the descriptors that its processes must inherit.

        Raises:
            StoreBusy: a store was not free in time, or somebody runs HYFAA here without the platform.
        """
        with self._stores_of(self.plan) as flocks:
            yield flocks

    def make_sound(self) -> list[str]:
        """Put right what killed steps left in the stores of the step; returns what was done, one sentence each.

        Raises:
            StoreBusy: as `stores`.
            SourceNotReady: it is not certain that nobody works on a damaged store.
        """
        workdir, done = self.layout.workdir, []
        for store in (self.plan.writes, *self.plan.reads):
            if damage(workdir, store):
                done += self._repair(store)
        [altimetry] = databases(Store.ASSIMILATION)
        if Store.ASSIMILATION in self.plan.reads and create_observations(workdir, altimetry):
            done.append(
                f"made an empty {altimetry.path}: the model looks for it even when it assimilates nothing"
            )
        with held(self.layout.sweeping) as mine:
            if mine is not None:
                done += sweep(self.layout, self.options.keep_days)
        for sentence in done:
            self.say(sentence)
        return done

    def _repair(self, store: Store) -> list[str]:
        """Repair one store, held alone, once it is certain that nobody works on it."""
        [writer] = [plan for plan in PLANS.values() if plan.writes is store]
        with self._stores_of(writer):
            if not damage(self.layout.workdir, store):  # what was seen was a step at work
                return []
            self._be_certain(writer)
            return repair(self.layout.workdir, store)

    def _be_certain(self, writer: StepPlan) -> None:
        """Refuse to touch a store that somebody invisible from here may be writing.

        Its flock is held, so no step of the platform is on it, and none of HYFAA's programs is to be seen. What remains
        is a writer outside this container. The damage is a step's of ours when the newest one did not end well; else the
        store must have been quiet for a while.
        """
        record = read_record(self.layout, writer.step)
        is_ours = record is not None and record.status is not Status.SUCCEEDED
        quiet = quiet_for(self.layout.workdir, writer.writes)
        if is_ours or processes.sees_all_processes() or quiet > _QUIET:
            return
        raise SourceNotReady(
            self.layout.workdir / databases(writer.writes)[0].lock,
            f"somebody wrote in this store {quiet.total_seconds() / 60:.0f} min ago, and may still do so outside this container",
            "Wait half an hour; or delete the lock, if no step of HYFAA runs on this machine.",
        )

    @contextmanager
    def _stores_of(self, plan: StepPlan) -> Iterator[tuple[int, ...]]:
        patience: dict[Store, _Patience] = {}
        looked_at = time.monotonic()

        def busy(store: Store) -> None:
            nonlocal looked_at
            if time.monotonic() - looked_at >= _LOOK_EVERY_S:
                self._end_abandoned(plan)
                looked_at = time.monotonic()
            waiting = _Patience(self.say, f"another step works on the {store.value} store: waiting for it")
            patience.setdefault(store, waiting).tell()

        self._end_abandoned(plan)
        with stores_of(self.layout, plan, wait_s=self.options.wait_s, busy=busy) as flocks:
            strangers = self.executor.strangers(self.layout.workdir)
            if strangers:
                raise StoreBusy(
                    self.layout.workdir,
                    f"HYFAA is at work here without the platform: {', '.join(strangers)}",
                    "Let it end, or end it; then materialize this asset again.",
                )
            yield flocks

    def _end_abandoned(self, plan: StepPlan) -> None:
        """End what is left of conflicting steps whose runner was killed: nobody would look at their results.

        A step that is attended to by another runner is left alone.
        """
        for other in conflicting(plan.step):
            if other is self.plan.step:  # attended to by this runner, which has started nothing yet
                self._end_remains(PLANS[other])
                continue
            with held(self.layout.attendance(other)) as mine:
                if mine is not None:
                    self._end_remains(PLANS[other])

    def _end_remains(self, plan: StepPlan) -> None:
        self.executor.end_remains(plan, self.layout.workdir, self.options.stop_s, self.say)


class _Patience:
    """Tells at once that it waits, and again every minute."""

    def __init__(self, say: Log, sentence: str) -> None:
        self._say, self._sentence, self._told_at = say, sentence, -_TELL_EVERY_S

    def tell(self) -> None:
        """Say it, unless that was less than a minute ago."""
        now = time.monotonic()
        if now - self._told_at >= _TELL_EVERY_S:
            self._told_at = now
            self._say(self._sentence)
