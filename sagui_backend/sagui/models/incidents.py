"""What operators are told of, and the messages on their way to them. Written by the pipelines and the watchdog."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class Incident(models.Model):
    """Something that operators have to know, from its first sign to its end."""

    class Severity(models.IntegerChoices):
        """How bad it is; a larger number is worse."""

        WARNING = 1
        ERROR = 2

    key = models.TextField(help_text="Names the cause; one incident is open per cause.")
    severity = models.SmallIntegerField(choices=Severity)
    title = models.TextField()
    fact = models.TextField()
    remedy = models.TextField(db_default="")
    source = models.TextField(db_default="")
    link = models.TextField(db_default="", help_text="Address, or path below that of the Dagster UI.")
    runbook = models.TextField(db_default="", help_text="Section of the runbook.")
    subjects = ArrayField(
        models.TextField(), db_default=[], help_text="What suffers from the cause and is not well yet."
    )
    occurrences = models.IntegerField(db_default=1)
    opened_at = models.DateTimeField(db_default=Now())
    last_seen_at = models.DateTimeField(db_default=Now())
    closed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "sagui_incident"
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                name="sagui_incident_open", fields=("key",), condition=Q(closed_at__isnull=True)
            ),
            models.CheckConstraint(name="sagui_incident_severity", condition=Q(severity__in=(1, 2))),
        )

    def __str__(self) -> str:
        return self.title


class AlarmMessage(models.Model):
    """One message about an incident for one destination: kept until it is sent."""

    class Kind(models.TextChoices):
        """Occasion of a message."""

        OPENED = "opened"
        WORSENED = "worsened"
        CLOSED = "closed"

    uid = models.UUIDField(
        db_default=RandomUUID(), unique=True, help_text="By this a receiver knows a message sent twice."
    )
    incident = models.ForeignKey(Incident, models.CASCADE, related_name="messages")
    kind = models.CharField(max_length=10, choices=Kind)
    channel = models.CharField(max_length=10)
    destination = models.TextField(db_default="")
    queued_at = models.DateTimeField(db_default=Now())
    next_attempt_at = models.DateTimeField(db_default=Now())
    attempts = models.IntegerField(db_default=0)
    last_error = models.TextField(null=True)
    sent_at = models.DateTimeField(null=True)
    abandoned_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "sagui_alarmmessage"
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                name="sagui_alarmmessage_once", fields=("incident", "kind", "channel", "destination")
            ),
            models.CheckConstraint(
                name="sagui_alarmmessage_kind", condition=Q(kind__in=("opened", "worsened", "closed"))
            ),
        )
        indexes = (
            models.Index(
                name="sagui_alarmmessage_pending",
                fields=("next_attempt_at",),
                condition=Q(sent_at__isnull=True, abandoned_at__isnull=True),
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.channel} {self.destination}".strip()
