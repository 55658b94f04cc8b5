"""RSS 2.0, with whole texts (content:encoded) and the moments and ids that Atom has."""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from patriot.lib.syndication import Entry, Feed, writable

CONTENT_TYPE = "application/rss+xml; charset=utf-8"
# https://www.rssboard.org/rss-profile: the three that readers know.
ATOM = "http://www.w3.org/2005/Atom"
CONTENT = "http://purl.org/rss/1.0/modules/content/"
DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"


def document(feed: Feed) -> bytes:
    """Return the feed as XML in UTF-8."""
    spaces = {"xmlns:atom": ATOM, "xmlns:content": CONTENT, "xmlns:dc": DUBLIN_CORE}
    root = Element("rss", {"version": "2.0", **spaces})
    channel = SubElement(root, "channel")
    _add(channel, "title", feed.title)
    _add(channel, "link", feed.url)
    # It has to have one.
    _add(channel, "description", feed.subtitle or feed.title)
    _add(channel, "language", feed.language)
    _add(channel, "lastBuildDate", _moment(feed.updated_at))
    own = {"rel": "self", "type": "application/rss+xml", "href": feed.self_url}
    SubElement(channel, "atom:link", own)
    for entry in feed.entries:
        _add_item(channel, entry, author=feed.author)
    written: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _add_item(channel: Element, entry: Entry, *, author: str) -> None:
    item = SubElement(channel, "item")
    _add(item, "title", entry.title)
    _add(item, "link", entry.url)
    # The same as in Atom: who changes the format reads nothing twice.
    _add(item, "guid", entry.id, isPermaLink="false")
    _add(item, "pubDate", _moment(entry.published_at))
    _add(item, "atom:updated", f"{entry.updated_at:%Y-%m-%dT%H:%M:%S%z}")
    _add(item, "dc:creator", author)
    _add(item, "category", entry.category)
    if entry.summary:
        _add(item, "description", entry.summary)
    _add(item, "content:encoded", entry.html)


def _add(parent: Element, name: str, text: str, **attributes: str) -> None:
    SubElement(parent, name, attributes).text = writable(text)


def _moment(at: datetime) -> str:
    """Return an RFC 822 date-time, with a year of four digits."""
    return format_datetime(at)
