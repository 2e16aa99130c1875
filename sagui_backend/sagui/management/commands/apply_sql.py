"""Apply the numbered SQL files: functions, views, tile functions, grants."""

from __future__ import annotations

from typing import Any

import psycopg2
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection, transaction

from sagui_backend.sagui.models import SqlState
from sagui_backend.sagui.sql_files import SqlFile, Statement, sql_files
from sagui_backend.sagui.sql_state import is_current

_LOCK = 7_306_221


class Command(BaseCommand):
    """All files in one transaction, only when one of them changed since the last time."""

    help = "Apply functions, views and grants (sagui_backend/sql) if they changed since the last time."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--force", action="store_true", help="apply even when nothing changed")

    @transaction.atomic
    def handle(self, *_args: Any, **options: Any) -> None:
        """Run the command."""
        found = sql_files()
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        try:
            current = is_current(found)
        except DatabaseError as error:
            fact = str(error).splitlines()[0]
            raise CommandError(f"sagui_sqlstate: {fact}. Run `migrate` first.") from error
        if current and not options["force"]:
            self.stdout.write("SQL files: up to date.")
            return
        for file in found:
            for statement in file.statements():
                _execute(file, statement)
        SqlState.objects.all().delete()
        SqlState.objects.bulk_create(SqlState(name=file.name, sha256=file.sha256) for file in found)
        self.stdout.write(f"SQL files: applied {', '.join(file.name for file in found)}.")


def _execute(file: SqlFile, statement: Statement) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement.text)
    except DatabaseError as error:
        cause = error.__cause__
        diagnosis = cause.diag if isinstance(cause, psycopg2.Error) else None
        position = int(diagnosis.statement_position or 1) if diagnosis else 1
        message = (diagnosis.message_primary if diagnosis else None) or str(error).strip()
        context = f" ({diagnosis.context})" if diagnosis and diagnosis.context else ""
        raise CommandError(
            f"{file.name}, line {statement.line_of(position)}: {message}{context}. "
            "Nothing was applied; correct the file, or run `migrate` first if it names a missing table."
        ) from error
