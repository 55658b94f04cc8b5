"""What a feed says, whatever its format: Atom, RSS and JSON Feed are written from this."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

# What no document of XML may hold, not even as a reference (XML 1.0, 2.2).
_NO_CHARACTER = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. Addresses are absolute; `html` is a fragment that stands alone."""

    id: str
    title: str
    url: str
    language: str
    category: str
    published_at: datetime
    updated_at: datetime
    summary: str
    html: str


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed with its entries, newest first."""

    id: str
    title: str
    subtitle: str
    author: str
    language: str
    url: str
    """The page for people."""
    self_url: str
    updated_at: datetime
    entries: Sequence[Entry]


def writable(text: str) -> str:
    """Return a text without what no document of XML may hold."""
    return _NO_CHARACTER.sub("", text)
