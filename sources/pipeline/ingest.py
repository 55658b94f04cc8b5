"""Ingest: what feeds brought becomes articles, new or changed, or is counted as skipped.

For many sources at once, in two halves. `sort_out` finds what is new and cleans it, outside any
transaction; `store` writes it, inside the caller's. Each is a constant number of queries, and the
bulk of every document, entries that we have, is recognized by its hash: never cleaned, never
written. Whoever calls holds the sources' leases, so nobody else writes their articles.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from patriot.lib.bulk import copy_new, copy_rows, update_rows
from patriot.lib.text import one_line
from patriot.work.looks import enqueue
from sources.domain.entry import Cleaned, Entry, Feed
from sources.domain.identity import content_hash, entry_hash, identity_of
from sources.domain.language import primary_language
from sources.domain.page import wants_page
from sources.domain.urls import canonical_url, names_a_page, url_hash
from sources.gateways.parser import Parser
from sources.models import Article, ArticleVersion, Source
from sources.pipeline.enrich import Enriched, Ready, enriched, store_enriched
from sources.pipeline.publishers import Byline

# A page that shows the time in every copy would fill the table with versions.
MAX_VERSIONS = 50
MAX_AUTHOR_CHARS = 200

_NOTHING = Cleaned()

KNOWN = "known"
TWICE = "duplicate in the document"
NO_TITLE_AND_NO_TEXT = "no title and no text"
CHANGES_TOO_OFTEN = "changed too often"
DROPPED = "dropped earlier"


@dataclass(frozen=True, slots=True)
class _Known:
    """An article that we have, as far as it tells whether its entry changed."""

    id: int
    entry_hash: str
    content_hash: str
    version: int
    text_length: int


@dataclass(slots=True)
class Candidate:
    """An entry, cleaned: what an article of it would hold."""

    entry: Entry
    identity: str
    entry_hash: str
    url: str
    url_hash: str
    known: _Known | None
    cleaned: Cleaned
    content_hash: str = ""


@dataclass(slots=True)
class SortedOut:
    """A source's document, sorted: what is new, what has changed, and why the rest is left out."""

    source: Source
    feed: Feed
    fresh: list[Candidate] = field(default_factory=list)
    changed: list[Candidate] = field(default_factory=list)
    remarked: list[Candidate] = field(default_factory=list)
    """Only their markup has changed: the article need but remember the entry's new hash."""
    skipped: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Ingested:
    """What became of a source's entries: each is counted once."""

    new_ids: list[int] = field(default_factory=list)
    updated_ids: list[int] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)


# --- Finding out what is new --------------------------------------------------------------------


def sort_out(
    brought: Sequence[tuple[Source, Feed]], *, parser: Parser, allow: Collection[str] = ()
) -> list[SortedOut]:
    """Compare documents with the articles that we have, and clean what is new or changed.

    allow: "host:port" pairs of pages that may be linked although they are not public

    One document per source. Raises TooHard if a document's texts break the parser's child.
    """
    if not brought:
        return []
    results = [SortedOut(source, feed, skipped=Counter(feed.skipped)) for source, feed in brought]
    entries = {each.source.pk: _by_identity(each) for each in results}
    known = _known(entries)
    buried = _buried(entries)
    for each in results:
        candidates = [
            _candidate(entry, identity, known.get((each.source.pk, identity)), allow)
            for identity, entry in entries[each.source.pk].items()
            if not _is_buried(each, identity, buried, known)
        ]
        _sort(each, _cleaned(each, candidates, parser))
    return results


def _by_identity(each: SortedOut) -> dict[str, Entry]:
    """Return a document's entries by identity, in its order; the first of equals wins."""
    entries: dict[str, Entry] = {}
    for entry in each.feed.entries:
        if entries.setdefault(identity_of(entry), entry) is not entry:
            each.skipped[TWICE] += 1
    return entries


def _pairs(entries: dict[int, dict[str, Entry]]) -> tuple[list[int], list[str]]:
    pairs = [(pk, identity) for pk, identities in entries.items() for identity in identities]
    return [pk for pk, _ in pairs], [identity for _, identity in pairs]


def _known(entries: dict[int, dict[str, Entry]]) -> dict[tuple[int, str], _Known]:
    """Return the articles that we have of these, by source and identity."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT source_id, identity, article.id, entry_hash, content_hash, version,"
            " length(text)"
            " FROM unnest(%s::bigint[], %s::text[]) AS asked(source_id, identity)"
            " JOIN sources_article AS article USING (source_id, identity)",
            _pairs(entries),
        )
        return {(row[0], row[1]): _Known(*row[2:]) for row in cursor.fetchall()}


def _buried(entries: dict[int, dict[str, Entry]]) -> set[tuple[int, str]]:
    """Return those of which we dropped the article."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT source_id, identity"
            " FROM unnest(%s::bigint[], %s::text[]) AS asked(source_id, identity)"
            " JOIN sources_tombstone USING (source_id, identity)",
            _pairs(entries),
        )
        return set(cursor.fetchall())


def _is_buried(
    each: SortedOut,
    identity: str,
    buried: set[tuple[int, str]],
    known: dict[tuple[int, str], _Known],
) -> bool:
    key = (each.source.pk, identity)
    if key not in buried or key in known:
        return False
    each.skipped[DROPPED] += 1
    return True


def _candidate(
    entry: Entry, identity: str, known: _Known | None, allow: Collection[str]
) -> Candidate:
    hashed = entry_hash(entry.title, entry.html)
    if known is not None and known.entry_hash == hashed:
        return Candidate(entry, identity, hashed, "", "", known, _NOTHING)
    url = canonical_url(entry.url, allow=allow)
    return Candidate(entry, identity, hashed, url, url_hash(url), known, _NOTHING)


def _cleaned(each: SortedOut, candidates: list[Candidate], parser: Parser) -> list[Candidate]:
    """Clean those that are new or changed, and return them; count the others."""
    wanted = [c for c in candidates if c.known is None or c.known.entry_hash != c.entry_hash]
    if len(wanted) < len(candidates):
        each.skipped[KNOWN] += len(candidates) - len(wanted)
    with_body = [candidate for candidate in wanted if candidate.entry.html]
    cleaned = parser.clean([candidate.entry.html for candidate in with_body])
    for candidate, body in zip(with_body, cleaned, strict=True):
        candidate.cleaned = body
    for candidate in wanted:
        candidate.content_hash = content_hash(candidate.entry.title, candidate.cleaned.text)
    return wanted


def _sort(each: SortedOut, candidates: Iterable[Candidate]) -> None:
    for candidate in candidates:
        if candidate.known is None:
            if candidate.entry.title or candidate.cleaned.text:
                each.fresh.append(candidate)
            else:
                each.skipped[NO_TITLE_AND_NO_TEXT] += 1
        elif not _is_changed(candidate, candidate.known, each.source):
            each.remarked.append(candidate)
            each.skipped[KNOWN] += 1
        elif candidate.known.version >= MAX_VERSIONS:
            each.skipped[CHANGES_TOO_OFTEN] += 1
        else:
            each.changed.append(candidate)


def _is_changed(candidate: Candidate, known: _Known, source: Source) -> bool:
    """Tell whether an entry says something else than the article that we have of it.

    A search reads a page a little differently at each look, with its clock and its banners:
    there it counts only when it has the page of which it had a snippet.
    """
    if candidate.content_hash == known.content_hash:
        return False
    return not source.is_search or len(candidate.cleaned.text) > 2 * known.text_length


# --- Writing it down ----------------------------------------------------------------------------


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
