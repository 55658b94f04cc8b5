"""Publisher: who stands behind a source."""

from __future__ import annotations

from django.db import models


class Publisher(models.Model):
    """A registrable domain, and the family that it belongs to."""

    domain = models.CharField(max_length=253, unique=True, help_text="Such as bbc.co.uk.")
    name = models.CharField(max_length=200)
    family = models.CharField(
        max_length=253,
        db_index=True,  # independence counts group by it
        help_text="Publishers of one family count as one voice. At first the domain itself.",
    )
    country = models.CharField(max_length=2, blank=True, help_text="ISO 3166 code, such as DE.")
    language = models.CharField(
        max_length=10, blank=True, help_text="In which it mostly writes, such as de or pt-br."
    )

    def __str__(self) -> str:
        return f"{self.name} ({self.domain})"
