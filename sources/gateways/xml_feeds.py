"""RSS 0.9x, 1.0 and 2.0, CDF, and Atom 0.3 and 1.0, read with lxml. Runs in the parser's child.

Of our own, because the fast libraries drop what an identity and a health record need: ids and
dates as the publisher wrote them, and whether a title is markup.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Callable
from functools import lru_cache
from itertools import islice
from typing import Any
from urllib.parse import urljoin

from lxml import etree

from sources.gateways.raw import MAX_READ, Body, RawEntry, RawFeed
from sources.gateways.xml_names import names_in
from sources.gateways.xml_trees import NotXML, Tree, Unmendable, tree_of

MAX_LISTED = 50
"""How many categories, files, links of a kind we look at."""
MENDED = "It is not well-formed XML and was mended before reading."
CUT = "It ends in the middle of an entry; what was whole was kept."

_XML = "{http://www.w3.org/XML/1998/namespace}"
_LANGUAGE = _XML + "lang"
_BASE = _XML + "base"
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_ABOUT = _RDF + "about"
_ROOTS = {"rss", "feed", "atom:feed", "atom:entry", "rdf:rdf", "rdf", "channel", "item", "entry"}
_ITEMS = {"item", "atom:entry", "entry"}
_CHANNELS = {"channel", "atom:feed", "feed"}


class NotWellFormed(Exception):
    """This reader cannot read it; the tolerant one may."""


class Hopeless(NotWellFormed):
    """No reader of feeds would find one in it."""


class NoFeed(Exception):
    """Well-formed, but no feed: `root` is the name of its outermost element."""

    def __init__(self, root: str) -> None:
        super().__init__(root)
        self.root = root


def read_xml(body: bytes, *, content_type: str = "") -> RawFeed:
    """Read a feed, mended where it must be. Raises NotWellFormed or NoFeed."""
    try:
        tree = tree_of(body, content_type=content_type)
    except NotXML as error:
        raise Hopeless from error
    except Unmendable as error:
        raise NotWellFormed from error
    document = _Document(tree)
    name = document.name(tree.root)
    if name not in _ROOTS:
        if tree.is_mended:
            raise NotWellFormed
        raise NoFeed(name.lstrip("?")[:40])
    feed = document.read()
    if tree.is_mended:
        feed.notes.append(MENDED)
        if tree.item_count > len(feed.entries) + feed.left_out:
            raise NotWellFormed
    if tree.is_cut:
        feed.notes.append(CUT)
        feed.entries[-1].is_cut = True
    return feed


class _Document:
    """Reads one tree."""

    def __init__(self, tree: Tree) -> None:
        self.root = tree.root
        self.has_bases = tree.has_bases
        self.is_mended = tree.is_mended
        self.names = names_in(tree.root)
        self.name = self.names.of
        self.feed = RawFeed(language=tree.root.get(_LANGUAGE) or "", is_clean=tree.is_clean)
        self.feed.author_is_everybodys = self.name(tree.root) == "atom:feed"

    def read(self) -> RawFeed:
        # At any depth: RSS 1.0 has its items beside the channel, some feeds have them anywhere.
        tags = ("{*}channel", "{*}feed", "{*}item", "{*}entry")
        for element in self.root.iter(*tags):
            self._take(element)
        if not self.feed.entries:
            self._read_odd_spelling()
        for child in self.root:
            if self.name(child) == "image":  # RSS 1.0
                self.feed.image = self.feed.image or self._child_text(child, "url")
        return self.feed

    def _read_odd_spelling(self) -> None:
        """Read <ITEM>, <Channel> and undeclared prefixes."""
        for element in self.root.iter():
            local = element.tag.rpartition("}")[2]
            if local not in {"channel", "feed", "item", "entry"}:
                self._take(element)

    def _take(self, element: Any) -> None:
        name = self.name(element)
        if name in _ITEMS:
            if len(self.feed.entries) < MAX_READ:
                self.feed.entries.append(self._entry(element))
            else:
                self.feed.left_out += 1
        elif name in _CHANNELS:
            self._describe(element)

    # --- an entry --------------------------------------------------------------------------

    def _entry(self, item: Any) -> RawEntry:
        entry = RawEntry(has_parts=len(item) > 0)
        attributes = item.attrib
        if attributes:
            entry.raw_id = item.get(_ABOUT) or item.get("rdf:about") or ""
            entry.language = item.get(_LANGUAGE) or ""
            entry.link = _attribute(item, "href")  # CDF
        if self.has_bases:
            entry.base = self.base_of(item)
        texts: dict[str, str] = {}
        self._read_parts(entry, item, texts)
        self._settle(entry, texts, _attribute(item, "lastmod") if attributes else "")
        return entry

    def _read_parts(self, entry: RawEntry, parent: Any, texts: dict[str, str]) -> None:
        """Read what an item holds, and what media groups in it hold."""
        names, readers = self.names, _READERS
        for child in parent:
            name = names.get(child.tag) or names.of(child)
            read = readers.get(name)
            if read is not None:
                read(self, entry, child, name)
            elif name in _TEXTS and name not in texts:
                text = _text(child)
                if text:
                    texts[name] = text
            if len(child) and self._is_box(name):
                self._read_parts(entry, child, texts)

    def _settle(self, entry: RawEntry, texts: dict[str, str], lastmod: str) -> None:
        """Choose between what says the same."""
        entry.language = entry.language or texts.get("dc:language", "")
        published, updated = _dates_among(tuple(texts))
        entry.updated = [texts[name] for name in updated]
        if lastmod:
            entry.updated.append(lastmod)
        entry.dates = [texts[name] for name in published] + entry.updated
        entry.raw_id = entry.raw_id or texts.get("dc:identifier", "")
        entry.permalink = texts.get("feedburner:origlink", "") or texts.get("pheedo:origlink", "")
        entry.comments = entry.comments or texts.get("comments", "")
        entry.link = texts.get("link") or entry.link or _link_in_id(entry)
        entry.title = entry.title or texts.get("dc:title", "") or entry.media_title

    def _is_box(self, name: str) -> bool:
        """Say whether what an element holds belongs to the item around it."""
        # In a broken document, what nobody knows is a slip that swallowed what follows.
        return name in _MEDIA_BOXES or (self.is_mended and name not in _KNOWN)

    def read_title(self, entry: RawEntry, element: Any, name: str) -> None:
        if not entry.title:
            title = self._markup(element, name)
            entry.title = "" if title.isspace() else title

    def read_media_title(self, entry: RawEntry, element: Any, name: str) -> None:
        entry.media_title = entry.media_title or self._markup(element, name)

    def read_guid(self, entry: RawEntry, element: Any, name: str) -> None:
        self.read_id(entry, element, name)
        if element.attrib:
            declared = element.get("isPermaLink") or _attribute(element, "ispermalink")
            entry.id_is_link = (declared or "true").strip().lower() != "false"
        entry.has_guid = True

    def read_id(self, entry: RawEntry, element: Any, name: str) -> None:
        entry.raw_id = entry.raw_id or _text(element)
        entry.id_is_link = True

    def read_body(self, entry: RawEntry, element: Any, name: str) -> None:
        if len(element) and (element.get("type") or "").startswith("multipart/"):
            for part in element[:MAX_LISTED]:  # Atom 0.3
                self.read_body(entry, part, name)
            return
        attributes = element.attrib
        if attributes and not entry.link:
            entry.link = element.get("src") or ""  # Atom: the text is elsewhere
        if len(entry.bodies) < MAX_LISTED:
            text = self._markup(element, name)
            if text and not text.isspace():
                base = self.base_of(element) if self.has_bases else ""
                entry.bodies.append(Body(name, text, base))
                if attributes:
                    entry.language = element.get(_LANGUAGE) or entry.language

    def read_plain_link(self, entry: RawEntry, element: Any, name: str) -> None:
        """Read RSS's <link>: its text, or what another format has in its attributes."""
        text = _text(element)
        if not text:
            self.read_link(entry, element, name)
        elif not entry.has_plain_link:
            entry.has_plain_link = True
            entry.link = text
            self._note_base(entry, element)

    def read_link(self, entry: RawEntry, element: Any, name: str) -> None:
        href = (element.get("href") or _text(element)).strip()
        rel = _relation(element)
        kind = (element.get("type") or "").lower()
        if not href:
            return
        if rel == "alternate" and not entry.has_plain_link:
            if not entry.link or ("html" in kind and not entry.has_html_link):
                entry.link = href
                entry.has_html_link = "html" in kind
                self._note_base(entry, element)
        elif rel == "enclosure":
            self._add_file(entry, element, href, kind, element.get("length"))
        elif rel == "replies" and "xml" not in kind:
            entry.comments = entry.comments or href

    def read_enclosure(self, entry: RawEntry, element: Any, name: str) -> None:
        href = _attribute(element, "url") or element.get("href") or _text(element)
        kind = element.get("type") or element.get("medium") or ""
        size = element.get("length") or element.get("fileSize") or element.get("filesize")
        if href:
            self._add_file(entry, element, href, kind, size)

    def read_thumbnail(self, entry: RawEntry, element: Any, name: str) -> None:
        address = _attribute(element, "url") or _attribute(element, "href")
        entry.image = entry.image or address or self._child_text(element, "url")

    def read_categories(self, entry: RawEntry, element: Any, name: str) -> None:
        categories = entry.categories
        if len(element) or element.attrib:
            categories += self._categories(element)[: MAX_LISTED - len(categories)]
        elif len(categories) < MAX_LISTED:
            categories.append((element.text or "").strip())

    def read_keywords(self, entry: RawEntry, element: Any, name: str) -> None:
        words = _text(element)[:2_000].split(",")
        entry.categories += words[: MAX_LISTED - len(entry.categories)]

    def read_author(self, entry: RawEntry, element: Any, name: str) -> None:
        if len(entry.authors) < MAX_LISTED:
            entry.authors.append((name, self._person(element)))

    def read_source(self, entry: RawEntry, element: Any, name: str) -> None:
        """Read where an entry was taken from: its author, unless it has one of its own (Atom)."""
        for child in element:
            if self.name(child) == "atom:author":
                entry.authors.append(("source", self._person(child)))

    # --- the feed ----------------------------------------------------------------------------

    def _describe(self, channel: Any) -> None:
        """Take what the feed says of itself."""
        feed = self.feed
        feed.language = channel.get(_LANGUAGE) or feed.language
        feed.raw_id = feed.raw_id or channel.get(_ABOUT) or ""
        feed.site_url = feed.site_url or _attribute(channel, "href")  # CDF
        lastmod = _attribute(channel, "lastmod")
        if lastmod:
            feed.dates.append(lastmod)
        if self.has_bases:
            feed.base = feed.base or self.base_of(channel)
        texts: dict[str, str] = {}
        for child in channel:
            name = self.name(child)
            read = _FEED_READERS.get(name)
            if read is not None:
                read(self, child, name)
            elif name in _FEED_TEXTS and name not in texts:
                text = _text(child)
                if text:
                    texts[name] = text
        self._settle_feed(texts)

    def _settle_feed(self, texts: dict[str, str]) -> None:
        feed = self.feed
        feed.raw_id = texts.get("atom:id") or feed.raw_id
        feed.language = texts.get("language") or texts.get("dc:language") or feed.language
        feed.dates += [texts[name] for name in _FEED_UPDATED if name in texts]
        feed.title = feed.title or texts.get("dc:title", "")
        feed.image = feed.image or texts.get("atom:logo") or texts.get("atom:icon") or ""
        feed.ttl_minutes = max(
            feed.ttl_minutes,
            _whole_number(texts.get("ttl", "")),
            _period(texts.get("sy:updateperiod"), texts.get("sy:updatefrequency", "1")),
        )

    def feed_title(self, element: Any, name: str) -> None:
        self.feed.title = self.feed.title or self._markup(element, name)

    def feed_description(self, element: Any, name: str) -> None:
        self.feed.description = self.feed.description or self._markup(element, name)

    def feed_link(self, element: Any, name: str) -> None:
        feed = self.feed
        text = _text(element)
        href = (element.get("href") or text).strip()
        rel = _relation(element)
        kind = (element.get("type") or "").lower()
        if rel == "hub":
            feed.hubs += [href][: MAX_LISTED - len(feed.hubs)]
        elif rel == "self":
            feed.self_url = feed.self_url or href
        elif rel == "alternate" and href:
            is_better = "html" in kind and not feed.has_html_link
            if name == "link" and text and not feed.has_plain_link:
                feed.site_url, feed.has_plain_link = text, True
            elif not feed.has_plain_link and (not feed.site_url or is_better):
                feed.site_url, feed.has_html_link = href, "html" in kind

    def feed_author(self, element: Any, name: str) -> None:
        if len(self.feed.authors) < MAX_LISTED:
            self.feed.authors.append((name, self._person(element)))

    def feed_image(self, element: Any, name: str) -> None:
        address = self._child_text(element, "url") or _attribute(element, "href")
        self.feed.image = self.feed.image or address or _attribute(element, "url")

    def feed_skips(self, element: Any, name: str) -> None:
        wishes = self.feed.skip_hours if name == "skiphours" else self.feed.skip_days
        wishes += [_text(child) for child in element[:MAX_LISTED]]

    # --- parts of either -----------------------------------------------------------------------

    def _person(self, element: Any) -> str:
        """Return a person as HTML: a name, else an address."""
        if not len(element):
            return _text(element)
        found: dict[str, str] = {}
        for child in element:
            found.setdefault(self.name(child).rpartition(":")[2], _text(child))
        person = found.get("name") or found.get("email") or found.get("uri")
        return html.escape(person or "" if found else _text(element))

    def _categories(self, element: Any) -> list[str]:
        declared = element.get("label") or element.get("term") or element.get("text")
        nested = [each for child in element for each in self._categories(child)][:MAX_LISTED]
        return [(declared or ("" if len(element) else _text(element))), *nested]

    def _child_text(self, element: Any, name: str) -> str:
        return next((_text(child) for child in element if self.name(child) == name), "")

    def _note_base(self, entry: RawEntry, element: Any) -> None:
        if self.has_bases:
            entry.base = self.base_of(element)

    def _add_file(
        self, entry: RawEntry, element: Any, href: str, kind: str, size: str | None
    ) -> None:
        if len(entry.files) < MAX_LISTED:
            if self.has_bases:
                href = _joined(self.base_of(element), href)
            entry.files.append((href, kind, size or ""))

    def base_of(self, element: Any) -> str:
        """Return what an element's links are relative to, as far as the document says it."""
        bases: list[str] = []
        while element is not None and len(bases) < MAX_LISTED:
            base = element.get(_BASE)
            if base:
                bases.append(base.strip())
            element = element.getparent()
        joined = ""
        for base in reversed(bases):
            joined = _joined(joined, base)
        return joined

    def _markup(self, element: Any, name: str) -> str:
        """Return an element's content as HTML. Atom and Media RSS say what it is; RSS means HTML.

        Like Atom, and unlike RSS, Media RSS means plain text unless it says otherwise.
        """
        says_kind = name.startswith(("atom:", "media:"))
        if not says_kind and not len(element):
            return element.text or ""
        kind = (element.get("type") or "text").strip().lower() if says_kind else "html"
        mode = (element.get("mode") or "").lower() if says_kind else ""
        if len(element) and mode not in {"escaped", "base64"}:
            return self._inner_markup(_inside_of_div(element) if "xhtml" in kind else element)
        text = element.text or ""
        if len(element):
            text = "".join(element.itertext())
        if mode == "base64" or (not mode and _is_binary(kind)):
            text = _decoded(text)
            self.feed.is_clean = False
            return as_html(text) if kind == "text/plain" else text
        is_markup = "html" in kind
        if (mode == "xml" or "xhtml" in kind) and not _LOOKS_LIKE_MARKUP.search(text):
            # Its characters are decoded already.
            is_markup = False
        return text if is_markup else as_html(text)

    def _inner_markup(self, element: Any) -> str:
        for inner in element.iterdescendants():
            inner.tag = _local_name(inner.tag)
            if self.has_bases:
                self._resolve(inner)
        pieces = [html.escape(element.text or "", quote=False)]
        pieces += [etree.tostring(child, encoding="unicode", method="html") for child in element]
        markup = "".join(pieces)
        return _DECLARATIONS.sub(r"\1", markup) if "xmlns" in markup else markup

    def _resolve(self, element: Any) -> None:
        for name in ("href", "src"):
            link = element.get(name)
            if link:
                element.set(name, _joined(self.base_of(element), link))


_Read = Callable[[_Document, RawEntry, Any, str], None]
_READERS: dict[str, _Read] = {
    "title": _Document.read_title,
    "atom:title": _Document.read_title,
    "media:title": _Document.read_media_title,
    "guid": _Document.read_guid,
    "atom:guid": _Document.read_guid,
    "atom:id": _Document.read_id,
    "id": _Document.read_id,
    "link": _Document.read_plain_link,
    "atom:link": _Document.read_link,
    "enclosure": _Document.read_enclosure,
    "atom:enclosure": _Document.read_enclosure,
    "media:content": _Document.read_enclosure,
    "media:thumbnail": _Document.read_thumbnail,
    "itunes:image": _Document.read_thumbnail,
    "image": _Document.read_thumbnail,
    "category": _Document.read_categories,
    "atom:category": _Document.read_categories,
    "media:category": _Document.read_categories,
    "itunes:category": _Document.read_categories,
    "dc:subject": _Document.read_categories,
    "media:keywords": _Document.read_keywords,
    "itunes:keywords": _Document.read_keywords,
    "atom:source": _Document.read_source,
    **dict.fromkeys(
        (
            "content:encoded",
            "atom:content",
            "content",
            "xhtml:body",
            "xhtml:div",
            "description",
            "atom:description",
            "abstract",
            "atom:summary",
            "summary",
            "itunes:summary",
            "itunes:subtitle",
            "media:description",
            "dc:description",
            "dcterms:abstract",
            "fullitem",
            "?full-text",
        ),
        _Document.read_body,
    ),
    **dict.fromkeys(
        (
            "author",
            "atom:author",
            "dc:creator",
            "dc:author",
            "itunes:author",
            "creator",
            "media:credit",
        ),
        _Document.read_author,
    ),
}
_FEED_READERS: dict[str, Callable[[_Document, Any, str], None]] = {
    "title": _Document.feed_title,
    "atom:title": _Document.feed_title,
    "link": _Document.feed_link,
    "atom:link": _Document.feed_link,
    **dict.fromkeys(
        (
            "description",
            "abstract",
            "atom:subtitle",
            "atom:tagline",
            "tagline",
            "subtitle",
            "dc:description",
            "itunes:summary",
            "itunes:subtitle",
        ),
        _Document.feed_description,
    ),
    **dict.fromkeys(
        (
            "managingeditor",
            "author",
            "atom:author",
            "dc:creator",
            "dc:author",
            "itunes:author",
            "itunes:owner",
            "creator",
        ),
        _Document.feed_author,
    ),
    "image": _Document.feed_image,
    "itunes:image": _Document.feed_image,
    "media:thumbnail": _Document.feed_image,
    "skiphours": _Document.feed_skips,
    "skipdays": _Document.feed_skips,
}
_MEDIA_BOXES = {"media:group", "media:content"}
_PUBLISHED = (
    "pubdate",
    "atom:published",
    "published",
    "atom:pubdate",
    "atom:issued",
    "issued",
    "dc:date",
    "dcterms:issued",
    "dcterms:created",
    "dcterms:date",
    "atom:created",
    "created",
    "date",
)
_UPDATED = (
    "atom:updated",
    "updated",
    "atom:modified",
    "modified",
    "dcterms:modified",
    "lastbuilddate",
    "dc:date",
)
_FEED_UPDATED = (*_UPDATED, "pubdate", "atom:published")
_TEXTS = {
    *_PUBLISHED,
    *_UPDATED,
    "dc:title",
    "dc:language",
    "dc:identifier",
    "comments",
    "feedburner:origlink",
    "pheedo:origlink",
}
_FEED_TEXTS = {
    *_FEED_UPDATED,
    "atom:id",
    "atom:logo",
    "atom:icon",
    "dc:title",
    "language",
    "dc:language",
    "ttl",
    "sy:updateperiod",
    "sy:updatefrequency",
}
_KNOWN = {*_READERS, *_TEXTS, *_ITEMS, "source", "xhtml:head"}
_MINUTES = {"hourly": 60, "daily": 1_440, "weekly": 10_080, "monthly": 43_200, "yearly": 525_600}
MAX_TTL_MINUTES = 100_000

_LOOKS_LIKE_MARKUP = re.compile(r"</?[a-zA-Z][^<>]{0,1000}>")
_TEXT_KINDS = {"text", "html", "xhtml", "plain", "xml"}


# libxml2 writes them first, and in text "<" is a reference.
_DECLARATIONS = re.compile(
    r"(<[A-Za-z][^<>\s]{0,100})(?:\sxmlns(?::[^<>\s=]{1,100})?=\"[^\"<>]*\")+"
)


@lru_cache(maxsize=256)
def _dates_among(names: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return which of the elements say when an entry was published and updated, best first."""
    return (
        tuple(name for name in _PUBLISHED if name in names),
        tuple(name for name in _UPDATED if name in names),
    )


@lru_cache(maxsize=256)
def _local_name(tag: str) -> str:
    return tag.rpartition("}")[2].rpartition(":")[2] or "span"


def _inside_of_div(element: Any) -> Any:
    """Return XHTML's wrapper instead of its parent: it is no part of the content (RFC 4287)."""
    if len(element) != 1 or (element.text or "").strip() or (element[0].tail or "").strip():
        return element
    return element[0] if element[0].tag.rpartition("}")[2].lower() == "div" else element


def _text(element: Any) -> str:
    """Return what an element says, whatever it holds."""
    if len(element):
        return "".join(element.itertext()).strip()
    return (element.text or "").strip()


def _attribute(element: Any, name: str) -> str:
    """Return an attribute of this lower-case name, however it is written."""
    value = element.get(name)
    if value is None and element.attrib:
        # Not `items()`, which takes quadratic time.
        names = islice(element.attrib, MAX_LISTED)
        value = next((element.get(each) for each in names if each.lower() == name), None)
    return (value or "").strip()


def _relation(element: Any) -> str:
    # Registered relations may be written as addresses (RFC 4287 §4.2.7.2).
    rel = element.get("rel")
    return rel.strip().lower().rpartition("/")[2] if rel else "alternate"


def _link_in_id(entry: RawEntry) -> str:
    """Return the id if it says that it is a link, and is one."""
    is_link = entry.id_is_link and entry.raw_id.lower().startswith(("http:", "https:"))
    is_about = not entry.id_is_link and entry.raw_id.startswith(("http://", "https://"))
    return entry.raw_id if is_link or (is_about and not entry.has_guid) else ""


def _whole_number(text: str) -> int:
    return min(int(text[:9]), MAX_TTL_MINUTES) if text.isascii() and text.isdigit() else 0


def _period(period: str | None, frequency: str) -> int:
    """Return how many minutes the syndication module asks us to wait between two looks."""
    minutes = _MINUTES.get((period or "").lower(), 0)
    return min(minutes // max(1, _whole_number(frequency)), MAX_TTL_MINUTES)


def _joined(base: str, link: str) -> str:
    try:
        return urljoin(base, link)
    except ValueError:  # an unclosed bracket
        return link


def _is_binary(kind: str) -> bool:
    """Say whether Atom means base64 by this type (RFC 4287 §4.1.3.3)."""
    is_text = kind in _TEXT_KINDS or kind.startswith(("text/", "multipart/")) or "xml" in kind
    return "/" in kind and not is_text


def as_html(text: str) -> str:
    """Return plain text as HTML that shows it: blank lines part paragraphs."""
    return html.escape(text, quote=False).strip().replace("\n\n", "<p>").replace("\n", "<br>")


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=False).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""
