"""Which tile server runs, in order, and never silently another one."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from tools.native import tileserv
from tools.native.errors import LaunchError

FAKE_GO = """#!/bin/sh
echo "$@" >> {calls}
case "$1" in
version) echo "go version {version} linux/amd64" ;;
env) echo {cache} ;;
install) {install} ;;
esac
"""


def _program(path: Path, text: str = "#!/bin/sh\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def _go(tmp_path: Path, install: str, version: str = "go1.26.1") -> dict[str, str]:
    cache = tmp_path / "cache"
    text = FAKE_GO.format(calls=tmp_path / "calls", version=version, cache=cache, install=install)
    _program(tmp_path / "go" / "go", text)
    return {"PATH": f"{tmp_path / 'go'}:/usr/bin:/bin"}


def _calls(tmp_path: Path) -> list[str]:
    return [line for line in (tmp_path / "calls").read_text().splitlines() if line.startswith("install")]


WORKING = 'printf "#!/bin/sh\\n" > "$GOBIN/pg_tileserv" && chmod +x "$GOBIN/pg_tileserv"'
REFUSED = 'echo "go: module lookup: 403 Forbidden" >&2; exit 1'


def test_named_program_comes_first(tmp_path: Path) -> None:
    named, found = _program(tmp_path / "named" / "tiles"), _program(tmp_path / "bin" / "pg_tileserv")
    environ = {"PG_TILESERV": str(named), "PATH": str(found.parent)}
    assert tileserv.resolve("", environ, tmp_path / "built").binary == named
    environ.pop("PG_TILESERV")
    assert tileserv.resolve("", environ, tmp_path / "built").binary == found


def test_named_program_that_is_not_one_is_refused(tmp_path: Path) -> None:
    for wrong in (tmp_path, tmp_path / "missing"):
        with pytest.raises(LaunchError, match="PG_TILESERV"):
            tileserv.resolve("", {"PG_TILESERV": str(wrong)}, tmp_path)


def test_go_builds_the_pinned_version_once(tmp_path: Path) -> None:
    environ = _go(tmp_path, WORKING)
    version = tileserv.pinned_version()
    assets = tmp_path / "cache" / "github.com" / "!crunchy!data" / f"pg_tileserv@{version}" / "assets"
    assets.mkdir(parents=True)
    (assets / "index.html").write_text("page")
    for _ in range(2):
        server = tileserv.resolve("", environ, tmp_path / "built")
        assert server.kind == "pg_tileserv"
        assert server.binary is not None
        assert os.access(server.binary, os.X_OK)
        assert server.assets is not None
        assert (server.assets / "index.html").read_text() == "page"
    assert _calls(tmp_path) == [f"install github.com/CrunchyData/pg_tileserv@{version}"]


def test_failed_build_gives_a_loud_stand_in(tmp_path: Path) -> None:
    server = tileserv.resolve("", _go(tmp_path, REFUSED), tmp_path / "built")
    assert server.is_stand_in
    assert "403 Forbidden" in server.origin
    assert "PG_TILESERV" in server.origin
    assert not list((tmp_path / "built").glob("pg_tileserv*"))


def test_failed_build_is_not_repeated_at_once(tmp_path: Path) -> None:
    environ, built = _go(tmp_path, REFUSED), tmp_path / "built"
    for _ in range(3):
        assert tileserv.resolve("", environ, built).is_stand_in
    assert len(_calls(tmp_path)) == 1
    past = time.time() - 2 * 3600
    os.utime(built / "build-failure.json", (past, past))
    _go(tmp_path, WORKING)
    assert tileserv.resolve("", environ, built).kind == "pg_tileserv"


def test_strict_refuses_the_stand_in(tmp_path: Path) -> None:
    environ, built = _go(tmp_path, REFUSED), tmp_path / "built"
    tileserv.resolve("", environ, built)
    with pytest.raises(LaunchError, match="403 Forbidden") as raised:
        tileserv.resolve("pg_tileserv", environ, built)
    assert "PG_TILESERV" in raised.value.remedy
    assert len(_calls(tmp_path)) == 2


def test_stand_in_can_be_asked_for(tmp_path: Path) -> None:
    environ = {"PG_TILESERV": str(_program(tmp_path / "pg_tileserv"))}
    assert tileserv.resolve("stand-in", environ, tmp_path).is_stand_in
    with pytest.raises(LaunchError, match="SAGUI_TILESERV"):
        tileserv.resolve("standin", environ, tmp_path)


def test_old_go_is_passed_over(tmp_path: Path) -> None:
    environ = _go(tmp_path, WORKING, version="go1.19.8")
    assert tileserv.find_go(environ) != str(tmp_path / "go" / "go")
    environ = _go(tmp_path, WORKING, version="go1.21.0")
    assert tileserv.find_go(environ) == str(tmp_path / "go" / "go")


def test_failure_of_another_version_does_not_count(tmp_path: Path) -> None:
    built = tmp_path / "built"
    built.mkdir()
    (built / "build-failure.json").write_text(json.dumps({"version": "v0.0.1", "problem": "old"}))
    assert tileserv.resolve("", _go(tmp_path, WORKING), built).kind == "pg_tileserv"
