"""Writes docs/data-model.md from the column contract, so page, Dagster UI and tables say the same.

`python -m tools.data_model` writes; `--check` fails when the page is not up to date.
"""

from __future__ import annotations

import sys
from pathlib import Path

from sagui_pipelines.columns import LAYERS, TABLES, Column

PAGE = Path(__file__).resolve().parents[1] / "docs" / "data-model.md"
_HEAD = """# Data model

All objects live in schema `guyane`. This page is made from `sagui_pipelines/columns.py`; Django migrations own the tables, the
SQL files in `sagui_backend/sql` own views, layers and grants.

A day is a UTC day. A flow row dated T is the state at T 00:00 UTC, after the rain of the day before; rain of day D acts on the flow
of D+1. Missing is NULL, never a number.
"""


def page() -> str:
    """The whole page."""
    parts = [_HEAD, "## Tables\n"]
    parts += [_section(name, columns) for name, columns in TABLES.items()]
    parts.append("## Layers\n\nGeometry is stored in EPSG:3857, ready for tiles.\n")
    parts += [_section(name, columns) for name, columns in LAYERS.items()]
    return "\n".join(parts)


def _section(name: str, columns: tuple[Column, ...]) -> str:
    rows = [f"| {c.name} | {c.type} | {c.unit or '-'} | {c.meaning} |" for c in columns]
    return "\n".join([f"### {name}\n", "| column | type | unit | meaning |", "|---|---|---|---|", *rows, ""])


def main(arguments: list[str]) -> int:
    """Write or check; returns 1 when the page is out of date."""
    if "--check" in arguments:
        return 0 if PAGE.exists() and PAGE.read_text() == page() else 1
    PAGE.write_text(page())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
