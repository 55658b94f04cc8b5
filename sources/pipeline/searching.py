"""Searching: one paid look at a saved search, reserved before it is sent, settled with its record.

A worker may die at any moment: at most the one call in flight is paid for twice. What the service
tells one search, that it wants to be left alone or that the account is empty, holds for all of
them and for all workers: the ledger remembers it.
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
from sources.domain.search import CREDITS, NOT_ASKED, OFF, Question
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
# While the service wants to be left alone and does not say for how long.
BACK_OFF = timedelta(minutes=1)
# An account is filled by a person: no use in asking every minute whether that has happened.
UNTIL_PAID = timedelta(hours=1)
# Retry-After is read up to a day; what is older holds no longer.
LONGEST_WAIT = timedelta(days=1)
LOST = "Its worker died before the answer was kept. A search for one story is paid only once."

_OUTCOMES = {
    RateLimited: Call.Outcome.RATE_LIMITED,
    OutOfFunds: Call.Outcome.OUT_OF_FUNDS,
    Denied: Call.Outcome.REJECTED,
    Malformed: Call.Outcome.MALFORMED,
}


@dataclass(frozen=True, slots=True)
class PaidSearch:
    """Whom we ask, and what all calls of a day and of a month, and one call, may cost."""

    gateway: Search
    daily_ceiling: Decimal | None
    monthly_ceiling: Decimal | None = None
    call_ceiling: Decimal | None = None

    @property
    def ceilings(self) -> Ceilings:
        """What may be spent on searches: as much as on anything else."""
        return Ceilings(
            daily=self.daily_ceiling, monthly=self.monthly_ceiling, call=self.call_ceiling
        )


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
        payer=subject,
        # Whoever tries a question may have mended the account just now.
        is_trial=part == TEST,
    )
    if part != TEST and (held_back := _held_back(now)):
        return Look(held_back)
    try:
        call = book.reserve(plan, ceilings=search.ceilings, now=now)
    except CeilingReached as error:
        return Look(Failure(f"{NOT_ASKED} {error}", is_illness=False, was_asked=False))
    return _ask(question, search.gateway, call, now=now)


def _held_back(now: datetime) -> Failure | None:
    """Return why nothing is to be asked now, if the service told so the last time anybody asked.

    What was told under a clock that ran ahead does not count.
    """
    settled = Call.objects.exclude(outcome__in=[Call.Outcome.RUNNING, Call.Outcome.LOST])
    last = (
        settled.filter(
            service=Service.TAVILY, started_at__lte=now, started_at__gt=now - LONGEST_WAIT
        )
        .order_by("-started_at", "-pk")
        .first()
    )
    if last is None or last.retry_at is None or last.retry_at <= now:
        return None
    return Failure(
        f"{NOT_ASKED} {last.error} We ask again after {last.retry_at:%H:%M} UTC.",
        asked=last.retry_at - now,
        is_illness=False,
        was_asked=False,
    )


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
        retry_at=_retry_at(error, now=now),
    )


def _retry_at(error: SearchError, *, now: datetime) -> datetime | None:
    """Return before when no search is to be asked; None if this was about one question alone."""
    if isinstance(error, RateLimited):
        return now + (error.asked or BACK_OFF)
    return now + UNTIL_PAID if isinstance(error, OutOfFunds) else None


def was_asked(subject: str) -> bool:
    """Tell whether this was sent before, or may have been."""
    return Call.objects.filter(service=Service.TAVILY, subject=subject).exclude(part=TEST).exists()


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
