"""The values of the demonstration newsroom: outlets, events, articles, documents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Format = Literal["rss", "atom", "json", "hostile"]
Carries = Literal["text", "plain", "description", "summary", "title"]
Identity = Literal["permalink", "tag", "number"]


@dataclass(frozen=True)
class Document:
    """What an address answers."""

    body: bytes
    content_type: str
    name: str
    status: int = 200


@dataclass(frozen=True)
class Outlet:
    """An invented publisher and the habits of its feed; content/outlets.toml explains the words."""

    key: str
    name: str
    description: str
    domain: str
    home: str
    file: str
    format: Format
    carries: Carries
    guid: Identity
    path: str
    language: str
    status: int = 200


@dataclass(frozen=True)
class DemoArticle:
    """One article of one outlet.

    id:                outlet and slug; stable, never served
    event:             what it tells of, "" for what tells of no event; for our tests, never served
    hours_ago:         its age at the anchor
    paragraphs:        plain text, or HTML where the paragraph begins with "<"
    edition:           the first edition of the newsroom that has it
    raw_date:          the date as it goes over the wire, where that is not a moment (hostile)
    revised_hours_ago: when its text was changed in place, if it was
    later:             the same article as edition 2 tells it
    """

    id: str
    outlet: Outlet
    event: str
    hours_ago: float
    title: str
    link: str
    guid: str
    author: str = ""
    summary: str = ""
    paragraphs: tuple[str, ...] = ()
    language: str = ""
    categories: tuple[str, ...] = ()
    edition: int = 1
    raw_date: str = ""
    revised_hours_ago: float | None = None
    later: DemoArticle | None = None

    def published_at(self, anchor: datetime) -> datetime:
        return anchor - timedelta(hours=self.hours_ago)

    def revised_at(self, anchor: datetime) -> datetime:
        """Return when the text last changed: its publication, unless it was edited in place."""
        if self.revised_hours_ago is None:
            return self.published_at(anchor)
        return anchor - timedelta(hours=self.revised_hours_ago)


@dataclass(frozen=True)
class Event:
    """What really happened, according to us. `continues` names the event it is the sequel of."""

    key: str
    facts: str
    continues: str = ""


@dataclass(frozen=True)
class Newsroom:
    outlets: tuple[Outlet, ...]
    events: tuple[Event, ...]
    articles: tuple[DemoArticle, ...]

    def articles_of(self, outlet: Outlet, *, edition: int = 1) -> tuple[DemoArticle, ...]:
        """Return what the outlet's feed holds in this edition, newest first."""
        out = [
            article.later if edition > 1 and article.later else article
            for article in self.articles
            if article.outlet == outlet and article.edition <= edition
        ]
        return tuple(sorted(out, key=lambda article: (article.hours_ago, article.id)))
