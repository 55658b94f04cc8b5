"""What staff ask of sources and articles: fetch now, pause, resume, run again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Case, Exists, F, OuterRef, Value, When

from patriot.work.looks import enqueue
from patriot.work.models import Heartbeat
from sources.models import Article, Passage, Source

# The worker ticks every minute; after so long without a tick it is taken for stopped.
SILENCE = timedelta(minutes=3)


@dataclass(frozen=True, slots=True)
class Asked:
    """What became of the wish to fetch some sources now, by their ids."""

    due: list[int]
    """A worker will look at these."""
    busy: list[int]
    """A worker is looking at these already."""
    paused: list[int]


def fetch_now(source_ids: Sequence[int], now: datetime) -> Asked:
    """Make these sources due and ask a worker to look; leave those alone that cannot be."""
    with transaction.atomic():
        chosen = Source.objects.filter(pk__in=source_ids).select_for_update().order_by("pk")
        paused = [source.pk for source in chosen if not source.is_enabled]
        busy = [source.pk for source in chosen if source.is_enabled and _is_held(source, now)]
        due = [source.pk for source in chosen if source.pk not in {*paused, *busy}]
        Source.objects.filter(pk__in=due).update(not_before=now)
        enqueue("sources.tasks.collect", due)
    return Asked(due=due, busy=busy, paused=paused)


def _is_held(source: Source, now: datetime) -> bool:
    return source.leased_until is not None and source.leased_until >= now


def is_anybody_working(now: datetime) -> bool:
    """Tell whether a worker ticked lately; without one, what was asked for waits."""
    return Heartbeat.objects.filter(beat_at__gte=now - SILENCE).exists()


def pause(source_ids: Sequence[int]) -> list[int]:
    """Look at these sources no more; return those that were not paused already."""
    with transaction.atomic():
        awake = Source.objects.enabled().filter(pk__in=source_ids)
        ids = list(awake.select_for_update().order_by("pk").values_list("pk", flat=True))
        Source.objects.filter(pk__in=ids).update(is_enabled=False)
    return ids


def resume(source_ids: Sequence[int], now: datetime) -> list[int]:
    """Look at these paused sources again, from now on; return those that were paused.

    A search keeps its time: pausing it is no way to be asked more often than its interval.
    """
    with transaction.atomic():
        paused = Source.objects.filter(pk__in=source_ids, is_enabled=False)
        ids = list(paused.select_for_update().order_by("pk").values_list("pk", flat=True))
        Source.objects.filter(pk__in=ids).update(
            is_enabled=True,
            not_before=Case(
                When(kind=Source.Kind.SEARCH, then=F("not_before")), default=Value(now)
            ),
        )
    return ids


def run_again(article_ids: Sequence[int], now: datetime) -> list[int]:
    """Put dead articles back on the belt where they fell off it; return those that were dead."""
    with transaction.atomic():
        dead = Article.objects.filter(pk__in=article_ids, state=Article.State.DEAD)
        ids = list(dead.select_for_update().order_by("pk").values_list("pk", flat=True))
        has_passages = Exists(
            Passage.objects.filter(article=OuterRef("pk"), version=OuterRef("version"))
        )
        Article.objects.filter(pk__in=ids).annotate(has_passages=has_passages).update(
            state=Case(
                When(has_passages=True, then=Value(Article.State.ENRICHED)),
                default=Value(Article.State.NEW),
            ),
            attempts=0,
            leased_until=None,
            not_before=now,
        )
        enqueue("sources.tasks.enrich", ids)
        enqueue("reports.tasks.cluster", ids)
    return ids
