"""The paid services on the first page of the desk: which are on, and which calls failed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Count, Max
from django.urls import reverse
from django.utils.text import capfirst

from patriot.ledger.models import Call, Service
from patriot.ledger.spending import Spending

DAY = timedelta(days=1)


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


# What the house does without a service, and in the middle of a sentence, while it rests.
INSTEAD = {
    Service.CLAUDE: "the local analyst writes",
    Service.TAVILY: "saved searches wait",
}


def service_lines(now: datetime, spent: Spending) -> list[ServiceLine]:
    """Return how the paid services are, in one query."""
    resting = resting_until(now)
    return [service_line(service, spent, resting.get(service)) for service in Service]


def service_line(service: Service, spent: Spending, resting: datetime | None) -> ServiceLine:
    """Return whether a paid service is on, and in words what is missing. Never its key."""
    name, key = settings.SERVICE_KEYS[service.value]
    instead = INSTEAD[service]
    if service not in settings.SERVICES:
        missing = f"SERVICES does not name {service.value}" if key else f"{name} is not set"
        return ServiceLine(False, f"{service.label} is off: {missing}. {capfirst(instead)}.")
    if not spent.ceiling:
        return ServiceLine(False, f"{service.label} is not asked: {instead}.")
    if spent.is_over:
        reached = f"The ceiling of today is reached: {instead} until 00:00 UTC."
        return ServiceLine(False, f"{service.label} is not asked. {reached}")
    if resting is not None:
        until = f"{resting.astimezone(UTC):%H:%M} UTC"
        return ServiceLine(False, f"{service.label} asks to be left alone until {until}.")
    return ServiceLine(True, f"{service.label} is on.")


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
