"""DeskNote: what staff tell each other about a report or one of its sentences."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from reports.models.report import Report


class DeskNote(models.Model):
    """A remark for colleagues; readers never see it."""

    report = models.ForeignKey(Report, models.CASCADE, related_name="desk_notes")
    origin = models.BigIntegerField(
        null=True,
        blank=True,
        help_text="The sentence that it is about, as `Claim.origin` names it; none for the whole.",
    )
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    text = models.TextField()
    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="desknote_has_text")]

    def __str__(self) -> str:
        return f"{self.text[:80]} ({self.author})"
