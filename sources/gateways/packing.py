"""A feed on its way from the parser's child to its parent: only what is not empty."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

from sources.domain.entry import Enclosure, Entry, Feed

_ENTRY_FIELDS = tuple(each.name for each in fields(Entry))
_FEED_FIELDS = tuple(each.name for each in fields(Feed))
_SAME = True
"""Stands for a summary that is the entry's whole text."""


def pack(feed: Feed) -> dict[str, Any]:
    """Return a feed as plain values for JSON."""
    plain = {name: value for name in _FEED_FIELDS if (value := getattr(feed, name))}
    if feed.ttl:
        plain["ttl"] = feed.ttl.total_seconds()
    plain["entries"] = [_packed(entry) for entry in feed.entries]
    return plain


def unpack(plain: dict[str, Any]) -> Feed:
    """Return the feed that `pack` made plain."""
    entries = tuple(map(_entry, plain.pop("entries")))
    for name in ("notes", "skip_hours", "skip_days", "hubs"):
        if name in plain:
            plain[name] = tuple(plain[name])
    if "updated_at" in plain:
        plain["updated_at"] = datetime.fromisoformat(plain["updated_at"])
    if "ttl" in plain:
        plain["ttl"] = timedelta(seconds=plain["ttl"])
    return Feed(**plain, entries=entries)


def _packed(entry: Entry) -> dict[str, Any]:
    plain = {name: value for name in _ENTRY_FIELDS if (value := getattr(entry, name))}
    if entry.summary and entry.summary == entry.html:
        plain["summary"] = _SAME
    if entry.enclosures:
        plain["enclosures"] = [list(each) for each in entry.enclosures]
    return plain


def _entry(plain: dict[str, Any]) -> Entry:
    for name in ("published_at", "updated_at"):
        if name in plain:
            plain[name] = datetime.fromisoformat(plain[name])
    if plain.get("summary") is _SAME:
        plain["summary"] = plain["html"]
    if "categories" in plain:
        plain["categories"] = tuple(plain["categories"])
    if "enclosures" in plain:
        plain["enclosures"] = tuple(Enclosure(*each) for each in plain["enclosures"])
    return Entry(**plain)
