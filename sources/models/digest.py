"""Digest: what staff are told once a day about their sources."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.db import models

from patriot.work.leases import MAX_ATTEMPTS, Leased, LeasedQuerySet


class DigestQuerySet(LeasedQuerySet):
    def to_send(self, now: datetime) -> Self:
        """Digests that are still to be mailed."""
        return self.filter(sent_at=None).startable(now)

    def unsent(self) -> Self:
        """Digests whose mail could not be sent and is not tried again."""
        return self.filter(sent_at=None, attempts__gte=MAX_ATTEMPTS)


class Digest(Leased):
    """The mail of one day; the row is there once, however many schedulers look."""

    on = models.DateField(unique=True, help_text="The local day.")
    text = models.TextField(help_text="Empty: there was nothing to tell.")
    told = models.JSONField(
        default=dict, help_text="How the sources were, by condition: what the next one knows."
    )
    recipients = models.PositiveIntegerField(default=0)
    sent_at = models.DateTimeField(
        null=True, blank=True, help_text="When it was settled: mailed, or kept here."
    )

    objects = DigestQuerySet.as_manager()

    def __str__(self) -> str:
        return f"digest of {self.on}"

    @property
    def is_given_up(self) -> bool:
        """Whether its mail could not be sent and is not tried again."""
        return self.sent_at is None and self.attempts >= MAX_ATTEMPTS
