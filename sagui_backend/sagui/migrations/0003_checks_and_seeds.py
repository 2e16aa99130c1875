"""Checks that models cannot express, and the rows every installation starts with."""

from django.db import migrations

_CHECKS = """
ALTER TABLE guyane.hyfaa_drainage ADD CONSTRAINT hyfaa_drainage_line
    CHECK (public.GeometryType(geom) IN ('LINESTRING', 'MULTILINESTRING'));
ALTER TABLE guyane.hyfaa_catchments ADD CONSTRAINT hyfaa_catchments_area
    CHECK (public.GeometryType(geom) IN ('POLYGON', 'MULTIPOLYGON'));
"""
_NO_CHECKS = """
ALTER TABLE guyane.hyfaa_catchments DROP CONSTRAINT hyfaa_catchments_area;
ALTER TABLE guyane.hyfaa_drainage DROP CONSTRAINT hyfaa_drainage_line;
"""

_SEEDS = """
INSERT INTO guyane.sagui_saguiconfig (id, max_ordem, use_dataset) VALUES (1, 12, 'assimilated');

INSERT INTO guyane.stations_reference_flow_period (id, period) VALUES
    (1, '2010-2020'), (2, '2000-2010'), (3, '1990-2000'), (4, '1980-1990');
SELECT setval(pg_get_serial_sequence('guyane.stations_reference_flow_period', 'id'), 4);

INSERT INTO guyane.sagui_atmoalertcategories
    (label, label_fr, label_en, label_pt, bounds_min, bounds_max, legend_label, alert_label, alert_code, color)
VALUES
    ('Bon', 'Bon', 'Good', 'Bom', -1000, 0.4, '< 0.4', 'Aucune', 'a0', '#00FFFF89'),
    ('Moyen', 'Moyen', 'Fair', 'Regular', 0.4, 0.6, NULL, 'Faible', 'a1', '#54C372FF'),
    ('Dégradé', 'Dégradé', 'Degraded', 'Degradado', 0.6, 0.9, NULL, 'Moyenne', 'a2', '#FFFF00FF'),
    ('Mauvais', 'Mauvais', 'Poor', 'Ruim', 0.9, 1.2, NULL, 'Haute', 'a3', '#EA4335FF'),
    ('Très mauvais', 'Très mauvais', 'Very poor', 'Muito ruim', 1.2, 1.5, NULL, 'Très haute', 'a4', '#980000FF'),
    ('Extrêmement mauvais', 'Extrêmement mauvais', 'Extremely poor', 'Extremamente ruim',
     1.5, 10000, '> 1.5', 'Critique', 'a5', '#674EA7FF');
"""


class Migration(migrations.Migration):
    dependencies = [("sagui", "0002_series")]

    operations = [
        migrations.RunSQL(_CHECKS, _NO_CHECKS),
        migrations.RunSQL(_SEEDS, migrations.RunSQL.noop),
    ]
