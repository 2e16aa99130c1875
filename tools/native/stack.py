"""The whole platform on one machine: start it in order, know its state, stop it."""

from __future__ import annotations

import fcntl
import json
import os
import shlex
import signal
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from tools.native import health, processes, secrets, services, tileserv, tuning
from tools.native import settings as operator
from tools.native.cluster import SERVICE_USER, Cluster
from tools.native.console import step, warn
from tools.native.errors import LaunchError
from tools.native.layout import STATE_DIR, Layout
from tools.native.prepare import ADMIN_USER, Preparation
from tools.native.privileges import check_can_enter
from tools.native.render import write_if_changed
from tools.native.services import Service
from tools.native.supervisor import Supervisor

_LOG_LINES = 25
_FOR_BACKEND = (
    "SAGUI_ADMIN_HOSTS",
    "SAGUI_ADMIN_NETWORKS",
    "SAGUI_ADMIN_BASEMAP_URL",
    "SAGUI_ADMIN_BASEMAP_ATTRIBUTION",
    "SAGUI_MAP_BASEMAP_URL",
    "SAGUI_MAP_BASEMAP_ATTRIBUTION",
    "SAGUI_ATMO_ZONES_FILE",
    "SAGUI_STALE_AFTER_DAYS",
    "SAGUI_LOG_LEVEL",
)
_FOR_WATCHDOG = (
    "SAGUI_EDGE_URL",
    "SAGUI_DAGSTER_URL",
    "SAGUI_BACKEND_URL",
    "SAGUI_PIPELINES_DATABASE_URL",
    "SAGUI_DAGSTER_DATABASE_URL",
    "SAGUI_STATE_DIR",
    "PYTHONUNBUFFERED",
    "TZ",
)


class Stack:
    """One running platform.

    Args:
        state_dir: folder that holds all its state.
        port_offset: added to every port.
        settings: `SAGUI_*` variables of the operator; nothing is read from the environment here.
    """

    def __init__(
        self, state_dir: Path = STATE_DIR, port_offset: int = 0, settings: Mapping[str, str] | None = None
    ) -> None:
        self.layout = Layout(state_dir, port_offset)
        self.supervisor = Supervisor(self.layout)
        self._settings = operator.Settings(dict(settings or {}))

    def up(self) -> None:
        """Start everything that does not run yet, in order, each when the one before is up.

        Raises:
            LaunchError: something is missing or did not start; then nothing is left running.
        """
        self.layout.create()
        with self._alone():
            self._settings = operator.with_basin(self._settings, self.layout.state_dir)
            services.check_installed()
            check_can_enter(SERVICE_USER, self.layout.run)
            self._announce_tile_server()
            self._check_ports()
            try:
                self._start_all()
            except BaseException:
                self.supervisor.stop()
                raise
            self._write_facts()

    def down(self) -> list[str]:
        """Stop everything, also what a killed supervisor left behind; safe to repeat.

        Returns:
            names of the services that had been left behind.
        """
        if not self.layout.run.exists():
            return []
        with self._alone():
            left = self.supervisor.stop()
            self.layout.env_file.unlink(missing_ok=True)
            return left

    @cached_property
    def passwords(self) -> dict[str, str]:
        """Every secret of the stack."""
        return secrets.load_or_create(self.layout.secrets)

    @cached_property
    def cluster(self) -> Cluster:
        """The embedded database cluster."""
        options = tuning.postgres_options(tuning.memory_mb())
        passwords = secrets.role_passwords(self.passwords)
        return Cluster(self.layout.database, self.layout.port("database"), passwords, options)

    @cached_property
    def tile_server(self) -> tileserv.TileServer:
        """The tile server that this machine can have."""
        environ = dict(os.environ)
        if self._settings.get("PG_TILESERV"):
            environ["PG_TILESERV"] = self._settings.get("PG_TILESERV")
        return tileserv.resolve(self._settings.get("SAGUI_TILESERV"), environ)

    @property
    def environment(self) -> dict[str, str]:
        """Variables of every Dagster process; also what `.sagui/env` holds."""
        layout = self.layout
        return {
            **self._settings.values,
            "SAGUI_EDGE_URL": layout.url("edge"),
            "SAGUI_DAGSTER_URL": layout.url("dagster"),
            "SAGUI_BACKEND_URL": layout.url("backend"),
            "SAGUI_TILESERV_URL": f"{layout.url('tileserv')}/tiles",
            "SAGUI_TILESERV_KIND": self.tile_server.kind,
            "SAGUI_DATABASE_URL": self.cluster.url("owner"),
            "SAGUI_PIPELINES_DATABASE_URL": self.cluster.url("pipelines"),
            # Dagster hands the address to SQLAlchemy, whose default driver for postgresql:// is another one.
            "SAGUI_DAGSTER_DATABASE_URL": self.cluster.url("dagster", "dagster").replace(
                "://", "+psycopg2://", 1
            ),
            "SAGUI_PURGE_URL": layout.url("edge", "127.0.0.1"),
            "SAGUI_STATE_DIR": str(layout.state_dir),
            "SAGUI_CODE_SERVER_HOST": "127.0.0.1",
            "SAGUI_CODE_SERVER_PORT": str(layout.port("code_server")),
            "DAGSTER_HOME": str(layout.dagster_home),
            # A range of days is one materialization event a day: written in batches instead of one by one.
            "DAGSTER_EVENT_BATCH_SIZE": "500",
            # And the plan of a run over a range is one event, not one a day.
            "DAGSTER_EMIT_PARTITION_SUBSET_IN_PLANNED_EVENTS": "true",
            "PYTHONUNBUFFERED": "1",
            "TZ": "UTC",
        }

    @property
    def watchdog_environment(self) -> dict[str, str]:
        """Variables of the watchdog: where everything answers, and whom to tell."""
        ours = ("SAGUI_ALARM_", "SAGUI_WATCHDOG_")
        return {
            name: value
            for name, value in self.environment.items()
            if name.startswith(ours) or name in _FOR_WATCHDOG
        }

    @property
    def backend_environment(self) -> dict[str, str]:
        """Variables of the web process: it knows neither the owner's nor the pipelines' password."""
        hosts = ["localhost", "127.0.0.1", "[::1]", socket.gethostname()]
        origins = [
            f"http://{host}:{self.layout.port(name)}" for host in hosts for name in ("edge", "backend")
        ]
        return {
            **{name: self._settings.get(name) for name in _FOR_BACKEND if self._settings.get(name)},
            "SAGUI_PATH_TO_ATMO_FILES": str(self._atmo),
            "SAGUI_ALLOWED_HOSTS": self._settings.get("SAGUI_ALLOWED_HOSTS", ",".join(hosts)),
            "SAGUI_CSRF_TRUSTED_ORIGINS": self._settings.get("SAGUI_CSRF_TRUSTED_ORIGINS", ",".join(origins)),
            "SAGUI_API_DATABASE_URL": self.cluster.url("api"),
            "SAGUI_SECRET_KEY_FILE": str(self.layout.secrets / "django_secret_key"),
            "SAGUI_STATIC_ROOT": str(self.layout.static),
            "SAGUI_TLS": "false",
            "SAGUI_PURGE_URL": self.layout.url("edge", "127.0.0.1"),
            "PYTHONUNBUFFERED": "1",
            "TZ": "UTC",
        }

    @cached_property
    def services(self) -> Sequence[Service]:
        """All services in start order; makes their configuration files."""
        return (
            services.database(self.cluster),
            services.backend(self.layout, self.backend_environment),
            services.tileserv(self.layout, self.tile_server, self.cluster.url("tileserv")),
            services.nginx(self.layout, self._atmo),
            services.varnish(self.layout, self._settings.get("SAGUI_CACHE_MB")),
            *services.dagster(self.layout, self.environment),
            services.watchdog(self.layout, self.watchdog_environment),
        )

    @property
    def _atmo(self) -> Path:
        """Folder of the atmosphere images, served as `/atmo/`."""
        return Path(self._settings.get("SAGUI_PATH_TO_ATMO_FILES", str(self.layout.atmo)))

    def _announce_tile_server(self) -> None:
        with step("Tile server") as notes:
            server = self.tile_server
            notes.append(server.kind if server.is_stand_in else server.origin)
        if server.is_stand_in:
            warn("A STAND-IN serves the tiles, not pg_tileserv.")
            for line in server.origin.splitlines():
                warn(line)

    def _check_ports(self) -> None:
        """Refuse before anything starts when somebody else holds one of our ports."""
        if not self.supervisor.is_running():
            self.supervisor.stop()
        same = facts_of(self.layout.state_dir).get("port_offset") == self.layout.port_offset
        ours = (
            {info["name"] for info in self.supervisor.all_info() if info["statename"] == "RUNNING"}
            if same
            else set()
        )
        for service in self.services:
            if not service.port or service.name in ours:
                continue
            port = self.layout.port(service.port)
            if not processes.port_is_free(port):
                owner = processes.listener(port) or "a process that cannot be seen from here"
                raise LaunchError(
                    f"Port {port}, needed by {service.title}, is in use by {owner}.",
                    "Stop that process, or set SAGUI_PORT_OFFSET (for example 100) to move every port.",
                )

    def _start_all(self) -> None:
        with step("Process supervisor") as notes:
            self.cluster.create()
            self.cluster.forget_dead_server()
            changed = self.supervisor.apply([service.program for service in self.services])
            if changed:
                notes.append(f"restarting {', '.join(changed)}")
        for service in self.services:
            self._start(service)
            if service.name == "database":
                Preparation(self.layout, self.cluster, self.passwords, self.backend_environment).run()

    def _start(self, service: Service) -> None:
        with step(service.title) as notes:
            before = self.supervisor.info(service.name)
            running = before["statename"] == "RUNNING"
            since = 0.0 if running else time.time()
            self.supervisor.start(service.name)
            problem = health.wait(
                service.check(since), lambda: self.supervisor.ended(service.name), service.timeout_s
            )
            if problem:
                raise LaunchError(f"{service.title} did not start: {problem}.\n{self._tail(service.name)}",
                                  f"The whole log is {self.layout.logs / service.name}.log. Everything was stopped.")  # fmt: skip
            if running:
                notes.append("was running")
            if service.port:
                notes.append(f"port {self.layout.port(service.port)}")

    def _tail(self, name: str) -> str:
        path = self.layout.logs / f"{name}.log"
        lines = path.read_text(errors="replace").splitlines() if path.exists() else []
        return "\n".join(f"  | {line}" for line in lines[-_LOG_LINES:])

    def _write_facts(self) -> None:
        values = {
            **self.environment,
            "SAGUI_ADMIN_USER": ADMIN_USER,
            "SAGUI_ADMIN_PASSWORD": self.passwords["admin_password"],
        }
        lines = [f"{name}={shlex.quote(value)}" for name, value in sorted(values.items())]
        write_if_changed(self.layout.env_file, "\n".join(lines) + "\n", mode=0o600)
        facts = {
            "port_offset": self.layout.port_offset,
            "tileserv_kind": self.tile_server.kind,
            "tileserv_origin": self.tile_server.origin,
        }
        write_if_changed(self.layout.run / "stack.json", json.dumps(facts, indent=1) + "\n")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Only one launcher at a time works on a stack."""
        with (self.layout.run / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise LaunchError(
                    f"Another command is starting or stopping the platform in {self.layout.state_dir}.",
                    "Wait until it is done, then run the command again.",
                ) from error
            with _terminated_like_interrupted():
                yield


@contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    """SIGTERM unwinds as Ctrl-C does, so that a half-started platform is stopped again."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, interrupt)
    except ValueError:  # not the main thread: the caller owns the signals
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def facts_of(state_dir: Path) -> dict[str, object]:
    """What the last successful start wrote down; empty when there was none."""
    path = Layout(state_dir).run / "stack.json"
    return dict(json.loads(path.read_text())) if path.exists() else {}
