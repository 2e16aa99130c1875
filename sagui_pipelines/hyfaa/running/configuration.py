"""What HYFAA's configuration files say, as far as a runner must know it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import yaml

from sagui_pipelines.errors import SourceInvalid, SourceMissing
from sagui_pipelines.hyfaa.running.plan import StepPlan

_PROCESSES = re.compile(r"^nprocs:.*$", re.MULTILINE)


@dataclass(frozen=True)
class Configuration:
    """One of HYFAA's three input files.

    Attributes:
        path: the file.
        members: size of the ensemble.
        time_start: day of the first state's rain.
        retreatment_days: how far back each execution computes again [d].
        rain_reach_days: how old the rain may be that stands in for a missing day [d].
        stations: whether there are sources of altimetry.
        exec_time: fixed time of execution; None means now.
    """

    path: Path
    members: int
    time_start: date
    retreatment_days: float
    rain_reach_days: float
    stations: bool
    exec_time: datetime | None


def read_configuration(workdir: Path, plan: StepPlan) -> Configuration:
    """Read the input file of a step.

    Raises:
        SourceMissing: it is not there.
        SourceInvalid: it is no YAML, or lacks what every such file has.
    """
    path = workdir / plan.configuration
    try:
        content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        exec_time = content["exec_time"]
        return Configuration(
            path=path,
            members=int(content["n_ensemble"]),
            time_start=_moment(content["init_conditions"]["time_start"]).date(),
            retreatment_days=float(content["retreatment_time_span"]),
            rain_reach_days=float(content["forcing_dates_dt_max"]),
            stations=bool(content["assimilation_sources"]),
            exec_time=None if exec_time is None else _moment(exec_time),
        )
    except FileNotFoundError as error:
        remedy = (
            "Put HYFAA's configuration folder into its working directory, or correct SAGUI_HYFAA_WORKDIR."
        )
        raise SourceMissing(path, "is not there", remedy) from error
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        fact = f"is not a configuration of HYFAA: {type(error).__name__} {error}"
        raise SourceInvalid(path, fact, "Compare it with the file that HYFAA ships.") from error


def with_processes(configuration: Configuration, processes: int, target: Path) -> None:
    """Write a copy that asks for another number of model processes."""
    text = configuration.path.read_text(encoding="utf-8")
    line = f"nprocs: {processes}"
    changed, times = _PROCESSES.subn(line, text)
    target.write_text(changed if times else f"{line}\n{text}", encoding="utf-8")


def _moment(value: object) -> datetime:
    """A moment that YAML read as text, or recognised itself."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, datetime.min.time())
    return datetime.fromisoformat(str(value))
