"""The feeds that a web page names, and what else leads to them. Runs in the parser's child.

Errors:

* WrongKind   the document holds no links that we could follow
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from itertools import islice
from urllib.parse import urlsplit

import orjson
from lxml import etree

from patriot.lib.text import one_line
from sources.domain.discovery import Link, PageLinks, feed_link, looks_like_feed, may_be_feed
from sources.gateways.unreadable import WrongKind

MAX_PAGE_BYTES = 5_000_000
MAX_ELEMENTS = 100_000
MAX_ANCHORS = 10_000
MAX_NAMED = 100
MAX_LINKED = 60
MAX_TITLE_CHARS = 200

_FEED_TYPE = re.compile(r"\b(?:x[.-])?(?:rss|atom|rdf)\b|\bfeed\+json\b|\brss\+?xml\b")
# Feeds are served as these too, and named so; the others are what people write by mistake.
_WIDE_TYPES = {"text/xml", "application/xml", "application/json"}
_WRONG_TYPES = {"", "text/html", "text/plain"}
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_REFRESH = re.compile(
    r"\s*\d{0,6}(?:\.\d*)?\s*[;,]\s*(?:url\s*=)?\s*[\"']?([^\"']{1,2000})", re.IGNORECASE
)
_SOUNDCLOUD = re.compile(r"soundcloud://users:(\d{1,15})\Z")
# What a channel's page and a film's page say of themselves, surest first.
_CHANNELS = tuple(
    re.compile(rb'"' + key + rb'"\s*:\s*"(UC[\w-]{22})"')
    for key in (b"externalId", b"channelId", b"browseId")
)
# Of what a page was made with, where it does not say so.
_TRACES = (
    ("/wp-content/", "WordPress"),
    ("https://api.w.org/", "WordPress"),
    ("static1.squarespace.com", "Squarespace"),
    ("static.parastorage.com", "Wix"),
    ("cdn.shopify.com", "Shopify"),
    ("/ghost/api/", "Ghost"),
)
_IDS = {"xf": "XenForo", "phpbb": "phpBB"}


def serve(body: bytes, *, url: str, content_type: str = "") -> PageLinks:
    """Read a page for the parser's child."""
    return read_links(body, url=url, content_type=content_type)


def read_links(body: bytes, *, url: str, content_type: str = "") -> PageLinks:
    """Return what an HTML page, or a directory's JSON, says of feeds. Raises WrongKind."""
    body = body[:MAX_PAGE_BYTES]
    if body.lstrip()[:1] in {b"{", b"["}:
        return _of_directory(body, url=url)
    root = _tree(body, content_type=content_type)
    if root is None:
        raise WrongKind("This is no web page.")
    reader = _Reader(root, url=url)
    if re.search(r"(?:^|\.)youtube(?:-nocookie)?\.com\Z", urlsplit(url).hostname or ""):
        reader.page.canonical = _channel(body) or reader.page.canonical
    return reader.page


def _tree(body: bytes, *, content_type: str) -> etree._Element | None:
    parser = etree.HTMLParser(
        encoding=_encoding(body, content_type), recover=True, no_network=True, remove_pis=True
    )
    try:
        root = etree.fromstring(body.replace(b"\x00", b""), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    return root if root is not None else None


def _encoding(body: bytes, content_type: str) -> str | None:
    """Return what the page is written in, if the header or its first bytes say so.

    None leaves it to the page's own words.
    """
    if body.startswith(codecs.BOM_UTF8):
        return "utf-8"
    found = _CHARSET.search(content_type)
    declared = found[1].lower() if found else ""
    if not declared and b"charset" not in body[:4_000].lower():
        return "utf-8"
    # UTF-16 lost its zero bytes above; what is left of it reads as Latin.
    return declared if declared in {"utf-8", "iso-8859-1", "windows-1252", "us-ascii"} else None


class _Reader:
    """Reads one page from its beginning to its end."""

    def __init__(self, root: etree._Element, *, url: str) -> None:
        self.page = PageLinks()
        self._base = url
        self._url = url
        self._likely: list[Link] = []
        self._others: list[Link] = []
        self._seen: set[str] = set()
        self._has_base = False
        self._anchors = 0
        elements = root.iter(etree.Element)
        for element in islice(elements, MAX_ELEMENTS):
            read = _READERS.get(str(element.tag).lower().rpartition(":")[2])
            if read:
                read(self, element)
        self.page.linked = [*self._likely, *self._others][:MAX_LINKED]

    def html(self, element: etree._Element) -> None:
        if software := _IDS.get(_attribute(element, "id").lower()):
            self.page.software = self.page.software or software

    def base(self, element: etree._Element) -> None:
        href = feed_link(_attribute(element, "href"), base=self._url)
        if href and not self._has_base:
            self._base, self._has_base = href, True

    def title(self, element: etree._Element) -> None:
        self.page.title = self.page.title or _line("".join(islice(element.itertext(), 5)))

    def meta(self, element: etree._Element) -> None:
        name = _attribute(element, "property") or _attribute(element, "name")
        content = _attribute(element, "content")
        match name.lower():
            case "og:site_name":
                self.page.title = _line(content) or self.page.title
            case "generator" | "og:platform":
                self.page.software = _line(content) or self.page.software
            case "al:ios:url" | "twitter:app:url:iphone":
                if found := _SOUNDCLOUD.match(content):
                    user = f"soundcloud:users:{found[1]}"
                    self._name(f"https://feeds.soundcloud.com/users/{user}/sounds.rss", "")
        if _attribute(element, "http-equiv").lower() == "refresh":
            found = _REFRESH.match(content)
            self._send_on(found[1] if found else "")

    def frame(self, element: etree._Element) -> None:
        self._send_on(_attribute(element, "src"))

    def link(self, element: etree._Element) -> None:
        href, rel = _attribute(element, "href"), _attribute(element, "rel").lower().split()
        self._trace(href if rel != ["https://api.w.org/"] else rel[0])
        if "canonical" in rel:
            self.page.canonical = self.page.canonical or feed_link(href, base=self._base)
        elif _names_feed(element, rel):
            self._name(href, _attribute(element, "title"))

    def script(self, element: etree._Element) -> None:
        self._trace(_attribute(element, "src"))

    def anchor(self, element: etree._Element) -> None:
        href = _attribute(element, "href")
        self._anchors += 1
        if not href or self._anchors > MAX_ANCHORS or len(self._seen) > MAX_LINKED:
            return
        if _FEED_TYPE.search(_attribute(element, "type").lower()):
            self._name(href, _attribute(element, "title") or _words(element))
            return
        url = feed_link(href, base=self._base)
        if not url or url in self._seen or not may_be_feed(url):
            return
        words = _words(element)
        has_address_of_one = looks_like_feed(url)
        if not has_address_of_one and not looks_like_feed(url, words):
            return
        self._seen.add(url)
        is_own = urlsplit(url).hostname == urlsplit(self._url).hostname
        (self._likely if has_address_of_one and is_own else self._others).append(Link(url, words))

    def _name(self, href: str, title: str) -> None:
        if len(self.page.named) >= MAX_NAMED:
            return
        url = feed_link(href, base=self._base)
        if url and url not in {link.url for link in self.page.named}:
            self.page.named.append(Link(url, _line(title)))

    def _send_on(self, href: str) -> None:
        self.page.refresh = self.page.refresh or feed_link(href, base=self._base)

    def _trace(self, address: str) -> None:
        for trace, software in _TRACES if not self.page.software else ():
            if trace in address:
                self.page.software = software


_READERS = {
    "html": _Reader.html,
    "body": _Reader.html,
    "base": _Reader.base,
    "title": _Reader.title,
    "meta": _Reader.meta,
    "frame": _Reader.frame,
    "link": _Reader.link,
    "script": _Reader.script,
    "a": _Reader.anchor,
    "area": _Reader.anchor,
}


def _names_feed(element: etree._Element, rel: list[str]) -> bool:
    """Tell whether a <link> names a feed, also where its type is wrong or missing."""
    href, kind = _attribute(element, "href"), _attribute(element, "type").lower()
    if "stylesheet" in rel or "icon" in rel or "oembed" in kind or not href:
        return False
    if _FEED_TYPE.search(kind) or "feed" in rel:
        return True
    # Pages in other languages and for small screens are alternates too.
    is_page = bool(_attribute(element, "hreflang") or _attribute(element, "media"))
    if is_page or not (not rel or {"alternate", "alternative", "alternates"} & {*rel}):
        return False
    kind = kind.partition(";")[0].strip()
    if kind in _WIDE_TYPES:
        return may_be_feed(href)
    return kind in _WRONG_TYPES and looks_like_feed(href)


def _attribute(element: etree._Element, name: str) -> str:
    return str(element.get(name) or "").strip()[:4_000]


def _words(element: etree._Element) -> str:
    """Return what a link says of itself: its text, or else its title or its picture's name."""
    text = _line(" ".join(islice(element.itertext(), 8)))
    if not text:
        text = _attribute(element, "title") or _attribute(element, "aria-label")
    pictures: Iterator[etree._Element] = islice(element.iter("img"), 1)
    return _line(text or next((_attribute(picture, "alt") for picture in pictures), ""))


def _line(text: str) -> str:
    return one_line(text, max_chars=MAX_TITLE_CHARS)


def _channel(body: bytes) -> str:
    """Return the address of the channel that a page of YouTube belongs to."""
    found = next(filter(None, (channel.search(body) for channel in _CHANNELS)), None)
    return f"https://www.youtube.com/channel/{found[1].decode()}" if found else ""


def _of_directory(body: bytes, *, url: str) -> PageLinks:
    """Return the feeds that a directory's reply names (iTunes Search API, "feedUrl")."""
    try:
        reply = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise WrongKind("This is no web page.") from error
    results = reply.get("results") if isinstance(reply, dict) else None
    page = PageLinks()
    for result in results[:MAX_NAMED] if isinstance(results, list) else ():
        if isinstance(result, dict) and isinstance(result.get("feedUrl"), str):
            name = result.get("collectionName")
            address = feed_link(result["feedUrl"], base=url)
            page.named.append(Link(address, _line(name) if isinstance(name, str) else ""))
    page.named = [link for link in page.named if link.url]
    return page
