"""Tables that people or pipelines fill row by row."""

import django.contrib.gis.db.models.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='HyfaaCatchments',
            fields=[
                ('mini', models.IntegerField(primary_key=True, serialize=False)),
                ('sub', models.IntegerField(help_text='Sub-basin that groups minibasins.')),
                ('geom', django.contrib.gis.db.models.fields.GeometryField(srid=4326)),
            ],
            options={
                'db_table': 'hyfaa_catchments',
            },
        ),
        migrations.CreateModel(
            name='HyfaaDrainage',
            fields=[
                ('mini', models.IntegerField(primary_key=True, serialize=False)),
                ('geom', django.contrib.gis.db.models.fields.GeometryField(srid=4326)),
            ],
            options={
                'verbose_name': 'river',
                'verbose_name_plural': 'rivers',
                'db_table': 'hyfaa_drainage',
            },
        ),
        migrations.CreateModel(
            name='HyfaaGeoInclusionMask',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(blank=True, max_length=50, null=True)),
                ('mask', django.contrib.gis.db.models.fields.PolygonField(srid=4326)),
            ],
            options={
                'verbose_name': 'inclusion mask',
                'verbose_name_plural': 'inclusion masks',
                'db_table': 'hyfaa_geo_inclusion_mask',
            },
        ),
        migrations.CreateModel(
            name='HyfaaMinibasinsData',
            fields=[
                ('mini', models.IntegerField(primary_key=True, serialize=False)),
                ('ordem', models.IntegerField(help_text='Computing order of the model: larger is further downstream.')),
                ('sub', models.IntegerField()),
                ('width', models.FloatField(help_text='River width [m].')),
                ('depth', models.FloatField(help_text='River depth [m].')),
            ],
            options={
                'db_table': 'hyfaa_minibasins_data',
            },
        ),
        migrations.CreateModel(
            name='ImportDay',
            fields=[
                ('pk', models.CompositePrimaryKey('tablename', 'date', blank=True, editable=False, primary_key=True, serialize=False)),
                ('tablename', models.CharField(max_length=50)),
                ('date', models.DateField()),
                ('time_added_jd', models.FloatField(help_text="HYFAA's time of adding, CNES Julian day.", null=True)),
                ('source_version', models.TextField(null=True)),
                ('row_count', models.IntegerField(help_text='Rows of that day; 0 when the source holds no value.')),
                ('loaded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'db_table': 'sagui_importday',
            },
        ),
        migrations.CreateModel(
            name='ImportLog',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('tablename', models.CharField(max_length=50)),
                ('run_id', models.TextField(null=True)),
                ('finished_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('source_file', models.TextField(null=True)),
                ('source_version', models.TextField(null=True)),
                ('first_date', models.DateField(null=True)),
                ('last_date', models.DateField(null=True)),
                ('rows_staged', models.BigIntegerField(null=True)),
                ('rows_inserted', models.BigIntegerField(null=True)),
                ('rows_updated', models.BigIntegerField(null=True)),
                ('rows_unchanged', models.BigIntegerField(null=True)),
                ('rows_deleted', models.BigIntegerField(null=True)),
                ('error', models.TextField(null=True)),
            ],
            options={
                'verbose_name': 'import log',
                'verbose_name_plural': 'import log',
                'db_table': 'sagui_importlog',
                'ordering': ('-id',),
            },
        ),
        migrations.CreateModel(
            name='ImportState',
            fields=[
                ('tablename', models.CharField(max_length=50, primary_key=True, serialize=False)),
                ('last_updated', models.DateTimeField(help_text='Newest data day loaded.', null=True)),
                ('last_updated_jd', models.FloatField(null=True)),
                ('update_errors', models.IntegerField(db_default=0, default=0)),
                ('last_updated_without_errors', models.DateTimeField(null=True)),
                ('last_updated_without_errors_jd', models.FloatField(null=True)),
                ('source_version', models.TextField(null=True)),
                ('first_date', models.DateField(null=True)),
                ('last_date', models.DateField(null=True)),
                ('row_count', models.BigIntegerField(null=True)),
                ('last_error', models.TextField(null=True)),
                ('last_error_at', models.DateTimeField(null=True)),
                ('n_cells', models.IntegerField(null=True)),
            ],
            options={
                'verbose_name': 'import state',
                'verbose_name_plural': 'import state',
                'db_table': 'sagui_importstate',
            },
        ),
        migrations.CreateModel(
            name='Publication',
            fields=[
                ('layer', models.TextField(primary_key=True, serialize=False)),
                ('data_version', models.TextField(help_text='Changes exactly when the content changes.')),
                ('published_at', models.DateTimeField(help_text='When this version was first published.')),
                ('first_date', models.DateField(null=True)),
                ('last_date', models.DateField(null=True)),
                ('feature_count', models.IntegerField()),
            ],
            options={
                'db_table': 'sagui_publication',
            },
        ),
        migrations.CreateModel(
            name='SqlState',
            fields=[
                ('name', models.TextField(primary_key=True, serialize=False)),
                ('sha256', models.CharField(max_length=64)),
                ('applied_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'db_table': 'sagui_sqlstate',
            },
        ),
        migrations.CreateModel(
            name='StationsReferenceFlowPeriod',
            fields=[
                ('id', models.AutoField(primary_key=True, serialize=False)),
                ('period', models.CharField(max_length=20, unique=True)),
            ],
            options={
                'verbose_name': 'reference period',
                'verbose_name_plural': 'reference periods',
                'db_table': 'stations_reference_flow_period',
                'ordering': ('-period',),
            },
        ),
        migrations.CreateModel(
            name='AtmoAlertCategories',
            fields=[
                ('label', models.CharField(max_length=50, primary_key=True, serialize=False)),
                ('label_fr', models.CharField(blank=True, db_default='', default='', max_length=50)),
                ('label_en', models.CharField(blank=True, db_default='', default='', max_length=50)),
                ('label_pt', models.CharField(blank=True, db_default='', default='', max_length=50)),
                ('bounds_min', models.FloatField()),
                ('bounds_max', models.FloatField()),
                ('legend_label', models.CharField(blank=True, help_text='Shown instead of the bounds.', max_length=50, null=True)),
                ('alert_label', models.CharField(blank=True, max_length=50, null=True)),
                ('alert_code', models.CharField(blank=True, help_text='a0 to a5.', max_length=2, null=True, unique=True)),
                ('color', models.CharField(max_length=18, validators=[django.core.validators.RegexValidator('^#[0-9A-Fa-f]{8}$', 'A colour is written #RRGGBBAA.')])),
            ],
            options={
                'verbose_name': 'air category',
                'verbose_name_plural': 'air categories',
                'db_table': 'sagui_atmoalertcategories',
                'ordering': ('bounds_min',),
                'constraints': [models.CheckConstraint(condition=models.Q(('bounds_min__lt', models.F('bounds_max'))), name='sagui_atmoalertcategories_bounds')],
            },
        ),
        migrations.CreateModel(
            name='SaguiConfig',
            fields=[
                ('id', models.SmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ('max_ordem', models.IntegerField(db_default=12, default=12, help_text='The map shows rivers of this computing order or larger.', verbose_name='smallest order shown')),
                ('use_dataset', models.CharField(choices=[('assimilated', 'with assimilated satellite levels'), ('mgbstandard', 'model only')], db_default='assimilated', default='assimilated', max_length=15)),
            ],
            options={
                'verbose_name': 'configuration',
                'verbose_name_plural': 'configuration',
                'db_table': 'sagui_saguiconfig',
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='sagui_saguiconfig_one_row'), models.CheckConstraint(condition=models.Q(('use_dataset__in', ('assimilated', 'mgbstandard'))), name='sagui_saguiconfig_dataset')],
            },
        ),
        migrations.CreateModel(
            name='Stations',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(help_text='Stable code that imports match.', max_length=50, unique=True)),
                ('name', models.CharField(max_length=50, unique=True)),
                ('river', models.CharField(blank=True, max_length=50, null=True)),
                ('threshold_drought', models.FloatField(blank=True, help_text='Drought below this flow [m3/s]; empty: no such level.', null=True)),
                ('threshold_flood_low', models.FloatField(blank=True, help_text='Low flood from this flow on [m3/s]; empty: no such level.', null=True)),
                ('threshold_flood_mid', models.FloatField(blank=True, help_text='Medium flood from this flow on [m3/s]; empty: no such level.', null=True)),
                ('threshold_flood_high', models.FloatField(blank=True, help_text='High flood from this flow on [m3/s]; empty: no such level.', null=True)),
                ('geom', django.contrib.gis.db.models.fields.PointField(blank=True, help_text='Where the map shows the station.', null=True, srid=4326)),
                ('imported', models.JSONField(db_default={}, default=dict, editable=False, help_text='Values as last imported, to recognise edits.')),
                ('minibasin', models.ForeignKey(db_column='minibasin_id', on_delete=django.db.models.deletion.PROTECT, related_name='stations', to='sagui.hyfaadrainage')),
            ],
            options={
                'verbose_name': 'station',
                'verbose_name_plural': 'stations',
                'db_table': 'hyfaa_stations',
                'ordering': ('id',),
            },
        ),
        migrations.CreateModel(
            name='AlertSubscriptions',
            fields=[
                ('email', models.EmailField(max_length=254, primary_key=True, serialize=False)),
                ('language', models.CharField(choices=[('fr', 'Français'), ('en', 'English'), ('pt-br', 'Português (Brasil)')], db_default='fr', default='fr', max_length=5)),
                ('stations_forecasts_active', models.BooleanField(db_default=False, default=False)),
                ('stations_flow_active', models.BooleanField(db_default=False, default=False)),
                ('rain_active', models.BooleanField(db_default=False, default=False)),
                ('rain_level', models.CharField(blank=True, choices=[('0', 'Any'), ('5', 'Moderate'), ('20', 'Heavy'), ('50', 'Extreme')], db_default='0', default='0', max_length=20, null=True)),
                ('atmo_active', models.BooleanField(db_default=False, default=False)),
                ('atmo_level', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, to='sagui.atmoalertcategories')),
                ('stations_watch', models.ManyToManyField(blank=True, to='sagui.stations')),
            ],
            options={
                'verbose_name': 'alert subscription',
                'verbose_name_plural': 'alert subscriptions',
                'db_table': 'sagui_alertsubscriptions',
            },
        ),
        migrations.CreateModel(
            name='StationsReferenceFlow',
            fields=[
                ('id', models.AutoField(primary_key=True, serialize=False)),
                ('day_of_year', models.IntegerField()),
                ('flow', models.FloatField(help_text='[m3/s]')),
                ('station', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='sagui.stations')),
                ('period', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='sagui.stationsreferenceflowperiod')),
            ],
            options={
                'db_table': 'stations_reference_flow',
            },
        ),
        migrations.AddConstraint(
            model_name='stations',
            constraint=models.CheckConstraint(condition=models.Q(('threshold_drought__gte', 0), ('threshold_flood_low__gte', 0), ('threshold_flood_mid__gte', 0), ('threshold_flood_high__gte', 0)), name='hyfaa_stations_thresholds_positive', violation_error_message='A threshold is a flow of 0 m3/s or more; leave it empty when there is none.'),
        ),
        migrations.AddConstraint(
            model_name='stations',
            constraint=models.CheckConstraint(condition=models.Q(('threshold_drought__lt', models.F('threshold_flood_low')), ('threshold_drought__lt', models.F('threshold_flood_mid')), ('threshold_drought__lt', models.F('threshold_flood_high')), ('threshold_flood_low__lt', models.F('threshold_flood_mid')), ('threshold_flood_low__lt', models.F('threshold_flood_high')), ('threshold_flood_mid__lt', models.F('threshold_flood_high'))), name='hyfaa_stations_thresholds_increase', violation_error_message='Thresholds must increase: drought, low, medium, high flood.'),
        ),
        migrations.AddConstraint(
            model_name='alertsubscriptions',
            constraint=models.CheckConstraint(condition=models.Q(('language__in', ('fr', 'en', 'pt-br'))), name='sagui_alertsubscriptions_language'),
        ),
        migrations.AddConstraint(
            model_name='alertsubscriptions',
            constraint=models.CheckConstraint(condition=models.Q(('rain_level__in', ('0', '5', '20', '50'))), name='sagui_alertsubscriptions_rain_level'),
        ),
        migrations.AddConstraint(
            model_name='stationsreferenceflow',
            constraint=models.UniqueConstraint(fields=('period', 'day_of_year', 'station'), name='stations_reference_flow_unique'),
        ),
        migrations.AddConstraint(
            model_name='stationsreferenceflow',
            constraint=models.CheckConstraint(condition=models.Q(('day_of_year__gte', 1), ('day_of_year__lte', 366)), name='stations_reference_flow_day'),
        ),
        migrations.AddConstraint(
            model_name='stationsreferenceflow',
            constraint=models.CheckConstraint(condition=models.Q(('flow__gte', 0)), name='stations_reference_flow_positive'),
        ),
    ]
