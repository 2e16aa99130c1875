"""Tables of what publications prepare for readers."""

from typing import ClassVar

from django.db import migrations, models

# Tiles are text over and over, which lz4 packs fast; values are dense and would only cost time.
_STORAGE = """
ALTER TABLE guyane.sagui_tile ALTER content SET COMPRESSION lz4;
ALTER TABLE guyane.sagui_dayvalues ALTER content SET STORAGE EXTERNAL;
"""


class Migration(migrations.Migration):
    initial = True
    dependencies: ClassVar = [("sagui", "0003_checks_and_seeds")]

    operations: ClassVar = [
        migrations.CreateModel(
            name="PreparedTile",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "layer", "z", "x", "y", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "layer",
                    models.TextField(help_text="Source of the tile: layer, and after a colon its variant."),
                ),
                ("z", models.IntegerField()),
                ("x", models.IntegerField()),
                ("y", models.IntegerField()),
                ("content", models.BinaryField(help_text="Mapbox vector tile.")),
            ],
            options={"db_table": "sagui_tile"},
        ),
        migrations.CreateModel(
            name="DayValues",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "series", "date", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("series", models.TextField()),
                ("date", models.DateField(help_text="Day of validity, UTC.")),
                ("version", models.TextField(help_text="Changes exactly when the content changes.")),
                ("content", models.BinaryField(help_text="One little-endian 16-bit number per cell.")),
            ],
            options={"db_table": "sagui_dayvalues"},
        ),
        migrations.CreateModel(
            name="Document",
            fields=[
                (
                    "path",
                    models.TextField(help_text="Path of its address.", primary_key=True, serialize=False),
                ),
                ("version", models.TextField(help_text="Changes exactly when the content changes.")),
                ("content", models.TextField(help_text="JSON.")),
            ],
            options={"db_table": "sagui_document"},
        ),
        migrations.CreateModel(
            name="CacheTag",
            fields=[
                ("tag", models.TextField(primary_key=True, serialize=False)),
                ("version", models.TextField()),
                ("told", models.TextField(help_text="NULL: never.", null=True)),
            ],
            options={"db_table": "sagui_cachetag"},
        ),
        migrations.RunSQL(_STORAGE, migrations.RunSQL.noop),
    ]
