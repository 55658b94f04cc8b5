"""Host: a server that we read pages from, and what its robots.txt allows."""

from __future__ import annotations

from django.db import models


class Host(models.Model):
    """What a server's robots.txt said, and until when we go by it (RFC 9309 §2.4)."""

    authority = models.CharField(
        max_length=270, unique=True, help_text="Scheme, name and port, such as https://bbc.co.uk."
    )
    robots = models.TextField(blank=True, help_text="The file, cut to what we read of it.")
    status = models.PositiveSmallIntegerField(null=True, help_text="With what it answered.")
    read_at = models.DateTimeField()
    fresh_until = models.DateTimeField()

    def __str__(self) -> str:
        return self.authority
