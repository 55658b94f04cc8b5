"""JSON Feed 1.1: https://www.jsonfeed.org/version/1.1/."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson

from patriot.lib.syndication import Entry, Feed, writable

CONTENT_TYPE = "application/feed+json; charset=utf-8"
VERSION = "https://jsonfeed.org/version/1.1"


def document(feed: Feed) -> bytes:
    """Return the feed as JSON in UTF-8."""
    told: dict[str, Any] = {
        "version": VERSION,
        "title": writable(feed.title),
        "home_page_url": feed.url,
        "feed_url": feed.self_url,
        "language": feed.language,
        "authors": [{"name": writable(feed.author)}],
        "items": [_item(entry) for entry in feed.entries],
    }
    if feed.subtitle:
        told["description"] = writable(feed.subtitle)
    return orjson.dumps(told)


def _item(entry: Entry) -> dict[str, Any]:
    item = {
        "id": entry.id,
        "url": entry.url,
        "title": writable(entry.title),
        "content_html": writable(entry.html),
        "date_published": _moment(entry.published_at),
        "date_modified": _moment(entry.updated_at),
        "language": entry.language,
        "tags": [writable(entry.category)],
    }
    if entry.summary:
        item["summary"] = writable(entry.summary)
    return item


def _moment(at: datetime) -> str:
    """Return an RFC 3339 date-time."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"
