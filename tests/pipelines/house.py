"""The code location on a small basin whose files are delivered, with a database and a Dagster of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg

from sagui_pipelines.build import build_defs
from sagui_pipelines.due import DueDays, find_due
from sagui_pipelines.jobs import JOB_OF_TABLE
from sagui_pipelines.resources import Inputs
from sagui_pipelines.sensors import range_tags
from tests.conftest import Database

CELLS = 60
START = date(2023, 1, 1)
UNTIL = date(2024, 4, 1)
SEED = 5


@dataclass
class House:
    """The code location on one basin and one database.

    Attributes:
        basin: folder of the basin; files are delivered from outside.
        inputs: where they lie.
        database: the test's database.
        instance: Dagster's memory.
        resources: what the assets are given.
    """

    basin: Path
    inputs: Inputs
    database: Database
    instance: dg.DagsterInstance
    resources: dict[str, Any]

    def run(self, job: str, tags: dict[str, str] | None = None) -> dg.ExecuteInProcessResult:
        """Run one job in this process."""
        definition = build_defs(resources=self.resources).resolve_job_def(job)
        return definition.execute_in_process(instance=self.instance, tags=tags, raise_on_error=False)

    def run_all(self) -> list[dg.ExecuteInProcessResult]:
        """Every job in the order of the data's way."""
        results = [self.run("geography"), self.run("daily")]
        due = self.due()
        results += self.run_series(due)
        if due.forecast_issue:
            results.append(self.run("forecast", {"dagster/partition": due.forecast_issue.isoformat()}))
        return [*results, self.run("publication")]

    def run_series(self, due: DueDays) -> list[dg.ExecuteInProcessResult]:
        """The jobs of all tables of days for which something is due."""
        return [
            self.run(job, range_tags(days[0].item(), days[-1].item()))
            for table, job in JOB_OF_TABLE.items()
            if (days := due.days.get(table)) is not None
        ]

    def due(self) -> DueDays:
        """What is due now."""
        return find_due(
            self.resources["postgis"].engine,
            snapshot_dir=self.inputs.snapshot_dir,
            workdir=Path(self.inputs.workdir),
            not_before=START,
        )

    def count(self, table: str) -> int:
        """Rows of a table."""
        [(rows,)] = self.database.query(f"SELECT count(*) FROM guyane.{table}")
        assert isinstance(rows, int)
        return rows


def failures(result: dg.ExecuteInProcessResult) -> dict[str, str]:
    """Failed steps and what people are told."""
    found = {}
    for event in result.all_events:
        if event.event_type is dg.DagsterEventType.STEP_FAILURE:
            data = event.step_failure_data.user_failure_data
            found[str(event.step_key)] = str(data.description if data else event.step_failure_data.error)
    return found


def materialized(result: dg.ExecuteInProcessResult) -> set[str]:
    """Assets that a run made."""
    return {
        event.asset_key.path[-1] for event in result.get_asset_materialization_events() if event.asset_key
    }
