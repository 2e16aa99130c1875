"""What administrators changed, and files they are about to load."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class ConfigurationChange(models.Model):
    """One edit that alters published data; written by triggers, so no edit goes unseen."""

    class What(models.TextChoices):
        """What was edited."""

        STATION = "station", _("station")
        THRESHOLDS = "thresholds", _("thresholds")
        MASK = "mask", _("inclusion mask")
        DATASET = "dataset", _("dataset")
        MINIMUM_ORDER = "minimum_order", _("minimum order")
        REFERENCE_FLOW = "reference_flow", _("reference flows")
        AIR_CATEGORY = "air_category", _("air categories")

    changed_at = models.DateTimeField(_("changed at"), db_default=Now())
    what = models.CharField(_("what"), max_length=20, choices=What)
    detail = models.TextField(_("detail"), db_default="")
    who = models.TextField(_("who"), help_text="Name of the administrator, else of the database role.")

    class Meta:
        db_table = "sagui_configurationchange"
        ordering: ClassVar = ["-id"]
        verbose_name = _("change")
        verbose_name_plural = _("changes")

    def __str__(self) -> str:
        return f"{self.get_what_display()} {self.detail}".strip()


class ReferenceUpload(models.Model):
    """A file of reference flows between its preview and its confirmation."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    name = models.CharField(max_length=255)
    content = models.BinaryField()
    uploaded_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "sagui_referenceupload"

    def __str__(self) -> str:
        return self.name
