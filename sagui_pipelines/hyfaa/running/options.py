"""How steps are to be run, whoever runs them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sagui_pipelines.hyfaa.running.plan import Kind

HYFAA_IMAGE = "pigeosolutions/hyfaa-scheduler:4.0"


@dataclass(frozen=True)
class RunOptions:
    """Limits and parameters of steps.

    Attributes:
        forecast_days: length of the forecast [d].
        forecast_years: most past years whose rain drives it.
        processes: model processes at a time; None leaves what the configuration files say.
        rain_dir: folder of daily rain files that takes the place of the rain service; None asks the service.
        api_key_file: file with the key of the altimetry service; None relies on the environment.
        download_timeout_s: longest time of the steps that fetch data [s].
        model_timeout_s: longest time of the steps that compute [s].
        wait_s: longest time to wait for another step to leave a store [s].
        stop_s: time between interrupting a step and killing it [s].
        keep_days: age at which leftovers, temporary files and logs are removed [d].
    """

    forecast_days: int = 10
    forecast_years: int = 10
    processes: int | None = None
    rain_dir: Path | None = None
    api_key_file: Path | None = None
    download_timeout_s: float = 3600.0
    model_timeout_s: float = 36_000.0
    wait_s: float = 14_400.0
    stop_s: float = 30.0
    keep_days: float = 7.0

    def timeout_s(self, kind: Kind) -> float:
        """Longest time of a step of this kind [s]."""
        return self.download_timeout_s if kind in (Kind.FORCING, Kind.ALTIMETRY) else self.model_timeout_s


@dataclass(frozen=True)
class ContainerOptions:
    """How containers are made.

    Attributes:
        image: HYFAA's image.
        host_workdir: the working directory as the Engine knows it, a path or the name of a volume; empty: as here.
        user: `uid:gid` of the processes; empty: as this process.
        cpus: processors that a step may use; 0: no limit.
        memory_gb: memory that a step may use [GB]; 0: no limit.
        network: network of the containers.
        mounts: further mounts, `source:target` or `source:target:ro`.
    """

    image: str = HYFAA_IMAGE
    host_workdir: str = ""
    user: str = ""
    cpus: float = 0.0
    memory_gb: float = 0.0
    network: str = "bridge"
    mounts: tuple[str, ...] = ()
