"""Correction: why a revision follows a published one. ErrorReport: what a reader found wrong."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from reports.models.claim import Claim
from reports.models.revision import Revision


class Correction(models.Model):
    """The public reason why a published revision follows another one."""

    class Kind(models.TextChoices):
        CORRECTION = "correction", "correction"
        CLARIFICATION = "clarification", "clarification"
        UPDATE = "update", "update"

    revision = models.OneToOneField(Revision, models.PROTECT, related_name="correction")
    replaced = models.OneToOneField(
        Revision,
        models.PROTECT,
        related_name="corrected_by",
        help_text="The revision that readers saw before.",
    )
    kind = models.CharField(max_length=15, choices=Kind, default=Kind.CORRECTION)
    reason = models.TextField(help_text="What was wrong, in words for readers.")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="correction_says_why"),
            models.CheckConstraint(
                condition=~Q(revision=models.F("replaced")), name="correction_follows_another"
            ),
        ]
        indexes = [
            # the corrections page and feed
            models.Index(fields=["-created_at", "-id"], name="correction_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.created_at:%Y-%m-%d}: {self.reason[:80]}"

    @property
    def anchor(self) -> str:
        """The fragment under which the corrections page has it."""
        return f"correction-{self.pk}"


class ErrorReport(models.Model):
    """What a reader found wrong with a sentence, and what became of it."""

    class State(models.TextChoices):
        OPEN = "open", "open"
        CORRECTED = "corrected", "corrected"
        DECLINED = "declined", "looked at, nothing changed"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    claim = models.ForeignKey(Claim, models.PROTECT, related_name="error_reports")
    text = models.TextField(help_text="The reader's words.")
    turned_away = models.PositiveIntegerField(
        default=0,
        db_default=0,
        help_text="How many more came about the sentence after it, and were not kept: there were "
        "too many open ones.",
    )
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    outcome = models.TextField(blank=True, help_text="What came of it, in words for the reader.")
    correction = models.ForeignKey(
        Correction, models.PROTECT, null=True, blank=True, related_name="error_reports"
    )
    created_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="errorreport_has_text"),
            models.CheckConstraint(
                condition=Q(state="open", decided_at=None)
                | (~Q(state="open") & Q(decided_at__isnull=False) & ~Q(outcome="")),
                name="errorreport_decided_with_an_outcome",
            ),
        ]
        indexes = [
            # the desk's queue, oldest first
            models.Index(fields=["created_at"], name="errorreport_open", condition=Q(state="open")),
        ]

    def __str__(self) -> str:
        return f"{self.text[:80]} ({self.get_state_display()})"

    def get_absolute_url(self) -> str:
        """Where the reader finds the outcome."""
        return reverse("reports:error_report", args=[self.public_id])
