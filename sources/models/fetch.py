"""Fetch: one attempt to read a source, with its outcome."""

from __future__ import annotations

from django.db import models

from sources.models.source import Source


class Fetch(models.Model):
    """The health record of a source: what one attempt brought, or why it brought nothing."""

    class Outcome(models.TextChoices):
        READ = "read", "read"
        UNCHANGED = "unchanged", "unchanged since the last time"
        FAILED = "failed", "failed"

    source = models.ForeignKey(Source, models.CASCADE, related_name="fetches")
    started_at = models.DateTimeField()
    took = models.DurationField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome)
    status = models.PositiveSmallIntegerField(null=True, help_text="The HTTP status, if any.")
    error = models.TextField(blank=True, help_text="What happened, in a sentence.")
    byte_count = models.PositiveIntegerField(default=0)
    entry_count = models.PositiveIntegerField(default=0)
    new_count = models.PositiveIntegerField(default=0)
    updated_count = models.PositiveIntegerField(default=0)
    skipped = models.JSONField(default=dict, help_text="Entries not kept, counted by reason.")

    class Meta:
        indexes = [
            # the history of a source, newest first
            models.Index(fields=["source", "-started_at"], name="fetch_history"),
        ]
        verbose_name_plural = "fetches"

    def __str__(self) -> str:
        return f"{self.source_id} at {self.started_at:%Y-%m-%d %H:%M:%S}: {self.outcome}"
