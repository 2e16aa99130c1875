"""A message as text: subject, plain text and simple HTML, from the same rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from urllib.parse import urlsplit

from sagui_pipelines.alarms.problem import Message, Occasion, Severity
from sagui_pipelines.alarms.settings import AlarmSettings
from sagui_pipelines.alarms.texts import say

_LONGEST_SUBJECT = 150
_LONGEST_FACT = 2_000
_COLOURS = {Severity.WARNING: "#b26a00", Severity.ERROR: "#b3261e"}
_CALM = "#1b6e3c"


@dataclass(frozen=True)
class Row:
    """One line of a message.

    Attributes:
        label: what stands before it.
        text: what it says.
        address: where it leads, when it is a link.
    """

    label: str
    text: str
    address: str = ""


def subject(message: Message, settings: AlarmSettings) -> str:
    """Subject: installation, severity, title; one line."""
    text = f"[{settings.name}] {heading(message, settings)}: {message.problem.title}"
    return _shortened(" ".join(text.split()), _LONGEST_SUBJECT)


def heading(message: Message, settings: AlarmSettings) -> str:
    """Severity of a problem, or that it is over."""
    if message.occasion is Occasion.CLOSED:
        return say(settings.language, "all_clear")
    return say(settings.language, message.problem.severity.name.lower())


def rows(message: Message, settings: AlarmSettings) -> list[Row]:
    """Everything a message says, in order."""

    def text(name: str) -> str:
        return say(settings.language, name)

    problem, over = message.problem, message.occasion is Occasion.CLOSED
    found = [
        Row(text("fact"), _shortened(problem.fact.strip(), _LONGEST_FACT)),
        Row(text("remedy"), text("nothing_to_do") if over else problem.remedy),
        Row(text("source"), problem.source),
        Row(text("affected"), problem.subject),
        Row(text("since"), _moment(message.opened_at)),
    ]
    if message.closed_at:
        found.append(Row(text("until"), _moment(message.closed_at)))
        found.append(Row(text("lasted"), duration(message.closed_at - message.opened_at)))
    link = link_of(message, settings)
    found.append(Row(text("look"), link, link))
    if problem.runbook and not over:
        found.append(_runbook(text("runbook"), problem.runbook, settings))
    return [row for row in found if row.text]


def plain(message: Message, settings: AlarmSettings) -> str:
    """Plain text of a mail."""
    lines = [f"{heading(message, settings)}: {message.problem.title}", ""]
    if message.occasion is Occasion.WORSENED:
        lines[0] = f"{say(settings.language, 'worsened')} {lines[0]}"
    rest = rows(message, settings)
    width = max(len(row.label) for row in rest) + 2
    for row in rest:
        first, *others = row.text.splitlines()
        lines.append(f"{row.label + ':':<{width}}{first}")
        lines += [" " * width + line for line in others]
    if message.occasion is not Occasion.CLOSED:
        lines += ["", say(settings.language, "no_repeat")]
    return "\n".join(lines) + "\n"


def html(message: Message, settings: AlarmSettings) -> str:
    """HTML of a mail: no image, no script, nothing fetched from anywhere."""
    over = message.occasion is Occasion.CLOSED
    colour = _CALM if over else _COLOURS[message.problem.severity]
    title = f"{heading(message, settings)}: {message.problem.title}"
    if message.occasion is Occasion.WORSENED:
        title = f"{say(settings.language, 'worsened')} {title}"
    table = "".join(
        '<tr><th align="left" valign="top" style="padding:4px 16px 4px 0;white-space:nowrap;font-weight:600">'
        f'{escape(row.label)}</th><td style="padding:4px 0">{_cell(row)}</td></tr>'
        for row in rows(message, settings)
    )
    foot = "" if over else f'<p style="color:#555">{escape(say(settings.language, "no_repeat"))}</p>'
    return (
        f'<!DOCTYPE html><html lang="{settings.language.value}"><head><meta charset="utf-8"></head>'
        '<body style="font-family:sans-serif;font-size:15px;color:#1a1a1a">'
        f'<div style="border-left:6px solid {colour};padding-left:16px">'
        f'<h2 style="margin:0 0 12px;font-size:19px;color:{colour}">{escape(title)}</h2>'
        f'<table cellspacing="0" cellpadding="0">{table}</table>{foot}</div>'
        f'<p style="color:#555;font-size:13px">{escape(settings.name)}</p></body></html>\n'
    )


def link_of(message: Message, settings: AlarmSettings) -> str:
    """Address of more about the problem, or an empty text."""
    link = message.problem.link
    if not link:
        return ""
    if urlsplit(link).scheme in {"http", "https"}:
        return link
    return f"{settings.dagster_url.rstrip('/')}/{link.lstrip('/')}" if settings.dagster_url else ""


def duration(length: timedelta) -> str:
    """A length of time as days, hours and minutes."""
    minutes = max(int(length.total_seconds()) // 60, 0)
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    parts = [(days, "d"), (hours, "h"), (minutes, "min")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or "< 1 min"


def _runbook(label: str, section: str, settings: AlarmSettings) -> Row:
    if settings.runbook_url:
        address = f"{settings.runbook_url}#{section}"
        return Row(label, address, address)
    return Row(label, f"docs/runbook.md#{section}")


def _cell(row: Row) -> str:
    text = escape(row.text).replace("\n", "<br>")
    return f'<a href="{escape(row.address)}">{text}</a>' if row.address else text


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M UTC")


def _shortened(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
