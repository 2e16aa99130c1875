"""How far loads, edits and geography have come: what differs from the newest publication's marks is yet to publish."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files

import sqlalchemy as sa

from sagui_pipelines.postgis.engine import transaction


@dataclass(frozen=True)
class Marks:
    """State of everything that a publication covers.

    Attributes:
        imports: changes with every load that changed a row.
        edits: changes with every edit of an administrator.
        geography: changes with every run that loaded geography.
    """

    imports: str
    edits: str
    geography: str

    def __str__(self) -> str:
        return f"imports {self.imports}, edits {self.edits}, geography {self.geography}"


# An empty platform, of which there is nothing to publish.
NOTHING = Marks("0/0", "0/0", "0")


def read_marks(engine: sa.Engine, geography: str) -> Marks:
    """Marks of this moment.

    Args:
        engine: with the pipelines' role.
        geography: the part that only Dagster knows.

    Raises:
        DatabaseUnavailable, SchemaOutdated: see `postgis.engine.transaction`.
    """
    statement = files("sagui_pipelines.publication").joinpath("sql/marks.sql").read_text()
    with transaction(engine) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        imports, edits = cursor.fetchone() or ("", "")
    return Marks(imports, edits, geography)


def parse_marks(text: str) -> Marks:
    """Marks from the text that `str` makes of them; anything else differs from all marks."""
    words = [part.rpartition(" ")[2] for part in text.split(", ")]
    return Marks(*words) if len(words) == 3 else Marks("", "", "")
