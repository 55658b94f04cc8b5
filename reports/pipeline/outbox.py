"""The outbox: what goes to whom, written down in the transaction that publishes."""

from __future__ import annotations

from datetime import datetime

from reports.models import Delivery, Revision, Subscription


def address_all(revision: Revision, *, kind: Delivery.Kind, now: datetime) -> int:
    """Write a delivery of a published text to everybody who wants it; return how many.

    A correction and a withdrawal go to those who got the report, and want to know. Call it in
    the transaction that publishes: then nobody is missed, and nobody gets what was not published.
    """
    wanting = Subscription.objects.active().filter(briefing_id=revision.report.briefing_id)
    if kind != Delivery.Kind.REPORT:
        got = Delivery.objects.filter(
            revision__report_id=revision.report_id, state=Delivery.State.SENT
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
    return len(deliveries)
