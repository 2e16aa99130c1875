"""The images: built from plain Debian, without anything that the build alone needed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.compose.composition import PLUGIN, SERVICES, Composition

NAMES = ("platform", "nginx", "database", "varnish", "tileserv-stand-in")


@pytest.mark.parametrize("name", NAMES)
def test_image_runs_without_root_and_holds_no_build_settings(images: Composition, name: str) -> None:
    tag = f"sagui-test/{name}"
    user = images.docker("image", "inspect", "--format", "{{.Config.User}}", tag).stdout.strip()
    assert user.split(":")[0] not in ("", "0", "root")
    found = images.docker(
        "run", "--rm", "--user", "0", "--entrypoint", "find", tag, "/", "-xdev",
        "(", "-path", "/build", "-o", "-name", "ca.crt", "-o", "-name", "pip.conf", "-o", "-path", "/run/secrets/*", ")",
    )  # fmt: skip
    assert found.stdout == ""
    history = images.docker("history", "--no-trunc", "--format", "{{.CreatedBy}}", tag).stdout
    assert "dev-only" not in history
    assert "pip.conf" not in history


@pytest.mark.parametrize("kind", ["override", "prod"])
def test_both_programs_read_the_files_alike(images: Composition, plugin: Path, kind: str) -> None:
    old = replace(images, kind=kind)
    new = replace(old, program=PLUGIN, environment={**old.environment, "DOCKER_CONFIG": str(plugin)})
    services = set(old.compose("config", "--services").stdout.split())
    assert {*SERVICES, "migrate"} <= services
    assert set(new.compose("config", "--services").stdout.split()) == services


def test_pg_tileserv_is_built_or_the_build_says_what_to_do(images: Composition) -> None:
    upstream = Composition(
        images.source, images.kind, {**images.environment, "SAGUI_TILESERV": "pg_tileserv"}
    )
    built = upstream.compose("build", "--force-rm", "pg-tileserv", check=False)
    said = built.stdout + built.stderr
    if built.returncode == 0:
        tag = "sagui-test/tileserv-pg_tileserv"
        version = images.docker(
            "run", "--rm", "--entrypoint", "/opt/pg_tileserv/pg_tileserv", tag, "--version"
        )
        assert "pg_tileserv" in version.stdout + version.stderr
    else:
        assert "pg_tileserv cannot be built" in said
        assert "GOPROXY" in said
        assert "SAGUI_TILESERV=stand-in" in said
