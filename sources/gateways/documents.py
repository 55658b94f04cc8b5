"""Any document that claims to be a feed, read into a Feed. Runs in the parser's child process.

Errors:

* WrongKind   the document is something else; the sentence says what, and what to try
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from html import unescape

from patriot.lib.text import one_line, title_of_html
from sources.domain.dates import MAX_RAW_CHARS, parse_date
from sources.domain.entry import Entry, Feed
from sources.domain.urls import web_url
from sources.gateways.unreadable import WrongKind

MAX_ENTRIES = 1_000
MAX_HTML_CHARS = 300_000
MAX_ID_CHARS = 4_000

NO_TITLE_AND_NO_TEXT = "no title and no text"
TOO_MANY = f"beyond the newest {MAX_ENTRIES:,}"
CUT_OFF = "cut off by the end of the document"

_TAG = re.compile(r"<[^<>]*>")
_ADDRESS = re.compile(r"[^\s@]{1,100}@[^\s@]{1,100}\Z")
_ADDRESS_AND_NAME = re.compile(r"[^\s@]{1,100}@[^\s@]{1,100}\s+\(([^()]{1,200})\)\Z")
_LINK = re.compile(rb"<link\s[^<>]{1,1000}>", re.IGNORECASE)
_FEED_TYPE = re.compile(rb"application/(?:rss\+xml|atom\+xml|rdf\+xml|feed\+json)", re.IGNORECASE)
_HREF = re.compile(rb"\bhref\s*=\s*(?:\"([^\"<>]*)\"|'([^'<>]*)'|([^\s\"'<>]+))", re.IGNORECASE)


@dataclass(slots=True)
class RawEntry:
    """What a reader found of one entry, before anything is decided."""

    raw_id: str = ""
    guid_is_link: bool = False
    link: str = ""
    permalink: str = ""
    """Where the link leads in the end, if the feed says so."""
    base: str = ""
    title: str = ""
    """As HTML."""
    bodies: dict[str, str] = field(default_factory=dict)
    """Texts as HTML, by the name of the element."""
    author: str = ""
    language: str = ""
    dates: list[str] = field(default_factory=list)
    """As written, best first."""


@dataclass(slots=True)
class RawFeed:
    """What a reader found in one document."""

    title: str = ""
    """As HTML."""
    site_url: str = ""
    base: str = ""
    language: str = ""
    ttl_minutes: int = 0
    entries: list[RawEntry] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)


def serve(body: bytes, *, url: str, content_type: str) -> Feed:
    """Read a document for the parser's child."""
    return read_document(body, url=url, content_type=content_type)


def read_document(body: bytes, *, url: str = "", content_type: str = "") -> Feed:
    """Read a document of any feed format. Raises WrongKind.

    url:          where it came from; relative links are resolved against it
    content_type: the HTTP header, for its charset
    """
    from sources.gateways import json_feeds, tolerant_feeds, xml_feeds  # noqa: PLC0415 (both ways)

    beginning = body[:1_000].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not beginning:
        raise WrongKind("The document is empty.")
    if beginning.startswith((b"{", b"[")):
        return finish(json_feeds.read_json(body), url=url)
    if _is_web_page(beginning):
        raise _web_page(body, url)
    try:
        return finish(xml_feeds.read_xml(body, content_type=content_type), url=url)
    except xml_feeds.NoFeed as error:
        if error.root.lower() in {"html", "xhtml:html"}:
            raise _web_page(body, url) from error
        raise WrongKind(f"This is XML, but not a feed: it begins with <{error.root}>.") from error
    except xml_feeds.NotWellFormed:
        raw = tolerant_feeds.read_broken(body, content_type=content_type)
    if raw is None:
        if b"<html" in body[:20_000].lower():
            raise _web_page(body, url)
        raise WrongKind("This is not a feed, and no other document that we know.")
    return finish(raw, url=url)


def finish(raw: RawFeed, *, url: str) -> Feed:
    """Make values of what a reader found; count what cannot be kept."""
    site_url = web_url(raw.site_url, base=url)
    # The entries' own base, else the document's, else where it came from, else its site.
    base = web_url(raw.base, base=url) or site_url or url
    entries: list[Entry] = []
    skipped = raw.skipped
    for each in raw.entries:
        entry = _entry(each, base=base, language=raw.language)
        if entry.title or _visible_length(entry.html):
            entries.append(entry)
        else:
            skipped[NO_TITLE_AND_NO_TEXT] += 1
    kept = _newest(entries)
    if len(kept) < len(entries):
        skipped[TOO_MANY] += len(entries) - len(kept)
    return Feed(
        title=title_of_html(raw.title)[:200],
        site_url=site_url,
        language=_language(raw.language),
        entries=tuple(kept),
        skipped=dict(skipped),
        notes=tuple(raw.notes),
        ttl=timedelta(minutes=raw.ttl_minutes) if raw.ttl_minutes else None,
    )


def _entry(raw: RawEntry, *, base: str, language: str) -> Entry:
    base = web_url(raw.base, base=base) or base
    dates = [one_line(date, max_chars=MAX_RAW_CHARS) for date in raw.dates]
    readable = [(date, moment) for date in dates if (moment := parse_date(date))]
    # Escaped once too often, as many do.
    link, permalink = (each.replace("&amp;", "&") for each in (raw.link, raw.permalink))
    published_raw, published_at = readable[0] if readable else (dates[0] if dates else "", None)
    return Entry(
        raw_id=raw.raw_id.strip()[:MAX_ID_CHARS],
        url=web_url(permalink) or web_url(link, base=base),
        title=title_of_html(raw.title),
        html=_longest(raw.bodies),
        author=_author(raw.author),
        language=_language(raw.language or language),
        published_raw=published_raw,
        published_at=published_at,
    )


def _author(html: str) -> str:
    """Return a name; RSS asks for an address with the name in brackets (RSS 2.0, <author>)."""
    text = one_line(title_of_html(html), max_chars=300)
    named = _ADDRESS_AND_NAME.match(text)
    name = named[1] if named else text
    return "" if _ADDRESS.match(name) else name[:200]


def _longest(bodies: dict[str, str]) -> str:
    """Return the body with most to read; a picture's caption only where there is no other."""
    own = [text for name, text in bodies.items() if text and not name.startswith("media:")]
    candidates = own or [text for text in bodies.values() if text]
    if len(candidates) > 1:
        return max(candidates, key=_visible_length)[:MAX_HTML_CHARS]
    return candidates[0][:MAX_HTML_CHARS] if candidates else ""


def _visible_length(html: str) -> int:
    """Estimate how much there is to read; exact enough to choose."""
    return len(_TAG.sub("", html[:MAX_HTML_CHARS]).strip())


def _newest(entries: list[Entry]) -> list[Entry]:
    """Return the newest MAX_ENTRIES in the document's order; without dates, the first ones."""
    if len(entries) <= MAX_ENTRIES:
        return entries
    dates = [entry.published_at for entry in entries if entry.published_at]
    if len(dates) < len(entries):
        return entries[:MAX_ENTRIES]
    by_age = sorted(range(len(entries)), key=dates.__getitem__, reverse=True)
    return [entries[index] for index in sorted(by_age[:MAX_ENTRIES])]


def _language(declared: str) -> str:
    return one_line(declared, max_chars=10).lower().replace("_", "-")


def _is_web_page(beginning: bytes) -> bool:
    return beginning[:200].lower().startswith((b"<!doctype html", b"<html", b"<head", b"<body"))


def _web_page(body: bytes, url: str) -> WrongKind:
    """Return the error for HTML, with the feeds that the page itself names."""
    addresses = []
    for tag in _LINK.findall(body[:300_000]):
        href = _HREF.search(tag) if _FEED_TYPE.search(tag) else None
        if href:
            text = unescape((href[1] or href[2] or href[3] or b"").decode("utf-8", "replace"))
            addresses.append(web_url(text, base=url))
    named = list(dict.fromkeys(filter(None, addresses)))[:3]
    hint = f" It names these feeds: {', '.join(named)}" if named else ""
    return WrongKind(f"This is a web page, not a feed.{hint}")
