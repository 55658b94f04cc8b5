"""JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org). Runs in the parser's child process."""

from __future__ import annotations

import html
import json
from typing import Any

from sources.gateways.documents import RawEntry, RawFeed
from sources.gateways.unreadable import WrongKind
from sources.gateways.xml_feeds import as_html


def read_json(body: bytes) -> RawFeed:
    """Read a JSON Feed; fields of the wrong type count as missing. Raises WrongKind."""
    try:
        document = json.loads(body.decode("utf-8-sig", "replace"), strict=False)
    except (ValueError, RecursionError) as error:
        raise WrongKind("This looks like JSON, but it is malformed.") from error
    if not isinstance(document, dict) or not isinstance(document.get("items"), list):
        raise WrongKind("This is JSON, but not a JSON Feed: it has no list of items.")
    feed = RawFeed(
        title=html.escape(_text(document.get("title"))),
        site_url=_text(document.get("home_page_url")),
        language=_text(document.get("language")),
    )
    for item in document["items"]:
        if isinstance(item, dict):
            feed.entries.append(_entry(item))
        else:
            feed.skipped["not a JSON object"] += 1
    return feed


def _entry(item: dict[str, Any]) -> RawEntry:
    return RawEntry(
        raw_id=_text(item.get("id")),
        link=_text(item.get("url")) or _text(item.get("external_url")),
        title=html.escape(_text(item.get("title"))),
        bodies={
            "content_html": _text(item.get("content_html")),
            "content_text": as_html(_text(item.get("content_text"))),
            "summary": as_html(_text(item.get("summary"))),
        },
        author=html.escape(_author(item)),
        language=_text(item.get("language")),
        dates=[
            date
            for name in ("date_published", "date_modified")
            if (date := _text(item.get(name)))
        ],
    )  # fmt: skip


def _author(item: dict[str, Any]) -> str:
    authors = item.get("authors")
    first = authors[0] if isinstance(authors, list) and authors else item.get("author")
    return _text(first.get("name")) if isinstance(first, dict) else _text(first)


def _text(value: Any) -> str:
    """Return a string, or a number as one (ids are often numbers); else nothing."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return repr(value)
    return ""
