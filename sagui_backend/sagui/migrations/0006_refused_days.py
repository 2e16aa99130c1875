"""Days that stand refused."""

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('sagui', '0005_reference_conversion'),
    ]

    operations = [
        migrations.CreateModel(
            name='RefusedDay',
            fields=[
                ('pk', models.CompositePrimaryKey('tablename', 'date', blank=True, editable=False, primary_key=True, serialize=False)),
                ('tablename', models.CharField(max_length=50)),
                ('date', models.DateField()),
                ('source_version', models.TextField(help_text='Content that was refused; other content is looked at again.')),
                ('fact', models.TextField()),
                ('refused_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'db_table': 'sagui_refusedday',
            },
        ),
    ]
