"""Editing in the admin as a person does: sign in, open the form, change fields, send it back."""

from __future__ import annotations

import html
import re
from typing import Any

import requests

from tools.native.stack import ADMIN_USER, Stack


def signed_in(stack: Stack) -> requests.Session:
    """A session of the administrator, through the edge."""
    session = requests.Session()
    login = f"{stack.layout.url('edge')}/admin/login/"
    session.get(login, timeout=30)
    answer = session.post(
        login,
        data={
            "username": ADMIN_USER,
            "password": stack.passwords["admin_password"],
            "csrfmiddlewaretoken": session.cookies["csrftoken"],
        },
        headers={"Referer": login},
        timeout=30,
    )
    assert "/admin/login" not in answer.url
    return session


def submit(session: requests.Session, url: str, changes: dict[str, str]) -> None:
    """Send a form of the admin back with some fields changed."""
    page = session.get(url, timeout=30).text
    fields: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]+>", page):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and 'type="submit"' not in tag:
            fields[name.group(1)] = html.unescape(value.group(1)) if value else ""
    for name, options in re.findall(r'<select[^>]*name="([^"]+)".*?>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        fields[name] = chosen.group(1) if chosen else ""
    for name, text in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', page, re.DOTALL):
        fields[name] = html.unescape(text).removeprefix("\n")
    answer = session.post(url, data=fields | changes, headers={"Referer": url}, timeout=30)
    assert answer.status_code == 200
    assert answer.url != url, "the form came back with errors"
