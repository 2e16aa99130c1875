"""Commands: up, demo, status, logs, down, clean."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Callable
from datetime import timedelta

from rich.markup import escape
from rich.table import Table

from tools.native import demo, incidents, settings
from tools.native.cluster import ClusterError
from tools.native.console import console, say, warn
from tools.native.errors import LaunchError
from tools.native.layout import STATE_DIR, Layout
from tools.native.stack import Stack, facts_of

_NOT_RUNNING = 3


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.native", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, (_, text) in _COMMANDS.items():
        command = commands.add_parser(name, help=text)
        if name == "logs":
            command.add_argument("services", nargs="*", help="services to show; all by default")
    options = parser.parse_args(arguments)
    try:
        return _COMMANDS[options.command][0](options)
    except (LaunchError, ClusterError) as error:
        fact, remedy = (error.fact, error.remedy) if isinstance(error, LaunchError) else (str(error), "")
        console.print(f"[bold red]Failed.[/] {escape(fact)}")
        if remedy:
            console.print(f"[bold]What to do:[/] {escape(remedy)}")
        return 1
    except KeyboardInterrupt:
        say("Interrupted.")
        return 130


def _new_stack() -> Stack:
    given = settings.read()
    return Stack(STATE_DIR, given.port_offset, given.values)


def _running_stack() -> Stack:
    """The stack as it was started last, whatever the environment says now."""
    given = settings.read()
    offset = facts_of(STATE_DIR).get("port_offset", given.port_offset)
    return Stack(STATE_DIR, int(str(offset)), given.values)


def _up(_: argparse.Namespace) -> int:
    _new_stack().up()
    return 0


def _demo(_: argparse.Namespace) -> int:
    demo.run(_new_stack())
    return 0


def _status(_: argparse.Namespace) -> int:
    stack = _running_stack()
    infos = stack.supervisor.all_info()
    if not infos:
        say("Nothing is running. `make demo` starts it.")
        return _NOT_RUNNING
    table = Table("service", "state", "process", "up since", box=None, pad_edge=False)
    for info in sorted(infos, key=lambda info: info["start"]):
        running = info["statename"] == "RUNNING"
        since = str(timedelta(seconds=info["now"] - info["start"])) if running else "-"
        colour = "green" if running else "red"
        table.add_row(
            info["name"], f"[{colour}]{info['statename'].lower()}[/]", str(info["pid"] or "-"), since
        )
    console.print(table)
    facts = facts_of(STATE_DIR)
    say(f"\nEdge         {stack.layout.url('edge')}/\nDagster      {stack.layout.url('dagster')}")
    say(f"Tile server  {facts.get('tileserv_kind', 'unknown')}")
    if facts.get("tileserv_kind") == "stand-in":
        warn("A STAND-IN serves the tiles, not pg_tileserv:")
        for line in str(facts["tileserv_origin"]).splitlines():
            warn(escape(line))
    open_lines = incidents.open_lines(stack.cluster.url("pipelines"), stack.layout.state_dir)
    say(f"Incidents    {len(open_lines) or 'none'}")
    for line in open_lines:
        warn(escape(line))
    return 0 if all(info["statename"] == "RUNNING" for info in infos) else _NOT_RUNNING


def _logs(options: argparse.Namespace) -> int:
    folder = Layout(STATE_DIR).logs
    names = options.services or sorted(path.stem for path in folder.glob("*.log"))
    files = [folder / f"{name}.log" for name in names]
    missing = [path.stem for path in files if not path.exists()]
    if missing or not files:
        known = ", ".join(sorted(path.stem for path in folder.glob("*.log"))) or "none yet"
        raise LaunchError(f"There is no log of {', '.join(missing) or 'anything'}.", f"Logs: {known}.")
    # On a terminal the logs are followed; into a pipe they end.
    command = ["tail", "-n", "40", *(["-F"] if sys.stdout.isatty() else []), *map(str, files)]
    os.execvp("tail", command)  # noqa: S606 - replaces this process


def _down(_: argparse.Namespace) -> int:
    left = _running_stack().down()
    say(f"Stopped, with what a lost supervisor had left behind: {', '.join(left)}." if left else "Stopped.")
    return 0


def _clean(_: argparse.Namespace) -> int:
    _running_stack().down()
    if STATE_DIR.exists():
        shutil.rmtree(STATE_DIR)
    say(f"Stopped; all data in {STATE_DIR} are removed.")
    return 0


_COMMANDS: dict[str, tuple[Callable[[argparse.Namespace], int], str]] = {
    "up": (_up, "start every service"),
    "demo": (_demo, "start every service and materialize everything"),
    "status": (_status, "show the services"),
    "logs": (_logs, "show the services' logs"),
    "down": (_down, "stop every service"),
    "clean": (_clean, "stop every service and remove all data"),
}
