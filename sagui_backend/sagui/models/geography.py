"""Rivers, catchments and the mask that restricts what the map shows. Coordinates: EPSG:4326."""

from __future__ import annotations

from django.contrib.gis.db import models


class HyfaaDrainage(models.Model):
    """River line of each minibasin."""

    mini = models.IntegerField(primary_key=True)
    geom = models.GeometryField(srid=4326)

    class Meta:
        db_table = "hyfaa_drainage"
        verbose_name = "river"
        verbose_name_plural = "rivers"

    def __str__(self) -> str:
        return str(self.mini)


class HyfaaCatchments(models.Model):
    """Land that drains to the river of each minibasin."""

    mini = models.IntegerField(primary_key=True)
    sub = models.IntegerField(help_text="Sub-basin that groups minibasins.")
    geom = models.GeometryField(srid=4326)

    class Meta:
        db_table = "hyfaa_catchments"


class HyfaaMinibasinsData(models.Model):
    """Attributes of each minibasin."""

    mini = models.IntegerField(primary_key=True)
    ordem = models.IntegerField(help_text="Computing order of the model: larger is further downstream.")
    sub = models.IntegerField()
    width = models.FloatField(help_text="River width [m].")
    depth = models.FloatField(help_text="River depth [m].")

    class Meta:
        db_table = "hyfaa_minibasins_data"


class HyfaaGeoInclusionMask(models.Model):
    """Areas whose rivers the map shows; everything is shown while there is none."""

    name = models.CharField(max_length=50, null=True, blank=True)
    mask = models.PolygonField(srid=4326)

    class Meta:
        db_table = "hyfaa_geo_inclusion_mask"
        verbose_name = "inclusion mask"
        verbose_name_plural = "inclusion masks"

    def __str__(self) -> str:
        return self.name or f"mask {self.pk}"
