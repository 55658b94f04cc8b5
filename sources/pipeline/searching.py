"""Searching: one paid look at a saved search, reserved before it is sent, settled with its record.

A worker may die at any moment: at most the one call in flight is paid for twice.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from patriot.ledger import book
from patriot.ledger.book import CeilingReached, Ceilings, Plan, Settlement
from patriot.ledger.models import Call, Service
from patriot.ledger.prices import Usage
from sources.domain.search import CREDITS, Question
from sources.gateways.tavily import (
    DEPTH,
    Denied,
    Found,
    Malformed,
    NotSent,
    OutOfFunds,
    RateLimited,
    Search,
    SearchError,
)
from sources.pipeline.reading import Failure

PURPOSE = "search"
TEST = "test"
OFF = "Searches are off: TAVILY_API_KEY is not set, or SERVICES does not name tavily."

_OUTCOMES = {
    RateLimited: Call.Outcome.RATE_LIMITED,
    OutOfFunds: Call.Outcome.OUT_OF_FUNDS,
    Denied: Call.Outcome.REJECTED,
    Malformed: Call.Outcome.MALFORMED,
}


@dataclass(frozen=True, slots=True)
class PaidSearch:
    """Whom we ask, and what all calls of a day may cost."""

    gateway: Search
    daily_ceiling: Decimal | None


@dataclass(frozen=True, slots=True)
class Look:
    """What a look brought, and the call that is to be settled when that is recorded."""

    outcome: Found | Failure
    call: Call | None = None
    """Without a settlement it was never sent."""
    settlement: Settlement | None = None
    finished_at: datetime | None = None

    def settle(self) -> None:
        """Book what it cost; in the transaction that records what it brought."""
        if self.call and self.settlement and self.finished_at:
            book.settle(self.call, self.settlement, now=self.finished_at)
        elif self.call:
            book.withdraw(self.call)


def look(
    question: Question,
    *,
    search: PaidSearch | None,
    subject: str,
    part: str = "",
    now: datetime,
) -> Look:
    """Ask once, within the day's ceiling. What goes wrong is an outcome, not an exception.

    search:  None while searches are off
    subject: what it is for, such as “source 12”
    """
    if search is None:
        return Look(Failure(OFF, was_asked=False))
    plan = Plan(
        service=Service.TAVILY,
        purpose=PURPOSE,
        model=DEPTH,
        subject=subject,
        part=part,
        estimate=Usage(credits=CREDITS),
    )
    try:
        call = book.reserve(plan, ceilings=Ceilings(daily=search.daily_ceiling), now=now)
    except CeilingReached as error:
        return Look(Failure(f"It was not asked. {error}", is_illness=False, was_asked=False))
    return _ask(question, search.gateway, call, now=now)


def _ask(question: Question, gateway: Search, call: Call, *, now: datetime) -> Look:
    began = time.monotonic()
    try:
        found = gateway.search(question)
    except NotSent as error:
        return Look(Failure(str(error), was_asked=False), call)
    except SearchError as error:
        took = timedelta(seconds=time.monotonic() - began)
        failure = Failure(str(error), error.status, error.asked, took=took)
        return Look(failure, call, _settlement_of(error, now=now + took), now + took)
    settlement = Settlement(
        outcome=Call.Outcome.ANSWERED,
        usage=found.usage,
        status=200,
        request_id=found.request_id,
    )
    return Look(found, call, settlement, now + found.took)


def _settlement_of(error: SearchError, *, now: datetime) -> Settlement:
    return Settlement(
        outcome=_OUTCOMES.get(type(error), Call.Outcome.UNAVAILABLE),
        usage=error.usage,
        error=str(error),
        status=error.status,
        retry_at=now + error.asked if error.asked else None,
    )


def forget(subject: str, now: datetime) -> None:
    """Write off what a worker that died left in flight; the caller holds the subject's lease."""
    book.write_off_of(subject, "", PURPOSE, now)


def try_question(
    question: Question, *, search: PaidSearch | None, subject: str, now: datetime
) -> Found | Failure:
    """Ask without keeping anything but the call: the test before saving. It costs a credit."""
    tried = look(question, search=search, subject=subject, part=TEST, now=now)
    tried.settle()
    return tried.outcome
