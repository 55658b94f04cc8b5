"""Enrich: cut articles into passages, find out their language, and write down their words.

Ingest does it at once for what it writes (`enriched`, `store_enriched`); the step `enrich` does
it for articles whose page was read first, and for those that failed there.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import DatabaseError, transaction

from patriot.lib.bulk import copy_rows, update_rows
from patriot.work.leases import MAX_ATTEMPTS, MAX_ERROR_CHARS
from patriot.work.looks import enqueue
from sources.domain.language import detect_language
from sources.domain.passages import cut
from sources.models import Article, Passage
from sources.pipeline.index import Words, store_words, vector_and_language

LEASE = timedelta(minutes=2)
RETRY_AFTER = timedelta(minutes=5)

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Enriched:
    """What an article is cut into, and what it is found by."""

    language: str
    title: str
    passages: list[tuple[int, str]]
    vector: bytes
    indexed: str
    """The language by whose inflection its words were cut."""


@dataclass(frozen=True, slots=True)
class Ready:
    """The same with the article's row: what is to be written."""

    article_id: int
    version: int
    newsroom: str
    published_at: datetime
    words: Enriched


def enriched(title: str, text: str, *, declared: str) -> Enriched | None:
    """Return what an article is cut into; None if that fails, which the log explains.

    declared: the language that its feed names
    """
    try:
        return _enriched(title, text, declared)
    except Exception:
        _logger.exception("An article could not be cut: %s", title[:100])
        return None


def store_enriched(ready: Sequence[Ready], *, replace: bool = False) -> None:
    """Write passages and words; inside the caller's transaction.

    replace: whether their articles may have words already
    """
    if not ready:
        return
    copy_rows(
        Passage,
        ("article_id", "version", "number", "text", "sha256"),
        (
            (each.article_id, each.version, number, text, sha256(text.encode()).hexdigest())
            for each in ready
            for number, text in each.words.passages
        ),
    )
    store_words(
        [
            Words(
                each.article_id,
                each.newsroom,
                each.words.indexed,
                each.published_at,
                each.words.vector,
                each.words.title.lower(),
            )
            for each in ready
        ],
        replace=replace,
    )


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


def _enriched(title: str, text: str, declared: str) -> Enriched:
    # What the words say outranks what the feed declares: claims are judged by this language.
    language = detect_language(f"{title}\n{text}") or declared
    found_by = vector_and_language(title, text, language)
    return Enriched(language, title, cut(title, text), *found_by)


def _enrich_batch(ids: Sequence[int], *, now: datetime) -> int:
    """Cut and store these articles, which are leased to us: together, else one by one."""
    ready: list[tuple[Article, Enriched]] = []
    articles = Article.objects.filter(pk__in=ids).select_related("source").order_by("pk")
    for article in articles:
        try:
            ready.append((article, _enriched(article.title, article.text, article.language)))
        except Exception as error:
            _logger.exception("Article %s could not be cut", article.pk)
            _put_back(article, error, now=now)
    try:
        return _store(ready)
    except DatabaseError:
        _logger.exception("Articles could not be stored together")
        return sum(_store_alone(*each, now=now) for each in ready)


@transaction.atomic
def _store(cut_up: Sequence[tuple[Article, Enriched]]) -> int:
    """Write the passages of those that are still ours, and have a worker look at them."""
    mine = _still_mine(cut_up)
    store_enriched(
        [
            Ready(article.pk, article.version, article.source.newsroom, article.published_at, words)
            for article, words in mine
        ],
        replace=True,
    )
    update_rows(
        Article, ("id", "language"), [(article.pk, words.language) for article, words in mine]
    )
    ids = [article.pk for article, _ in mine]
    Article.objects.filter(pk__in=ids).update(
        state=Article.State.ENRICHED, attempts=0, leased_until=None, last_error=""
    )
    enqueue("reports.tasks.cluster", ids)
    return len(ids)


def _still_mine(cut_up: Sequence[tuple[Article, Enriched]]) -> list[tuple[Article, Enriched]]:
    """Lock the rows and return those that nobody changed or took over since we leased them."""
    stored = {
        pk: holding
        for pk, *holding in Article.objects.filter(pk__in=[article.pk for article, _ in cut_up])
        .order_by("pk")
        .select_for_update()
        .values_list("pk", "version", "state", "attempts", "leased_until")
    }
    return [
        (article, words)
        for article, words in cut_up
        if stored.get(article.pk)
        == [article.version, article.state, article.attempts, article.leased_until]
    ]


def _store_alone(article: Article, words: Enriched, *, now: datetime) -> int:
    try:
        return _store([(article, words)])
    except DatabaseError as error:
        _logger.exception("Article %s could not be stored", article.pk)
        _put_back(article, error, now=now)
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
