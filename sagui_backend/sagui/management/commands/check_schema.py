"""Refuse a database on which a newer version has worked."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.loader import MigrationLoader


class Command(BaseCommand):
    """Every migration that the database knows must be one of this version."""

    help = "Refuse a database that holds migrations which this version does not know."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Run the command."""
        loader = MigrationLoader(connection)
        ours = {app for app, _ in loader.disk_migrations} | {"sagui"}
        known = set(loader.disk_migrations) | {
            replaced for migration in loader.disk_migrations.values() for replaced in migration.replaces
        }
        unknown = sorted(
            f"{app}.{name}"
            for app, name in loader.applied_migrations
            if app in ours and (app, name) not in known
        )
        if unknown:
            raise CommandError(
                f"A newer version has worked on this database: it knows {', '.join(unknown)}, which this version does not "
                "have. Nothing was changed. Start the newer version again, or restore a backup from before its start."
            )
