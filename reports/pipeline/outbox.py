"""The outbox: what goes to whom, written down in the transaction that publishes."""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.db.models import F, Q

from patriot.work.looks import enqueue
from reports.models import Delivery, Report, Revision, Subscription, Suppression

LOOK = "reports.tasks.deliver"


def address_all(revision: Revision, *, kind: Delivery.Kind, now: datetime) -> int:
    """Write a delivery of a published text to everybody who wants it; return how many.

    A correction and a withdrawal go to those who got the report, and want to know. Call it in
    the transaction that publishes: then nobody is missed, and nobody gets what was not published.
    """
    wanting = Subscription.objects.active().filter(briefing_id=revision.report.briefing_id)
    if kind != Delivery.Kind.REPORT:
        # What is on its way this very moment still says what was wrong.
        on_its_way = Q(state=Delivery.State.WAITING, leased_until__gte=now)
        got = Delivery.objects.filter(
            Q(state=Delivery.State.SENT) | on_its_way, revision__report_id=revision.report_id
        )
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
    """Tell whether its recipient still wants it, as things are now.

    Who has not got a report yet gets it as it is by then: corrected, or not at all. A notice of a
    correction gives way to that of a later one.
    """
    subscription = delivery.subscription
    if subscription.channel == Subscription.Channel.EMAIL and _is_suppressed(subscription.address):
        return False
    if delivery.kind == Delivery.Kind.CONFIRMATION:
        return subscription.state == Subscription.State.PENDING
    if subscription.state != Subscription.State.ACTIVE:
        return False
    report = Report.objects.get(revisions=delivery.revision_id)
    if delivery.kind == Delivery.Kind.WITHDRAWAL:
        return report.is_withdrawn
    if delivery.kind == Delivery.Kind.CORRECTION:
        return report.is_published and report.current_id == delivery.revision_id
    return report.is_published


def text_of(delivery: Delivery) -> Revision:
    """Return the text to tell of: a report goes out as it is by now, a notice as it was meant."""
    revisions = Revision.objects.select_related("report__briefing").defer("record")
    if delivery.kind == Delivery.Kind.REPORT:
        return revisions.get(report__current=F("pk"), report__revisions=delivery.revision_id)
    return revisions.get(deliveries=delivery.pk)


def address_hash(address: str) -> str:
    """Return what a suppressed e-mail address is known by."""
    return hashlib.sha256(address.strip().lower().encode()).hexdigest()


def _is_suppressed(address: str) -> bool:
    return Suppression.objects.filter(address_hash=address_hash(address)).exists()
