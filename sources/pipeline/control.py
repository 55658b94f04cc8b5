"""What staff ask of sources and articles: fetch now, pause, resume, run again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Case, Exists, F, Func, OuterRef, QuerySet, Value, When

from patriot.work import beats
from patriot.work.looks import enqueue
from sources.domain.moves import FORMER_KEPT
from sources.models import Article, Passage, Source

# `with_former` of sources.domain.moves, in SQL.
_WITH_FORMER = Func(
    F("url"),
    F("former_urls"),
    template=f"(array_prepend(%(expressions)s))[1:{FORMER_KEPT}]",
)
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
        # One that is gone stays so, since when it was: until it answers, only those who name it
        # have it asked.
        Source.objects.filter(pk__in=due).update(not_before=now)
        enqueue("sources.tasks.collect", due)
    return Asked(due=due, busy=busy, paused=paused)


def _is_held(source: Source, now: datetime) -> bool:
    return source.leased_until is not None and source.leased_until >= now


def is_anybody_working(now: datetime) -> bool:
    """Tell whether a worker ticked lately; without one, what was asked for waits."""
    return beats.ticks(now, within=SILENCE)


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
        paused = Source.objects.curated().filter(pk__in=source_ids, is_enabled=False)
        ids = list(paused.select_for_update().order_by("pk").values_list("pk", flat=True))
        Source.objects.filter(pk__in=ids).update(
            is_enabled=True,
            gone_at=None,
            not_before=Case(
                When(kind=Source.Kind.SEARCH, then=F("not_before")), default=Value(now)
            ),
        )
    return ids


def add_tag(source_ids: Sequence[int], tag: str) -> list[int]:
    """Give these sources a tag; return those that did not have it."""
    without = Source.objects.exclude(tags__contains=[tag])
    return _change(without, source_ids, tags=Func(F("tags"), Value(tag), function="array_append"))


def remove_tag(source_ids: Sequence[int], tag: str) -> list[int]:
    """Take a tag from these sources; return those that had it."""
    tagged = Source.objects.filter(tags__contains=[tag])
    return _change(tagged, source_ids, tags=Func(F("tags"), Value(tag), function="array_remove"))


def read_pages(source_ids: Sequence[int], when: str) -> list[int]:
    """Say when these sources' article pages are read (Source.FullText); return those changed."""
    return _change(Source.objects.exclude(full_text=when), source_ids, full_text=when)


def follow_rhythm(source_ids: Sequence[int]) -> list[int]:
    """Look at these feeds as often as they bring something; return those that had an interval.

    A search keeps its interval: each look costs money.
    """
    fixed = Source.objects.filter(kind=Source.Kind.FEED, interval__isnull=False)
    return _change(fixed, source_ids, interval=None)


def adopt_new_address(source_ids: Sequence[int], now: datetime) -> list[int]:
    """Read these sources where they say they have moved for good; return those that said so.

    What was known of the old document says nothing of the new one.
    """
    moved = Source.objects.exclude(moved_to="")
    return _change(
        moved,
        source_ids,
        url=F("moved_to"),
        former_urls=_WITH_FORMER,
        moved_to="",
        moves_seen=0,
        etag="",
        last_modified="",
        body_hash="",
        gone_at=None,
        not_before=now,
    )


def _change(sources: QuerySet[Source], source_ids: Sequence[int], **changes: Any) -> list[int]:
    """Change those of `sources` that are among these; return their ids."""
    with transaction.atomic():
        chosen = sources.filter(pk__in=source_ids).select_for_update().order_by("pk")
        ids = list(chosen.values_list("pk", flat=True))
        Source.objects.filter(pk__in=ids).update(**changes)
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
