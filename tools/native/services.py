"""The table of services: command, environment, and when each counts as up. Order is start order."""

from __future__ import annotations

import os
import re
import resource
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.native import health
from tools.native.cluster import POSTGRES_BIN, Cluster
from tools.native.errors import LaunchError
from tools.native.layout import ROOT, Layout, executable
from tools.native.privileges import as_user, give_to
from tools.native.render import fingerprint, render, write_if_changed
from tools.native.supervisor import Program
from tools.native.tileserv import TileServer

_COMPOSE = ROOT / "compose"
_LOCAL = "127.0.0.1"
_INCLUDE = re.compile(r'^include "([^"]+)";$', re.MULTILINE)
_MOST_FILES = 65_536
NGINX_USER = "www-data"
VARNISH_USER = "vcache"


@dataclass(frozen=True)
class Service:
    """One service of the stack.

    Attributes:
        title: what people call it.
        program: how the supervisor runs it.
        check: makes the check that it is up, given when it was started [s since 1970].
        port: name of its port in the layout; empty when it has none.
        timeout_s: how long it may take until it is up.
    """

    title: str
    program: Program
    check: Callable[[float], health.Check]
    port: str = ""
    timeout_s: float = 60

    @property
    def name(self) -> str:
        """Name of its program."""
        return self.program.name


def database(cluster: Cluster) -> Service:
    """The embedded PostGIS cluster."""

    def check() -> str | None:
        return None if cluster.is_ready() else "it takes no connections yet"

    # SIGINT is PostgreSQL's fast shutdown; SIGTERM would wait for every client to leave.
    program = Program("database", cluster.server_command, stop_signal="INT", stop_wait_s=60)
    return Service("PostGIS", program, lambda _: check, "database")


def backend(layout: Layout, environment: dict[str, str]) -> Service:
    """Django behind gunicorn."""
    command = [
        executable("gunicorn"), "--config", str(_COMPOSE / "backend" / "gunicorn.conf.py"), "--no-control-socket",
        "--bind", f"{_LOCAL}:{layout.port('backend')}", "sagui_backend.config.wsgi",
    ]  # fmt: skip
    code = fingerprint(ROOT / "sagui_backend", _COMPOSE / "backend", ROOT / "requirements.lock")
    check = health.http(layout.url("backend", _LOCAL) + "/api/health/ready")
    return Service("Backend", Program("backend", command, environment, code), lambda _: check, "backend")


def tileserv(layout: Layout, server: TileServer, database_url: str) -> Service:
    """pg_tileserv, or its stand-in."""
    port = layout.port("tileserv")
    environment = {"DATABASE_URL": database_url}
    # Both read the catalogue of layers at start: new SQL asks for a new start.
    depends_on = [fingerprint(ROOT / "sagui_backend" / "sql")]
    if server.binary:
        config = _COMPOSE / "tileserv" / "pg_tileserv.toml"
        command = [str(server.binary), "--config", str(config)]
        environment |= {"TS_HTTPHOST": _LOCAL, "TS_HTTPPORT": str(port)}
        if server.assets:
            environment["TS_ASSETSPATH"] = str(server.assets)
        depends_on.append(fingerprint(server.binary, config))
    else:
        command = [
            executable("gunicorn"), "--pythonpath", str(ROOT), "--no-control-socket", "--bind", f"{_LOCAL}:{port}",
            "--workers", "2", "--threads", "2", "--worker-tmp-dir", str(layout.run),
            "tools.tileserv_standin.app:from_environment()",
        ]  # fmt: skip
        depends_on.append(fingerprint(ROOT / "tools" / "tileserv_standin"))
    check = health.http(layout.url("tileserv", _LOCAL) + "/tiles/health")
    program = Program("tileserv", command, environment, "".join(depends_on), stop_signal="INT")
    title = "Tile server (STAND-IN)" if server.is_stand_in else "Tile server (pg_tileserv)"
    return Service(title, program, lambda _: check, "tileserv")


def nginx(layout: Layout, atmo: Path) -> Service:
    """Static files and the portal page."""
    folder = layout.run / "nginx"
    folder.mkdir(exist_ok=True)
    give_to(NGINX_USER, folder)
    config = render_nginx(layout, atmo)
    command = [*as_user(NGINX_USER), _system("nginx"), "-e", "stderr", "-c", str(config), "-p", str(folder)]
    check = health.http(layout.url("nginx", _LOCAL) + "/healthz", expected=204)
    program = Program("nginx", command, depends_on=fingerprint(config.read_text()), stop_signal="QUIT")
    return Service("Static files", program, lambda _: check, "nginx")


def render_nginx(layout: Layout, atmo: Path) -> Path:
    """Write nginx's configuration and return its path."""
    values = {
        "NGINX_LISTEN": f"{_LOCAL}:{layout.port('nginx')}",
        "NGINX_RUN": layout.run / "nginx",
        "STATIC_ROOT": layout.static,
        "ATMO_ROOT": atmo,
    }
    path = layout.run / "nginx.conf"
    write_if_changed(path, render((_COMPOSE / "nginx" / "nginx.conf.template").read_text(), values))
    return path


def varnish(layout: Layout, memory_mb: str = "") -> Service:
    """The cache, the only public door; `memory_mb` is what it may keep, when not the usual [MB]."""
    folder = layout.run / "varnish"
    folder.mkdir(exist_ok=True)
    give_to(VARNISH_USER, folder)
    rules = render_vcl(layout)
    command = [
        *_many_files(), *as_user(VARNISH_USER), _system("varnishd"), "-F", "-j", "none", "-n", str(folder),
        "-a", f"http=:{layout.port('edge')},HTTP", "-f", str(rules), *varnish_options(memory_mb),
    ]  # fmt: skip
    check = health.http(layout.url("edge", _LOCAL) + "/healthz", expected=204)
    program = Program("varnish", command, depends_on=fingerprint(rules.read_text()))
    return Service("Cache", program, lambda _: check, "edge")


def varnish_options(memory_mb: str = "") -> list[str]:
    """The cache's options that do not depend on where it runs; the same script decides in its container."""
    environment = {"PATH": os.defpath} | ({"SAGUI_CACHE_MB": memory_mb} if memory_mb else {})
    script = [_COMPOSE / "varnish" / "options.sh"]
    return subprocess.run(script, env=environment, capture_output=True, text=True, check=True).stdout.split()


def _many_files() -> list[str]:
    """Command prefix that lets a program open as many files, hence connections, as this machine allows."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return ["prlimit", f"--nofile={min(hard, _MOST_FILES) if hard > 0 else _MOST_FILES}:"]


def render_vcl(layout: Layout) -> Path:
    """Write the cache's rules with their back ends filled in and return the file's path.

    One file instead of includes: Varnish looks for includes with access(2), which ignores the capability
    that lets its user into a private folder.
    """
    # There is no map front end of its own here: the static files answer for it.
    ports = {"TILESERV": "tileserv", "BACKEND": "backend", "NGINX": "nginx", "FRONTEND": "nginx"}
    values: dict[str, object] = {"PURGERS": f'"{_LOCAL}";'}
    for prefix, port in ports.items():
        values |= {f"{prefix}_HOST": _LOCAL, f"{prefix}_PORT": layout.port(port)}
    folder = _COMPOSE / "varnish"
    backends = render((folder / "backends.vcl.template").read_text(), values)

    def included(name: re.Match[str]) -> str:
        text = backends if name[1] == "backends.vcl" else (folder / name[1]).read_text()
        return text.replace("vcl 4.1;\n", "")

    path = layout.run / "default.vcl"
    write_if_changed(path, _INCLUDE.sub(included, (folder / "default.vcl").read_text()))
    return path


def dagster(layout: Layout, environment: dict[str, str]) -> Sequence[Service]:
    """Code server, webserver and daemon, in this order."""
    home_config = layout.dagster_home / "dagster.yaml"
    given = environment.get("SAGUI_DAGSTER_CONFIG") or _COMPOSE / "dagster" / "dagster.yaml"
    write_if_changed(home_config, Path(given).read_text())
    workspace = _COMPOSE / "dagster" / "workspace.yaml"
    webserver = layout.url("dagster", _LOCAL)
    settled = fingerprint(home_config.read_text(), workspace, ROOT / "requirements.lock")
    code = settled + fingerprint(ROOT / "sagui_pipelines")
    code_server = [
        executable("dagster"), "api", "grpc", "--host", _LOCAL, "--port", str(layout.port("code_server")),
        "--module-name", "sagui_pipelines.definitions", "--location-name", "sagui",
        "--use-python-environment-entry-point",
    ]  # fmt: skip
    web = [
        executable("dagster-webserver"), "--host", _LOCAL, "--port", str(layout.port("dagster")),
        "--workspace", str(workspace),
    ]  # fmt: skip
    daemon = [executable("dagster-daemon"), "run", "--workspace", str(workspace)]
    return (
        Service(
            "Dagster code server",
            Program("code_server", code_server, environment, code, stop_wait_s=20, stop_group=True),
            lambda _: health.grpc(layout.port("code_server")), "code_server", 180,
        ),
        Service(
            "Dagster webserver",
            Program("webserver", web, environment, settled),
            lambda _: health.code_location(webserver, "sagui"), "dagster", 180,
        ),
        Service(
            "Dagster daemon",
            Program("daemon", daemon, environment, settled, stop_wait_s=20, stop_group=True),
            lambda since: health.daemons(webserver, since), "", 120,
        ),
    )  # fmt: skip


def watchdog(layout: Layout, environment: dict[str, str]) -> Service:
    """The dead man's switch: it looks at all the others, so it starts last."""
    command = [executable("python"), "-m", "sagui_pipelines.watchdog"]
    code = fingerprint(ROOT / "sagui_pipelines", ROOT / "requirements.lock")
    memory = layout.state_dir / "watchdog" / "memory.json"

    def check(since: float) -> health.Check:
        def has_looked() -> str | None:
            looked = memory.exists() and memory.stat().st_mtime >= since
            return None if looked else "it has not looked at the platform yet"

        return has_looked

    return Service("Watchdog", Program("watchdog", command, environment, code), check, timeout_s=120)


def check_installed() -> None:
    """Refuse when a system program is missing.

    Raises:
        LaunchError: with the names of the missing programs.
    """
    programs = {str(POSTGRES_BIN / "postgres"), _system("nginx"), _system("varnishd"), _system("setpriv")}
    missing = sorted(program for program in programs if not os.access(program, os.X_OK))
    if missing:
        raise LaunchError(f"Not installed: {', '.join(missing)}.", "Run `make setup`.")


def _system(name: str) -> str:
    """A system program that an ordinary user's PATH may not reach."""
    places = [*os.environ.get("PATH", "").split(os.pathsep), "/usr/sbin", "/sbin"]
    return next((str(Path(place, name)) for place in places if place and Path(place, name).is_file()), name)
