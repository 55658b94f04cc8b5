"""Breakers: what does not pass by itself is not asked again and again.

Whoever is refused for good opens one, for all workers; after a while one may try again, and each
further failure doubles the wait. An answer closes it, and so may staff.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import Q

from patriot.ledger.models import Breaker, Call, Service

FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=15), timedelta(hours=6)
# The key or the account is at fault, or the model's name.
ABOUT_THE_ACCOUNT = (401, 402, 403)
ABOUT_THE_MODEL = 404


def open_for(service: str, model: str, now: datetime) -> Breaker | None:
    """Return what keeps a model from being asked now, if anything does."""
    found = Breaker.objects.filter(service=service, retry_at__gt=now, opened_at__lte=now)
    return found.filter(Q(model="") | Q(model=model)).order_by("model").first()


def in_words(breaker: Breaker) -> str:
    """Say to readers why nobody asks; what the service said is for staff."""
    name = Service(breaker.service).label
    what = f"the model “{breaker.model}”" if breaker.model else "this house"
    return f"{name} does not serve {what} since {breaker.opened_at.astimezone(UTC):%H:%M} UTC."


def heed(call: Call, outcome: str, status: int | None, error: str, now: datetime) -> None:
    """Open or close the breaker that the end of a call calls for."""
    if outcome == Call.Outcome.ANSWERED:
        close(call.service, call.model)
    elif outcome == Call.Outcome.OUT_OF_FUNDS or (
        outcome == Call.Outcome.REJECTED and status in ABOUT_THE_ACCOUNT
    ):
        trip(call, "", outcome, error, now)
    elif outcome == Call.Outcome.REJECTED and status == ABOUT_THE_MODEL:
        trip(call, call.model, outcome, error, now)


def trip(call: Call, model: str, outcome: str, reason: str, now: datetime) -> Breaker:
    """Open a breaker; one that was tried again in vain waits longer.

    model: whose it is; empty for the whole service
    """
    with transaction.atomic():
        breaker, is_new = Breaker.objects.select_for_update().get_or_create(
            service=call.service,
            model=model,
            defaults={
                "outcome": outcome,
                "reason": reason,
                "opened_at": now,
                "retry_at": now + FIRST_WAIT,
            },
        )
        # Requests that were on their way when it opened say nothing new.
        if not is_new and breaker.retry_at <= now:
            breaker.failures += 1
            wait = min(FIRST_WAIT * 2 ** min(breaker.failures - 1, 10), LONGEST_WAIT)
            breaker.outcome, breaker.reason, breaker.retry_at = outcome, reason, now + wait
            breaker.save(update_fields=["failures", "outcome", "reason", "retry_at"])
    return breaker


def close(service: str, model: str) -> bool:
    """Close what keeps a model from being asked: it answered, or somebody mended it."""
    found = Breaker.objects.filter(service=service).filter(Q(model="") | Q(model=model))
    return found.delete()[0] > 0
