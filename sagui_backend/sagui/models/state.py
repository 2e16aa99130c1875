"""What was loaded, when, from which file, and what is published. Written by pipelines and schema commands."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class ImportState(models.Model):
    """State of each imported table after its last load."""

    tablename = models.CharField(max_length=50, primary_key=True)
    last_updated = models.DateTimeField(null=True, help_text="Newest data day loaded.")
    last_updated_jd = models.FloatField(null=True)
    update_errors = models.IntegerField(default=0, db_default=0)
    last_updated_without_errors = models.DateTimeField(null=True)
    last_updated_without_errors_jd = models.FloatField(null=True)
    source_version = models.TextField(null=True)
    first_date = models.DateField(null=True)
    last_date = models.DateField(null=True)
    row_count = models.BigIntegerField(null=True)
    last_error = models.TextField(null=True)
    last_error_at = models.DateTimeField(null=True)
    n_cells = models.IntegerField(null=True)

    class Meta:
        db_table = "sagui_importstate"
        verbose_name = verbose_name_plural = "import state"

    def __str__(self) -> str:
        return self.tablename


class ImportDay(models.Model):
    """Which version of each day was loaded. For the forecast, `date` is the issue day."""

    pk = models.CompositePrimaryKey("tablename", "date")
    tablename = models.CharField(max_length=50)
    date = models.DateField()
    time_added_jd = models.FloatField(null=True, help_text="HYFAA's time of adding, CNES Julian day.")
    source_version = models.TextField(null=True)
    row_count = models.IntegerField(help_text="Rows of that day; 0 when the source holds no value.")
    loaded_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "sagui_importday"


class RefusedDay(models.Model):
    """A day whose newest content is corrupt: it was not loaded, what was loaded earlier stays."""

    pk = models.CompositePrimaryKey("tablename", "date")
    tablename = models.CharField(max_length=50)
    date = models.DateField()
    source_version = models.TextField(help_text="Content that was refused; other content is looked at again.")
    fact = models.TextField()
    refused_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "sagui_refusedday"


class ImportLog(models.Model):
    """One line per load of a table."""

    tablename = models.CharField(max_length=50)
    run_id = models.TextField(null=True)
    finished_at = models.DateTimeField(db_default=Now())
    source_file = models.TextField(null=True)
    source_version = models.TextField(null=True)
    first_date = models.DateField(null=True)
    last_date = models.DateField(null=True)
    rows_staged = models.BigIntegerField(null=True)
    rows_inserted = models.BigIntegerField(null=True)
    rows_updated = models.BigIntegerField(null=True)
    rows_unchanged = models.BigIntegerField(null=True)
    rows_deleted = models.BigIntegerField(null=True)
    error = models.TextField(null=True)

    class Meta:
        db_table = "sagui_importlog"
        ordering = ("-id",)
        verbose_name = verbose_name_plural = "import log"

    def __str__(self) -> str:
        return f"{self.tablename}, {self.finished_at:%Y-%m-%d %H:%M}"


class Publication(models.Model):
    """Content of each published layer."""

    layer = models.TextField(primary_key=True)
    data_version = models.TextField(help_text="Changes exactly when the content changes.")
    published_at = models.DateTimeField(help_text="When this version was first published.")
    first_date = models.DateField(null=True)
    last_date = models.DateField(null=True)
    feature_count = models.IntegerField()

    class Meta:
        db_table = "sagui_publication"

    def __str__(self) -> str:
        return self.layer


class SqlState(models.Model):
    """Which SQL files `apply_sql` has applied."""

    name = models.TextField(primary_key=True)
    sha256 = models.CharField(max_length=64)
    applied_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "sagui_sqlstate"

    def __str__(self) -> str:
        return self.name
