"""The health of sources, read together with their last fetch in one query."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    CharField,
    Count,
    Exists,
    F,
    FloatField,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)

from sources.domain.health import (
    DAY,
    GAPS,
    SHORTEST_SILENCE,
    SHORTEST_SILENCE_OF_THE_SLOW,
    SLOW_BELOW_A_DAY,
    Condition,
    Health,
)
from sources.models.article import Article
from sources.models.fetch import Fetch
from sources.models.source import Source

_AWAKE = Q(is_enabled=True)
_ANSWERS = _AWAKE & Q(gone_at=None, failures=0, last_good_at__isnull=False)
CONDITIONS: dict[Condition, Q] = {
    Condition.PAUSED: Q(is_enabled=False),
    Condition.GONE: _AWAKE & Q(gone_at__isnull=False),
    Condition.ILL: _AWAKE & Q(gone_at=None, failures__gt=0),
    Condition.UNCHECKED: _AWAKE & Q(gone_at=None, failures=0, last_good_at=None),
    Condition.SILENT: _ANSWERS & Q(is_silent=True),
    Condition.HEALTHY: _ANSWERS & ~Q(is_silent=True),
}


def in_condition(sources: QuerySet[Source], condition: Condition) -> QuerySet[Source]:
    """Return those of the sources that are in this condition: the rule of Health, in SQL."""
    return _with_silence(sources).filter(CONDITIONS[condition])


def by_condition(sources: QuerySet[Source]) -> dict[Condition, int]:
    """Return how many of the sources are in each condition, in one query."""
    counted = _with_condition(sources).values("condition").annotate(total=Count("pk"))
    totals: dict[str, int] = dict(counted.values_list("condition", "total"))
    return {condition: totals.get(condition, 0) for condition in Condition}


def conditions_of_publishers(ids: Collection[int]) -> dict[int, dict[Condition, int]]:
    """Return how many sources of each publisher are in each condition, in one query."""
    theirs = _with_condition(Source.objects.curated().filter(publisher__in=ids))
    counted = theirs.values("publisher", "condition").annotate(total=Count("pk"))
    found = {pk: dict.fromkeys(Condition, 0) for pk in ids}
    for pk, condition, total in counted.values_list("publisher", "condition", "total"):
        found[pk][Condition(condition)] = total
    return found


def _with_condition(sources: QuerySet[Source]) -> QuerySet[Any]:
    """Name the condition of each source, for counting."""
    whens = [When(rule, then=Value(str(condition))) for condition, rule in CONDITIONS.items()]
    named: QuerySet[Any] = _with_silence(sources).annotate(
        condition=Case(*whens, output_field=CharField(max_length=10))
    )
    return named.order_by()


def with_last_fetch(sources: QuerySet[Source]) -> QuerySet[Any]:
    """Annotate each source with what `health_of` needs of its last fetch and its articles."""
    last = Fetch.objects.filter(source=OuterRef("pk")).order_by("-started_at")
    return sources.annotate(
        last_fetch_error=Subquery(last.values("error")[:1]),
        last_fetch_new=Subquery(last.values("new_count")[:1]),
        last_fetch_outcome=Subquery(last.values("outcome")[:1]),
        last_fetch_status=Subquery(last.values("status")[:1]),
        has_articles=Exists(Article.objects.filter(source=OuterRef("pk"))),
    )


def health_of(source: Source) -> Health:
    """Return how a source is; it comes from `with_last_fetch`."""
    return Health(
        is_enabled=source.is_enabled,
        failures=source.failures,
        ill_since=source.ill_since,
        last_good_at=source.last_good_at,
        last_error=getattr(source, "last_fetch_error", None) or source.last_error,
        last_new=getattr(source, "last_fetch_new", None),
        # A service has no status of its own; that its client reports 200 says nothing.
        last_status=None if source.is_search else getattr(source, "last_fetch_status", None),
        # Failed, and yet the source is not ill.
        was_held_back=not source.failures
        and getattr(source, "last_fetch_outcome", None) == Fetch.Outcome.FAILED,
        gone_at=source.gone_at,
        newest_entry_at=source.newest_entry_at,
        # What a search finds follows the world, not a rhythm of its own.
        articles_per_day=None if source.is_search else source.articles_per_day,
        next_look_at=source.not_before,
        moved_to=source.moved_to,
        moves_seen=source.moves_seen,
        # A search may well find nothing.
        is_barren=not source.is_search
        and source.newest_entry_at is None
        and not getattr(source, "has_articles", True),
    )


def health_for_readers(source: Source) -> Health:
    """Return how a source is, with an outlet instead of its machine, and no settings of ours."""
    health = health_of(source)
    failed = health.failures or health.was_held_back
    told = source.told_readers(health.last_error) if failed else ""
    return replace(health, last_error=told, last_status=None, next_look_at=None, moved_to="")


def _with_silence(sources: QuerySet[Source]) -> QuerySet[Any]:
    """Tell of each source whether it is silent: the rule of `patience_with`, in SQL."""
    seconds = Func(
        F("last_good_at") - F("newest_entry_at"),
        template="EXTRACT(EPOCH FROM %(expressions)s)::float8",
        output_field=FloatField(),
    )
    rule = Q(silence__gt=_seconds(SHORTEST_SILENCE), gaps__gt=_seconds(GAPS * DAY)) & (
        Q(articles_per_day__gte=SLOW_BELOW_A_DAY)
        | Q(silence__gt=_seconds(SHORTEST_SILENCE_OF_THE_SLOW))
    )
    return sources.alias(silence=seconds, gaps=F("silence") * F("articles_per_day")).alias(
        is_silent=Case(
            When(rule & Q(kind=Source.Kind.FEED), then=Value(True)),
            default=Value(False),
            output_field=BooleanField(),
        )
    )


def _seconds(length: timedelta) -> float:
    return length.total_seconds()
