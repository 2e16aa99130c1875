"""Whether the database holds the SQL objects of this version."""

from __future__ import annotations

from collections.abc import Sequence

from sagui_backend.sagui.models import SqlState
from sagui_backend.sagui.sql_files import SqlFile, sql_files


def is_current(files: Sequence[SqlFile] | None = None) -> bool:
    """True when exactly these files, by default those of this version, were applied."""
    wanted = {file.name: file.sha256 for file in (sql_files() if files is None else files)}
    return dict(SqlState.objects.values_list("name", "sha256")) == wanted
