"""Breakers: what does not pass by itself is not asked again and again.

Whoever is refused for good opens one, for all workers; after a while one may try again, and each
further failure doubles the wait. An answer closes it, and so may staff.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import Q

from patriot.ledger.models import Breaker, BreakerQuerySet, Call, Service

FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=15), timedelta(hours=6)
# The key or the account is at fault.
ABOUT_THE_ACCOUNT = (401, 402)
# The model's name is, or the key may not use it: others may be asked.
ABOUT_THE_MODEL = (403, 404)
# One question that is not understood is about that question; so many different ones, with no answer
# between them, are about the model or about us.
IN_A_ROW = 3
# The service took the request and worked on it, whatever came of it.
SERVED = (Call.Outcome.ANSWERED, Call.Outcome.REFUSED, Call.Outcome.CUT_OFF)
MAX_REASON_CHARS = 1_000


def open_for(service: str, model: str, now: datetime) -> Breaker | None:
    """Return what keeps a model from being asked now, if anything does."""
    return Breaker.objects.filter(service=service).closed_to(model, now).first()


def heed(call: Call, outcome: str, status: int | None, error: str, now: datetime) -> None:
    """Open or close the breaker that the end of a call calls for."""
    if outcome in SERVED:
        # What was sent before it opened says nothing of the time after.
        _whose(call.service, call.model).filter(opened_at__lte=call.started_at).delete()
    elif outcome == Call.Outcome.OUT_OF_FUNDS or (
        outcome == Call.Outcome.REJECTED and is_about_the_account(status)
    ):
        trip(call.service, "", outcome=outcome, reason=error, now=now)
    elif outcome == Call.Outcome.REJECTED and (
        status in ABOUT_THE_MODEL or _rejects_everything(call)
    ):
        trip(call.service, call.model, outcome=outcome, reason=error, now=now)


def is_about_the_account(status: int | None) -> bool:
    """Tell whether a rejection is the same for every model: by its key, its bill or its address.

    status: None where nothing could be sent, for the address is forbidden, or redirects
    """
    return status is None or status in ABOUT_THE_ACCOUNT or 300 <= status < 400


def _rejects_everything(call: Call) -> bool:
    """Tell whether the last answers of a model were rejections of different questions.

    What is searched for is written by people, who may well be wrong three times.
    """
    if call.service != Service.CLAUDE:
        return False
    ended = Call.objects.settled().filter(service=call.service, model=call.model)
    last = list(
        ended.order_by("-started_at", "-pk").values_list("outcome", "subject", "part")[:IN_A_ROW]
    )
    rejected = {
        (subject, part) for outcome, subject, part in last if outcome == Call.Outcome.REJECTED
    }
    return len(rejected) == IN_A_ROW


def trip(service: str, model: str, *, outcome: str, reason: str, now: datetime) -> Breaker:
    """Open a breaker; one that was tried again in vain waits longer.

    model: whose it is; empty for the whole service
    """
    reason = reason[:MAX_REASON_CHARS]
    with transaction.atomic():
        breaker, is_new = Breaker.objects.select_for_update().get_or_create(
            service=service,
            model=model,
            defaults={
                "outcome": outcome,
                "reason": reason,
                "opened_at": now,
                "retry_at": now + FIRST_WAIT,
                "tell_at": now,
            },
        )
        # Requests that were on their way when it opened say nothing new.
        if not is_new and not breaker.opened_at <= now < breaker.retry_at:
            breaker.failures = min(breaker.failures + 1, 1_000)
            breaker.outcome, breaker.reason = outcome, reason
            breaker.opened_at = min(breaker.opened_at, now)
            breaker.retry_at = now + wait_after(breaker.failures)
            breaker.save(update_fields=["failures", "outcome", "reason", "opened_at", "retry_at"])
    return breaker


def wait_after(failures: int) -> timedelta:
    """Return how long nobody asks after so many failures, one after the other."""
    return min(FIRST_WAIT * (1 << min(failures - 1, 10)), LONGEST_WAIT)


def close(service: str, model: str) -> bool:
    """Close what keeps a model from being asked: somebody mended it."""
    return _whose(service, model).delete()[0] > 0


def _whose(service: str, model: str) -> BreakerQuerySet:
    return Breaker.objects.filter(Q(model="") | Q(model=model), service=service)


# --- In words -----------------------------------------------------------------------
def in_words(breaker: Breaker) -> str:
    """Say to readers why nobody asks; what the service said is for staff."""
    name = Service(breaker.service).label
    what = f"the model “{breaker.model}”" if breaker.model else "this house"
    return (
        f"{name} has refused {what} since {_clock(breaker.opened_at)}; "
        f"it is asked again after {_clock(breaker.retry_at)}."
    )


def advice(breaker: Breaker) -> str:
    """Say to staff what to do about it."""
    name = Service(breaker.service).label
    if breaker.outcome == Call.Outcome.OUT_OF_FUNDS:
        return f"Add credit to the account at {name}, or raise its own limit there."
    if breaker.model:
        return (
            f"Does “{breaker.model}” still exist, and may the account use it? Choose another "
            "model where it is named: at the briefing, or in the settings."
        )
    return f"Is the key of {name} still good, and may it do this? Set another one and restart."


def meanwhile(breaker: Breaker) -> str:
    """Say to staff what the house does without it."""
    if breaker.service == Service.TAVILY:
        return "Meanwhile saved searches bring nothing."
    if breaker.model:
        return "Meanwhile what is asked of this model is done without one, and reports say so."
    return "Meanwhile the local analyst writes, and reports say so."


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%H:%M} UTC"
