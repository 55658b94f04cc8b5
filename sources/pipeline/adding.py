"""Adding: make sources of feeds that somebody chose, each address once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from django.db import connection, transaction
from django.utils.text import slugify

from patriot.lib.bulk import copy_new
from patriot.lib.text import one_line
from sources.domain.adding import (
    NewFeed,
    address_key,
    feed_address,
    first_look_after,
    free_name,
)
from sources.domain.urls import web_url
from sources.models import Source

MAX_NAME_CHARS = 200
MAX_SLUG_CHARS = 100
MAX_LANGUAGE_CHARS = 10
MAX_TAG_CHARS = 40
MAX_TAGS = 20

# Any number that nobody else uses as an advisory lock: one adds at a time, so that neither the
# same address twice nor two of one short name can slip through.
ADDING_LOCK = 0x5A7813


_COLUMNS = (
    "kind",
    "name",
    "slug",
    "newsroom",
    "url",
    "site_url",
    "language",
    "tags",
    "full_text",
    "not_before",
    "created_at",
)


@dataclass(frozen=True, slots=True)
class Added:
    """What became of feeds that were to be added."""

    sources: tuple[Source, ...] = ()
    known: tuple[NewFeed, ...] = ()
    """Watched already, or named twice: the first counts."""
    refused: tuple[NewFeed, ...] = ()
    """Their addresses are none."""


def add_feeds(
    found: Sequence[NewFeed], *, tags: Sequence[str] = (), newsroom: str = "", now: datetime
) -> Added:
    """Make sources of these feeds. The number of queries does not depend on how many they are.

    tags: for all of them, beside each one's own

    The first few are due at once, more of them one after the other.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ADDING_LOCK])
        fresh, known, refused = _sorted_out(found, watched=watched(newsroom))
        if not fresh:
            return Added(known=tuple(known), refused=tuple(refused))
        taken = set(Source.objects.filter(newsroom=newsroom).values_list("slug", flat=True))
        sources = []
        for place, feed in enumerate(fresh):
            source = _source_of(feed, tags=tags, taken=taken)
            source.newsroom = newsroom
            source.not_before = now + first_look_after(place, of=len(fresh))
            source.created_at = now
            taken.add(source.slug)
            sources.append(source)
        return Added(tuple(_saved(sources)), tuple(known), tuple(refused))


def _saved(sources: Sequence[Source]) -> Sequence[Source]:
    """Store sources and give them their ids; thousands of them in a second."""
    rows = [tuple(getattr(source, name) for name in _COLUMNS) for source in sources]
    ids = copy_new(Source, _COLUMNS, rows, conflict=("newsroom", "slug"))
    for source, pk in zip(sources, ids, strict=True):
        source.pk = pk
    return sources


def watched(newsroom: str = "") -> dict[str, Source]:
    """Return the feeds of a newsroom by `address_key`; of each only id, name, slug and addresses.

    A feed that has moved is known by where it was, too: old lists still name it there.
    """
    feeds = Source.objects.filter(newsroom=newsroom, kind=Source.Kind.FEED)
    chosen = list(feeds.only("name", "slug", "url", "former_urls").order_by("pk"))
    by_key: dict[str, Source] = {}
    for source in chosen:
        by_key.setdefault(address_key(source.url), source)
    for source in chosen:
        for url in source.former_urls:
            by_key.setdefault(address_key(url), source)
    return by_key


def _sorted_out(
    found: Sequence[NewFeed], *, watched: dict[str, Source]
) -> tuple[list[NewFeed], list[NewFeed], list[NewFeed]]:
    """Return which of these are new, which are known, and which have no address."""
    fresh: list[NewFeed] = []
    known: list[NewFeed] = []
    refused: list[NewFeed] = []
    seen = set(watched)
    for feed in found:
        key = address_key(feed.url)
        if not key:
            refused.append(feed)
        elif key in seen:
            known.append(feed)
        else:
            seen.add(key)
            fresh.append(feed)
    return fresh, known, refused


def _source_of(feed: NewFeed, *, tags: Sequence[str], taken: set[str]) -> Source:
    """Return a source that is not saved yet; its name and tags are clean, its slug is free."""
    url = feed_address(feed.url)
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    name = one_line(feed.name, max_chars=MAX_NAME_CHARS)
    # Names in other scripts leave nothing of a slug.
    wanted = slugify(name) or slugify(host.replace(".", "-")) or "feed"
    return Source(
        kind=Source.Kind.FEED,
        name=name or host[:MAX_NAME_CHARS],
        slug=free_name(wanted, taken=taken, max_chars=MAX_SLUG_CHARS),
        url=url,
        site_url=web_url(feed.site_url),
        language=one_line(feed.language, max_chars=MAX_LANGUAGE_CHARS).lower(),
        tags=_tags(*tags, *feed.tags),
        full_text=feed.full_text if feed.full_text in Source.FullText else Source.FullText.NEVER,
    )


def _tags(*names: str) -> list[str]:
    """Return tags as slugs, each once."""
    slugs = (slugify(name)[:MAX_TAG_CHARS].strip("-") for name in names)
    return list(dict.fromkeys(filter(None, slugs)))[:MAX_TAGS]
