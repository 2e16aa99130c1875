"""`make demo`: start the platform, let Dagster materialize everything, show where to look."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import requests
from rich.panel import Panel

from tools.native import tiles
from tools.native.console import console, say, step, warn
from tools.native.errors import LaunchError
from tools.native.layout import ROOT
from tools.native.prepare import ADMIN_USER
from tools.native.stack import Stack

_LAYER = ("guyane", "hyfaa_data_aggregated_geo")


def run(stack: Stack) -> None:
    """Start, materialize, prove with one tile, and say where everything is.

    Raises:
        LaunchError: a service did not start, a run failed, or the tile cannot be fetched.
    """
    begun = time.monotonic()
    say("[bold]SAGUI[/]: starting the platform")
    stack.up()
    materialize(stack)
    with step("One tile through the cache") as notes:
        curl, size = prove(stack)
        notes.append(f"{size} bytes" if curl else "no river is loaded, so there is none")
    _show(stack, curl, time.monotonic() - begun)


def materialize(stack: Stack) -> None:
    """Have Dagster make every asset; progress is shown by the pipelines' own command."""
    say("[bold]Materializing every asset through Dagster[/]")
    command = [
        sys.executable,
        "-m",
        "sagui_pipelines.launch",
        "--webserver",
        stack.layout.url("dagster", "127.0.0.1"),
    ]
    outside = {
        name: value for name, value in os.environ.items() if not name.startswith(("SAGUI_", "DAGSTER_", "PG"))
    }
    done = subprocess.run(command, env=outside | stack.environment, cwd=ROOT, check=False)
    if done.returncode != 0:
        raise LaunchError(
            "Dagster could not materialize everything; the reason stands above.",
            f"The services keep running: look at the failed run at {stack.layout.url('dagster')}/runs, "
            "correct the cause and run `make demo` again.",
        )


def prove(stack: Stack) -> tuple[str, int]:
    """Fetch the tile that shows the whole basin.

    Returns:
        the curl line and the tile's size [bytes]; an empty line when no geography is loaded.
    """
    bounds = tiles.layer_bounds(stack.cluster.url("owner"), *_LAYER)
    if bounds is None:
        return "", 0
    z, x, y = tiles.covering_tile(bounds)
    url = f"{stack.layout.url('edge')}/tiles/{'.'.join(_LAYER)}/{z}/{x}/{y}.pbf"
    remedy = f"Look into the logs of tileserv and varnish in {stack.layout.logs}; the services keep running."
    try:
        answer = tiles.fetch(url)
    except requests.RequestException as error:
        raise LaunchError(f"The tile {url} could not be fetched: {error}.", remedy) from error
    if not answer.content:
        raise LaunchError(f"The tile {url} is empty although the layer has features there.", remedy)
    return f"curl -s {url} | wc -c", len(answer.content)


def _show(stack: Stack, curl: str, elapsed_s: float) -> None:
    edge = stack.layout.url("edge")
    rows = [
        ("Portal", f"{edge}/"),
        ("Dagster", stack.layout.url("dagster")),
        (
            "Admin",
            f"{edge}/admin/  (user {ADMIN_USER}, password in {stack.layout.secrets / 'admin_password'})",
        ),
        ("Tile layers", f"{edge}/tiles/index.json"),
        ("A tile", curl or "none: no geography is loaded"),
        ("For scripts", str(stack.layout.env_file)),
        ("Tile server", "pg_tileserv" if not stack.tile_server.is_stand_in else "STAND-IN, not pg_tileserv"),
        ("Wall time", f"{elapsed_s:.0f} s"),
    ]
    text = "\n".join(f"{name:<12} {value}" for name, value in rows)
    if console.is_terminal:
        console.print(Panel(text, title="SAGUI is running", expand=False))
    else:
        say(f"\nSAGUI is running\n{text}")
    if stack.tile_server.is_stand_in:
        warn("The tiles come from a STAND-IN, because pg_tileserv could not be had:")
        for line in stack.tile_server.origin.splitlines():
            warn(line)
    say("`make status`, `make logs`, `make down`, `make clean` do what they say.")
