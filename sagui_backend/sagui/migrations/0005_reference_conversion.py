"""What was done to reference flows before they were delivered, and where they come from."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('sagui', '0004_incidents'),
    ]

    operations = [
        migrations.AddField(
            model_name='stations',
            name='reference_conversion',
            field=models.CharField(blank=True, help_text='Formula that made the reference flows from flows f of the model; empty: none.', max_length=50, null=True),
        ),
        migrations.AddField(
            model_name='stationsreferenceflowperiod',
            name='provenance',
            field=models.TextField(db_default='', editable=False, help_text='Newest file that flows of the period were loaded from.'),
        ),
        migrations.AlterField(
            model_name='stationsreferenceflow',
            name='station',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='sagui.stations'),
        ),
        migrations.AddIndex(
            model_name='stationsreferenceflow',
            index=models.Index(fields=['station', 'period', 'day_of_year'], include=('flow',), name='stations_reference_flow_series'),
        ),
        migrations.AddConstraint(
            model_name='stations',
            constraint=models.CheckConstraint(condition=models.Q(('reference_conversion__regex', '^f(?: ?(?:\\*\\*|\\^) ?(\\d+(?:\\.\\d+)?))?(?: ?([*/]) ?(\\d+(?:\\.\\d+)?))?(?: ?([+-]) ?(\\d+(?:\\.\\d+)?))?$')), name='hyfaa_stations_reference_conversion'),
        ),
    ]
