"""What a run keeps for the next one."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from sagui_pipelines.errors import SourceCorrupt
from sagui_pipelines.simulation.files import replacing
from sagui_pipelines.simulation.model import State


@dataclass(frozen=True)
class Kept:
    """State from which the next run restarts.

    Attributes:
        until: newest day of the series.
        day: day of `state`, up to 30 days earlier.
        state: state of every member on `day`.
        newest: state of the first member on `until`, where forecasts start.
    """

    until: np.datetime64
    day: np.datetime64
    state: State
    newest: State

    def save(self, path: Path) -> None:
        """Write it in one piece."""
        stores = {f"state_{name}": values for name, values in vars(self.state).items()}
        stores |= {f"newest_{name}": values[:1] for name, values in vars(self.newest).items()}
        with replacing(path) as new, new.open("wb") as stream:
            np.savez(stream, until=self.until, day=self.day, **stores)

    @classmethod
    def load(cls, path: Path) -> Kept | None:
        """Read it back; None when no run has ended yet.

        Raises:
            SourceCorrupt: the file cannot be read.
        """
        if not path.exists():
            return None
        try:
            with np.load(path) as stored:
                state, newest = (
                    State(**{field.name: stored[f"{which}_{field.name}"] for field in fields(State)})
                    for which in ("state", "newest")
                )
                return cls(stored["until"][()], stored["day"][()], state, newest)
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise SourceCorrupt(
                path,
                f"cannot be read: {error}",
                "Remove it; the next run computes the series from the start.",
            ) from error
