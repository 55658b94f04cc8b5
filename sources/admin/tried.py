"""What a source would bring, before it is saved: the test fetch of the desk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from patriot.ledger import book
from patriot.ledger.models import Service
from sources import tasks
from sources.domain.cadence import SHORTEST
from sources.domain.entry import Entry, Feed
from sources.domain.search import cost_in_words
from sources.gateways.parser import Parser
from sources.gateways.tavily import DEPTH, Found
from sources.models import Source
from sources.pipeline.reading import Failure, Reading, try_address
from sources.pipeline.searching import try_question

ENTRIES_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry, ready to print."""

    title: str
    url: str
    date: datetime | None


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a test fetch, ready to print."""

    condition: str
    sentence: str
    cost: str = ""
    hits: tuple[Hit, ...] = ()
    remarks: tuple[str, ...] = ()
    title: str = ""
    """What the feed calls itself."""


def try_source(source: Source) -> Tried:
    """Look at a source as the worker would and keep nothing; a search is paid for."""
    now = timezone.now()  # noqa: TID251 (an interface)
    if not source.is_search:
        outcome = try_address(source.url, web=tasks.web(), parser=Parser.shared())
        return _told(outcome, "entries", "")
    found = try_question(
        source.question,
        search=tasks.search(),
        subject=f"source {source.pk}" if source.pk else "source to be",
        now=now,
    )
    return _told(found, "results", cost_of(source, now))


def cost_of(source: Source, now: datetime) -> str:
    """Return what asking a search at its interval costs, in words."""
    price = book.rates_of(Service.TAVILY, DEPTH, now).credit_usd
    return f"At its interval it costs {cost_in_words(source.interval or SHORTEST, price)}."


def _told(outcome: Reading | Found | Failure, noun: str, cost: str) -> Tried:
    if isinstance(outcome, Failure):
        return Tried("failed", outcome.sentence, cost if outcome.was_asked else "")
    feed = outcome.feed or Feed()
    sentence = f"{feed.entry_count} {noun}."
    if isinstance(outcome, Found):
        paid = outcome.usage.credits.normalize()
        sentence = f"{feed.entry_count} {noun}, for {paid:f} credit{'' if paid == 1 else 's'}."
    return Tried(
        "healthy",
        sentence,
        cost,
        tuple(Hit(entry.title, entry.url, entry.published_at) for entry in _first(feed)),
        (*feed.notes, *(f"{count} left out: {why}." for why, count in feed.skipped.items())),
        feed.title,
    )


def _first(feed: Feed) -> tuple[Entry, ...]:
    return feed.entries[:ENTRIES_SHOWN]
