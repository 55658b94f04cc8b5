"""Publisher: who stands behind a source."""

from __future__ import annotations

from django.db import models

# What the domain of a publisher ends in that is not known yet: never anybody's (RFC 6761).
INVENTED = ".invalid"
# What clients are told of these two.
DOMAIN = "Registrable, such as bbc.co.uk; empty while it is not known who publishes."
FAMILY = "At first the domain; empty while that is not known: then it is a voice of its own."


def known_or_empty(name: str) -> str:
    """Return a domain or family as readers and clients may see it; empty while it is invented."""
    return "" if name.endswith(INVENTED) else name


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

    @property
    def is_known(self) -> bool:
        """Whether anybody knows who it is; until then its domain is invented."""
        return not self.domain.endswith(INVENTED)

    @property
    def told_domain(self) -> str:
        """Its domain as readers and clients may see it; empty while it is invented."""
        return known_or_empty(self.domain)

    @property
    def told_family(self) -> str:
        """Its family as readers and clients may see it; empty while it is invented."""
        return known_or_empty(self.family)

    def __str__(self) -> str:
        return f"{self.name} ({self.domain})"
