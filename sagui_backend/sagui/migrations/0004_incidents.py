"""What operators are told of, and the messages on their way."""

import django.contrib.postgres.fields
import django.contrib.postgres.functions
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('sagui', '0003_checks_and_seeds'),
    ]

    operations = [
        migrations.CreateModel(
            name='Incident',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.TextField(help_text='Names the cause; one incident is open per cause.')),
                ('severity', models.SmallIntegerField(choices=[(1, 'Warning'), (2, 'Error')])),
                ('title', models.TextField()),
                ('fact', models.TextField()),
                ('remedy', models.TextField(db_default='')),
                ('source', models.TextField(db_default='')),
                ('link', models.TextField(db_default='', help_text='Address, or path below that of the Dagster UI.')),
                ('runbook', models.TextField(db_default='', help_text='Section of the runbook.')),
                ('subjects', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), db_default=[], help_text='What suffers from the cause and is not well yet.', size=None)),
                ('occurrences', models.IntegerField(db_default=1)),
                ('opened_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('last_seen_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('closed_at', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'sagui_incident',
                'ordering': ('-id',),
                'constraints': [models.UniqueConstraint(condition=models.Q(('closed_at__isnull', True)), fields=('key',), name='sagui_incident_open'), models.CheckConstraint(condition=models.Q(('severity__in', (1, 2))), name='sagui_incident_severity')],
            },
        ),
        migrations.CreateModel(
            name='AlarmMessage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), help_text='By this a receiver knows a message sent twice.', unique=True)),
                ('kind', models.CharField(choices=[('opened', 'Opened'), ('worsened', 'Worsened'), ('closed', 'Closed')], max_length=10)),
                ('channel', models.CharField(max_length=10)),
                ('destination', models.TextField(db_default='')),
                ('queued_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('next_attempt_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('attempts', models.IntegerField(db_default=0)),
                ('last_error', models.TextField(null=True)),
                ('sent_at', models.DateTimeField(null=True)),
                ('abandoned_at', models.DateTimeField(null=True)),
                ('incident', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='sagui.incident')),
            ],
            options={
                'db_table': 'sagui_alarmmessage',
                'ordering': ('id',),
                'indexes': [models.Index(condition=models.Q(('abandoned_at__isnull', True), ('sent_at__isnull', True)), fields=['next_attempt_at'], name='sagui_alarmmessage_pending')],
                'constraints': [models.UniqueConstraint(fields=('incident', 'kind', 'channel', 'destination'), name='sagui_alarmmessage_once'), models.CheckConstraint(condition=models.Q(('kind__in', ('opened', 'worsened', 'closed'))), name='sagui_alarmmessage_kind')],
            },
        ),
    ]
