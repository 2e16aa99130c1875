"""Daily series: natural keys, one partition per year, BRIN on the date."""

from django.db import migrations, models

_ENSEMBLE = """
    elevation_mean double precision,
    flow_mean double precision,
    elevation_median double precision,
    flow_median double precision,
    elevation_stddev double precision,
    flow_stddev double precision,
    elevation_mad double precision,
    flow_mad double precision,
"""
_STATE = """
    update_time timestamptz,
    is_analysis boolean,
    flow_expected double precision,
    flow_anomaly double precision,
"""

_CREATE = f"""
CREATE TABLE guyane.hyfaa_data_mgbstandard (
    cell_id integer NOT NULL,
    date date NOT NULL,
    elevation_mean double precision,
    flow_mean double precision,
    {_STATE}
    CONSTRAINT hyfaa_data_mgbstandard_cell CHECK (cell_id >= 1),
    CONSTRAINT hyfaa_data_mgbstandard_unique_cellid_day PRIMARY KEY (cell_id, date)
) PARTITION BY RANGE (date);
CREATE INDEX hyfaa_data_mgbstandard_date_idx ON guyane.hyfaa_data_mgbstandard
    USING brin (date) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE guyane.hyfaa_data_assimilated (
    cell_id integer NOT NULL,
    date date NOT NULL,
    {_ENSEMBLE}
    {_STATE}
    CONSTRAINT hyfaa_data_assimilated_cell CHECK (cell_id >= 1),
    CONSTRAINT hyfaa_data_assimilated_unique_cellid_day PRIMARY KEY (cell_id, date)
) PARTITION BY RANGE (date);
CREATE INDEX hyfaa_data_assimilated_date_idx ON guyane.hyfaa_data_assimilated
    USING brin (date) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE guyane.hyfaa_data_forecast (
    cell_id integer NOT NULL,
    date date NOT NULL,
    {_ENSEMBLE}
    {_STATE}
    CONSTRAINT hyfaa_data_forecast_cell CHECK (cell_id >= 1),
    CONSTRAINT hyfaa_data_forecast_unique_cellid_day PRIMARY KEY (cell_id, date)
);

CREATE TABLE guyane.hyfaa_data_forecast_archive (
    issue_date date NOT NULL,
    cell_id integer NOT NULL,
    date date NOT NULL,
    {_ENSEMBLE}
    {_STATE}
    CONSTRAINT hyfaa_data_forecast_archive_cell CHECK (cell_id >= 1),
    CONSTRAINT hyfaa_data_forecast_archive_pkey PRIMARY KEY (issue_date, cell_id, date)
) PARTITION BY RANGE (issue_date);

CREATE TABLE guyane.sagui_rainfall (
    cell_id integer NOT NULL,
    date date NOT NULL,
    rain double precision NOT NULL,
    CONSTRAINT sagui_rainfall_cell CHECK (cell_id >= 1),
    CONSTRAINT sagui_rainfall_finite CHECK (rain >= 0 AND rain < 'Infinity'),
    CONSTRAINT rainfall_unique_cellid_day PRIMARY KEY (cell_id, date)
) PARTITION BY RANGE (date);
CREATE INDEX sagui_rainfall_date_idx ON guyane.sagui_rainfall
    USING brin (date) WITH (pages_per_range = 32, autosummarize = on);
"""

_DROP = """
DROP TABLE guyane.sagui_rainfall;
DROP TABLE guyane.hyfaa_data_forecast_archive;
DROP TABLE guyane.hyfaa_data_forecast;
DROP TABLE guyane.hyfaa_data_assimilated;
DROP TABLE guyane.hyfaa_data_mgbstandard;
"""


class Migration(migrations.Migration):
    dependencies = [("sagui", "0001_initial")]

    operations = [
        migrations.RunSQL(
            _CREATE,
            _DROP,
            state_operations=[
                migrations.CreateModel(
                    name='HyfaaDataAssimilated',
                    fields=[
                        ('cell_id', models.IntegerField(help_text="Minibasin, 1-based position in HYFAA's arrays.")),
                        ('date', models.DateField(help_text='Day of validity, UTC.')),
                        ('update_time', models.DateTimeField(help_text='When HYFAA computed the day.', null=True)),
                        ('is_analysis', models.BooleanField(help_text='True when satellite levels were assimilated on this day.', null=True)),
                        ('flow_expected', models.FloatField(help_text='Floating median [m3/s]; NULL in the first year.', null=True)),
                        ('flow_anomaly', models.FloatField(help_text='200 (flow - expected) / (flow + expected) [%]; NULL when either is.', null=True)),
                        ('elevation_mean', models.FloatField(null=True)),
                        ('flow_mean', models.FloatField(null=True)),
                        ('elevation_median', models.FloatField(null=True)),
                        ('flow_median', models.FloatField(null=True)),
                        ('elevation_stddev', models.FloatField(null=True)),
                        ('flow_stddev', models.FloatField(null=True)),
                        ('elevation_mad', models.FloatField(null=True)),
                        ('flow_mad', models.FloatField(null=True)),
                        ('pk', models.CompositePrimaryKey('cell_id', 'date', blank=True, editable=False, primary_key=True, serialize=False)),
                    ],
                    options={
                        'db_table': 'hyfaa_data_assimilated',
                    },
                ),
                migrations.CreateModel(
                    name='HyfaaDataForecast',
                    fields=[
                        ('cell_id', models.IntegerField(help_text="Minibasin, 1-based position in HYFAA's arrays.")),
                        ('date', models.DateField(help_text='Day of validity, UTC.')),
                        ('update_time', models.DateTimeField(help_text='When HYFAA computed the day.', null=True)),
                        ('is_analysis', models.BooleanField(help_text='True when satellite levels were assimilated on this day.', null=True)),
                        ('flow_expected', models.FloatField(help_text='Floating median [m3/s]; NULL in the first year.', null=True)),
                        ('flow_anomaly', models.FloatField(help_text='200 (flow - expected) / (flow + expected) [%]; NULL when either is.', null=True)),
                        ('elevation_mean', models.FloatField(null=True)),
                        ('flow_mean', models.FloatField(null=True)),
                        ('elevation_median', models.FloatField(null=True)),
                        ('flow_median', models.FloatField(null=True)),
                        ('elevation_stddev', models.FloatField(null=True)),
                        ('flow_stddev', models.FloatField(null=True)),
                        ('elevation_mad', models.FloatField(null=True)),
                        ('flow_mad', models.FloatField(null=True)),
                        ('pk', models.CompositePrimaryKey('cell_id', 'date', blank=True, editable=False, primary_key=True, serialize=False)),
                    ],
                    options={
                        'db_table': 'hyfaa_data_forecast',
                    },
                ),
                migrations.CreateModel(
                    name='HyfaaDataForecastArchive',
                    fields=[
                        ('cell_id', models.IntegerField(help_text="Minibasin, 1-based position in HYFAA's arrays.")),
                        ('date', models.DateField(help_text='Day of validity, UTC.')),
                        ('update_time', models.DateTimeField(help_text='When HYFAA computed the day.', null=True)),
                        ('is_analysis', models.BooleanField(help_text='True when satellite levels were assimilated on this day.', null=True)),
                        ('flow_expected', models.FloatField(help_text='Floating median [m3/s]; NULL in the first year.', null=True)),
                        ('flow_anomaly', models.FloatField(help_text='200 (flow - expected) / (flow + expected) [%]; NULL when either is.', null=True)),
                        ('elevation_mean', models.FloatField(null=True)),
                        ('flow_mean', models.FloatField(null=True)),
                        ('elevation_median', models.FloatField(null=True)),
                        ('flow_median', models.FloatField(null=True)),
                        ('elevation_stddev', models.FloatField(null=True)),
                        ('flow_stddev', models.FloatField(null=True)),
                        ('elevation_mad', models.FloatField(null=True)),
                        ('flow_mad', models.FloatField(null=True)),
                        ('pk', models.CompositePrimaryKey('issue_date', 'cell_id', 'date', blank=True, editable=False, primary_key=True, serialize=False)),
                        ('issue_date', models.DateField(help_text='Day the forecast was issued, UTC.')),
                    ],
                    options={
                        'db_table': 'hyfaa_data_forecast_archive',
                    },
                ),
                migrations.CreateModel(
                    name='HyfaaDataMgbstandard',
                    fields=[
                        ('cell_id', models.IntegerField(help_text="Minibasin, 1-based position in HYFAA's arrays.")),
                        ('date', models.DateField(help_text='Day of validity, UTC.')),
                        ('update_time', models.DateTimeField(help_text='When HYFAA computed the day.', null=True)),
                        ('is_analysis', models.BooleanField(help_text='True when satellite levels were assimilated on this day.', null=True)),
                        ('flow_expected', models.FloatField(help_text='Floating median [m3/s]; NULL in the first year.', null=True)),
                        ('flow_anomaly', models.FloatField(help_text='200 (flow - expected) / (flow + expected) [%]; NULL when either is.', null=True)),
                        ('pk', models.CompositePrimaryKey('cell_id', 'date', blank=True, editable=False, primary_key=True, serialize=False)),
                        ('elevation_mean', models.FloatField(help_text='Water level [m].', null=True)),
                        ('flow_mean', models.FloatField(help_text='Discharge [m3/s].', null=True)),
                    ],
                    options={
                        'db_table': 'hyfaa_data_mgbstandard',
                    },
                ),
                migrations.CreateModel(
                    name='SaguiRainfall',
                    fields=[
                        ('pk', models.CompositePrimaryKey('cell_id', 'date', blank=True, editable=False, primary_key=True, serialize=False)),
                        ('cell_id', models.IntegerField()),
                        ('date', models.DateField(help_text='Day of the rain, 00:00 to 24:00 UTC.')),
                        ('rain', models.FloatField(help_text='Rain [mm/day].')),
                    ],
                    options={
                        'db_table': 'sagui_rainfall',
                    },
                ),
            ],
        )
    ]
