"""Tiles that the cache fetches before they are published, and functions of layers that can be asked for them."""

from typing import ClassVar

from django.db import migrations

# The same columns as sagui_tile, read and written by SQL only. What is lost in a crash was of use for a few seconds.
_TABLE = "CREATE UNLOGGED TABLE guyane.sagui_tileahead (LIKE guyane.sagui_tile INCLUDING ALL)"
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
        migrations.RunSQL(_TABLE, "DROP TABLE guyane.sagui_tileahead"),
        migrations.RunSQL(_FORMER_FUNCTIONS, migrations.RunSQL.noop),
    ]
