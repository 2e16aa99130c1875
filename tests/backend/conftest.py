"""Running the backend's command line and web server against a test database."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.conftest import ROOT, Database, free_port


def manage(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Result of one `manage.py` command with only these settings."""
    return subprocess.run(
        [sys.executable, "-m", "sagui_backend.manage", *arguments],
        env=os.environ | variables,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )


def manage_python(code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Result of a few lines of Python under the backend's settings."""
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "sagui_backend.config.settings"} | variables
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=ROOT, capture_output=True, text=True
    )


def web_environment(database: Database, static_root: Path) -> dict[str, str]:
    """Settings of a web process without TLS."""
    return {
        "SAGUI_API_DATABASE_URL": database.url("api"),
        "SAGUI_SECRET_KEY": secrets.token_urlsafe(48),
        "SAGUI_ALLOWED_HOSTS": "127.0.0.1",
        "SAGUI_STATIC_ROOT": str(static_root),
        "SAGUI_TLS": "false",
    }


@pytest.fixture(scope="module")
def web(module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the backend, served by gunicorn with the project's own configuration."""
    port = free_port()
    folder = tmp_path_factory.mktemp("web")
    environment = web_environment(module_database, folder) | {
        "SAGUI_BACKEND_BIND": f"127.0.0.1:{port}",
        "SAGUI_BACKEND_WORKERS": "1",
    }
    command = [sys.executable, "-m", "gunicorn", "--config", "compose/backend/gunicorn.conf.py"]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, env=os.environ | environment, cwd=ROOT, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 120
    while True:
        try:
            requests.get(f"{address}/api/health/live", timeout=5)
            break
        except (requests.ConnectionError, requests.Timeout):
            assert server.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < deadline, (folder / "log").read_text()
            time.sleep(0.1)
    yield address
    server.terminate()
    server.wait(timeout=30)
