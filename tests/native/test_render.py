"""Generated configuration is valid for the programs that read it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tools.native import services
from tools.native.cluster import Cluster
from tools.native.layout import Layout
from tools.native.render import fingerprint, render, write_if_changed
from tools.native.secrets import load_or_create, role_passwords
from tools.native.tuning import memory_mb, postgres_options


def test_only_capital_names_in_braces_are_filled() -> None:
    assert render("listen ${PORT}; try $uri ${lower}", {"PORT": 81}) == "listen 81; try $uri ${lower}"
    with pytest.raises(KeyError):
        render("${NOT_GIVEN}", {})


def test_unchanged_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_if_changed(path, "a", mode=0o600)
    os.utime(path, (1, 1))
    write_if_changed(path, "a", mode=0o600)
    assert path.stat().st_mtime == 1
    write_if_changed(path, "b", mode=0o600)
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("b", 0o600)


def test_fingerprint_sees_texts_files_and_folders(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("1")
    before = fingerprint(tmp_path, "text")
    assert fingerprint(tmp_path, "text") == before
    assert fingerprint(tmp_path, "other") != before
    (tmp_path / "b.py").write_text("2")
    assert fingerprint(tmp_path, "text") != before


def test_nginx_accepts_its_configuration(layout: Layout) -> None:
    service = services.nginx(layout, layout.atmo)
    done = subprocess.run([*service.program.command, "-t"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_varnish_compiles_its_configuration(layout: Layout) -> None:
    service = services.varnish(layout)
    done = subprocess.run(
        [*(word for word in service.program.command if word != "-F"), "-C"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_postgres_accepts_its_options(layout: Layout) -> None:
    passwords = role_passwords(load_or_create(layout.secrets))
    options = postgres_options(memory_mb())
    cluster = Cluster(layout.database, layout.port("database"), passwords, options)
    cluster.create()
    done = subprocess.run([*cluster.server_command, "-C", "shared_buffers"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 0


@pytest.mark.parametrize(
    ("available_mb", "shared"), [(1_000, "125MB"), (16_000, "2000MB"), (256_000, "2048MB")]
)
def test_database_memory_follows_the_machine(available_mb: int, shared: str) -> None:
    assert f"shared_buffers={shared}" in postgres_options(available_mb)
    assert "max_connections=60" in postgres_options(available_mb)
