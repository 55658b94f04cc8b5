"""Subscribing by e-mail: asked for, confirmed, changed, ended.

Whoever asks learns nothing about who is subscribed: the answer is the same for every address, and
what is special about it is told by mail, to the one who reads that mail.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import CharField, F, Func, QuerySet, Value
from django.db.models.functions import Concat, Replace

from patriot.accounts.models import User
from patriot.work.looks import enqueue
from reports.models import Briefing, Delivery, Report, Subscription, Suppression
from reports.pipeline.deliver import send_again
from reports.pipeline.outbox import LOOK, address_hash, may_be_written_to


class SplitPart(Func):
    """A part of a text between separators, counted from one, or from its end."""

    function = "split_part"
    output_field = CharField()


Channel, State = Subscription.Channel, Subscription.State
# Nobody's mailbox is filled by somebody else's finger.
MOST_QUESTIONS_A_DAY = 3
BY_THE_RECIPIENT = "The recipient ended it."
BOTH_FOR = timedelta(days=1)
"""After a change of a webhook's secret both sign: a receiver changes his when he likes."""
ENDED_BY_STAFF = "Staff ended it."
PAUSED_BY_STAFF = "Staff paused it."
# Who ended a subscription is not asked again at once, whoever types the address.
REST = timedelta(days=7)


def normalized(address: str) -> str:
    """Return an e-mail address as it is stored: without case or space around it.

    Mail servers may tell “Ann” from “ann” (RFC 5321, 2.4); none that people use does.
    """
    return address.strip().lower()


def folded(address: str) -> str:
    """Return what all spellings of one mailbox have in common: for counting, never for writing to.

    Many services deliver “a.nn+news@…” to “ann@…”; where one does not, two people share a count.
    """
    name, _, host = address.rpartition("@")
    return f"{name.partition('+')[0].replace('.', '')}@{host}"


# The same, as the database says it.
FOLDED = Concat(
    Replace(
        SplitPart(SplitPart("subscription__address", Value("@"), Value(1)), Value("+"), Value(1)),
        Value("."),
    ),
    Value("@"),
    SplitPart("subscription__address", Value("@"), Value(-1)),
)


def ask(briefing: Briefing, address: str, *, length: str, now: datetime) -> None:
    """Take a wish for a briefing by mail: a question goes out, unless it must not.

    Nothing happens for an address that must get no mail, that has the briefing already, or
    whose mailbox was asked three times today, however it was spelled.
    """
    address = normalized(address)
    if not may_be_written_to(address):
        return
    with transaction.atomic():
        subscription, _ = Subscription.objects.get_or_create(
            briefing=briefing,
            channel=Channel.EMAIL,
            address=address,
            defaults={"length": length, "created_at": now},
        )
        # Two clicks at once make one question.
        subscription = Subscription.objects.select_for_update().get(pk=subscription.pk)
        if subscription.state in (State.ACTIVE, State.PAUSED) or _was_asked(subscription, now):
            return
        subscription.state, subscription.reason, subscription.ended_at = State.PENDING, "", None
        subscription.length = length
        subscription.save(update_fields=["state", "reason", "ended_at", "length"])
        question = Delivery.objects.create(
            subscription=subscription,
            kind=Delivery.Kind.CONFIRMATION,
            not_before=now,
            created_at=now,
        )
        enqueue(LOOK, [question.pk])


def _was_asked(subscription: Subscription, now: datetime) -> bool:
    """Tell whether a question is on its way, or the address was asked often enough today."""
    questions = Delivery.objects.filter(
        subscription__channel=Channel.EMAIL, kind=Delivery.Kind.CONFIRMATION
    )
    own_end = subscription.ended_at if subscription.reason == BY_THE_RECIPIENT else None
    if own_end is not None and now < own_end + REST:
        return True
    if questions.filter(subscription=subscription, state=Delivery.State.WAITING).exists():
        return True
    of_today = questions.filter(created_at__gt=now - timedelta(days=1))
    to_mailbox = of_today.alias(mailbox=FOLDED).filter(mailbox=folded(subscription.address))
    return bool(to_mailbox.count() >= MOST_QUESTIONS_A_DAY)


def confirm(subscription: Subscription, now: datetime) -> bool:
    """Begin what somebody asked for; False if it is neither waiting for that nor active.

    A link of before the recipient unsubscribed brings nothing back.
    """
    waiting = Subscription.objects.filter(pk=subscription.pk, state=State.PENDING)
    if not may_be_written_to(subscription.address):
        return False
    waiting.update(state=State.ACTIVE, confirmed_at=now, failures=0, failing_since=None)
    subscription.refresh_from_db()
    return subscription.state == State.ACTIVE


def end(
    subscriptions: QuerySet[Subscription], now: datetime, *, reason: str = BY_THE_RECIPIENT
) -> int:
    """End subscriptions, and what was on its way to them; return how many were not ended yet."""
    with transaction.atomic():
        ended = list(
            subscriptions.exclude(state=State.ENDED)
            .select_for_update()
            .values_list("pk", flat=True)
        )
        Subscription.objects.filter(pk__in=ended).update(
            state=State.ENDED, reason=reason, ended_at=now
        )
        Delivery.objects.waiting().filter(subscription__in=ended).update(
            state=Delivery.State.CANCELED, last_error=reason
        )
    return len(ended)


def of_same_person(subscription: Subscription) -> QuerySet[Subscription]:
    """Return all that somebody gets by mail at the address of one of his subscriptions."""
    return Subscription.objects.filter(channel=Channel.EMAIL, address=subscription.address)


def suppress(address: str, *, cause: str, detail: str, now: datetime) -> None:
    """Send nothing more to an address: its mail came back, or its owner complained."""
    address = normalized(address)
    name, _, host = address.partition("@")
    with transaction.atomic():
        Suppression.objects.get_or_create(
            address_hash=address_hash(address),
            defaults={
                "hint": f"{name[:1]}…@{host}"[:100],
                "cause": cause,
                "detail": detail[:500],
                "created_at": now,
            },
        )
        mine = Subscription.objects.filter(channel=Channel.EMAIL, address=address)
        end(mine, now, reason=f"No mail may go to this address: {Suppression.Cause(cause).label}.")


# --- What staff do ------------------------------------------------------------------------
def change_secret(subscription: Subscription, now: datetime) -> None:
    """Give a webhook another signing secret; for a day the old one signs, too."""
    mine = Subscription.objects.filter(pk=subscription.pk)
    mine.update(secret_number=F("secret_number") + 1, secret_changed_at=now)
    subscription.refresh_from_db()


def pause(subscriptions: QuerySet[Subscription], *, reason: str) -> int:
    """Send nothing to these for now; return how many were active."""
    return subscriptions.filter(state=State.ACTIVE).update(state=State.PAUSED, reason=reason)


def resume(subscriptions: QuerySet[Subscription]) -> int:
    """Send to these again from the next report on; return how many were paused."""
    return subscriptions.filter(state=State.PAUSED).update(
        state=State.ACTIVE, reason="", failures=0, failing_since=None
    )


class AlreadyThere(Exception):
    """This receiver has the briefing already; the text says so in a sentence."""


def set_up(
    briefing: Briefing,
    channel: str,
    address: str,
    *,
    wants_corrections: bool,
    owner: User,
    now: datetime,
) -> Subscription:
    """Begin a webhook or a chat: no mailbox has to confirm it. Raises AlreadyThere.

    One that was ended begins again, a webhook with another secret.
    """
    with transaction.atomic():
        hook, is_new = Subscription.objects.select_for_update().get_or_create(
            briefing=briefing,
            channel=channel,
            address=address,
            defaults={
                "wants_corrections": wants_corrections,
                "state": State.ACTIVE,
                "owner": owner,
                "created_at": now,
                "confirmed_at": now,
            },
        )
        if is_new:
            return hook
        if hook.state != State.ENDED:
            raise AlreadyThere("This receiver is there already: change or resume it.")
        mine = Subscription.objects.filter(pk=hook.pk)
        mine.update(
            state=State.ACTIVE,
            reason="",
            ended_at=None,
            confirmed_at=now,
            failures=0,
            failing_since=None,
            secret_changed_at=None,
            wants_corrections=wants_corrections,
            owner=owner,
            secret_number=F("secret_number") + 1,
        )
        hook.refresh_from_db()
    return hook


def move(hook: Subscription, address: str) -> None:
    """Have a webhook or a chat posted to elsewhere from now on. Raises AlreadyThere."""
    try:
        with transaction.atomic():
            Subscription.objects.filter(pk=hook.pk).update(
                address=address, failures=0, failing_since=None
            )
    except IntegrityError as error:
        raise AlreadyThere("Another subscription to this briefing posts there already.") from error
    hook.refresh_from_db()


def send_newest(subscription: Subscription, now: datetime) -> Delivery | None:
    """Send the newest published report, again if need be; None if nothing was published yet."""
    published = Report.objects.published().filter(briefing=subscription.briefing_id)
    newest = published.newest_first().first()
    if newest is None or newest.current_id is None:
        return None
    with transaction.atomic():
        delivery, is_new = Delivery.objects.get_or_create(
            subscription=subscription,
            revision_id=newest.current_id,
            kind=Delivery.Kind.REPORT,
            defaults={"not_before": now, "created_at": now},
        )
        if is_new:
            enqueue(LOOK, [delivery.pk])
    if not is_new and send_again(delivery, now):
        delivery.refresh_from_db()
    return delivery
