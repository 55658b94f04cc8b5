"""Deliver: hand what is due to each channel, one message at a time.

A row is leased just before its message is handed over, and its outcome is committed before the
next one's turn: whoever is killed repeats at most the one in flight. Whether the recipient still
wants it is asked at that moment, not when the report was published.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Case, F, Q, QuerySet, TextField, Value, When
from django.db.models.functions import Concat, Left

from patriot.work.leases import MAX_ATTEMPTS, MAX_ERROR_CHARS, LostLease
from patriot.work.looks import enqueue
from reports.domain.delivering import (
    A_DAY,
    MAX_SAID_CHARS,
    Deferred,
    Outcome,
    Refused,
    Sent,
    Unreachable,
    next_try_at,
)
from reports.models import Attempt, Delivery, Subscription
from reports.pipeline.outbox import LOOK, is_wanted

log = structlog.get_logger(__name__)

# One message may take long, but no message longer than this: then somebody else may try.
LEASE = timedelta(minutes=3)
# A look ends before the worker loses patience with it.
BUDGET = timedelta(seconds=45)
# After we failed ourselves.
BACK_OFF = timedelta(minutes=2)

# As long as the text: nobody asks for them to send a letter.
UNREAD = tuple(
    f"revision__{name}" for name in ("record", "coverage", "left_out", "unchanged", "budget")
)

TEXT = {"output_field": TextField()}

Send = Callable[[Iterable[Delivery], datetime], Iterator[tuple[Delivery, Outcome]]]
"""Sends deliveries of one channel as they come; yields each with its outcome, then takes the next.

It may stop early, when nothing more can be sent now: the rest is for a later look.
"""

OUTCOMES: Mapping[type[Outcome], Attempt.Outcome] = {
    Sent: Attempt.Outcome.SENT,
    Deferred: Attempt.Outcome.DEFERRED,
    Unreachable: Attempt.Outcome.UNREACHABLE,
    Refused: Attempt.Outcome.REFUSED,
}


def deliver(ids: Sequence[int], *, senders: Mapping[str, Send], now: datetime) -> int:
    """Try those of these deliveries that are due and free; return how many were tried.

    senders: how each channel sends, by its name; what has none waits
    """
    tried = 0
    began = time.monotonic()
    for channel, chosen in _by_channel(ids).items():
        if (send := senders.get(channel)) is not None:
            tried += _deliver(chosen, send, now, began)
    return tried


def _deliver(ids: Sequence[int], send: Send, now: datetime, began: float) -> int:
    """Try deliveries of one channel; one that cannot be sent at all stops none of the others."""
    tried, taken = 0, list[int]()
    left = list(ids)
    while left:
        waiting = _leased(left, now, began, taken)
        try:
            for delivery, outcome in send(waiting, now):
                tried += 1
                _record(delivery, outcome, now)
            return tried
        except Exception as error:
            log.exception("delivery_failed", channel_ids=taken[-1:])
            if not taken or taken[-1] not in left:
                raise
            _put_back(taken[-1], error, now)
            left = left[left.index(taken[-1]) + 1 :]
        finally:
            waiting.close()
    return tried


def _put_back(pk: int, error: Exception, now: datetime) -> None:
    """Have a delivery at which we failed ourselves tried again; its start stays counted."""
    said = f"We failed at this ourselves: {type(error).__name__}: {error}"[:MAX_ERROR_CHARS]
    Delivery.objects.waiting().filter(pk=pk).update(
        leased_until=None, not_before=now + BACK_OFF, last_error=said
    )


def bury_exhausted(now: datetime) -> int:
    """Give up deliveries that ended their worker too often; return how many."""
    exhausted = Delivery.objects.waiting().exhausted(now)
    died = f"The worker died {MAX_ATTEMPTS} times at this."
    failed = Concat(Value(f"Given up after {MAX_ATTEMPTS} times. "), "last_error", **TEXT)
    said = Case(When(last_error="", then=Value(died)), default=failed, **TEXT)
    return exhausted.update(
        state=Delivery.State.DEAD, leased_until=None, last_error=Left(said, MAX_ERROR_CHARS)
    )


def send_again(delivery: Delivery, now: datetime) -> bool:
    """Have a delivery tried now: back in the outbox if it is over, before its time if it waits.

    Under the same id; False while a worker is at it.
    """
    with transaction.atomic():
        idle = Q(leased_until=None) | Q(leased_until__lte=now)
        if not Delivery.objects.filter(idle, pk=delivery.pk).update(
            state=Delivery.State.WAITING,
            attempts=0,
            tries=0,
            leased_until=None,
            not_before=now,
            created_at=now,
            last_error="",
        ):
            return False
        enqueue(LOOK, [delivery.pk])
    return True


def _by_channel(ids: Sequence[int]) -> dict[str, list[int]]:
    """Return the ids by the channel that they go by, oldest first."""
    found: dict[str, list[int]] = {}
    rows = Delivery.objects.filter(pk__in=ids).order_by("pk")
    for pk, channel in rows.values_list("pk", "subscription__channel"):
        found.setdefault(channel, []).append(pk)
    return found


def _leased(
    ids: Sequence[int], now: datetime, began: float, taken: list[int]
) -> Generator[Delivery, None, None]:
    """Take one delivery after the other, as they are asked for, while there is time.

    taken: the ids of those that were taken, the last one at the end
    """
    rows = Delivery.objects.select_related("subscription__briefing", "revision__report")
    loaded = rows.defer(*UNREAD).in_bulk(ids)
    for index, pk in enumerate(ids):
        passed = timedelta(seconds=time.monotonic() - began)
        if passed > BUDGET:
            enqueue(LOOK, ids[index:])
            return
        if pk not in loaded or not _lease(pk, now, until=now + passed + LEASE):
            continue
        taken.append(pk)
        delivery = loaded[pk]
        _look_again(delivery)
        if is_wanted(delivery):
            yield delivery
        else:
            _end(delivery, state=Delivery.State.CANCELED, last_error="It is not wanted any more.")


def _lease(pk: int, now: datetime, *, until: datetime) -> bool:
    """Take one delivery for one worker; False if it is not due, or another one has it."""
    mine = Delivery.objects.due(now).filter(pk=pk)
    return bool(mine.update(leased_until=until, attempts=F("attempts") + 1))


def _look_again(delivery: Delivery) -> None:
    """Read once more what may have changed since the look began: whether it is still wanted."""
    fresh = Delivery.objects.filter(pk=delivery.pk).values_list(
        "attempts",
        "tries",
        "subscription__state",
        "subscription__failures",
        "revision__report__state",
        "revision__report__current",
    )
    subscription = delivery.subscription
    (
        delivery.attempts,
        delivery.tries,
        subscription.state,
        subscription.failures,
        state,
        current,
    ) = fresh.get()
    if delivery.revision is not None:
        delivery.revision.report.state, delivery.revision.report.current_id = state, current


def _record(delivery: Delivery, outcome: Outcome, now: datetime) -> None:
    """Write down how a try ended, and when the next one is."""
    try:
        if _is_plain(delivery, outcome):
            _settle(delivery, outcome, now)
            return
        with transaction.atomic():
            _settle(delivery, outcome, now)
            _remember(delivery, outcome, now)
            _count_failures(delivery, outcome, now)
    except LostLease:
        # Somebody else took it over, or sent it again: what he writes counts.
        log.info("lost_lease", delivery=delivery.pk)


def _is_plain(delivery: Delivery, outcome: Outcome) -> bool:
    """Tell whether there is nothing to tell but that a letter went out: one statement, not four."""
    subscription = delivery.subscription
    is_mail = subscription.channel == Subscription.Channel.EMAIL
    return isinstance(outcome, Sent) and is_mail and not subscription.failures


def _settle(delivery: Delivery, outcome: Outcome, now: datetime) -> None:
    match outcome:
        case Sent():
            _end(delivery, state=Delivery.State.SENT, sent_at=now, last_error="")
        case Refused():
            _end(delivery, state=Delivery.State.DEAD, last_error=_said(outcome))
        case Deferred() | Unreachable():
            _try_again(delivery, outcome, now)


def _try_again(delivery: Delivery, outcome: Deferred | Unreachable, now: datetime) -> None:
    again = next_try_at(
        now,
        first_at=delivery.created_at,
        tries=delivery.tries + 1,
        asked=getattr(outcome, "asked", None),
        seed=delivery.pk,
    )
    if again is None:
        _end(delivery, state=Delivery.State.DEAD, last_error=f"Tried for a day: {_said(outcome)}")
        return
    _end(delivery, attempts=0, not_before=again, last_error=_said(outcome))
    if isinstance(outcome, Unreachable) and outcome.concerns_all:
        # One asks whether the server is back, not everybody.
        everybody = Delivery.objects.waiting().filter(
            subscription__channel=delivery.subscription.channel,
            leased_until=None,
            not_before__lt=again,
        )
        everybody.update(not_before=again)


def _end(delivery: Delivery, **changes: object) -> None:
    """Write what became of a try, unless somebody else took the row over. Raises LostLease."""
    mine = Delivery.objects.waiting().filter(pk=delivery.pk, attempts=delivery.attempts)
    if not mine.update(leased_until=None, tries=F("tries") + 1, **changes):
        raise LostLease(str(delivery.pk))


def _remember(delivery: Delivery, outcome: Outcome, now: datetime) -> None:
    Attempt.objects.create(
        delivery=delivery,
        outcome=OUTCOMES[type(outcome)],
        status=outcome.status,
        answer=outcome.said[:MAX_SAID_CHARS],
        seconds=outcome.seconds,
        at=now,
    )


def _count_failures(delivery: Delivery, outcome: Outcome, now: datetime) -> None:
    """Keep how long a recipient has been failing; end a subscription whose receiver is gone."""
    mine = Subscription.objects.filter(pk=delivery.subscription_id)
    match outcome:
        case Sent():
            mine.filter(failures__gt=0).update(failures=0, failing_since=None)
        case Refused(ends_subscription=True):
            mine.exclude(state=Subscription.State.ENDED).update(
                state=Subscription.State.ENDED, reason=_said(outcome), ended_at=now
            )
        case Unreachable(concerns_all=True):
            pass  # our own mail server is no fault of the recipient's
        case _:
            mine.update(failures=F("failures") + 1)
            mine.filter(failing_since=None).update(failing_since=now)
            _pause_what_fails(mine, outcome, now)


def _pause_what_fails(mine: QuerySet[Subscription], outcome: Outcome, now: datetime) -> None:
    """Stop trying a receiver that has taken nothing for a day; the desk shows it, with why.

    Not a mailbox: who could not be mailed to for a day is tried with the next report.
    """
    failing = mine.exclude(channel=Subscription.Channel.EMAIL).filter(
        state=Subscription.State.ACTIVE, failing_since__lte=now - A_DAY
    )
    said = f"Paused: it has taken nothing since {{:%Y-%m-%d %H:%M}} UTC. {_said(outcome)}"
    for subscription in failing:
        reason = said.format(subscription.failing_since)
        failing.update(state=Subscription.State.PAUSED, reason=reason)
        log.warning("subscription_paused", subscription=subscription.pk)


def _said(outcome: Outcome) -> str:
    return outcome.said[:MAX_ERROR_CHARS] or "It was not taken."
