"""Any document that claims to be a feed, read into a Feed. Runs in the parser's child process.

Errors:

* WrongKind   the document is something else; the sentence says what, and what to try
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from html import unescape
from typing import Any
from urllib.parse import urljoin

from patriot.lib.text import MAX_TITLE_CHARS, one_line, title_of_html
from sources.domain.dates import MAX_RAW_CHARS, parse_date
from sources.domain.entry import Enclosure, Entry, Feed
from sources.domain.urls import web_url
from sources.gateways.letters import ODD_LETTERS
from sources.gateways.packing import pack
from sources.gateways.raw import Body, RawEntry, RawFeed
from sources.gateways.unreadable import WrongKind

MAX_ENTRIES = 1_000
MAX_HTML_CHARS = 300_000
MAX_ID_CHARS = 4_000
MAX_CATEGORIES = 50
MAX_CATEGORY_CHARS = 100
MAX_FILES = 50
MAX_AUTHOR_CHARS = 200

NOTHING = "nothing in it"
TOO_MANY = f"beyond the newest {MAX_ENTRIES:,}"
CUT_OFF = "cut off by the end of the document"

_TAG = re.compile(r"<[^<>]*>")
_ADDRESS = r"[^\s@()<>]{1,100}@[^\s@()<>]{1,100}"
# "kim@example.org (Kim Ek)", "Kim Ek <kim@example.org>", "Kim Ek (kim@example.org)"
_NAME_AFTER = re.compile(rf"(?:mailto:)?{_ADDRESS}\s*\(([^()]{{1,200}})\)\Z")
_NAME_BEFORE = re.compile(rf"(\S[^<>()]{{0,200}}?)\s*[<(]\s*(?:mailto:)?{_ADDRESS}\s*[>)]\Z")
_AUTHORS = (
    "dc:creator",
    "author",
    "atom:author",
    "json",
    "dc:author",
    "itunes:author",
    "creator",
    "source",
    "managingeditor",
    "itunes:owner",
    "media:credit",
)
_SUMMARIES = (
    "description",
    "atom:summary",
    "summary",
    "abstract",
    "itunes:summary",
    "dc:description",
    "dcterms:abstract",
    "atom:description",
    "media:description",
    "itunes:subtitle",
)

_WHITE_SPACE = re.compile(r"[\t\r\n]\s*")
_RELATIVE_LINK = re.compile(
    r"(\s(?:href|src|poster|cite)\s{0,9}=\s{0,9})([\"'])(?![a-zA-Z][a-zA-Z0-9+.-]{0,30}:)([^\"'<>]{0,2000})\2",
    re.IGNORECASE,
)
# Begins with one letter, and looks back from there: seven times as fast as names that come first.
_LOOKS_RELATIVE = re.compile(
    r"=[\"'](?!https?://|mailto:)"
    r"(?:(?<=href=.)|(?<=src=.)|(?<=HREF=\")|(?<=SRC=\")|(?<=poster=\"))"
)
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_LINK = re.compile(rb"<link\s[^<>]{1,1000}>", re.IGNORECASE)
_FEED_TYPE = re.compile(rb"application/(?:rss\+xml|atom\+xml|rdf\+xml|feed\+json)", re.IGNORECASE)
_HREF = re.compile(rb"\bhref\s*=\s*(?:\"([^\"<>]*)\"|'([^'<>]*)'|([^\s\"'<>]+))", re.IGNORECASE)


def serve(body: bytes, *, url: str, content_type: str) -> dict[str, Any]:
    """Read a document for the parser's child."""
    return pack(read_document(bytes(body), url=url, content_type=content_type))


def read_document(body: bytes, *, url: str = "", content_type: str = "") -> Feed:
    """Read a document of any feed format. Raises WrongKind.

    url:          where it came from; relative links are resolved against it
    content_type: the HTTP header, for its charset
    """
    from sources.gateways import json_feeds, tolerant_feeds, xml_feeds  # noqa: PLC0415 (both ways)

    beginning = body[:1_000].lstrip(b"\xef\xbb\xbf\xfe\xff \t\r\n\x00")
    if not beginning:
        raise WrongKind("The document is empty.")
    if beginning.replace(b"\x00", b"").startswith((b"{", b"[")):
        return finish(json_feeds.read_json(body), url=url)
    if _is_web_page(beginning):
        raise _web_page(body, url)
    try:
        return finish(xml_feeds.read_xml(body, content_type=content_type), url=url)
    except xml_feeds.NoFeed as error:
        if error.root.lower() in {"html", "xhtml:html"}:
            raise _web_page(body, url) from error
        raise WrongKind(f"This is XML, but not a feed: it begins with <{error.root}>.") from error
    except xml_feeds.Hopeless:
        raw = None  # the tolerant reader would take seconds to say the same
    except xml_feeds.NotWellFormed:
        raw = tolerant_feeds.read_broken(body, content_type=content_type)
    if raw is None:
        if b"<html" in body[:20_000].lower():
            raise _web_page(body, url)
        raise WrongKind("This is not a feed, and no other document that we know.")
    return finish(raw, url=url)


# --- The feed ----------------------------------------------------------------------------------


def finish(raw: RawFeed, *, url: str) -> Feed:
    """Make values of what a reader found; count what cannot be kept."""
    own_base = _web_url(raw.base, base=url)
    site_url = _web_url(raw.site_url, base=own_base or url)
    # The entries' own base, else the document's, else where it came from, else its site.
    base = own_base or site_url or url
    author = _author(raw.authors)
    maker = _EntryMaker(
        url=url,
        base=base,
        language=_language(raw.language),
        author=author if raw.author_is_everybodys else "",
        is_clean=raw.is_clean,
    )
    newest = _newest(raw.entries)
    too_many = raw.left_out + len(raw.entries) - len(newest)
    if too_many:
        raw.skipped[TOO_MANY] += too_many
    entries = [entry for each in newest if (entry := maker.entry(each, raw))]
    return Feed(
        title=_title(raw.title)[:200],
        site_url=site_url,
        language=_language(raw.language),
        entries=tuple(entries),
        skipped=dict(raw.skipped),
        notes=tuple(raw.notes),
        ttl=timedelta(minutes=raw.ttl_minutes) if raw.ttl_minutes else None,
        skip_hours=_skip_hours(raw.skip_hours),
        skip_days=_skip_days(raw.skip_days),
        feed_id=_raw_id(raw.raw_id),
        description=_title(raw.description),
        author=author,
        updated_at=_date(raw.dates)[1],
        image_url=_web_url(raw.image, base=base),
        self_url=_web_url(raw.self_url, base=own_base or url),
        hubs=tuple(filter(None, (_web_url(hub, base=url) for hub in raw.hubs[:10]))),
    )


def _newest(entries: list[RawEntry]) -> list[RawEntry]:
    """Return the newest MAX_ENTRIES in the document's order; without dates, the first ones."""
    if len(entries) <= MAX_ENTRIES:
        return entries
    dates = [moment for entry in entries if (moment := _date(entry.dates)[1])]
    if len(dates) < len(entries):
        return entries[:MAX_ENTRIES]
    by_age = sorted(range(len(entries)), key=dates.__getitem__, reverse=True)
    return [entries[index] for index in sorted(by_age[:MAX_ENTRIES])]


def _skip_hours(declared: list[str]) -> tuple[int, ...]:
    hours = {int(each) for each in declared if each.isascii() and each.isdigit() and len(each) < 3}
    return tuple(sorted({hour % 24 for hour in hours if hour <= 24}))


def _skip_days(declared: list[str]) -> tuple[int, ...]:
    days = (day.strip().lower()[:3] for day in declared)
    return tuple(sorted({_DAYS.index(day) for day in days if day in _DAYS}))


# --- An entry ----------------------------------------------------------------------------------


class _EntryMaker:
    """Makes entries of what a reader found of them.

    url:      where the document came from
    base:     what links are relative to unless the entry says otherwise
    language: of entries that declare none
    author:   of entries that name none
    is_clean: whether what was found holds none of `letters.ODD_LETTERS`
    """

    def __init__(self, *, url: str, base: str, language: str, author: str, is_clean: bool) -> None:
        self._url = url
        self._base = base
        self._language = language
        self._author = author
        self._is_clean = is_clean

    def entry(self, raw: RawEntry, feed: RawFeed) -> Entry | None:
        """Return an entry, or None and count why not."""
        entry = self._entry(raw)
        if raw.is_cut and not (entry.title and (entry.raw_id or entry.url)):
            feed.skipped[CUT_OFF] += 1
            return None
        if not (raw.has_parts or _says_anything(entry)):
            feed.skipped[NOTHING] += 1
            return None
        return entry

    def _entry(self, raw: RawEntry) -> Entry:
        base = (_web_url(raw.base, base=self._url) if raw.base else "") or self._base
        published_raw, published_at = _date(raw.dates)
        updated_raw, updated_at = _date(raw.updated) if raw.updated else ("", None)
        url = self._address(raw, base)
        html, summary = self._texts(raw.bodies, url or base)
        return Entry(
            raw_id=_raw_id(raw.raw_id),
            url=url,
            title=_title(raw.title) if raw.title else "",
            html=html,
            summary=summary,
            author=(_author(raw.authors) if raw.authors else "") or self._author,
            language=_language(raw.language) if raw.language else self._language,
            published_raw=published_raw,
            published_at=published_at,
            updated_raw=updated_raw,
            updated_at=updated_at,
            categories=_categories(raw.categories) if raw.categories else (),
            enclosures=_enclosures(raw.files, base) if raw.files else (),
            comments_url=_web_url(raw.comments, base=base) if raw.comments else "",
            image_url=_web_url(raw.image, base=base) if raw.image else "",
        )

    def _address(self, raw: RawEntry, base: str) -> str:
        return (_web_url(raw.permalink) if raw.permalink else "") or _web_url(raw.link, base=base)

    def _texts(self, bodies: list[Body], base: str) -> tuple[str, str]:
        """Return the longest text and the summary, with absolute links."""
        if not bodies:
            return "", ""
        if len(bodies) == 1:
            html = self._html(bodies[0], base)
            return html, html if bodies[0].name in _SUMMARIES else ""
        longest = _longest(bodies)
        summary = next((b for name in _SUMMARIES for b in bodies if b.name == name), None)
        html = self._html(longest, base)
        if summary is None or summary is longest:
            return html, html if summary else ""
        return html, self._html(summary, base)

    def _html(self, body: Body, base: str) -> str:
        if body.base:
            base = _web_url(body.base, base=self._url) or base
        text = body.html[:MAX_HTML_CHARS]
        if not self._is_clean:
            text = _letters(text)
        return _with_absolute_links(text, base) if base else text


def _says_anything(entry: Entry) -> bool:
    return bool(
        entry.title
        or entry.html
        or entry.raw_id
        or entry.url
        or entry.published_raw
        or entry.enclosures
    )


def _with_absolute_links(html: str, base: str) -> str:
    """Return HTML with its links resolved. Most has none to resolve: that is seen at once."""
    if not _LOOKS_RELATIVE.search(html):
        return html
    return _RELATIVE_LINK.sub(lambda match: _absolute(match, base), html)


def _absolute(match: re.Match[str], base: str) -> str:
    before, quote, link = match.groups()
    if link.startswith("/") and not link.startswith("//"):
        return f"{before}{quote}{_origin(base)}{link}{quote}"  # by far the commonest
    try:
        link = urljoin(base, unescape(link.strip()))
    except ValueError:  # an unclosed bracket
        return match[0]
    escaped = link.replace("&", "&amp;").replace(quote, "&quot;" if quote == '"' else "&#39;")
    return f"{before}{quote}{escaped}{quote}"


@lru_cache(maxsize=64)
def _origin(base: str) -> str:
    return urljoin(base, "/").rstrip("/").replace("&", "&amp;").replace('"', "&quot;")


def _longest(bodies: list[Body]) -> Body:
    """Return the body with most to read; a picture's caption only where there is no other."""
    own = [body for body in bodies if not body.name.startswith("media:")] or bodies
    own.sort(key=lambda body: len(body.html), reverse=True)
    best, most = own[0], -1
    if len(own) == 1 or _shows(best.html, len(own[1].html)):
        return best
    for body in own:
        # Shorter with its markup than the best without any: so are all that follow.
        if len(body.html) <= most:
            break
        length = _visible_length(body.html)
        if length > most:
            best, most = body, length
    return best


def _shows(html: str, count: int) -> bool:
    """Say whether the beginning of a text alone has so many letters to read."""
    beginning = html[: min(2 * count + 500, MAX_HTML_CHARS)]
    # A tag that begins before the last "<" ends before it, too.
    return _visible_length(beginning[: beginning.rfind("<")]) >= count


def _visible_length(html: str) -> int:
    """Estimate how much there is to read; exact enough to choose."""
    if "<" not in html:
        return len(html[:MAX_HTML_CHARS].strip())
    return len(_TAG.sub("", html[:MAX_HTML_CHARS]).strip())


def _author(found: list[tuple[str, str]]) -> str:
    """Return the names of those whom the best of the elements names."""
    if not found:
        return ""
    if len(found) == 1:
        return _name(found[0][1])
    said = {element for element, _ in found}
    for element in _AUTHORS:
        if element in said:
            names = dict.fromkeys(_name(html) for name, html in found if name == element)
            together = ", ".join(filter(None, names))[:MAX_AUTHOR_CHARS].rstrip(" ,")
            if together:
                return together
    return ""


@lru_cache(maxsize=256)
def _name(html: str) -> str:
    """Return a name; RSS asks for an address with the name in brackets (RSS 2.0, <author>)."""
    text = _title(html[:2_000])
    if len(text) > 2 * MAX_AUTHOR_CHARS or not text.isascii():
        text = one_line(text, max_chars=2 * MAX_AUTHOR_CHARS)
    named = _NAME_AFTER.match(text) or _NAME_BEFORE.match(text) if "@" in text else None
    return (named[1].strip(" \"'") if named else text)[:MAX_AUTHOR_CHARS]


def _categories(declared: Iterable[str]) -> tuple[str, ...]:
    names = (_category(each) for each in declared)
    return tuple(dict.fromkeys(name for name in names if name))[:MAX_CATEGORIES]


@lru_cache(maxsize=1_024)
def _category(html: str) -> str:
    return _title(html[:500])[:MAX_CATEGORY_CHARS].rstrip()


def _enclosures(files: list[tuple[str, str, str]], base: str) -> tuple[Enclosure, ...]:
    found: dict[str, Enclosure] = {}
    for address, kind, size in files:
        url = _web_url(address, base=base)
        if url and url not in found:
            digits = size.strip().partition(".")[0]
            length = int(digits[:15]) if digits.isascii() and digits.isdigit() else 0
            found[url] = Enclosure(url, one_line(kind, max_chars=100).lower(), length)
    return tuple(found.values())[:MAX_FILES]


def _date(written: list[str]) -> tuple[str, datetime | None]:
    """Return the best date that can be read, as written and as meant; else one as written."""
    for raw in written:
        moment = _moment(raw)
        if moment:
            return _date_line(raw), moment
    return (_date_line(written[0]) if written else ""), None


def _date_line(raw: str) -> str:
    is_clean = len(raw) <= MAX_RAW_CHARS and raw.isascii() and raw.isprintable()
    return raw if is_clean and "  " not in raw else one_line(raw, max_chars=MAX_RAW_CHARS)


_moment = lru_cache(maxsize=256)(parse_date)


@lru_cache(maxsize=64)
def _language(declared: str) -> str:
    return one_line(declared[:100], max_chars=10).lower().replace("_", "-")


def _raw_id(raw: str) -> str:
    return _letters(raw.strip()[:MAX_ID_CHARS])


def _title(html: str) -> str:
    """Return a title that may hold markup as one line of clean text."""
    is_plain = html.isascii() and html.isprintable() and "&" not in html and "<" not in html
    if is_plain and len(html) <= MAX_TITLE_CHARS:
        return " ".join(html.split())  # most; what clean text is costs ten times as much to ask
    return title_of_html(_letters(html))


def _letters(text: str) -> str:
    """Return text without controls, surrogates and the like."""
    return ODD_LETTERS.sub(_letter, text) if ODD_LETTERS.search(text) else text


def _letter(match: re.Match[str]) -> str:
    code = ord(match[0])
    return bytes([code]).decode("windows-1252", "ignore") if 0x80 <= code <= 0x9F else ""


def _web_url(link: str, *, base: str = "") -> str:
    """Return an address as it was meant: escaped once too often and broken into lines, as some."""
    link = link.strip()[:MAX_ID_CHARS]
    if not link:
        return ""
    if link.isascii() and link.isprintable() and "&" not in link:
        return web_url(link, base=base)
    if "\n" in link or "\t" in link or "\r" in link:
        link = _WHITE_SPACE.sub("", link)
    return web_url(_letters(link).replace("&amp;", "&"), base=base)


# --- What is no feed ---------------------------------------------------------------------------


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
