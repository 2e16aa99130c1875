"""Where things live and which port belongs to whom."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.native.errors import LaunchError
from tools.native.layout import PORTS, Layout


def test_documented_ports() -> None:
    layout = Layout()
    assert layout.url("edge") == "http://localhost:8080"
    assert layout.url("dagster") == "http://localhost:3000"
    assert (layout.port("database"), layout.port("backend"), layout.port("tileserv")) == (5433, 8000, 7800)


def test_offset_moves_every_port() -> None:
    plain, moved = Layout(), Layout(port_offset=100)
    assert all(moved.port(name) == plain.port(name) + 100 for name in PORTS)
    assert len({moved.port(name) for name in PORTS}) == len(PORTS)


@pytest.mark.parametrize("offset", [-1, 60_000])
def test_offset_that_leaves_the_range_is_refused(offset: int) -> None:
    with pytest.raises(LaunchError, match="SAGUI_PORT_OFFSET"):
        Layout(port_offset=offset)


@pytest.mark.parametrize("offset", [2_000, 3_000])
def test_offset_to_a_port_that_browsers_refuse_is_refused(offset: int) -> None:
    with pytest.raises(LaunchError, match=r"browsers refuse to open port (10080|6000)"):
        Layout(port_offset=offset)


def test_socket_stays_short_in_a_deep_folder(tmp_path: Path) -> None:
    deep = tmp_path / ("deep" * 40) / ("deeper" * 20)
    layout = Layout(deep)
    layout.create()
    assert len(str(layout.socket)) < 100
    assert layout.socket.parent.stat().st_mode & 0o777 == 0o700
    assert layout.socket != Layout(deep / "other").socket
    layout.socket.parent.rmdir()


def test_socket_lies_with_the_state_when_that_is_short() -> None:
    assert Layout(Path("/srv/sagui/.sagui")).socket == Path("/srv/sagui/.sagui/run/supervisor.sock")


def test_secrets_folder_is_private(layout: Layout) -> None:
    assert layout.secrets.stat().st_mode & 0o777 == 0o700


def test_state_that_cannot_be_made_is_one_message(tmp_path: Path) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("")
    with pytest.raises(LaunchError, match="cannot be written") as raised:
        Layout(blocker / "state").create()
    assert "writable" in raised.value.remedy
