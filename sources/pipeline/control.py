"""What staff ask of sources and articles: fetch now, pause, resume, run again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Case, Exists, OuterRef, Value, When

from patriot.work.looks import enqueue
from sources.models import Article, Passage, Source


def fetch_now(source_ids: Sequence[int], now: datetime) -> list[int]:
    """Make these sources due and ask a worker to look; return those that are not paused."""
    with transaction.atomic():
        awake = Source.objects.enabled().filter(pk__in=source_ids)
        ids = list(awake.select_for_update().order_by("pk").values_list("pk", flat=True))
        Source.objects.filter(pk__in=ids).update(not_before=now)
        enqueue("sources.tasks.collect", ids)
    return ids


def pause(source_ids: Sequence[int]) -> int:
    """Look at these sources no more; return how many were not paused already."""
    return int(Source.objects.enabled().filter(pk__in=source_ids).update(is_enabled=False))


def resume(source_ids: Sequence[int], now: datetime) -> int:
    """Look at these paused sources again, from now on; return how many were paused."""
    paused = Source.objects.filter(pk__in=source_ids, is_enabled=False)
    return int(paused.update(is_enabled=True, not_before=now))


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
