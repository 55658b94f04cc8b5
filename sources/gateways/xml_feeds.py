"""RSS 0.9x, 1.0 and 2.0 and Atom 0.3 and 1.0, read with lxml: fast, and only when well-formed.

Runs in the parser's child process. A document that is not well-formed is mended where that is
safe (stray control characters and ampersands, HTML's names for letters); what is still broken
is left to the tolerant reader.

Of our own, because the fast libraries drop what an identity and a health record need: ids and
dates as the publisher wrote them, and whether a title is markup.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import html
import re
from collections.abc import Iterator
from functools import lru_cache
from html.entities import html5
from typing import Any

from lxml import etree

from sources.gateways.documents import RawEntry, RawFeed

_FAMILIES = {
    "": "",
    "http://purl.org/rss/1.0/": "",
    "http://purl.org/net/rss1.1#": "",
    "http://my.netscape.com/rdf/simple/0.9/": "",
    "http://channel.netscape.com/rdf/simple/0.9/": "",
    "http://backend.userland.com/rss2": "",
    "http://backend.userland.com/RSS2": "",
    "http://blogs.law.harvard.edu/tech/rss": "",
    "http://www.w3.org/2005/Atom": "atom:",
    "http://purl.org/atom/ns#": "atom:",
    "http://purl.org/rss/1.0/modules/content/": "content:",
    "http://purl.org/dc/elements/1.1/": "dc:",
    "http://purl.org/dc/terms/": "dcterms:",
    "http://search.yahoo.com/mrss/": "media:",
    "http://rssnamespace.org/feedburner/ext/1.0": "feedburner:",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes:",
    "http://www.w3.org/1999/xhtml": "xhtml:",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf:",
}
# Namespaces as publishers misspell them: compared without scheme and end.
_LOOSE_FAMILIES = {
    re.sub(r"\Ahttps?:|[/#]+\Z", "", name).lower(): family for name, family in _FAMILIES.items()
}
_XML = "{http://www.w3.org/XML/1998/namespace}"
_RDF_ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
_ROOTS = {"rss", "feed", "atom:feed", "rdf:RDF", "RDF", "channel"}
_ITEMS = {"item", "atom:entry", "entry"}
_CHANNELS = {"channel", "atom:feed", "feed"}

_DECLARED = re.compile(rb"\A<\?xml[^>]{0,100}?\bencoding\s*=\s*[\"']([A-Za-z0-9._:-]{1,40})[\"']")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9._:-]{1,40})", re.IGNORECASE)
_BEGINNING = re.compile(rb"<\?xml\s|<rss[\s>]|<feed[\s>]|<rdf:RDF[\s>]", re.IGNORECASE)
_DOCTYPE = re.compile(rb"<!DOCTYPE[^>\[]{0,1000}>", re.IGNORECASE)
_BOMS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\r")
_AMPERSAND = re.compile(rb"&(?:#[0-9]{1,7};|#[xX][0-9a-fA-F]{1,6};|([A-Za-z][A-Za-z0-9]{0,31});)?")
_XML_NAMES = {b"amp", b"lt", b"gt", b"quot", b"apos"}


class NotWellFormed(Exception):
    """This reader cannot read it; the tolerant one may."""


class NoFeed(Exception):
    """Well-formed, but no feed: `root` is the name of its outermost element."""

    def __init__(self, root: str) -> None:
        super().__init__(root)
        self.root = root


def read_xml(body: bytes, *, content_type: str = "") -> RawFeed:
    """Read a well-formed feed, or one that little mending makes so.

    Raises NotWellFormed or NoFeed.
    """
    body = _from_its_beginning(body)
    if b"<!ENTITY" in body or (b"<!DOCTYPE" in body[:4_096] and not _DOCTYPE.search(body[:4_096])):
        raise NotWellFormed("It defines entities of its own.")
    body = _DOCTYPE.sub(b"", body, count=1)
    root = _root(body, content_type)
    if root is not None:
        return _read(root)
    root = _root(_mended(body), content_type)
    if root is None:
        raise NotWellFormed
    feed = _read(root)
    feed.notes.append("It is not well-formed XML and was mended before reading.")
    return feed


# --- Bytes to a tree ---------------------------------------------------------------------------


def _from_its_beginning(body: bytes) -> bytes:
    """Drop what some servers send before the document: blank lines, warnings, half a BOM."""
    if body.startswith(_BOMS) or body.startswith((b"<?xml", b"<rss", b"<feed")):
        return body
    start = _BEGINNING.search(body[:8_192])
    return body[start.start() :] if start else body


def _root(body: bytes, content_type: str) -> Any | None:
    for encoding in _encodings(body, content_type):
        try:
            parser = etree.XMLParser(
                encoding=encoding,
                resolve_entities=False,
                no_network=True,
                load_dtd=False,
                huge_tree=False,
                remove_comments=True,
                remove_pis=True,
            )
            return etree.fromstring(body, parser)
        except etree.XMLSyntaxError as error:
            if error.code == etree.ErrorTypes.ERR_NO_MEMORY:
                raise MemoryError from error
        except (LookupError, ValueError):  # an encoding that nobody knows
            continue
    return None


def _encodings(body: bytes, content_type: str) -> list[str | None]:
    """Return the encodings to try, best first; None leaves it to the document.

    Text that is not ASCII and valid UTF-8 is UTF-8, whatever anybody declares. Else HTTP comes
    before the document (RFC 7303 §3.2), and last what many publishers really write.
    """
    if body.startswith(_BOMS) or b"\x00" in body[:4]:
        return [None]
    declared = _DECLARED.match(body[:200])
    charset = _CHARSET.search(content_type)
    from_http = [charset[1]] if charset else []
    if body.isascii():
        return [None] if declared else [*from_http, None]
    try:
        body.decode()
    except UnicodeDecodeError:
        return [*from_http, None, "windows-1252"]
    return ["utf-8"]


def _mended(body: bytes) -> bytes:
    return _AMPERSAND.sub(_mend_reference, body.translate(None, _CONTROLS))


def _mend_reference(match: re.Match[bytes]) -> bytes:
    if match[0] == b"&":
        return b"&amp;"
    if match[1] is None:
        return match[0] if _is_xml_character(match[0]) else b"&#65533;"
    if match[1] in _XML_NAMES:
        return match[0]
    letters = html5.get(match[1].decode() + ";")
    if letters is None:
        return b"&amp;" + match[0][1:]
    return "".join(f"&#{ord(letter)};" for letter in letters).encode()


def _is_xml_character(reference: bytes) -> bool:
    """Say whether a numeric reference means a character that XML allows (XML 1.0 §2.2)."""
    digits = reference[2:-1].decode()
    code = int(digits[1:], 16) if digits[:1] in {"x", "X"} else int(digits)
    return code in {9, 10, 13} or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0x10FFFF


# --- A tree to values ----------------------------------------------------------------------------


def _name(element: Any) -> str:
    """Return an element's name with a short prefix for its namespace, "" for what is no element."""
    return _short_name(element.tag)


@lru_cache(maxsize=2_048)
def _short_name(tag: object) -> str:
    if not isinstance(tag, str):
        return ""
    if not tag.startswith("{"):
        return tag
    namespace, _, local = tag[1:].partition("}")
    family = _FAMILIES.get(namespace)
    if family is None:
        loose = re.sub(r"\Ahttps?:|[/#]+\Z", "", namespace[:200]).lower()
        family = _LOOSE_FAMILIES.get(loose, "?")
    return family + local


def _read(root: Any) -> RawFeed:
    if _name(root) not in _ROOTS:
        raise NoFeed(_name(root).lstrip("?")[:40])
    feed = RawFeed(language=root.get(_XML + "lang") or "")
    # At any depth: RSS 1.0 has its items beside the channel, some feeds have them anywhere.
    for element in root.iter("{*}channel", "{*}feed", "{*}item", "{*}entry"):
        name = _name(element)
        if name in _ITEMS:
            feed.entries.append(_entry(element))
        elif name in _CHANNELS:
            _describe(feed, element)
    return feed


def _describe(feed: RawFeed, channel: Any) -> None:
    """Take what the feed says of itself."""
    feed.language = channel.get(_XML + "lang") or feed.language
    feed.base = feed.base or channel.get(_XML + "base") or ""
    for child in channel:
        name = _name(child)
        text = (child.text or "").strip()
        if name in {"title", "atom:title"} and not feed.title:
            feed.title = _markup(child, is_atom=name == "atom:title")
        elif name == "link" and text and not feed.site_url:
            feed.site_url = text
        elif name in {"atom:link", "link"} and child.get("rel", "alternate") == "alternate":
            feed.site_url = feed.site_url or (child.get("href") or "").strip()
        elif name in {"language", "dc:language"} and text:
            feed.language = text
        elif name == "ttl" and text.isascii() and text.isdigit():
            feed.ttl_minutes = min(int(text[:9]), 100_000)


def _entry(item: Any) -> RawEntry:
    entry = RawEntry(
        raw_id=item.get(_RDF_ABOUT) or "",
        language=item.get(_XML + "lang") or "",
        base=item.get(_XML + "base") or "",
    )
    texts: dict[str, str] = {}
    for child in _children(item):
        name = _name(child)
        if name in _READERS:
            _READERS[name](entry, child)
        elif name in _BODIES and not entry.bodies.get(name):
            # Like Atom, and unlike RSS, Media RSS means plain text unless it says otherwise.
            entry.bodies[name] = _markup(child, is_atom=name.startswith(("atom:", "media:")))
            entry.language = child.get(_XML + "lang") or entry.language
        elif name in _TEXTS and name not in texts:
            texts[name] = (child.text or "").strip()
    entry.author = entry.author or next(filter(None, map(texts.get, _AUTHORS)), "")
    entry.language = entry.language or texts.get("dc:language", "")
    entry.dates = [texts[name] for name in _DATES if texts.get(name)]
    entry.raw_id = entry.raw_id or texts.get("dc:identifier", "")
    entry.permalink = texts.get("feedburner:origLink", "")
    entry.link = texts.get("link") or entry.link or _link_in_id(entry)
    entry.title = entry.title or html.escape(
        texts.get("dc:title", "") or texts.get("media:title", "")
    )
    return entry


def _link_in_id(entry: RawEntry) -> str:
    """Return RSS's guid if it says that it is a link, and is one."""
    is_link = entry.guid_is_link and entry.raw_id.lower().startswith(("http:", "https:"))
    return entry.raw_id if is_link else ""


def _children(item: Any) -> Iterator[Any]:
    """Yield what an item holds, and what media groups in it hold."""
    for child in item:
        yield child
        if _name(child) in {"media:group", "media:content"}:
            yield from child


_BODIES = (
    "content:encoded",
    "atom:content",
    "content",
    "xhtml:body",
    "xhtml:div",
    "description",
    "atom:summary",
    "summary",
    "itunes:summary",
    "media:description",
    "dc:description",
)
_AUTHORS = ("dc:creator", "author", "itunes:author", "dc:author", "creator")
_DATES = (
    "pubDate",
    "atom:published",
    "published",
    "atom:issued",
    "dc:date",
    "dcterms:issued",
    "dcterms:created",
    "atom:created",
    "pubdate",
    "date",
    "atom:updated",
    "updated",
    "atom:modified",
    "dcterms:modified",
)
_TEXTS = {
    *_AUTHORS,
    *_DATES,
    "link",
    "dc:title",
    "dc:language",
    "dc:identifier",
    "media:title",
    "feedburner:origLink",
}


def _read_title(entry: RawEntry, element: Any) -> None:
    entry.title = entry.title or _markup(element, is_atom=_name(element) == "atom:title")


def _read_guid(entry: RawEntry, element: Any) -> None:
    _read_id(entry, element)
    entry.guid_is_link = element.get("isPermaLink", "true").strip().lower() != "false"


def _read_id(entry: RawEntry, element: Any) -> None:
    entry.raw_id = entry.raw_id or (element.text or "").strip()


def _read_link(entry: RawEntry, element: Any) -> None:
    href = (element.get("href") or element.text or "").strip()
    rel = element.get("rel", "alternate")
    if href and rel == "alternate" and (not entry.link or "html" in element.get("type", "")):
        entry.link = href


def _read_author(entry: RawEntry, element: Any) -> None:
    for child in element:
        if _name(child) in {"atom:name", "name"} and not entry.author:
            entry.author = (child.text or "").strip()


_READERS = {
    "title": _read_title,
    "atom:title": _read_title,
    "guid": _read_guid,
    "atom:id": _read_id,
    "id": _read_id,
    "atom:link": _read_link,
    "atom:author": _read_author,
}


def _markup(element: Any, *, is_atom: bool) -> str:
    """Return an element's content as HTML. Atom says what it is; RSS means HTML."""
    kind = (element.get("type") or "text").strip().lower() if is_atom else "html"
    mode = element.get("mode") or ("xml" if len(element) else "escaped")
    if len(element) and (mode == "xml" or not is_atom):
        return _inner_markup(element)
    text = element.text or ""
    if mode == "base64" or (is_atom and kind not in _TEXT_KINDS and not kind.startswith("text/")):
        return _decoded(text)
    return (
        text if kind in {"html", "text/html", "xhtml", "application/xhtml+xml"} else as_html(text)
    )


_TEXT_KINDS = {"text", "html", "xhtml", "application/xhtml+xml"}


def as_html(text: str) -> str:
    """Return plain text as HTML that shows it: blank lines part paragraphs."""
    return html.escape(text, quote=False).strip().replace("\n\n", "<p>").replace("\n", "<br>")


def _inner_markup(element: Any) -> str:
    for inner in element.iterdescendants():
        if isinstance(inner.tag, str):
            inner.tag = inner.tag.rpartition("}")[2]
    pieces = [html.escape(element.text or "", quote=False)]
    pieces += [etree.tostring(child, encoding="unicode", method="html") for child in element]
    return "".join(pieces)


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=False).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""
