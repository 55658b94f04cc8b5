"""The health of sources, read together with their last fetch in one query."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from sources.domain.health import Health
from sources.models.fetch import Fetch
from sources.models.source import Source


def with_last_fetch(sources: QuerySet[Source]) -> QuerySet[Any]:
    """Annotate each source with what `health_of` needs of its last fetch."""
    last = Fetch.objects.filter(source=OuterRef("pk")).order_by("-started_at")
    return sources.annotate(
        last_fetch_error=Subquery(last.values("error")[:1]),
        last_fetch_new=Subquery(last.values("new_count")[:1]),
        last_fetch_outcome=Subquery(last.values("outcome")[:1]),
    )


def health_for_readers(source: Source) -> Health:
    """Return how a source is, with a feed's outlet instead of its machine."""
    health = health_of(source)
    if source.is_search or not health.last_error:
        return health
    return replace(health, last_error=source.told_readers(health.last_error))


def health_of(source: Source) -> Health:
    """Return how a source is; it comes from `with_last_fetch`."""
    return Health(
        is_enabled=source.is_enabled,
        failures=source.failures,
        ill_since=source.ill_since,
        last_good_at=source.last_good_at,
        last_error=getattr(source, "last_fetch_error", None) or "",
        last_new=getattr(source, "last_fetch_new", None),
        # Failed, and yet the source is not ill.
        was_held_back=not source.failures
        and getattr(source, "last_fetch_outcome", None) == Fetch.Outcome.FAILED,
    )
