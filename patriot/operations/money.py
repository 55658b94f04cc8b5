"""The paid services on the first page of the desk: which are on, and which calls failed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Count
from django.urls import reverse

from patriot.ledger.models import Call, Service

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


# What the house does without a service.
INSTEAD = {
    Service.CLAUDE: "The local analyst writes.",
    Service.TAVILY: "Saved searches wait.",
}


def service_line(service: Service) -> ServiceLine:
    """Return whether a paid service is on, and in words what is missing. Never its key."""
    name, key = settings.SERVICE_KEYS[service.value]
    if service in settings.SERVICES:
        return ServiceLine(True, f"{service.label} is on.")
    missing = f"SERVICES does not name {service.value}" if key else f"{name} is not set"
    return ServiceLine(False, f"{service.label} is off: {missing}. {INSTEAD[service]}")


# How a call may end without anybody having to look at it.
FINE = (Call.Outcome.RUNNING, Call.Outcome.ANSWERED)


def failed_calls(now: datetime) -> list[FailedCalls]:
    """Return how many calls failed within a day, by outcome, with links to them."""
    since = now - DAY
    counted = (
        Call.objects.filter(started_at__gt=since)
        .exclude(outcome__in=FINE)
        .order_by("outcome")
        .values_list("outcome")
        .annotate(total=Count("pk"))
    )
    address = reverse("admin:ledger_call_changelist")
    begun = urlencode({"started_at__gte": f"{since:%Y-%m-%d %H:%M:%S%z}"})
    return [
        FailedCalls(
            f"{total} {'call' if total == 1 else 'calls'}: {Call.Outcome(outcome).label}",
            f"{address}?outcome__exact={outcome}&{begun}",
        )
        for outcome, total in counted
    ]
