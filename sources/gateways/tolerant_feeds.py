"""Broken feeds, read with feedparser. Runs in the parser's child process only.

feedparser takes minutes over some crafted documents of a few kilobytes and raises what it
likes: the process around it is what bounds it.
"""

from __future__ import annotations

import html
import io
import re
from typing import Any

import feedparser

from sources.gateways.documents import CUT_OFF, RawEntry, RawFeed
from sources.gateways.xml_feeds import as_html

_CHARSET = re.compile(r"charset\s*=", re.IGNORECASE)
_LAST_START = re.compile(rb"<(?:item|entry)[\s>]", re.IGNORECASE)
_LAST_END = re.compile(rb"</(?:item|entry)\s*>", re.IGNORECASE)


def read_broken(body: bytes, *, content_type: str = "") -> RawFeed | None:
    """Read what can be read of a malformed document; None if it is no feed at all."""
    # Without a charset, "text/xml" would mean ASCII to feedparser, as it once did (RFC 3023).
    headers = {"content-type": content_type} if _CHARSET.search(content_type) else {}
    parsed = feedparser.parse(
        io.BytesIO(body),
        response_headers=headers,
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    if not parsed.entries and not parsed.get("version"):
        return None
    feed = RawFeed(
        title=str(parsed.feed.get("title", "")),
        site_url=str(parsed.feed.get("link", "")),
        language=str(parsed.feed.get("language", "")),
        notes=["It is not well-formed XML; what could be read was kept."],
    )
    ttl = str(parsed.feed.get("ttl", ""))
    feed.ttl_minutes = min(int(ttl[:9]), 100_000) if ttl.isascii() and ttl.isdigit() else 0
    is_atom = str(parsed.get("version", "")).startswith("atom")
    feed.entries = [_entry(entry, is_atom=is_atom) for entry in parsed.entries]
    if feed.entries and _is_cut_off(body):
        feed.entries.pop()
        feed.skipped[CUT_OFF] += 1
    return feed


def _is_cut_off(body: bytes) -> bool:
    """Say whether the last entry begins and does not end."""
    starts = [match.start() for match in _LAST_START.finditer(body)]
    ends = [match.start() for match in _LAST_END.finditer(body)]
    return bool(starts) and starts[-1] > (ends[-1] if ends else -1)


def _entry(entry: Any, *, is_atom: bool) -> RawEntry:
    bodies = {
        f"content {number}": _as_html(content, is_atom=is_atom)
        for number, content in enumerate(entry.get("content", [])[:10])
    }
    if "summary" in entry:
        bodies["summary"] = _as_html(
            entry.get("summary_detail") or {"value": entry.summary}, is_atom=is_atom
        )
    title = entry.get("title_detail") or {"value": entry.get("title", "")}
    # Past feedparser's own `get`, which takes one date for another and warns about it.
    dates = (dict.get(entry, name) for name in ("published", "created", "updated"))
    return RawEntry(
        raw_id=str(entry.get("id", "")),
        link=str(entry.get("link", "")),
        permalink=str(entry.get("feedburner_origlink", "")),
        title=_as_html(title, is_atom=is_atom),
        bodies=bodies,
        author=html.escape(str(entry.get("author", ""))),
        language=str(
            (entry.get("content") or [{}])[0].get("language") or entry.get("language", "")
        ),
        dates=[str(date) for date in dates if date],
    )


def _as_html(detail: Any, *, is_atom: bool) -> str:
    value = str(detail.get("value") or "")
    is_plain = is_atom and detail.get("type") == "text/plain"
    return as_html(value) if is_plain else value
