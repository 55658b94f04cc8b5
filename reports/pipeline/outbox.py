"""The outbox: what goes to whom, written down in the transaction that publishes."""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.db.models import Q

from patriot.work.looks import enqueue
from reports.models import Delivery, Revision, Subscription, Suppression

LOOK = "reports.tasks.deliver"


def address_all(revision: Revision, *, kind: Delivery.Kind, now: datetime) -> int:
    """Write a delivery of a published text to everybody who wants it; return how many.

    A correction and a withdrawal go to those who got the report, and want to know. Call it in
    the transaction that publishes: then nobody is missed, and nobody gets what was not published.
    """
    wanting = Subscription.objects.active().filter(briefing_id=revision.report.briefing_id)
    if kind != Delivery.Kind.REPORT:
        # What was begun may have arrived, whatever became of whoever sent it.
        begun = Q(attempts__gt=0) | Q(leased_until__gte=now)
        may_have_it = Q(sent_at__isnull=False) | Q(begun, state=Delivery.State.WAITING)
        got = Delivery.objects.filter(may_have_it, revision__report_id=revision.report_id)
        wanting = wanting.filter(wants_corrections=True, pk__in=got.values("subscription"))
    deliveries = Delivery.objects.bulk_create(
        [
            Delivery(
                subscription_id=pk, revision=revision, kind=kind, not_before=now, created_at=now
            )
            for pk in wanting.order_by("pk").values_list("pk", flat=True).iterator()
        ],
        batch_size=1_000,
        ignore_conflicts=True,
    )
    written = Delivery.objects.waiting().filter(revision=revision, kind=kind).order_by("pk")
    enqueue(LOOK, list(written.values_list("pk", flat=True)))
    return len(deliveries)


def is_wanted(delivery: Delivery) -> bool:
    """Tell whether its recipient still wants it, as its rows say: load them just before sending.

    Who has not got a report yet gets it as it is by then: corrected, or not at all. A notice of a
    correction gives way to that of a later one. A suppressed address has no active subscription.
    """
    subscription = delivery.subscription
    if delivery.kind == Delivery.Kind.CONFIRMATION:
        is_pending = subscription.state == Subscription.State.PENDING
        return is_pending and may_be_written_to(subscription.address)
    if subscription.state != Subscription.State.ACTIVE or delivery.revision is None:
        return False
    report = delivery.revision.report
    if delivery.kind == Delivery.Kind.WITHDRAWAL:
        return report.is_withdrawn
    if delivery.kind == Delivery.Kind.CORRECTION:
        return report.is_published and report.current_id == delivery.revision_id
    return report.is_published


def text_id(delivery: Delivery) -> int:
    """Return which text to tell of: a report goes out as it is by now, a notice as it was meant."""
    revision = delivery.revision
    if revision is None:
        raise ValueError("A question to confirm has no text.")
    if delivery.kind == Delivery.Kind.REPORT and revision.report.current_id:
        return revision.report.current_id
    return revision.pk


def text_of(delivery: Delivery) -> Revision:
    """Return that text, with its report and briefing."""
    texts = Revision.objects.select_related("report__briefing").defer("record")
    return texts.get(pk=text_id(delivery))


def may_be_written_to(address: str) -> bool:
    """Tell whether nobody has forbidden to mail to an address."""
    return not Suppression.objects.filter(address_hash=address_hash(address)).exists()


def address_hash(address: str) -> str:
    """Return what a suppressed e-mail address is known by."""
    return hashlib.sha256(address.strip().lower().encode()).hexdigest()
