"""How HYFAA's own programs are run, as configuration of the assets' resource."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dagster as dg

from sagui_pipelines.hyfaa.running.guarded import ExecutingRunner
from sagui_pipelines.hyfaa.running.options import HYFAA_IMAGE, ContainerOptions, RunOptions
from sagui_pipelines.hyfaa.running.process import ProcessExecutor
from sagui_pipelines.settings import Runner, Settings


class Execution(dg.Config):
    """How HYFAA's own programs are run, by the names of the settings."""

    hyfaa_forecast_days: int = 10
    hyfaa_forecast_years: int = 10
    hyfaa_nprocs: int | None = None
    hyfaa_gsmap_dir: str | None = None
    hyfaa_api_key_file: str | None = None
    hyfaa_download_timeout_minutes: float = 60.0
    hyfaa_model_timeout_minutes: float = 600.0
    hyfaa_wait_minutes: float = 240.0
    hyfaa_stop_seconds: float = 30.0
    hyfaa_keep_days: float = 7.0
    hyfaa_image: str = HYFAA_IMAGE
    hyfaa_host_workdir: str = ""
    hyfaa_user: str = ""
    hyfaa_cpus: float = 0.0
    hyfaa_memory_gb: float = 0.0
    hyfaa_network: str = "bridge"
    hyfaa_mounts: str = ""

    @classmethod
    def from_settings(cls, settings: Settings) -> Execution:
        """Take everything from the settings."""
        values: dict[str, Any] = {}
        for name in cls.model_fields:
            value = getattr(settings, name)
            values[name] = str(value) if isinstance(value, Path) else value
        return cls(**values)

    def options(self) -> RunOptions:
        """Limits and parameters of steps."""
        return RunOptions(
            forecast_days=self.hyfaa_forecast_days,
            forecast_years=self.hyfaa_forecast_years,
            processes=self.hyfaa_nprocs,
            rain_dir=Path(self.hyfaa_gsmap_dir).resolve() if self.hyfaa_gsmap_dir else None,
            api_key_file=Path(self.hyfaa_api_key_file) if self.hyfaa_api_key_file else None,
            download_timeout_s=60.0 * self.hyfaa_download_timeout_minutes,
            model_timeout_s=60.0 * self.hyfaa_model_timeout_minutes,
            wait_s=60.0 * self.hyfaa_wait_minutes,
            stop_s=self.hyfaa_stop_seconds,
            keep_days=self.hyfaa_keep_days,
        )

    def container_options(self) -> ContainerOptions:
        """How containers are made."""
        return ContainerOptions(
            image=self.hyfaa_image,
            host_workdir=self.hyfaa_host_workdir,
            user=self.hyfaa_user,
            cpus=self.hyfaa_cpus,
            memory_gb=self.hyfaa_memory_gb,
            network=self.hyfaa_network,
            mounts=tuple(mount for mount in self.hyfaa_mounts.split(",") if mount),
        )

    def runner(self, workdir: Path, runner: Runner) -> ExecutingRunner:
        """The runner of HYFAA's own programs in a working directory, as processes or as containers."""
        if runner is Runner.PROCESS:
            return ExecutingRunner(workdir, self.options(), ProcessExecutor())
        from sagui_pipelines.hyfaa.running.container import ContainerExecutor  # noqa: PLC0415  (needs the optional `docker` packages)

        return ExecutingRunner(workdir, self.options(), ContainerExecutor(self.container_options()))
