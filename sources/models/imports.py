"""Import: a list of feeds that somebody brought, before and after it was taken in."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Import(models.Model):
    """An uploaded OPML or CSV file, read: what each row is, and what would become of it."""

    name = models.CharField(max_length=200, help_text="Of the file.")
    rows = models.JSONField(default=list, help_text="One object per row, in the file's order.")
    notes = models.JSONField(default=list, help_text="What was wrong with the file, in sentences.")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True, blank=True)

    @property
    def subject(self) -> str:
        """What its job is about."""
        return f"import {self.pk}"

    def __str__(self) -> str:
        return f"{self.name} of {self.created_at:%Y-%m-%d %H:%M}"
