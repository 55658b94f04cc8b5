"""The paid services on the first page of the desk: which are on, refuse us, or failed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Count, Max
from django.urls import reverse
from django.utils.text import capfirst

from patriot.ledger import breakers
from patriot.ledger.models import Breaker, Call, Service
from patriot.ledger.spending import Spending
from patriot.lib.text import one_line

DAY = timedelta(days=1)
MAX_REASON_CHARS = 300
BREAKERS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class ServiceLine:
    """A paid service: whether it is on, and what is missing."""

    is_on: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class FailedCalls:
    """How many calls ended in the same way, and where they are listed."""

    sentence: str
    url: str


@dataclass(frozen=True, slots=True)
class BreakerLine:
    """A service, or one model of it, that refuses us and is not asked."""

    pk: int
    sentence: str
    reason: str
    tries: str
    advice: str
    meanwhile: str
    may_close: bool


# What the house does without a service, and in the middle of a sentence, while it rests.
INSTEAD = {
    Service.CLAUDE: "the local analyst writes",
    Service.TAVILY: "saved searches wait",
}


def service_lines(
    now: datetime, spent: Spending, *, refusing: Collection[str] = ()
) -> list[ServiceLine]:
    """Return how the paid services are, in one query.

    refusing: the services whose breaker is open
    """
    resting = resting_until(now)
    return [
        service_line(service, spent, resting.get(service), is_refusing=service in refusing)
        for service in Service
    ]


def service_line(
    service: Service, spent: Spending, resting: datetime | None, *, is_refusing: bool
) -> ServiceLine:
    """Return whether a paid service is on, and in words what is missing. Never its key."""
    name, key = settings.SERVICE_KEYS[service.value]
    instead = INSTEAD[service]
    if service not in settings.SERVICES:
        missing = f"SERVICES does not name {service.value}" if key else f"{name} is not set"
        return ServiceLine(False, f"{service.label} is off: {missing}. {capfirst(instead)}.")
    if is_refusing:
        return ServiceLine(False, f"{service.label} is not asked: it refuses us.")
    if held_back := _held_back(spent, instead):
        return ServiceLine(False, f"{service.label} is not asked{held_back}")
    if resting is not None:
        until = f"{resting.astimezone(UTC):%H:%M} UTC"
        return ServiceLine(False, f"{service.label} asks to be left alone until {until}.")
    return ServiceLine(True, f"{service.label} is on.")


def _held_back(spent: Spending, instead: str) -> str:
    """Return why ceilings keep us from asking, as the end of a sentence; else nothing."""
    if not spent.ceiling or spent.monthly == 0:
        return f": {instead}."
    if spent.is_month_over:
        return f". The ceiling of this month is reached: {instead} until the next one begins."
    if spent.is_over:
        return f". The ceiling of today is reached: {instead} until 00:00 UTC."
    return ""


def open_breakers() -> list[Breaker]:
    """Return what refuses us, whole services first."""
    return list(Breaker.objects.order_by("model", "service")[:BREAKERS_SHOWN])


def breaker_lines(found: Sequence[Breaker], *, may_close: bool) -> list[BreakerLine]:
    """Return what to say of breakers that are open."""
    return [
        BreakerLine(
            pk=breaker.pk,
            sentence=breakers.in_words(breaker),
            reason=one_line(breaker.reason, max_chars=MAX_REASON_CHARS),
            tries="" if breaker.failures == 1 else f"It was tried {breaker.failures} times.",
            advice=breakers.advice(breaker),
            meanwhile=breakers.meanwhile(breaker),
            may_close=may_close,
        )
        for breaker in found
    ]


def resting_until(now: datetime) -> dict[str, datetime]:
    """Return until when services want to be left alone, as far as they do.

    What was told under a clock that ran ahead does not count.
    """
    resting = Call.objects.filter(started_at__lte=now, retry_at__gt=now).order_by()
    return dict(resting.values_list("service").annotate(until=Max("retry_at")))


# How a call may end without anybody having to look at it.
FINE = (Call.Outcome.RUNNING, Call.Outcome.ANSWERED)


def failed_calls(now: datetime) -> list[FailedCalls]:
    """Return how many calls failed within a day, by service and outcome, with links to them."""
    since = now - DAY
    counted = (
        Call.objects.filter(started_at__gt=since)
        .exclude(outcome__in=FINE)
        .order_by("service", "outcome")
        .values_list("service", "outcome")
        .annotate(total=Count("pk"))
    )
    address = reverse("admin:ledger_call_changelist")
    begun = urlencode({"started_at__gte": f"{since:%Y-%m-%d %H:%M:%S%z}"})
    return [
        FailedCalls(
            f"{total} {'call' if total == 1 else 'calls'} to {Service(service).label}: "
            f"{Call.Outcome(outcome).label}",
            f"{address}?service__exact={service}&outcome__exact={outcome}&{begun}",
        )
        for service, outcome, total in counted
    ]
