"""The compositions as files: what every service must have, and that no setting is forgotten."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from sagui_backend.config.environment import Environment
from sagui_pipelines.alarms.settings import AlarmSettings
from sagui_pipelines.settings import Settings
from tests.conftest import ROOT
from tools.compose import secret_files
from tools.native.errors import LaunchError

COMPOSE = ROOT / "compose"
# Made by the containers themselves from secrets and from where they are.
MADE_INSIDE = {
    "SAGUI_STATE_DIR",
    "SAGUI_PIPELINES_DATABASE_URL",
    "SAGUI_OWNER_DATABASE_URL",
    "SAGUI_API_DATABASE_URL",
    "SAGUI_DATABASE_ROLE",
    "SAGUI_SECRET_KEY",
    "SAGUI_SECRET_KEY_FILE",
    "SAGUI_STATIC_ROOT",
    "SAGUI_GDAL_LIBRARY",
    "SAGUI_GEOS_LIBRARY",
    "SAGUI_HYFAA_API_KEY_FILE",
    "SAGUI_ALARM_STATE_DIR",
    "SAGUI_ALARM_SMTP_PASSWORD_FILE",
    "SAGUI_ALARM_WEBHOOK_SECRET_FILE",
}


def composition(name: str) -> dict[str, Any]:
    """One file, with its anchors resolved."""
    found: dict[str, Any] = yaml.safe_load((COMPOSE / name).read_text())
    return found


BASE = composition("docker-compose.yml")


@pytest.mark.parametrize("service", sorted(BASE["services"]))
def test_every_service_is_confined(service: str) -> None:
    facts = BASE["services"][service]
    assert facts["read_only"] is True
    assert facts["cap_drop"] == ["ALL"]
    assert "cap_add" not in facts
    assert facts["security_opt"] == ["no-new-privileges:true"]
    assert facts["logging"]["options"]["max-size"]
    assert facts["mem_limit"]
    assert facts["cpus"]
    assert "ports" not in facts
    if service != "migrate":
        assert facts["restart"] == "unless-stopped"
        assert facts["healthcheck"]["test"]


def test_watchdog_depends_on_nobody() -> None:
    assert "depends_on" not in BASE["services"]["watchdog"]


def test_only_varnish_meets_traefik() -> None:
    production = composition("docker-compose.prod.yml")["services"]
    public = [
        name
        for name, facts in production.items()
        if "traefik-proxy_proxy_network" in facts.get("networks", ())
    ]
    assert public == ["varnish"]
    assert {name for name, facts in production.items() if "ports" in facts} == {"dagster-webserver"}


@pytest.mark.parametrize("name", ["docker-compose.override.yml", "docker-compose.prod.yml"])
def test_doors_for_people_are_on_loopback(name: str) -> None:
    for facts in composition(name)["services"].values():
        for port in facts.get("ports", ()):
            assert port.startswith(("127.0.0.1:", "${SAGUI_DEV_ADDRESS:-127.0.0.1}:"))


def variables(*names: str) -> set[str]:
    """What reaches some services."""
    services = [
        composition(file)["services"].get(name, {})
        for name in names
        for file in ("docker-compose.yml", "docker-compose.prod.yml")
    ]
    return {variable for facts in services for variable in facts.get("environment", {})}


def settings_of(model: Any) -> set[str]:
    """Variables of a settings class."""
    prefix = model.model_config["env_prefix"]
    return {f"{prefix}{name}".upper() for name in model.model_fields} - MADE_INSIDE


def test_every_setting_of_the_pipelines_reaches_them() -> None:
    given = variables("dagster-daemon", "dagster-code")
    assert settings_of(Settings) | settings_of(AlarmSettings) <= given


def test_every_setting_of_the_backend_reaches_it() -> None:
    assert settings_of(Environment) <= variables("backend")


def test_secrets_are_the_same_in_both_compositions() -> None:
    production = composition("docker-compose.prod.yml")["secrets"]
    assert set(BASE["secrets"]) == set(production)
    for name, facts in BASE["secrets"].items():
        assert facts["file"] == f"./secrets-dev/{name}.txt"
        assert production[name]["file"] == f"./secrets-prod/{name}.txt"
        text = (COMPOSE / "secrets-dev" / f"{name}.txt").read_text()
        assert text == "" or text.startswith(secret_files.DEVELOPMENT)


def test_interpolation_is_what_both_programs_understand() -> None:
    for path in COMPOSE.glob("docker-compose*.yml"):
        for expression in re.findall(r"\$\{([^}]*)\}", path.read_text()):
            assert re.fullmatch(r"[A-Z_0-9]+(:-[^${}]*)?", expression), f"{path.name}: {expression}"


@pytest.mark.parametrize(
    ("content", "fact"), [(None, "is missing"), ("", "is empty"), ("dev-only-x", "everybody knows")]
)
def test_bad_secret_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None, fact: str
) -> None:
    monkeypatch.setenv("SAGUI_PRODUCTION", "yes")
    if content is not None:
        (tmp_path / "api_password").write_text(content)
    with pytest.raises(LaunchError, match=fact):
        secret_files.read("api_password", tmp_path)


def test_secrets_are_made_once_and_are_private(tmp_path: Path) -> None:
    command = [str(ROOT / "tools/compose/on-host"), "secrets"]
    environment = {"PATH": os.environ["PATH"], "SAGUI_SECRETS_DIR": str(tmp_path / "made")}
    subprocess.run(command, env=environment, check=True, capture_output=True)
    first = {path.name: path.read_text() for path in (tmp_path / "made").iterdir()}
    subprocess.run(command, env=environment, check=True, capture_output=True)
    assert {path.name: path.read_text() for path in (tmp_path / "made").iterdir()} == first
    assert set(first) == {f"{name}.txt" for name in BASE["secrets"]}
    filled = [text for text in first.values() if text]
    assert len(set(filled)) == len(filled) == 8
    assert min(map(len, filled)) >= 40
    assert (tmp_path / "made").stat().st_mode & 0o077 == 0
