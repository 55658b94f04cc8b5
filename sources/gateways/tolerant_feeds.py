"""What our own readers cannot make out, read with feedparser. In the parser's child only.

feedparser takes minutes over some crafted documents of a few kilobytes and raises what it
likes: the process around it is what bounds it.
"""

from __future__ import annotations

import html
import io
from typing import Any

import feedparser

from sources.gateways.letters import as_utf8
from sources.gateways.raw import Body, RawEntry, RawFeed
from sources.gateways.xml_feeds import MAX_TTL_MINUTES, as_html

NOTE = "It is not well-formed XML; what could be read was kept."


def read_broken(body: bytes, *, content_type: str = "") -> RawFeed | None:
    """Read what can be read of a malformed document; None if it is no feed at all."""
    # Ours knows more encodings, and the header is not always right.
    parsed = feedparser.parse(
        io.BytesIO(as_utf8(body, content_type=content_type)),
        response_headers={"content-type": "application/xml; charset=utf-8"},
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    if not parsed.entries and not parsed.get("version"):
        return None
    about = parsed.feed
    feed = RawFeed(
        title=str(about.get("title", "")),
        description=str(about.get("subtitle", "")),
        raw_id=str(about.get("id", "")),
        site_url=str(about.get("link", "")),
        language=str(about.get("language", "")),
        image=str((about.get("image") or {}).get("href", "")),
        authors=[("author", html.escape(str(about.get("author", ""))))],
        notes=[NOTE],
    )
    ttl = str(about.get("ttl", ""))
    if ttl.isascii() and ttl.isdigit():
        feed.ttl_minutes = min(int(ttl[:9]), MAX_TTL_MINUTES)
    is_atom = str(parsed.get("version", "")).startswith("atom")
    feed.entries = [_entry(entry, is_atom=is_atom) for entry in parsed.entries]
    return feed


def _entry(entry: Any, *, is_atom: bool) -> RawEntry:
    bodies = [
        Body("content", _as_html(content, is_atom=is_atom))
        for content in entry.get("content", [])[:10]
    ]
    if "summary" in entry:
        detail = entry.get("summary_detail") or {"value": entry.summary}
        bodies.append(Body("summary", _as_html(detail, is_atom=is_atom)))
    title = entry.get("title_detail") or {"value": entry.get("title", "")}
    # Past feedparser's own `get`, which takes one date for another and warns about it.
    dates = {name: str(dict.get(entry, name) or "") for name in ("published", "created", "updated")}
    language = (entry.get("content") or [{}])[0].get("language") or entry.get("language")
    return RawEntry(
        raw_id=str(entry.get("id", "")),
        link=str(entry.get("link", "")),
        permalink=str(entry.get("feedburner_origlink", "")),
        title=_as_html(title, is_atom=is_atom),
        bodies=[body for body in bodies if body.html.strip()],
        authors=[("author", html.escape(str(entry.get("author", ""))))],
        language=str(language or ""),
        dates=[date for date in dates.values() if date],
        updated=[date for date in [dates["updated"]] if date],
        categories=[str(tag.get("term") or "") for tag in entry.get("tags", [])[:50]],
        files=[
            (str(each.get("href", "")), str(each.get("type", "")), str(each.get("length", "")))
            for each in entry.get("enclosures", [])[:50]
        ],
        comments=str(entry.get("comments", "")),
    )


def _as_html(detail: Any, *, is_atom: bool) -> str:
    value = str(detail.get("value") or "")
    is_plain = is_atom and detail.get("type") == "text/plain"
    return as_html(value) if is_plain else value
