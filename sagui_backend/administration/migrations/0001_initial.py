"""What administrators changed, the triggers that record it, and files they are about to load."""

import uuid
from importlib.resources import files
from typing import ClassVar

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

_SQL = files("sagui_backend.administration.sql")


class Migration(migrations.Migration):
    initial = True

    dependencies: ClassVar = [
        ("sagui", "0003_checks_and_seeds"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="ConfigurationChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "changed_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="changed at"
                    ),
                ),
                (
                    "what",
                    models.CharField(
                        choices=[
                            ("station", "station"),
                            ("thresholds", "thresholds"),
                            ("mask", "inclusion mask"),
                            ("dataset", "dataset"),
                            ("minimum_order", "minimum order"),
                            ("reference_flow", "reference flows"),
                            ("air_category", "air categories"),
                        ],
                        max_length=20,
                        verbose_name="what",
                    ),
                ),
                ("detail", models.TextField(db_default="", verbose_name="detail")),
                (
                    "who",
                    models.TextField(
                        help_text="Name of the administrator, else of the database role.", verbose_name="who"
                    ),
                ),
            ],
            options={
                "verbose_name": "change",
                "verbose_name_plural": "changes",
                "db_table": "sagui_configurationchange",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="ReferenceUpload",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("name", models.CharField(max_length=255)),
                ("content", models.BinaryField()),
                ("uploaded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={"db_table": "sagui_referenceupload"},
        ),
        migrations.RunSQL(
            (_SQL / "change_triggers.sql").read_text("utf-8"),
            (_SQL / "drop_change_triggers.sql").read_text("utf-8"),
        ),
    ]
