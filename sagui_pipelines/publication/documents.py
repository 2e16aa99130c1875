"""Finished JSON answers: what is where, for clients that ask before they draw."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from psycopg2.extensions import cursor as Cursor  # noqa: N812
from psycopg2.extras import execute_values

from sagui_pipelines.publication.values import version_of

# Stands in documents for scheme and host of the request.
ORIGIN = "{origin}"


def write_documents(cursor: Cursor, prefix: str, documents: Mapping[str, Any]) -> str:
    """Make the stored documents below a path those given.

    Args:
        cursor: inside a transaction.
        prefix: path that all of them begin with; others that begin so are removed.
        documents: JSON by path.

    Returns:
        Version of all of them together.
    """
    rows = [(path, *_finished(content)) for path, content in sorted(documents.items())]
    execute_values(cursor, _sql("write_documents"), rows)
    cursor.execute(_sql("forget_documents"), {"prefix": prefix, "paths": [path for path, *_ in rows]})
    return version_of("".join(version for _, version, _ in rows).encode())


def version_of_json(content: Any) -> str:
    """Text that changes exactly when the content does."""
    return version_of(_text(content).encode())


def _finished(content: Any) -> tuple[str, str]:
    return version_of_json(content), _text(content)


def _text(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def _sql(name: str) -> str:
    return files("sagui_pipelines.publication").joinpath(f"sql/{name}.sql").read_text()
