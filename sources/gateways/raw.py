"""What a reader found in a document, before anything is decided about it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

MAX_READ = 25_000
"""Entries of one document that we look at to find the newest."""


class Body(NamedTuple):
    """One of the texts of an entry."""

    name: str
    """Of the element."""
    html: str
    base: str = ""
    """What its links are relative to, if the document says it."""


@dataclass(slots=True)
class RawEntry:
    """What a reader found of one entry."""

    raw_id: str = ""
    id_is_link: bool = False
    has_guid: bool = False
    link: str = ""
    has_plain_link: bool = False
    """RSS's own link is better than any other."""
    has_html_link: bool = False
    permalink: str = ""
    """Where the link leads in the end, if the feed says so."""
    base: str = ""
    title: str = ""
    """As HTML."""
    media_title: str = ""
    bodies: list[Body] = field(default_factory=list)
    authors: list[tuple[str, str]] = field(default_factory=list)
    """By the name of the element; as HTML."""
    language: str = ""
    dates: list[str] = field(default_factory=list)
    """As written, best first."""
    updated: list[str] = field(default_factory=list)
    categories: list[str] = field(default_factory=list)
    """As HTML."""
    files: list[tuple[str, str, str]] = field(default_factory=list)
    """Address, type and length."""
    comments: str = ""
    image: str = ""
    has_parts: bool = False
    """It says something, if only what nobody reads."""
    is_cut: bool = False
    """The document ends within it."""


@dataclass(slots=True)
class RawFeed:
    """What a reader found in one document."""

    title: str = ""
    """As HTML."""
    description: str = ""
    """As HTML."""
    raw_id: str = ""
    site_url: str = ""
    has_plain_link: bool = False
    has_html_link: bool = False
    self_url: str = ""
    hubs: list[str] = field(default_factory=list)
    base: str = ""
    language: str = ""
    authors: list[tuple[str, str]] = field(default_factory=list)
    dates: list[str] = field(default_factory=list)
    image: str = ""
    ttl_minutes: int = 0
    skip_hours: list[str] = field(default_factory=list)
    skip_days: list[str] = field(default_factory=list)
    author_is_everybodys: bool = False
    """Whether its author wrote the entries that name none (Atom, JSON Feed)."""
    entries: list[RawEntry] = field(default_factory=list)
    left_out: int = 0
    """Entries beyond MAX_READ."""
    is_clean: bool = False
    """No text in it holds a letter that `letters.ODD_LETTERS` means: nobody need look."""
    skipped: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
