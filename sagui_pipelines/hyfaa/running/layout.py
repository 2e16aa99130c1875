"""Where a runner keeps its own things: one folder inside HYFAA's working directory, so that all who run steps there meet."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from sagui_pipelines.errors import SettingsInvalid, SourceMissing
from sagui_pipelines.hyfaa.runner import Step
from sagui_pipelines.hyfaa.running.plan import Store
from sagui_pipelines.hyfaa.workspace import unwritable

OWN_FOLDER = "sagui_steps"

# The model's reader of YAML stumbles over these, wherever they stand in a path; its limit for a path is 400 characters.
_UNREADABLE = re.compile(r"[\"'\[\]{}\t\n]")
_LONGEST_PATH = 250


@dataclass(frozen=True)
class Layout:
    """Paths below one working directory of HYFAA.

    Attributes:
        workdir: the working directory, absolute.
    """

    workdir: Path

    @property
    def own(self) -> Path:
        """Folder of the runner."""
        return self.workdir / OWN_FOLDER

    @property
    def logs(self) -> Path:
        """What each step printed."""
        return self.own / "logs"

    @property
    def temporary(self) -> Path:
        """HYFAA's temporary files, a folder a step."""
        return self.workdir / "temp"

    @property
    def sweeping(self) -> Path:
        """File whose flock says that somebody removes old leftovers."""
        return self.own / "locks" / "sweeping"

    def store_lock(self, store: Store) -> Path:
        """File whose flock guards a store; the processes of a step hold it as well as the runner."""
        return self.own / "locks" / store.value

    def attendance(self, step: Step) -> Path:
        """File whose flock says that a runner attends to a step; no other process holds it."""
        return self.own / "attendance" / step.value

    def record(self, step: Step) -> Path:
        """What is remembered of the newest execution of a step."""
        return self.own / "records" / f"{step.value}.json"

    def current(self, step: Step) -> Path:
        """Current directory of a step, emptied before each execution."""
        return self.own / "current" / step.value

    def step_temporary(self, step: Step) -> Path:
        """Temporary folder of a step, so that error reports of steps do not mix."""
        return self.temporary / step.value

    def prepare(self, step: Step) -> None:
        """Make the folders that a step needs.

        Raises:
            SourceMissing: there is no working directory.
            SettingsInvalid: the path holds a character that the model cannot read, or is too long.
            WorkspaceUnwritable: a folder cannot be made.
        """
        if not self.workdir.is_dir():
            raise SourceMissing(
                self.workdir, "is no folder", "Set SAGUI_HYFAA_WORKDIR to HYFAA's working directory."
            )
        found = _UNREADABLE.search(str(self.workdir))
        if found or len(str(self.workdir)) > _LONGEST_PATH:
            fact = f"holds {found[0]!r}" if found else f"has more than {_LONGEST_PATH} characters"
            raise SettingsInvalid(
                self.workdir,
                f"{fact}, which the river model cannot read in a path",
                "Move it, and set SAGUI_HYFAA_WORKDIR.",
            )
        folders = (
            self.logs,
            self.workdir / "databases",
            self.current(step),
            self.step_temporary(step),
            *(
                path.parent
                for path in (self.store_lock(Store.FORCING), self.attendance(step), self.record(step))
            ),
        )
        for folder in folders:
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise unwritable(folder, error) from error
