"""HYFAA's own programs as a runner: each step alone on its stores, on sound files, with its outcome looked at."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sagui_pipelines.errors import SettingsInvalid
from sagui_pipelines.hyfaa.runner import Log, Step, StepReport, Teller
from sagui_pipelines.hyfaa.running.after import Facts, check_after, look
from sagui_pipelines.hyfaa.running.before import check_before
from sagui_pipelines.hyfaa.running.configuration import Configuration, read_configuration, with_processes
from sagui_pipelines.hyfaa.running.executor import API_KEY, Ended, Executor, Order
from sagui_pipelines.hyfaa.running.layout import Layout
from sagui_pipelines.hyfaa.running.listening import Listener
from sagui_pipelines.hyfaa.running.options import RunOptions
from sagui_pipelines.hyfaa.running.plan import PLANS, Kind, StepPlan
from sagui_pipelines.hyfaa.running.records import Record, Status, write_record
from sagui_pipelines.hyfaa.running.repair import drop_unusable_science
from sagui_pipelines.hyfaa.running.site import Site
from sagui_pipelines.hyfaa.running.symptoms import diagnose, recognise
from sagui_pipelines.hyfaa.step_errors import AccessDenied, StepIncomplete
from sagui_pipelines.hyfaa.workspace import unwritable


@dataclass(frozen=True)
class ExecutingRunner:
    """Runs HYFAA's own programs.

    Attributes:
        workdir: HYFAA's working directory, absolute.
        options: limits and parameters.
        executor: what runs the programs.
    """

    workdir: Path
    options: RunOptions
    executor: Executor

    def run(self, step: Step, tell: Teller) -> StepReport:
        """Run one step, alone on its stores.

        Raises:
            SaguiError: see `docs/hyfaa-runners.md`; every way in which a step fails has its own class.
        """
        plan, layout = PLANS[step], Layout(self.workdir)
        layout.prepare(step)
        configuration = read_configuration(self.workdir, plan)
        if plan.kind is Kind.ALTIMETRY and not configuration.stations:
            tell.say("no source of altimetry is configured: there is nothing to fetch")
            return StepReport()
        self.executor.check(plan)
        site = Site(layout, plan, self.options, self.executor, tell.say)
        with ExitStack() as stack:
            site.attend(stack)
            repairs = site.make_sound()
            flocks = stack.enter_context(site.stores())
            if plan.kind is Kind.POSTPROCESSING:
                repairs += drop_unusable_science(self.workdir, plan.solution)
            check_before(layout, plan, configuration)
            facts = self._execute(layout, plan, configuration, flocks, tell)
        return StepReport(facts, tuple(repairs))

    def prepare_geodata(self, log: Log) -> None:
        """Say that nothing is made here."""
        log("geography: files are delivered from outside")

    def _execute(
        self,
        layout: Layout,
        plan: StepPlan,
        configuration: Configuration,
        flocks: tuple[int, ...],
        tell: Teller,
    ) -> Facts:
        began = datetime.now(UTC)
        log = layout.logs / f"{plan.step.value}-{began:%Y%m%dT%H%M%S%f}.log"
        record = Record(plan.step, Status.RUNNING, self.executor.name, began, None, str(log))
        order = self._order(layout, plan, configuration, flocks)
        before = look(self.workdir, plan)
        write_record(layout, record)
        tell.say(f"{plan.script} begins; all it prints is kept in {log}")
        try:
            with Listener(log, tell, tuple(order.secrets.values())) as listener:
                ended = self.executor.execute(order, listener.hear)
            _check_status(order, ended, listener)
            try:
                facts = check_after(self.workdir, plan, configuration, self.options, before, order.current)
            except StepIncomplete as error:
                raise recognise(plan, tuple(listener.lines), log, order.temporary) or error from error
        except BaseException as error:
            write_record(layout, record.ended_badly(error))
            raise
        write_record(layout, record.ended_well())
        facts |= {"seconds": round((datetime.now(UTC) - began).total_seconds(), 1), "log": str(log)}
        if ended.orphans:
            facts["orphans_ended"] = ended.orphans
        if listener.model_days:
            facts["seconds_per_model_day"] = round(listener.model_seconds / listener.model_days, 2)
        return facts

    def _order(
        self, layout: Layout, plan: StepPlan, configuration: Configuration, flocks: tuple[int, ...]
    ) -> Order:
        current, temporary, options = (
            layout.current(plan.step),
            layout.step_temporary(plan.step),
            self.options,
        )
        try:
            shutil.rmtree(current)
            current.mkdir()
            (temporary / "error_jobs_yaml.log").unlink(missing_ok=True)
            source = configuration.path
            if options.processes is not None:
                source = current / configuration.path.name
                with_processes(configuration, options.processes, source)
        except OSError as error:
            raise unwritable(current, error) from error
        arguments: tuple[str | Path, ...] = ("--input_yaml_file", source)
        if plan.kind is Kind.FORCING and options.rain_dir is not None:
            arguments += ("--gsmap_folder_local", str(options.rain_dir))
        if plan.kind is Kind.FORECAST:
            arguments += ("--ndays", str(options.forecast_days), "--nyearsmax", str(options.forecast_years))
        return Order(
            plan=plan,
            workdir=self.workdir,
            current=current,
            temporary=temporary,
            arguments=arguments,
            timeout_s=options.timeout_s(plan.kind),
            stop_s=options.stop_s,
            secrets=_secrets(options, os.environ) if plan.kind is Kind.ALTIMETRY else {},
            rain_dir=options.rain_dir if plan.kind is Kind.FORCING else None,
            flocks=flocks,
        )


def _check_status(order: Order, ended: Ended, listener: Listener) -> None:
    if ended.status:
        raise diagnose(order.plan, tuple(listener.lines), ended.status, listener.log, order.temporary)


def _secrets(options: RunOptions, environment: Mapping[str, str]) -> dict[str, str]:
    """The key of the altimetry service, from its file or from the environment."""
    try:
        key = options.api_key_file.read_text(encoding="utf-8").strip() if options.api_key_file else ""
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsInvalid(
            "SAGUI_HYFAA_API_KEY_FILE", f"names a file that cannot be read: {error}", "Correct it."
        ) from error
    key = key or environment.get(API_KEY, "")
    if not key:
        raise AccessDenied(
            "hydroweb.next",
            "needs a key, and there is none",
            "Put the key into a file and name it with SAGUI_HYFAA_API_KEY_FILE; only the assimilated series waits for it.",
        )
    return {API_KEY: key}
