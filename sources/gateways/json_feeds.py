"""JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org). Runs in the parser's child process."""

from __future__ import annotations

import html
import json
from typing import Any

import orjson

from sources.gateways.letters import as_utf8
from sources.gateways.raw import MAX_READ, Body, RawEntry, RawFeed
from sources.gateways.unreadable import WrongKind
from sources.gateways.xml_feeds import MAX_LISTED, as_html

MAX_VALUES = 500_000
"""Objects and lists: the largest feeds have some ten thousands, and each takes memory."""


def read_json(body: bytes) -> RawFeed:
    """Read a JSON Feed; fields of the wrong type count as missing. Raises WrongKind."""
    document = _document(as_utf8(body))
    if not isinstance(document, dict) or not isinstance(document.get("items"), list):
        raise WrongKind("This is JSON, but not a JSON Feed: it has no list of items.")
    feed = RawFeed(
        title=html.escape(_text(document.get("title"))),
        description=html.escape(_text(document.get("description"))),
        raw_id=_text(document.get("feed_url")),
        self_url=_text(document.get("feed_url")),
        site_url=_text(document.get("home_page_url")),
        language=_text(document.get("language")),
        image=_text(document.get("icon")) or _text(document.get("favicon")),
        authors=_authors(document),
        author_is_everybodys=True,
        hubs=[_text(hub.get("url")) for hub in _objects(document.get("hubs"))],
    )
    feed.left_out = max(0, len(document["items"]) - MAX_READ)
    for item in document["items"][:MAX_READ]:
        if isinstance(item, dict):
            feed.entries.append(_entry(item))
        else:
            feed.skipped["not a JSON object"] += 1
    return feed


def _document(text: bytes) -> Any:
    if text.count(b"{") + text.count(b"[") > MAX_VALUES:
        raise WrongKind(
            f"This is JSON of more than {MAX_VALUES:,} objects and lists: more than we read."
        )
    try:
        return orjson.loads(text)
    except ValueError:
        pass  # too strict, perhaps: control characters, half of a surrogate pair
    try:
        return json.loads(text.decode("utf-8", "replace"), strict=False)
    except (ValueError, RecursionError) as error:
        raise WrongKind("This looks like JSON, but it is malformed.") from error


def _entry(item: dict[str, Any]) -> RawEntry:
    entry = RawEntry(
        raw_id=_text(item.get("id")),
        link=_text(item.get("url")) or _text(item.get("external_url")),
        title=html.escape(_text(item.get("title"))),
        authors=_authors(item),
        language=_text(item.get("language")),
        categories=[html.escape(_text(tag)) for tag in _list(item.get("tags"))],
        image=_text(item.get("image")) or _text(item.get("banner_image")),
        files=[_file(each) for each in _objects(item.get("attachments"))],
    )
    for name in ("content_html", "content_text", "summary"):
        text = _text(item.get(name))
        if text.strip():
            entry.bodies.append(Body(name, text if name == "content_html" else as_html(text)))
    entry.updated = [date for date in [_text(item.get("date_modified"))] if date]
    entry.dates = [
        date for date in [_text(item.get("date_published")), *entry.updated] if date
    ]  # fmt: skip
    if not entry.link and entry.raw_id.startswith(("http://", "https://")):
        entry.link = entry.raw_id
    return entry


def _authors(item: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the names of the authors, of 1.1's list or else of 1.0's one."""
    several = _list(item.get("authors")) or [item.get("author")]
    names = (_text(each.get("name")) if isinstance(each, dict) else _text(each) for each in several)
    return [("json", html.escape(name)) for name in names if name.strip()]


def _file(attachment: dict[str, Any]) -> tuple[str, str, str]:
    size = _text(attachment.get("size_in_bytes"))
    return _text(attachment.get("url")), _text(attachment.get("mime_type")), size


def _objects(value: Any) -> list[dict[str, Any]]:
    return [each for each in _list(value) if isinstance(each, dict)]


def _list(value: Any) -> list[Any]:
    return value[:MAX_LISTED] if isinstance(value, list) else []


def _text(value: Any) -> str:
    """Return a string, or a number as one (ids are often numbers); else nothing."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return repr(value)
    return ""
