"""Configuration templates: `${NAME}` in capitals is replaced, everything else stays as it is."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

_PLACEHOLDER = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}")


def render(template: str, values: Mapping[str, object]) -> str:
    """Fill a template as `envsubst` does in the containers.

    Raises:
        KeyError: the template names a value that is not given.
    """
    return _PLACEHOLDER.sub(lambda match: str(values[match[1]]), template)


def write_if_changed(path: Path, content: str, mode: int = 0o644) -> None:
    """Write a generated file, atomically, unless it holds that content already."""
    if path.exists() and path.read_text() == content:
        path.chmod(mode)
        return
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=mode)
    fresh.chmod(mode)
    fresh.write_text(content)
    fresh.rename(path)


def fingerprint(*parts: str | Path) -> str:
    """Hash of texts, files and whole folders (names, sizes and times of their files)."""
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, Path):
            for path in _files(part):
                status = path.stat()
                digest.update(f"{path} {status.st_size} {status.st_mtime_ns}\n".encode())
        else:
            digest.update(part.encode() + b"\0")
    return digest.hexdigest()[:16]


def _files(path: Path) -> Iterable[Path]:
    if path.is_file():
        return [path]
    return sorted(p for p in path.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
