"""Retention: how long we keep what, and the daily look at what is older.

Articles that a report stands on are kept for ever, and so are reports, the ledger and the jobs.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from patriot.work import beats
from patriot.work.models import Heartbeat
from reports.pipeline import prune as reports
from reports.pipeline.cluster import lock_stories
from sources.models import Source
from sources.pipeline import prune as sources

HEARTBEAT = "prune"
EVERY = timedelta(days=1)
# A tick comes every minute and has other things to do.
PATIENCE = timedelta(seconds=5)
TOMBSTONES = timedelta(days=730)


@dataclass(frozen=True, slots=True)
class Limits:
    """Before which moments things are old."""

    articles: datetime
    fetches: datetime
    tombstones: datetime


@dataclass(slots=True)
class Pruned:
    """How many rows of each kind were dropped, or would be."""

    articles: int = 0
    stories: int = 0
    fetches: int = 0
    tombstones: int = 0
    digests: int = 0
    imports: int = 0
    searches: int = 0
    """For a second source of one story."""

    def __str__(self) -> str:
        return ", ".join(f"{getattr(self, each.name):,} {each.name}" for each in fields(self))


def limits(now: datetime) -> Limits:
    """Return the limits of the settings."""
    return Limits(
        articles=now - timedelta(days=settings.RETENTION_DAYS),
        fetches=now - timedelta(days=settings.FETCH_RETENTION_DAYS),
        tombstones=now - TOMBSTONES,
    )


def would_prune(before: Limits) -> Pruned:
    """Return how much is old, and drop nothing.

    Stories that only lose their articles by this are not among those that are empty now.
    """
    needed = reports.needed(since=before.articles)
    return Pruned(
        articles=sources.old_articles(older_than=before.articles, needed=needed).count(),
        stories=reports.empty_stories(older_than=before.articles).count(),
        fetches=sources.count_old_fetches(older_than=before.fetches),
        tombstones=sources.old_tombstones(older_than=before.tombstones).count(),
        digests=sources.old_digests(older_than=before.fetches).count(),
        imports=sources.old_imports(older_than=before.fetches).count(),
        searches=sources.old_searches(older_than=before.articles).count(),
    )


def prune(
    now: datetime,
    *,
    before: Limits,
    patience: timedelta = timedelta.max,
    on_progress: Callable[[Pruned], None] = lambda pruned: None,
) -> tuple[Pruned, bool]:
    """Drop what is old, batch by batch; return how much, and whether that was all.

    patience: after this long no further batch is begun
    """
    pruned = Pruned()
    ends_at = time.monotonic() + min(patience, timedelta(days=1)).total_seconds()
    for name, drop in _steps(now, before=before):
        while dropped := drop():
            setattr(pruned, name, getattr(pruned, name) + dropped)
            on_progress(pruned)
            if time.monotonic() > ends_at:
                return pruned, False
    return pruned, True


def prune_daily(now: datetime) -> None:
    """Drop what is old once a day; what takes longer is gone on with at the next tick."""
    if Heartbeat.objects.filter(name=HEARTBEAT, beat_at__gt=now - EVERY).exists():
        return
    _, is_all = prune(now, before=limits(now), patience=PATIENCE)
    if is_all:
        beats.beat(HEARTBEAT, now=now)


def _steps(now: datetime, *, before: Limits) -> list[tuple[str, Callable[[], int]]]:
    """Return what drops a batch of each kind, and says how many; 0 where nothing is left."""
    needed = reports.needed(since=before.articles)
    old_digests = sources.old_digests(older_than=before.fetches)
    old_searches = sources.old_searches(older_than=before.articles)
    return [
        ("articles", lambda: _prune_articles(now, before.articles, needed)),
        ("stories", lambda: _prune_stories(before.articles)),
        ("fetches", lambda: sources.prune_fetches(older_than=before.fetches)),
        ("tombstones", lambda: sources.prune_tombstones(older_than=before.tombstones)),
        # A few hundred rows at most: one batch.
        ("digests", lambda: old_digests.delete()[0]),
        ("imports", lambda: sources.prune_imports(older_than=before.fetches)),
        ("searches", lambda: _drop_searches(old_searches)),
    ]


def _drop_searches(old: QuerySet[Source]) -> int:
    """Drop searches with what hangs on them; return how many searches that were."""
    _, by_model = old.delete()
    return by_model.get(Source._meta.label, 0)


def _prune_articles(now: datetime, older_than: datetime, needed: Q) -> int:
    with transaction.atomic():
        # Before the articles, as the clusterer does it: with an article goes its place in a story.
        lock_stories()
        return sources.prune_articles(now, older_than=older_than, needed=needed)


def _prune_stories(older_than: datetime) -> int:
    with transaction.atomic():
        lock_stories()
        return reports.prune_stories(older_than=older_than)
