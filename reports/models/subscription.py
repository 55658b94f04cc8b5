"""Subscription: who wants a briefing, by which channel. Suppression: who must get no mail."""

from __future__ import annotations

import uuid
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import MD5

from reports.models.briefing import Briefing

MAX_SHOWN_CHARS = 60


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    def active(self) -> Self:
        """Those that get what is published."""
        return self.filter(state=Subscription.State.ACTIVE)


class Subscription(models.Model):
    """One recipient of one briefing by one channel."""

    class Channel(models.TextChoices):
        EMAIL = "email", "e-mail"
        WEBHOOK = "webhook", "webhook"
        SLACK = "slack", "Slack"
        DISCORD = "discord", "Discord"
        TELEGRAM = "telegram", "Telegram"
        MATRIX = "matrix", "Matrix"

    class State(models.TextChoices):
        PENDING = "pending", "waiting for confirmation"
        ACTIVE = "active", "active"
        PAUSED = "paused", "paused"
        ENDED = "ended", "ended"

    class Length(models.TextChoices):
        FULL = "full", "the whole report"
        SHORT = "short", "the short version"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    briefing = models.ForeignKey(Briefing, models.CASCADE, related_name="subscriptions")
    channel = models.CharField(max_length=10, choices=Channel)
    address = models.CharField(
        max_length=2_000, help_text="An e-mail address, or the address to post to."
    )
    length = models.CharField(
        max_length=5, choices=Length, default=Length.FULL, help_text="How much of a report."
    )
    wants_corrections = models.BooleanField(
        default=True, help_text="Also a notice when a report was corrected or withdrawn."
    )
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    reason = models.TextField(blank=True, help_text="Why it is paused or ended: a sentence.")
    secret_number = models.PositiveSmallIntegerField(
        default=1, editable=False, help_text="Which of its signing secrets is in use."
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Who set it up; nobody where a reader did.",
    )
    secret_changed_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="For a day both secrets sign."
    )
    failures = models.PositiveIntegerField(default=0, editable=False, help_text="In a row.")
    failing_since = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        constraints = [
            # Addresses may be long: their hashes are indexed.
            models.UniqueConstraint(
                "briefing", "channel", MD5("address"), name="subscription_once"
            ),
            models.CheckConstraint(condition=~Q(address=""), name="subscription_has_an_address"),
            models.CheckConstraint(
                condition=~Q(state="active") | Q(confirmed_at__isnull=False),
                name="subscription_confirmed_before_active",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["paused", "ended"]) | ~Q(reason=""),
                name="subscription_says_why",
            ),
        ]
        indexes = [
            # all subscriptions of one person: preferences, bounces
            models.Index(MD5("address"), name="subscription_of_address"),
        ]

    def __str__(self) -> str:
        return f"{self.briefing} to {self.recipient}"

    @property
    def recipient(self) -> str:
        """The mail address; of a webhook or a chat only the host: the rest of it is a key."""
        if self.channel == self.Channel.EMAIL:
            return self.address[:MAX_SHOWN_CHARS]
        return self.address.partition("//")[2].partition("/")[0][:MAX_SHOWN_CHARS]


class Suppression(models.Model):
    """An e-mail address that must get nothing more, known only by its hash."""

    class Cause(models.TextChoices):
        BOUNCE = "bounce", "its mail came back"
        COMPLAINT = "complaint", "the recipient complained"
        STAFF = "staff", "staff decided"

    address_hash = models.CharField(
        max_length=64, unique=True, help_text="SHA-256 of the address in lower case."
    )
    hint = models.CharField(max_length=100, help_text="Such as “a…@example.org”.")
    cause = models.CharField(max_length=10, choices=Cause)
    detail = models.TextField(blank=True, help_text="What the mail service said.")
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.hint}: {self.get_cause_display()}"
