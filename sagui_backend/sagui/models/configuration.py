"""What an administrator chooses for the whole platform."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class SaguiConfig(models.Model):
    """The one row of configuration."""

    class Dataset(models.TextChoices):
        """Series that the flow map and the stations show."""

        ASSIMILATED = "assimilated", "with assimilated satellite levels"
        MGBSTANDARD = "mgbstandard", "model only"

    id = models.SmallIntegerField(primary_key=True, default=1, editable=False)
    max_ordem = models.IntegerField(
        "smallest order shown",
        default=12,
        db_default=12,
        help_text="The map shows rivers of this computing order or larger.",
    )
    use_dataset = models.CharField(
        max_length=15, choices=Dataset, default=Dataset.ASSIMILATED, db_default=Dataset.ASSIMILATED.value
    )

    class Meta:
        db_table = "sagui_saguiconfig"
        verbose_name = verbose_name_plural = "configuration"
        constraints = (
            models.CheckConstraint(name="sagui_saguiconfig_one_row", condition=Q(id=1)),
            models.CheckConstraint(
                name="sagui_saguiconfig_dataset", condition=Q(use_dataset__in=("assimilated", "mgbstandard"))
            ),
        )

    def __str__(self) -> str:
        return "configuration"
