"""An edit of the formula behind a station's reference flows is recorded, too."""

from importlib.resources import files
from typing import ClassVar

from django.db import migrations

_SQL = files("sagui_backend.administration.sql")


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("administration", "0001_initial"),
        ("sagui", "0005_reference_conversion"),
    ]

    operations: ClassVar = [
        migrations.RunSQL(
            (_SQL / "conversion_trigger.sql").read_text("utf-8"),
            "DROP FUNCTION guyane.record_conversion_change() CASCADE;",
        ),
    ]
