"""Reserve before a paid request, settle after it. Nothing is spent that was not reserved.

A request in flight is booked at its estimate, so ceilings hold however many workers pay at
once; one whose worker died stays booked at that, for it may have been paid.

Errors:

* CeilingReached   sending this might cross a ceiling: do without it
  · Crowded        only with what is in flight: there may be room when that is settled
  · BreakerOpen    the service refused us for good a short while ago: nobody asks now
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import connection, transaction

from patriot.ledger import breakers
from patriot.ledger.models import Breaker, Call, CallQuerySet, Price, Service
from patriot.ledger.prices import Rates, Usage, cost, exact_dollars

# Any number that nobody else uses as an advisory lock: reservations are made one at a time.
LEDGER_LOCK = 0x5A7812
# Longer than any request may take.
LONGEST_CALL = timedelta(minutes=5)
LOST = "Its worker died before the answer was kept; it may have been paid."
NOTHING = Usage()
# The spans whose ceilings everybody shares.
TODAY, THIS_MONTH = HOUSE = ("today", "this month")
# Dearer than anything we know: whoever uses a model without a price learns of it by the sum.
DEAREST = Rates(
    input_usd=Decimal(100),
    output_usd=Decimal(500),
    cache_write_5m_usd=Decimal(125),
    cache_write_1h_usd=Decimal(200),
    cache_read_usd=Decimal(10),
    credit_usd=Decimal("0.1"),
)


class CeilingReached(Exception):
    """The request was not sent; the sentence says which ceiling it might have crossed."""


class Crowded(CeilingReached):
    """What is in flight is reserved at its most, and leaves no room: it will cost less."""


class BreakerOpen(CeilingReached):
    """Nobody asks the service now; the sentence says since when."""

    def __init__(self, breaker: Breaker) -> None:
        super().__init__(breakers.in_words(breaker))
        self.retry_at = breaker.retry_at
        self.outcome = Call.Outcome(breaker.outcome)
        """How the call ended that opened it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A request that somebody wants to send."""

    service: Service
    purpose: str
    model: str
    subject: str
    """What it is about, such as “report 12”."""
    part: str
    estimate: Usage
    """What it may use at most."""
    payer: str = ""
    """On whose account, such as “briefing 3”."""
    is_trial: bool = False
    """Whether somebody tries, by hand, if the service answers again: no breaker holds it back."""


@dataclass(frozen=True, slots=True)
class Ceilings:
    """What may be spent, in USD; None for as much as you like."""

    daily: Decimal | None
    subject: Decimal | None = None
    """For all calls about the same subject."""
    call: Decimal | None = None
    """For one call."""
    monthly: Decimal | None = None
    payer_monthly: Decimal | None = None
    """For all calls on the same account in a month."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """How a request ended."""

    outcome: Call.Outcome
    usage: Usage = NOTHING
    error: str = ""
    status: int | None = None
    request_id: str = ""
    retry_at: datetime | None = None
    may_be_paid: bool = False
    """The service may have answered, and we never heard what that cost."""


def reserve(plan: Plan, *, ceilings: Ceilings, now: datetime) -> Call:
    """Write a call down as in flight, committed before it is sent. Raises CeilingReached."""
    with transaction.atomic():
        hold()
        found = breakers.open_for(plan.service, plan.model, now)
        if found and not plan.is_trial:
            raise BreakerOpen(found)
        estimated = cost(plan.estimate, rates_of(plan.service, plan.model, now))
        _check(plan, estimated, ceilings, now)
        return Call.objects.create(
            service=plan.service,
            purpose=plan.purpose,
            model=plan.model,
            subject=plan.subject,
            part=plan.part,
            payer=plan.payer,
            estimated_usd=estimated,
            cost_usd=estimated,
            started_at=now,
        )


def hold() -> None:
    """Have all others wait who reserve, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LEDGER_LOCK])


def _check(plan: Plan, estimated: Decimal, ceilings: Ceilings, now: datetime) -> None:
    """Raise CeilingReached if this might cross one; a ceiling of 0 allows nothing, free or not."""
    if ceilings.call is not None and (not ceilings.call or estimated > ceilings.call):
        raise CeilingReached(
            f"The ceiling of {exact_dollars(ceilings.call)} for one request would be crossed."
        )
    for span, ceiling, calls in _spans(plan.subject, plan.payer, ceilings, now):
        if not ceiling or calls.spent() + estimated > ceiling:
            sentence = f"The ceiling of {exact_dollars(ceiling)} for {span} would be crossed."
            is_crowded = ceiling and calls.settled().spent() + estimated <= ceiling
            raise Crowded(sentence) if is_crowded else CeilingReached(sentence)


def _spans(
    subject: str, payer: str, ceilings: Ceilings, now: datetime
) -> list[tuple[str, Decimal, CallQuerySet]]:
    """Return the ceilings that there are, each with its name and the calls that count for it."""
    calls = Call.objects.all()
    topic, kind = (words.partition(" ")[0] for words in (subject, payer or "account"))
    spans = [
        (TODAY, ceilings.daily, calls.of_day(now)),
        (THIS_MONTH, ceilings.monthly, calls.of_month(now)),
        (
            f"one {topic}",
            ceilings.subject,
            calls.filter(subject=subject),
        ),
        (
            f"this {kind} in a month",
            ceilings.payer_monthly,
            calls.of_month(now).filter(payer=payer),
        ),
    ]
    return [(span, ceiling, counted) for span, ceiling, counted in spans if ceiling is not None]


@dataclass(frozen=True, slots=True)
class Left:
    """What may still be spent, and the ceiling that bounds it most."""

    usd: Decimal
    ceiling: str
    """In words."""


def left(
    subject: str,
    *,
    payer: str,
    ceilings: Ceilings,
    now: datetime,
    promised: Decimal = Decimal(0),
) -> Left | None:
    """Return what may still be spent, whatever one call may cost; None where nothing bounds it.

    promised: what other subjects may count on, and have not spent yet
    """
    bounds = []
    for span, ceiling, calls in _spans(subject, payer, ceilings, now):
        # Nobody else spends what is for this subject or this account alone.
        shared = promised if span in HOUSE else Decimal(0)
        bounds.append((max(ceiling - calls.spent() - shared, Decimal(0)), ceiling, span, shared))
    if not bounds:
        return None
    usd, ceiling, span, shared = min(bounds)
    besides = ", less what others were promised," if shared else ""
    return Left(usd, f"the ceiling of {exact_dollars(ceiling)} for {span}{besides}")


def settle(call: Call, settlement: Settlement, *, now: datetime) -> None:
    """Write down how a call ended and what it cost, by the price of the day it began.

    What the service did not count was not answered, and costs nothing; what may have been
    counted and was never heard stays booked at its estimate.
    """
    rates = rates_of(call.service, call.model, call.started_at)
    counted = cost(settlement.usage, rates)
    Call.objects.filter(pk=call.pk).update(
        **asdict(settlement.usage),
        outcome=settlement.outcome,
        error=settlement.error,
        status=settlement.status,
        request_id=settlement.request_id,
        retry_at=settlement.retry_at,
        cost_usd=call.estimated_usd if settlement.may_be_paid else counted,
        finished_at=now,
    )
    breakers.heed(call, settlement.outcome, settlement.status, settlement.error, now)
    call.refresh_from_db()


def withdraw(call: Call) -> None:
    """Take back a reservation whose request never left us: it is no call."""
    call.delete()


def rates_of(service: str, model: str, now: datetime) -> Rates:
    """Return the prices of a model on the day of `now`; without any, the dearest there are."""
    prices = Price.objects.filter(service=service).valid_on(now.date())
    own = prices.filter(model=model).first()
    if own is not None:
        return own.rates
    return DEAREST


def has_price(service: str, model: str, now: datetime) -> bool:
    """Tell whether we know what a model costs."""
    return Price.objects.filter(service=service, model=model).valid_on(now.date()).exists()


def write_off(now: datetime) -> int:
    """Settle the calls that nobody can be waiting for any more; return how many."""
    return (
        Call.objects.running()
        .filter(started_at__lt=now - LONGEST_CALL)
        .update(outcome=Call.Outcome.LOST, error=LOST, finished_at=now)
    )


def write_off_of(subject: str, part: str, purpose: str, now: datetime) -> int:
    """The same for what a worker left of a piece of work that another one now holds."""
    return (
        Call.objects.running()
        .filter(subject=subject, part=part, purpose=purpose)
        .update(outcome=Call.Outcome.LOST, error=LOST, finished_at=now)
    )
