"""What a document says: a feed and its entries, as values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Entry:
    """One feed item or search hit. Not a row."""

    raw_id: str = ""
    """The publisher's own id, untouched; empty if it gave none."""
    url: str = ""
    """Absolute, http or https; or empty."""
    title: str = ""
    """Clean text, never markup."""
    html: str = ""
    """The longest text that came with it, as HTML; untrusted."""
    author: str = ""
    language: str = ""
    """As declared, such as "en-gb"."""
    published_raw: str = ""
    """The date as the publisher wrote it."""
    published_at: datetime | None = None
    """What that means, if anybody can tell."""


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What is to read of an untrusted HTML text."""

    text: str = ""
    """Clean text, paragraphs parted by blank lines."""
    html: str = ""
    """The same with its markup: nothing that runs, loads or hides anything."""


@dataclass(frozen=True, slots=True)
class Feed:
    """One document, read."""

    title: str = ""
    site_url: str = ""
    language: str = ""
    entries: tuple[Entry, ...] = ()
    skipped: dict[str, int] = field(default_factory=dict)
    """Entries that the document held and that are not in `entries`, counted by reason."""
    notes: tuple[str, ...] = ()
    """What was wrong with the document, in sentences."""
    ttl: timedelta | None = None
    """How long the publisher says that the document stays fresh."""
    skip_hours: tuple[int, ...] = ()
    """Hours of the day (UTC) in which nobody need look (RSS 2.0, <skipHours>)."""
    skip_days: tuple[int, ...] = ()
    """Days of the week, 0 is Monday."""

    @property
    def entry_count(self) -> int:
        """How many entries the document held."""
        return len(self.entries) + sum(self.skipped.values())
