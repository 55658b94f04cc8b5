"""Sorting: what of documents is new or has changed, before anything is written.

For many sources at once, outside any transaction, in a constant number of queries. The bulk of
every document, entries that we have, is recognized by its hash: never cleaned, never written.
Whoever calls holds the sources' leases, so nobody else writes their articles meanwhile.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from django.db import connection

from sources.domain.entry import Cleaned, Entry, Feed
from sources.domain.identity import content_hash, entry_hash, identity_of
from sources.domain.urls import canonical_url, url_hash
from sources.gateways.parser import Parser
from sources.models import Source

# A page that shows the time in every copy would fill the table with versions.
MAX_VERSIONS = 50

_NOTHING = Cleaned()

KNOWN = "known"
TWICE = "duplicate in the document"
NO_TITLE_AND_NO_TEXT = "no title and no text"
CHANGES_TOO_OFTEN = "changed too often"
DROPPED = "dropped earlier"


@dataclass(frozen=True, slots=True)
class Known:
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
    known: Known | None
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


def _known(entries: dict[int, dict[str, Entry]]) -> dict[tuple[int, str], Known]:
    """Return the articles that we have of these, by source and identity."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT source_id, identity, article.id, entry_hash, content_hash, version,"
            " length(text)"
            " FROM unnest(%s::bigint[], %s::text[]) AS asked(source_id, identity)"
            " JOIN sources_article AS article USING (source_id, identity)",
            _pairs(entries),
        )
        return {(row[0], row[1]): Known(*row[2:]) for row in cursor.fetchall()}


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
    known: dict[tuple[int, str], Known],
) -> bool:
    key = (each.source.pk, identity)
    if key not in buried or key in known:
        return False
    each.skipped[DROPPED] += 1
    return True


def _candidate(
    entry: Entry, identity: str, known: Known | None, allow: Collection[str]
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


def _is_changed(candidate: Candidate, known: Known, source: Source) -> bool:
    """Tell whether an entry says something else than the article that we have of it.

    A search reads a page a little differently at each look, with its clock and its banners:
    there it counts only when it has the page of which it had a snippet.
    """
    if candidate.content_hash == known.content_hash:
        return False
    return not source.is_search or len(candidate.cleaned.text) > 2 * known.text_length
