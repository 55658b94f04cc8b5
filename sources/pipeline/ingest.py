"""Ingest: what is new becomes articles, what has changed their next versions.

For many sources at once, inside the caller's transaction, in a constant number of queries.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from patriot.lib.bulk import copy_new, copy_rows, update_rows
from patriot.lib.text import one_line
from patriot.work.looks import enqueue
from sources.domain.language import primary_language
from sources.domain.page import wants_page
from sources.domain.urls import names_a_page
from sources.models import Article, ArticleVersion, Source
from sources.pipeline.enrich import Enriched, Ready, enriched, store_enriched
from sources.pipeline.publishers import Byline
from sources.pipeline.sorting import KNOWN, Candidate, SortedOut

MAX_AUTHOR_CHARS = 200


@dataclass(slots=True)
class Ingested:
    """What became of a source's entries: each is counted once."""

    new_ids: list[int] = field(default_factory=list)
    updated_ids: list[int] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class _Draft:
    """An article to be written, new or changed."""

    source: Source
    candidate: Candidate
    version: int
    state: str
    words: Enriched | None
    """Its passages and words, unless its page is read first."""
    language: str
    id: int | None = None


def store(
    sorted_out: Sequence[SortedOut], *, bylines: dict[int, Byline], now: datetime
) -> dict[int, Ingested]:
    """Keep what is new and what has changed; inside the caller's transaction.

    bylines: by the source's id; their publishers are locked

    Returns what became of each source's entries, by its id; what comes next is enqueued.
    """
    results = {each.source.pk: Ingested(skipped=each.skipped) for each in sorted_out}
    _drop_what_others_brought(sorted_out, bylines)
    created = _create(sorted_out, bylines, now=now)
    changed = _update(sorted_out, now=now)
    _remember(sorted_out)
    for draft in created:
        if draft.id is None:  # somebody was quicker; there is nothing to add
            results[draft.source.pk].skipped[KNOWN] += 1
        else:
            results[draft.source.pk].new_ids.append(draft.id)
    for draft in changed:
        if draft.id is not None:
            results[draft.source.pk].updated_ids.append(draft.id)
    _pass_on([*created, *changed])
    return results


def _drop_what_others_brought(sorted_out: Sequence[SortedOut], bylines: dict[int, Byline]) -> None:
    """Leave out what another source brought already from the same publisher.

    By the publisher's own id, or by canonical address, unless the address is a front page or
    several entries share it: then it names no article. The headline must be the same too, or a
    feed could push out another's article by using its address; not for a search, which writes
    headlines in its own way.
    """
    elsewhere = _elsewhere(sorted_out, bylines)
    for each in sorted_out:
        byline, kept = bylines[each.source.pk], []
        uses = Counter(candidate.url_hash for candidate in each.fresh)
        for candidate in each.fresh:
            is_telling = uses[candidate.url_hash] == 1 and names_a_page(candidate.url)
            others = [
                elsewhere[each.source.newsroom, byline(candidate.entry).pk, name]
                for name in _names_of(candidate, each.source, is_telling=is_telling)
            ]
            name = _brought_by(others, each.source, candidate.entry.title)
            if name is None:
                for known in others:
                    headline = candidate.entry.title.casefold()
                    known.setdefault(headline, (each.source.pk, each.source.name))
                kept.append(candidate)
            else:
                each.skipped[f"already known from {name}"] += 1
        each.fresh = kept


# By newsroom, publisher and a name of the article: by headline, who brought it.
_Elsewhere = dict[tuple[str, int, str], dict[str, tuple[int, str]]]


def _names_of(candidate: Candidate, source: Source, *, is_telling: bool) -> list[str]:
    """Return what an article is known by across the feeds of its publisher."""
    by_address = [candidate.url_hash] if is_telling else []
    by_id = [f"id {candidate.identity}"] if candidate.entry.raw_id and not source.is_search else []
    return [*by_address, *by_id]


def _elsewhere(sorted_out: Sequence[SortedOut], bylines: dict[int, Byline]) -> _Elsewhere:
    """Return who brought the addresses and ids of these before."""
    found: _Elsewhere = defaultdict(dict)
    asked = [
        (each.source.pk, bylines[each.source.pk](candidate.entry).pk, candidate)
        for each in sorted_out
        for candidate in each.fresh
    ]
    if not asked:
        return found
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT source.newsroom, article.publisher_id, article.url_hash, article.title,"
            " source.id, source.name"
            " FROM unnest(%s::bigint[], %s::text[]) AS asked(publisher_id, url_hash)"
            " JOIN sources_article AS article USING (publisher_id, url_hash)"
            " JOIN sources_source AS source ON source.id = article.source_id"
            " WHERE article.url_hash <> ''"
            " UNION ALL"
            " SELECT source.newsroom, article.publisher_id, 'id ' || article.identity,"
            " article.title, source.id, source.name"
            " FROM unnest(%s::bigint[], %s::bigint[], %s::text[])"
            " AS asked(source_id, publisher_id, identity)"
            " JOIN sources_source AS source ON source.publisher_id = asked.publisher_id"
            " AND source.id <> asked.source_id"
            " JOIN sources_article AS article ON article.source_id = source.id"
            " AND article.identity = asked.identity",
            [
                [publisher for _, publisher, _ in asked],
                [candidate.url_hash for _, _, candidate in asked],
                [source for source, _, _ in asked],
                [publisher for _, publisher, _ in asked],
                [candidate.identity for _, _, candidate in asked],
            ],
        )
        for newsroom, publisher, name, title, source_id, source_name in cursor.fetchall():
            others = found[newsroom, publisher, name]
            others.setdefault(title.casefold(), (source_id, source_name))
    return found


def _brought_by(
    others: Sequence[dict[str, tuple[int, str]]], source: Source, title: str
) -> str | None:
    """Return the name of another source that brought it, None if there is none."""
    headline = title.casefold()
    candidates = [
        found
        for known in others
        for found in (known.values() if source.is_search else [known.get(headline)])
    ]
    return next((found[1] for found in candidates if found and found[0] != source.pk), None)


def _draft(each: SortedOut, candidate: Candidate) -> _Draft:
    """Decide what comes next for an article, and cut it into passages unless it is its page."""
    entry, text = candidate.entry, candidate.cleaned.text
    version = candidate.known.version + 1 if candidate.known else 1
    declared = primary_language(entry.language or each.feed.language)
    if candidate.url and wants_page(each.source.full_text, text):
        return _Draft(each.source, candidate, version, Article.State.UNREAD, None, declared)
    words = enriched(entry.title, text, declared=declared)
    if words is None:
        return _Draft(each.source, candidate, version, Article.State.NEW, None, declared)
    state = Article.State.ENRICHED
    return _Draft(each.source, candidate, version, state, words, words.language)


_CONTENT_COLUMNS = (
    "title",
    "text",
    "html",
    "url",
    "url_hash",
    "author",
    "entry_hash",
    "content_hash",
    "state",
    "language",
    "version",
    "text_from",
    "page_error",
    "updated_at",
    "not_before",
    "attempts",
    "leased_until",
    "last_error",
)


def _content(draft: _Draft, now: datetime) -> tuple[Any, ...]:
    candidate = draft.candidate
    return (
        candidate.entry.title,
        candidate.cleaned.text,
        candidate.cleaned.html,
        candidate.url,
        candidate.url_hash,
        one_line(candidate.entry.author, max_chars=MAX_AUTHOR_CHARS),
        candidate.entry_hash,
        candidate.content_hash,
        draft.state,
        draft.language,
        draft.version,
        Article.TextFrom.FEED,
        "",
        now,
        now,
        0,
        None,
        "",
    )


_BIRTH_COLUMNS = (
    "source_id",
    "publisher_id",
    "identity",
    "published_at",
    "published_raw",
    "first_seen_at",
)


def _create(
    sorted_out: Sequence[SortedOut], bylines: dict[int, Byline], *, now: datetime
) -> list[_Draft]:
    """Write new articles with their passages and words."""
    # Documents list the newest first; oldest first, newer articles get higher ids.
    drafts = [_draft(each, fresh) for each in sorted_out for fresh in reversed(each.fresh)]
    rows = [
        (
            draft.source.pk,
            bylines[draft.source.pk](draft.candidate.entry).pk,
            draft.candidate.identity,
            _published_at(draft, now),
            draft.candidate.entry.published_raw,
            now,
            *_content(draft, now),
        )
        for draft in drafts
    ]
    ids = copy_new(
        Article, (*_BIRTH_COLUMNS, *_CONTENT_COLUMNS), rows, conflict=("source", "identity")
    )
    for draft, pk in zip(drafts, ids, strict=True):
        draft.id = pk
    store_enriched(
        [
            Ready(
                draft.id,
                draft.version,
                draft.source.newsroom,
                _published_at(draft, now),
                draft.words,
            )
            for draft in drafts
            if draft.words and draft.id is not None
        ]
    )
    return drafts


def _published_at(draft: _Draft, now: datetime) -> datetime:
    return min(draft.candidate.entry.published_at or now, now)


def _update(sorted_out: Sequence[SortedOut], *, now: datetime) -> list[_Draft]:
    """Give changed articles their new text, and keep the old one as a version."""
    drafts = {
        candidate.known.id: _draft(each, candidate)
        for each in sorted_out
        for candidate in each.changed
        if candidate.known
    }
    if not drafts:
        return []
    # Locked in the order in which every step locks articles, so that none waits in a circle.
    stored = list(Article.objects.filter(pk__in=drafts).order_by("pk").select_for_update())
    copy_rows(
        ArticleVersion,
        ("article_id", "number", "title", "text", "content_hash", "replaced_at"),
        [(old.pk, old.version, old.title, old.text, old.content_hash, now) for old in stored],
    )
    for old in stored:
        drafts[old.pk].id, drafts[old.pk].version = old.pk, old.version + 1
    rows = [(old.pk, *_content(drafts[old.pk], now)) for old in stored]
    update_rows(Article, ("id", *_CONTENT_COLUMNS), rows)
    store_enriched(
        [
            Ready(old.pk, old.version + 1, draft.source.newsroom, old.published_at, draft.words)
            for old in stored
            if (draft := drafts[old.pk]).words
        ],
        replace=True,
    )
    return [drafts[old.pk] for old in stored]


def _remember(sorted_out: Sequence[SortedOut]) -> None:
    """Note the new hashes of entries of which only the markup has changed."""
    remarked = [
        (candidate.known.id, candidate.entry_hash)
        for each in sorted_out
        for candidate in each.remarked
        if candidate.known
    ]
    update_rows(Article, ("id", "entry_hash"), remarked)


def _pass_on(drafts: Sequence[_Draft]) -> None:
    """Have a worker do what comes next, if this transaction commits."""
    for state, task in (
        (Article.State.UNREAD, "sources.tasks.read_pages"),
        (Article.State.NEW, "sources.tasks.enrich"),
        (Article.State.ENRICHED, "reports.tasks.cluster"),
    ):
        enqueue(task, [draft.id for draft in drafts if draft.id and draft.state == state])
