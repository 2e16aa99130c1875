"""What a publication prepares for readers. Written by the pipelines, read as it is."""

from __future__ import annotations

from django.db import models


class PreparedTile(models.Model):
    """A finished tile of a low zoom."""

    pk = models.CompositePrimaryKey("layer", "z", "x", "y")
    layer = models.TextField(help_text="Source of the tile: layer, and after a colon its variant.")
    z = models.IntegerField()
    x = models.IntegerField()
    y = models.IntegerField()
    content = models.BinaryField(help_text="Mapbox vector tile.")

    class Meta:
        db_table = "sagui_tile"


class DayValues(models.Model):
    """All values of a series on a day."""

    pk = models.CompositePrimaryKey("series", "date")
    series = models.TextField()
    date = models.DateField(help_text="Day of validity, UTC.")
    version = models.TextField(help_text="Changes exactly when the content changes.")
    content = models.BinaryField(help_text="One little-endian 16-bit number per cell.")

    class Meta:
        db_table = "sagui_dayvalues"


class Document(models.Model):
    """A finished answer; `{origin}` in it stands for scheme and host of the request."""

    path = models.TextField(primary_key=True, help_text="Path of its address.")
    version = models.TextField(help_text="Changes exactly when the content changes.")
    content = models.TextField(help_text="JSON.")

    class Meta:
        db_table = "sagui_document"

    def __str__(self) -> str:
        return self.path


class CacheTag(models.Model):
    """What the cache in front must hear of: content under a tag, and which of its versions the cache was told."""

    tag = models.TextField(primary_key=True)
    version = models.TextField()
    told = models.TextField(null=True, help_text="NULL: never.")

    class Meta:
        db_table = "sagui_cachetag"

    def __str__(self) -> str:
        return self.tag
