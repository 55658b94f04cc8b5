"""Digest: what staff are told once a day about their sources."""

from __future__ import annotations

from django.db import models

from patriot.work.leases import Leased


class Digest(Leased):
    """The mail of one day; the row is there once, however many schedulers look."""

    on = models.DateField(unique=True)
    text = models.TextField()
    recipients = models.PositiveIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"digest of {self.on}"
