"""Importing: read somebody's list of feeds, say of each what it is, and take in the new ones.

Errors:

* Unreadable   the list gives nothing; its sentence says why (sources.gateways.unreadable)
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from patriot.lib import outbound
from patriot.lib.text import one_line
from sources.domain.adding import NewFeed, address_key, feed_address
from sources.domain.outlines import (
    OurFeed,
    Outline,
    Outlines,
    firsts,
    merged,
    tags_of,
    unspelled,
)
from sources.gateways.parser import Parser
from sources.gateways.unreadable import WrongKind
from sources.models import Import, Source
from sources.pipeline.adding import add_feeds, watched

MAX_BYTES = 20_000_000
FOLDERS_TOLD = 20
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,6})?\Z")
STARTER = Path(__file__).resolve().parents[1] / "starter" / "feeds.opml"


class Verdict(StrEnum):
    """What a row of a list is to us."""

    NEW = "new"
    KNOWN = "known"
    TWIN = "twice"
    REFUSED = "refused"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a list, with what becomes of it."""

    number: int
    """Its place among the feeds of the file, from 1."""
    url: str
    verdict: str
    in_words: str
    """The verdict in words, such as "known as The Courier"."""
    name: str = ""
    site_url: str = ""
    language: str = ""
    tags: tuple[str, ...] = ()
    source: int | None = None
    """The id of the source that it is or became."""

    def as_feed(self) -> NewFeed:
        return NewFeed(
            url=self.url,
            name=self.name,
            site_url=self.site_url,
            tags=self.tags,
            language=self.language,
        )


@dataclass(frozen=True, slots=True)
class Preview:
    """A list with the verdict on each of its rows. Nothing is saved yet."""

    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    title: str = ""

    @property
    def counts(self) -> dict[str, int]:
        """How many rows have each verdict; those that none has are left out."""
        return counts_of(row.verdict for row in self.rows)


def counts_of(verdicts: Iterable[str]) -> dict[str, int]:
    """Return how often each verdict occurs, in their order."""
    found = Counter(verdicts)
    return {str(verdict): found[verdict] for verdict in Verdict if found[verdict]}


# --- Reading ------------------------------------------------------------------------
def read_list(content: bytes, *, parser: Parser) -> Outlines:
    """Read a list of feeds: OPML, CSV, bookmarks, or an address on each line.

    Raises Unreadable.
    """
    if len(content) > MAX_BYTES:
        raise WrongKind(f"The file is larger than {MAX_BYTES // 1_000_000} MB.")
    found = parser.ask("outlines", content)
    return Outlines(
        title=found["title"],
        feeds=tuple(_outline(feed) for feed in found["feeds"]),
        notes=tuple(found["notes"]),
    )


def _outline(fields: dict[str, Any]) -> Outline:
    folders, categories = tuple(fields.pop("folders")), tuple(fields.pop("categories"))
    return Outline(**fields, folders=folders, categories=categories)


# --- The dry run --------------------------------------------------------------------
def preview(
    found: Outlines,
    *,
    tags: Sequence[str] = (),
    newsroom: str = "",
    allow: Collection[str] = (),
) -> Preview:
    """Say of each row what would become of it. Saves nothing; one query.

    tags:  for all of them, before each one's own
    allow: what may be reached beyond the outbound policy, as "host:port"
    """
    first = firsts([feed.url for feed in found.feeds])
    feeds = merged(found.feeds, first)
    rows = [
        Row(
            number=place + 1,
            url=feed.url,
            verdict=Verdict.NEW,
            in_words="new",
            name=feed.name,
            site_url=feed.site_url,
            language=_language(feed.language),
            tags=tuple(dict.fromkeys((*tags, *tags_of(feed)))),
        )
        for place, feed in enumerate(feeds)
    ]
    notes = (*found.notes, *_told_of_folders(found.feeds))
    return Preview(tuple(_judged(rows, newsroom=newsroom, allow=allow)), notes, found.title)


def _judged(rows: Sequence[Row], *, newsroom: str, allow: Collection[str]) -> list[Row]:
    known = watched(newsroom)
    first = firsts([row.url for row in rows])
    allow = frozenset(allow)  # looked into for each row
    return [
        _told(row, first=rows[first[place]], known=known, allow=allow)
        for place, row in enumerate(rows)
    ]


def _told(row: Row, *, first: Row, known: dict[str, Source], allow: Collection[str]) -> Row:
    """Return the row with its verdict: the worst that can be said of it."""
    if refusal := _refusal(row.url, allow):
        return replace(row, verdict=Verdict.REFUSED, in_words=f"refused: {refusal}")
    if first.number != row.number:
        return replace(
            row, verdict=Verdict.TWIN, in_words=f"twice in the file (row {first.number})"
        )
    if source := known.get(address_key(row.url)):
        words = f"known as {source.name}"
        return replace(row, verdict=Verdict.KNOWN, in_words=words, source=source.pk)
    return replace(row, verdict=Verdict.NEW, in_words="new", source=None)


def _refusal(url: str, allow: Collection[str]) -> str:
    """Return why an address cannot be a feed's here, "" if it can."""
    try:
        outbound.check_url(url, allow=allow)
    except outbound.Forbidden as error:
        return str(error)
    return "" if feed_address(url) else "The address is malformed."


def _language(declared: str) -> str:
    """Return a language such as "pt-br", "" for what is none: many readers write "unknown"."""
    language = declared.strip().lower().replace("_", "-")
    return language if _LANGUAGE.match(language) else ""


def _told_of_folders(feeds: Iterable[Outline]) -> list[str]:
    notes = [
        f"The folder “{name}” becomes the tag “{tag}”: tags are written in a to z."
        if tag
        else f"The folder “{name}” becomes no tag: its name has no letter and no digit."
        for name, tag in unspelled(feeds).items()
    ]
    more = len(notes) - FOLDERS_TOLD
    return notes if more <= 0 else [*notes[:FOLDERS_TOLD], f"So do {more} more folders."]


# --- Taking in ----------------------------------------------------------------------
def apply(
    rows: Sequence[Row], *, newsroom: str = "", allow: Collection[str] = (), now: datetime
) -> list[Row]:
    """Make sources of the rows that are new by now; return all with what became of them."""
    with transaction.atomic():
        judged = _judged(rows, newsroom=newsroom, allow=allow)
        fresh = [row.as_feed() for row in judged if row.verdict == Verdict.NEW]
        added = add_feeds(fresh, newsroom=newsroom, now=now)
        by_key = {address_key(source.url): source for source in added.sources}
    return [_taken(row, by_key) for row in judged]


def _taken(row: Row, added: dict[str, Source]) -> Row:
    source = added.get(address_key(row.url))
    if row.verdict != Verdict.NEW:
        return row
    if source is None:  # somebody else added it in the same moment
        return replace(row, verdict=Verdict.KNOWN, in_words="known")
    words = f"added as {source.name}"
    return replace(row, verdict=Verdict.ADDED, in_words=words, source=source.pk)


# --- Imports that wait for somebody's word --------------------------------------------
def keep(found: Preview, *, name: str, author: Any, now: datetime) -> Import:
    """Store a list with its dry run, to be looked at and then applied."""
    return Import.objects.create(
        name=one_line(name, max_chars=200) or "a list",
        rows=[asdict(row) for row in found.rows],
        notes=list(found.notes),
        author=author,
        created_at=now,
    )


def rows_of(stored: Import) -> list[Row]:
    """Return the rows of a stored list."""
    return [Row(**fields | {"tags": tuple(fields["tags"])}) for fields in stored.rows]


def apply_stored(import_id: int, *, allow: Collection[str] = (), now: datetime) -> Import | None:
    """Take in a stored list, once; None if that was done before."""
    with transaction.atomic():
        stored = Import.objects.select_for_update().get(pk=import_id)
        if stored.applied_at is not None:
            return None
        rows = apply(rows_of(stored), allow=allow, now=now)
        stored.rows = [asdict(row) for row in rows]
        stored.applied_at = now
        stored.save(update_fields=["rows", "applied_at"])
    return stored


# --- Handing on -----------------------------------------------------------------------
def every_feed(*, tag: str = "", newsroom: str = "") -> list[OurFeed]:
    """Return the feeds that we watch, paused ones too, by name; searches are no feeds."""
    feeds = Source.objects.filter(kind=Source.Kind.FEED, newsroom=newsroom)
    return _handed_on(feeds.filter(tags__contains=[tag]) if tag else feeds)


def read_feeds() -> list[OurFeed]:
    """Return the feeds that we read at present: neither paused nor gone, no demonstration's."""
    feeds = Source.objects.enabled().filter(kind=Source.Kind.FEED, newsroom="", gone_at=None)
    return _handed_on(feeds)


def _handed_on(feeds: QuerySet[Source]) -> list[OurFeed]:
    values = feeds.order_by("name", "pk").values_list("url", "name", "site_url", "language", "tags")
    return [
        OurFeed(url=url, name=name, site_url=site_url, language=language, tags=tuple(tags))
        for url, name, site_url, language, tags in values
    ]
