"""Reading: what came of asking for a source's document, before anything is written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from sources.domain.entry import Feed
from sources.gateways.parser import Parser
from sources.gateways.unreadable import Unreadable
from sources.gateways.web import Answer, FetchError, RateLimited, Request, Web


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a look at a source brought nothing, as a sentence for an editor."""

    sentence: str
    status: int | None = None
    asked: timedelta | None = None
    """How long the publisher wants us to wait."""
    byte_count: int = 0
    took: timedelta | None = None
    is_illness: bool = True
    """Whether the source is to blame; a budget that is spent says nothing about it."""
    was_asked: bool = True
    """Whether anybody was troubled; if not, there is no reason to wait longer than usual."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a look at a source brought."""

    answer: Answer
    feed: Feed | None = None
    """None when nothing has changed since the last time."""
    body_hash: str = ""
    """SHA-256 of a document that was read."""


def read(result: Answer | FetchError, *, parser: Parser, known: str = "") -> Reading | Failure:
    """Read what the web brought; what cannot be read is a Failure, not an exception.

    known: SHA-256 of the last document that was read; the same one again has nothing new
    """
    if isinstance(result, FetchError):
        return _failure_of(result)
    if result.is_unchanged:
        return Reading(result)
    body_hash = sha256(result.body).hexdigest()
    if body_hash == known:
        return Reading(result, body_hash=body_hash)
    try:
        feed = parser.parse(
            result.body, url=result.url, content_type=result.headers.get("content-type", "")
        )
    except Unreadable as error:
        size = len(result.body)
        return Failure(str(error), result.status, byte_count=size, took=result.took)
    return Reading(result, feed, body_hash)


def _failure_of(error: FetchError) -> Failure:
    asked = error.asked if isinstance(error, RateLimited) else None
    return Failure(
        str(error),
        error.status,
        asked,
        took=error.took,
        # Held back because its host asked for patience with another of its documents.
        is_illness=error.was_sent,
        was_asked=error.was_sent,
    )


def try_address(url: str, *, web: Web, parser: Parser) -> Reading | Failure:
    """Fetch and read an address without keeping anything: the test before saving."""
    [(_, result)] = web.fetch_all([Request(url)])
    return read(result, parser=parser)
