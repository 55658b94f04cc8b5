"""Enrich: cut articles into passages, and find out their language."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction

from patriot.work.leases import MAX_ATTEMPTS, MAX_ERROR_CHARS
from patriot.work.looks import enqueue
from sources.domain.language import detect_language
from sources.domain.passages import cut
from sources.models import Article, Passage
from sources.pipeline.index import index_articles

LEASE = timedelta(minutes=2)
RETRY_AFTER = timedelta(minutes=5)

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Enriched:
    article: Article
    passages: list[Passage]
    language: str


def enrich(article_ids: Sequence[int], *, now: datetime) -> int:
    """Cut those of these articles that wait for it; return how many were.

    A row that fails does not hold up the others; after MAX_ATTEMPTS it is dead, with the reason.
    """
    due = Article.objects.filter(pk__in=article_ids).to_enrich(now)
    done = _enrich_batch(
        due.filter(attempts=0).lease(now, until=now + LEASE, limit=len(article_ids)), now=now
    )
    # One that failed before comes alone: if it ends the worker, its neighbors do not suffer.
    suspects = due.filter(attempts__gt=0).order_by("pk").values_list("pk", flat=True)
    for pk in list(suspects):
        leased = due.filter(pk=pk).lease(now, until=now + LEASE, limit=1)
        done += _enrich_batch(leased, now=now)
    return done


def bury_exhausted(now: datetime) -> int:
    """Give up the articles that ended their worker MAX_ATTEMPTS times; return how many."""
    return int(
        Article.objects.filter(state=Article.State.NEW)
        .exhausted(now)
        .update(
            state=Article.State.DEAD,
            last_error=f"Cutting it into passages ended the worker {MAX_ATTEMPTS} times.",
        )
    )


def _enrich_batch(ids: Sequence[int], *, now: datetime) -> int:
    """Cut and store these articles, which are leased to us: together, else one by one."""
    ready = []
    for article in Article.objects.filter(pk__in=ids).order_by("pk"):
        try:
            ready.append(_enriched(article))
        except Exception as error:
            _logger.exception("Article %s could not be cut", article.pk)
            _put_back(article, error, now=now)
    try:
        return _store(ready)
    except DatabaseError:
        _logger.exception("Articles could not be stored together")
        return sum(_store_alone(each, now=now) for each in ready)


def _enriched(article: Article) -> _Enriched:
    passages = [
        Passage(
            article=article,
            version=article.version,
            number=number,
            text=text,
            sha256=hashlib.sha256(text.encode()).hexdigest(),
        )
        for number, text in cut(article.title, article.text)
    ]
    # What the words say outranks what the feed declares: claims are judged by this language.
    language = detect_language(f"{article.title}\n{article.text}") or article.language
    return _Enriched(article, passages, language)


@transaction.atomic
def _store(ready: Sequence[_Enriched]) -> int:
    """Write the passages of those that are still ours, and have a worker look at them."""
    mine = _still_mine(ready)
    Passage.objects.bulk_create(passage for each in mine for passage in each.passages)
    Article.objects.bulk_update(
        [Article(pk=each.article.pk, language=each.language) for each in mine], ["language"]
    )
    index_articles((each.article, each.language) for each in mine)
    ids = [each.article.pk for each in mine]
    Article.objects.filter(pk__in=ids).update(
        state=Article.State.ENRICHED, attempts=0, leased_until=None, last_error=""
    )
    enqueue("reports.tasks.cluster", ids)
    return len(ids)


def _still_mine(ready: Sequence[_Enriched]) -> list[_Enriched]:
    """Lock the rows and return those that nobody changed or took over since we leased them."""
    stored = {
        pk: holding
        for pk, *holding in Article.objects.filter(pk__in=[each.article.pk for each in ready])
        .order_by("pk")
        .select_for_update()
        .values_list("pk", "version", "state", "attempts", "leased_until")
    }
    return [
        each
        for each in ready
        if stored.get(each.article.pk)
        == [
            each.article.version,
            each.article.state,
            each.article.attempts,
            each.article.leased_until,
        ]
    ]


def _store_alone(each: _Enriched, *, now: datetime) -> int:
    try:
        return _store([each])
    except DatabaseError as error:
        _logger.exception("Article %s could not be stored", each.article.pk)
        _put_back(each.article, error, now=now)
        return 0


def _put_back(article: Article, error: Exception, *, now: datetime) -> None:
    """Record a failed attempt; the last one makes the article dead."""
    is_last = article.attempts >= MAX_ATTEMPTS
    Article.objects.filter(
        pk=article.pk, attempts=article.attempts, leased_until=article.leased_until
    ).update(
        state=Article.State.DEAD if is_last else Article.State.NEW,
        last_error=f"{type(error).__name__}: {error}".replace("\x00", "")[:MAX_ERROR_CHARS],
        not_before=now + RETRY_AFTER,
        leased_until=None,
    )
