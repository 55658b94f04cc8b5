"""Reading: what came of asking for a source's document, before anything is written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

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


def read(result: Answer | FetchError, *, parser: Parser) -> Reading | Failure:
    """Read what the web brought; what cannot be read is a Failure, not an exception."""
    if isinstance(result, FetchError):
        asked = result.asked if isinstance(result, RateLimited) else None
        return Failure(str(result), result.status, asked, took=result.took)
    if result.is_unchanged:
        return Reading(result)
    try:
        feed = parser.parse(
            result.body, url=result.url, content_type=result.headers.get("content-type", "")
        )
    except Unreadable as error:
        size = len(result.body)
        return Failure(str(error), result.status, byte_count=size, took=result.took)
    return Reading(result, feed)


def try_address(url: str, *, web: Web, parser: Parser) -> Reading | Failure:
    """Fetch and read an address without keeping anything: the test before saving."""
    [(_, result)] = web.fetch_all([Request(url)])
    return read(result, parser=parser)
