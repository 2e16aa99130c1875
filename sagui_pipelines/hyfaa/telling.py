"""Telling Dagster what a step does: sentences as log entries, progress as observations, raw output as the step's own."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import dagster as dg

from sagui_pipelines.hyfaa.runner import Progress


@dataclass(frozen=True)
class DagsterTeller:
    """Tells a run's log, the page of the asset, and the captured output.

    Attributes:
        context: of the asset that the step makes.
    """

    context: dg.AssetExecutionContext

    def say(self, line: str) -> None:
        """An entry of the run's log."""
        self.context.log.info(line)

    def raw(self, line: str) -> None:
        """A line of the step's captured output, which costs no event."""
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    def progress(self, progress: Progress) -> None:
        """An observation of the asset, so that its page shows how far the step is."""
        percent = round(100 * progress.done / max(progress.total, 1), 1)
        metadata: dict[str, dg.MetadataValue] = {
            "progress_percent": dg.MetadataValue.float(percent),
            f"{progress.unit}s_done": dg.MetadataValue.int(progress.done),
            f"{progress.unit}s": dg.MetadataValue.int(progress.total),
        }
        left = ""
        if progress.seconds_left is not None:
            metadata["minutes_left"] = dg.MetadataValue.float(round(progress.seconds_left / 60, 1))
            left = f", about {progress.seconds_left / 60:.1f} min left"
        self.context.log.info(f"{progress.unit} {progress.done} of {progress.total} ({percent:g} %{left})")
        self.context.log_event(dg.AssetObservation(asset_key=self.context.asset_key, metadata=metadata))
