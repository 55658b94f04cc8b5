"""Feeds as outlets serve them: RSS 2.0, Atom 1.0, JSON Feed 1.1, and one that means harm."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement
from xml.sax.saxutils import escape

from patriot.demo.press import DemoArticle, Document, Outlet

_RSS_NAMESPACES = {
    "xmlns:atom": "http://www.w3.org/2005/Atom",
    "xmlns:content": "http://purl.org/rss/1.0/modules/content/",
    "xmlns:dc": "http://purl.org/dc/elements/1.1/",
}
_FAILURE = b"<!doctype html><title>500</title><h1>Internal Server Error</h1>\n"

_Articles = Sequence[DemoArticle]


def render(outlet: Outlet, articles: _Articles, *, anchor: datetime) -> Document:
    """Return the outlet's feed with these articles, or the error page of one that is down."""
    if outlet.status != 200:
        return Document(_FAILURE, "text/html; charset=utf-8", outlet.name, outlet.status)
    write, content_type = _FORMATS[outlet.format]
    return Document(write(outlet, articles, anchor), content_type, outlet.name)


def _rss(outlet: Outlet, articles: _Articles, anchor: datetime) -> bytes:
    rss = Element("rss", {"version": "2.0", **_RSS_NAMESPACES})
    channel = SubElement(rss, "channel")
    _add(channel, "title", outlet.name)
    _add(channel, "link", outlet.home)
    _add(channel, "description", outlet.description)
    _add(channel, "language", outlet.language)
    _add(channel, "lastBuildDate", format_datetime(_newest(articles, anchor)))
    _add(channel, "ttl", "15")
    for article in articles:
        _rss_item(SubElement(channel, "item"), article, anchor)
    return _xml(rss)


def _rss_item(item: Element, article: DemoArticle, anchor: datetime) -> None:
    carries = article.outlet.carries
    _add(item, "title", article.title)
    _add(item, "link", article.link)
    permanent = "true" if article.guid == article.link else "false"
    _add(item, "guid", article.guid, isPermaLink=permanent)
    _add(item, "pubDate", format_datetime(article.published_at(anchor)))
    if article.revised_hours_ago is not None:
        _add(item, "atom:updated", article.revised_at(anchor).isoformat())
    if carries == "title":
        return
    _add(item, "description", _html(article) if carries == "description" else article.summary)
    _add(item, "content:encoded", _html(article) if carries == "text" else "")
    _add(item, "dc:creator", article.author)
    for category in article.categories:
        _add(item, "category", category)


def _atom(outlet: Outlet, articles: _Articles, anchor: datetime) -> bytes:
    feed = Element("feed", {"xmlns": "http://www.w3.org/2005/Atom", "xml:lang": outlet.language})
    _add(feed, "title", outlet.name)
    _add(feed, "subtitle", outlet.description)
    _add(feed, "id", outlet.home)
    SubElement(feed, "link", {"rel": "alternate", "type": "text/html", "href": outlet.home})
    _add(feed, "updated", _newest(articles, anchor).isoformat())
    for article in articles:
        _atom_entry(SubElement(feed, "entry"), article, anchor)
    return _xml(feed)


def _atom_entry(entry: Element, article: DemoArticle, anchor: datetime) -> None:
    _add(entry, "title", article.title)
    SubElement(entry, "link", {"rel": "alternate", "href": article.link})
    _add(entry, "id", article.guid)
    _add(entry, "published", article.published_at(anchor).isoformat())
    _add(entry, "updated", article.revised_at(anchor).isoformat())
    author = SubElement(entry, "author")
    _add(author, "name", article.author or article.outlet.name)
    _add(entry, "summary", article.summary)
    if article.outlet.carries == "text":
        _add(entry, "content", _html(article), type="html")
    for category in article.categories:
        SubElement(entry, "category", {"term": category})


def _json_feed(outlet: Outlet, articles: _Articles, anchor: datetime) -> bytes:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": outlet.name,
        "description": outlet.description,
        "home_page_url": outlet.home,
        "language": outlet.language,
        "items": [_json_item(article, anchor) for article in articles],
    }
    return json.dumps(feed, ensure_ascii=False, indent=1).encode()


def _json_item(article: DemoArticle, anchor: datetime) -> dict[str, Any]:
    item: dict[str, Any] = {
        "id": article.guid,
        "url": article.link,
        "title": article.title,
        "date_published": article.published_at(anchor).isoformat(),
        "tags": list(article.categories),
    }
    if article.author:
        item["authors"] = [{"name": article.author}]
    if article.summary:
        item["summary"] = article.summary
    if article.revised_hours_ago is not None:
        item["date_modified"] = article.revised_at(anchor).isoformat()
    if article.outlet.carries == "plain":
        item["content_text"] = "\n\n".join(article.paragraphs)
    else:
        item["content_html"] = _html(article)
    return item


def _hostile(outlet: Outlet, articles: _Articles, anchor: datetime) -> bytes:
    """Glue strings together as an attacker does: well-formed, so that all of it arrives."""
    items = "".join(_hostile_item(article, anchor) for article in articles)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>\n'
        f"<title>{outlet.name}</title><link>{outlet.home}</link>"
        f"<description>{outlet.description}</description><language>{outlet.language}</language>\n"
        f"{items}</channel></rss>\n"
    ).encode()


def _hostile_item(article: DemoArticle, anchor: datetime) -> str:
    date = article.raw_date or format_datetime(article.published_at(anchor))
    return (
        f"<item><title><![CDATA[{article.title}]]></title>"
        f"<link><![CDATA[{article.link}]]></link>"
        f'<guid isPermaLink="false">{article.guid}</guid><pubDate>{date}</pubDate>'
        f"<dc:creator><![CDATA[{article.author}]]></dc:creator>\n"
        f"<description><![CDATA[{_html(article)}]]></description></item>\n"
    )


_FORMATS: dict[str, tuple[Callable[[Outlet, _Articles, datetime], bytes], str]] = {
    "rss": (_rss, "application/rss+xml; charset=utf-8"),
    "atom": (_atom, "application/atom+xml; charset=utf-8"),
    "json": (_json_feed, "application/feed+json"),
    "hostile": (_hostile, "application/rss+xml; charset=utf-8"),
}


def _html(article: DemoArticle) -> str:
    return "\n".join(
        text if text.startswith("<") else f"<p>{escape(text)}</p>" for text in article.paragraphs
    )


def _newest(articles: _Articles, anchor: datetime) -> datetime:
    """Return when the feed last changed; an empty one has been silent for long."""
    silent_since = anchor - timedelta(days=30)
    return max((article.revised_at(anchor) for article in articles), default=silent_since)


def _add(parent: Element, name: str, text: str, **attributes: str) -> None:
    """Append an element, unless it would be empty: most publishers leave it out then."""
    if text:
        SubElement(parent, name, attributes).text = text


def _xml(root: Element) -> bytes:
    # The names carry literal prefixes: ElementTree's registry of namespaces is global to the
    # process, and this module needs Atom as a prefix here and as the default there.
    ElementTree.indent(root)
    body: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return body
