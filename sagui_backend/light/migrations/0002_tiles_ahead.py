"""Tiles that the cache fetches before they are published, and functions of layers that can be asked for them."""

from typing import ClassVar

from django.db import migrations, models

# What is lost in a crash was of use for a few seconds only.
_STORAGE = """
ALTER TABLE guyane.sagui_tileahead SET UNLOGGED;
ALTER TABLE guyane.sagui_tileahead ALTER content SET COMPRESSION lz4;
"""
# The same functions with one more argument come with the SQL files; both together would be ambiguous.
_FORMER_FUNCTIONS = """
DO $$
DECLARE
    former regprocedure;
BEGIN
    FOR former IN
        SELECT f.oid FROM pg_proc AS f
        WHERE f.pronamespace = 'guyane'::regnamespace AND f.prorettype = 'bytea'::regtype
            AND (f.proargnames[1:3] = ARRAY['z', 'x', 'y'] AND f.pronargs = 3
                 OR f.proname = 'tile' AND f.pronargs = 4)
    LOOP
        EXECUTE format('DROP FUNCTION %s', former);
    END LOOP;
END
$$;
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("light", "0001_initial")]

    operations: ClassVar = [
        migrations.CreateModel(
            name="TileAhead",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "layer", "z", "x", "y", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("layer", models.TextField(help_text="Source of the tile, as in sagui_tile.")),
                ("z", models.IntegerField()),
                ("x", models.IntegerField()),
                ("y", models.IntegerField()),
                ("content", models.BinaryField(help_text="Mapbox vector tile.")),
            ],
            options={"db_table": "sagui_tileahead"},
        ),
        migrations.RunSQL(_STORAGE, migrations.RunSQL.noop),
        migrations.RunSQL(_FORMER_FUNCTIONS, migrations.RunSQL.noop),
    ]
