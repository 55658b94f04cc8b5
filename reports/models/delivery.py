"""Delivery: one revision to one subscription, the outbox. Attempt: one try at it."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q

from patriot.work.leases import Leased, LeasedQuerySet
from reports.models.revision import Revision
from reports.models.subscription import Subscription


class DeliveryQuerySet(LeasedQuerySet):
    def waiting(self) -> Self:
        """Deliveries that are not over."""
        return self.filter(state=Delivery.State.WAITING)

    def due(self, now: datetime) -> Self:
        """Deliveries whose next try has come and that nobody is at."""
        return self.waiting().startable(now)


class Delivery(Leased):
    """What one recipient gets, once: made in the transaction that publishes.

    `attempts` counts starts of which nothing was heard, as on every leased row; a try whose
    outcome is known is counted in `tries` and gives the start back.
    """

    class Kind(models.TextChoices):
        REPORT = "report", "report"
        CORRECTION = "correction", "notice of a correction"
        WITHDRAWAL = "withdrawal", "notice of a withdrawal"
        CONFIRMATION = "confirmation", "request to confirm"

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        SENT = "sent", "sent"
        DEAD = "dead", "given up"
        CANCELED = "canceled", "not wanted any more"

    subscription = models.ForeignKey(Subscription, models.CASCADE, related_name="deliveries")
    revision = models.ForeignKey(
        Revision, models.PROTECT, null=True, blank=True, related_name="deliveries"
    )
    kind = models.CharField(max_length=12, choices=Kind)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    message_id = models.UUIDField(
        default=uuid.uuid4,
        unique=True,
        editable=False,
        help_text="The same at every try: the Message-ID, the webhook's id.",
    )
    tries = models.PositiveSmallIntegerField(default=0, editable=False)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subscription", "revision", "kind"],
                condition=Q(revision__isnull=False),
                name="delivery_once",
            ),
            models.CheckConstraint(
                condition=Q(kind="confirmation") | Q(revision__isnull=False),
                name="delivery_has_a_revision",
            ),
            models.CheckConstraint(
                condition=Q(state="sent", sent_at__isnull=False) | ~Q(state="sent"),
                name="delivery_sent_has_a_moment",
            ),
        ]
        indexes = [
            # DeliveryQuerySet.due: the few open ones among all that ever were
            models.Index(
                fields=["not_before"], name="delivery_waiting", condition=Q(state="waiting")
            ),
            # how many were given up: the metrics
            models.Index(fields=["state"], name="delivery_dead", condition=Q(state="dead")),
            # what became of a revision; what one recipient got
            models.Index(fields=["revision", "state"], name="delivery_of_revision"),
        ]
        permissions = [("replay_delivery", "Can have a delivery sent again")]
        verbose_name_plural = "deliveries"

    def __str__(self) -> str:
        # Not to whom: that is for those who may see subscriptions.
        return f"{self.get_kind_display()}, delivery {self.pk}"


class Attempt(models.Model):
    """One try at a delivery, as it ended."""

    class Outcome(models.TextChoices):
        SENT = "sent", "taken"
        DEFERRED = "deferred", "come again later"
        REFUSED = "refused", "refused"
        UNREACHABLE = "unreachable", "not reached"

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="tried")
    outcome = models.CharField(max_length=12, choices=Outcome)
    status = models.PositiveSmallIntegerField(null=True, help_text="Of HTTP or SMTP.")
    answer = models.TextField(blank=True, help_text="The first words of the answer.")
    seconds = models.FloatField(null=True, help_text="How long it took.")
    at = models.DateTimeField()

    class Meta:
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.get_outcome_display()}, {self.at:%Y-%m-%d %H:%M}"
