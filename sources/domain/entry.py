"""What a document says: a feed and its entries, as values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple


class Enclosure(NamedTuple):
    """A file that belongs to an entry: a recording, a picture, a film."""

    url: str
    """Absolute, http or https."""
    type: str = ""
    """Its media type as declared, such as "audio/mpeg"."""
    length: int = 0
    """In bytes as declared; 0 if unknown."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One feed item or search hit. Not a row."""

    raw_id: str = ""
    """The publisher's own id, never resolved; empty if it gave none."""
    url: str = ""
    """Absolute, http or https; or empty."""
    title: str = ""
    """Clean text, never markup."""
    html: str = ""
    """The longest text that came with it, as HTML; untrusted."""
    summary: str = ""
    """What the publisher calls its description or summary, as HTML; untrusted. Often `html`."""
    author: str = ""
    language: str = ""
    """As declared, such as "en-gb"."""
    published_raw: str = ""
    """The date as the publisher wrote it."""
    published_at: datetime | None = None
    """What that means, if anybody can tell."""
    updated_raw: str = ""
    updated_at: datetime | None = None
    """When the publisher says that it last changed it."""
    categories: tuple[str, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    comments_url: str = ""
    image_url: str = ""
    """The picture that stands for it."""


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
    feed_id: str = ""
    """The publisher's own id of the feed, never resolved."""
    description: str = ""
    """Its subtitle, as clean text."""
    author: str = ""
    updated_at: datetime | None = None
    image_url: str = ""
    self_url: str = ""
    """Where the publisher says that the feed lives."""
    hubs: tuple[str, ...] = ()
    """Whom to ask to be told of news (WebSub)."""

    @property
    def entry_count(self) -> int:
        """How many entries the document held."""
        return len(self.entries) + sum(self.skipped.values())
