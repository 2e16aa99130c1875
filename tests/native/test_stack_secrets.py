"""Passwords are made once, privately."""

from __future__ import annotations

from tools.native import secrets
from tools.native.cluster import ROLES
from tools.native.layout import Layout


def test_made_once_and_private(layout: Layout) -> None:
    first = secrets.load_or_create(layout.secrets)
    assert secrets.load_or_create(layout.secrets) == first
    assert {path.stat().st_mode & 0o777 for path in layout.secrets.iterdir()} == {0o600}
    assert len(set(first.values())) == len(secrets.NAMES)
    assert len(first["django_secret_key"]) >= 50


def test_every_role_has_a_password(layout: Layout) -> None:
    passwords = secrets.role_passwords(secrets.load_or_create(layout.secrets))
    assert set(passwords) == {*ROLES, "superuser"}


def test_opened_file_is_closed_again_and_empty_one_replaced(layout: Layout) -> None:
    first = secrets.load_or_create(layout.secrets)
    (layout.secrets / "api_password").chmod(0o644)
    (layout.secrets / "owner_password").write_text("")
    second = secrets.load_or_create(layout.secrets)
    assert second["api_password"] == first["api_password"]
    assert second["owner_password"] not in ("", first["owner_password"])
    assert {path.stat().st_mode & 0o777 for path in layout.secrets.iterdir()} == {0o600}
