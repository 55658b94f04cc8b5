"""The ledger: every paid request, and what it costs."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Self

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Sum

from patriot.ledger.prices import Rates


class Service(models.TextChoices):
    """Whom we pay."""

    CLAUDE = "claude", "Claude"
    TAVILY = "tavily", "Tavily"


def usd(**options: Any) -> Any:
    """Return a field for an amount in USD, to a millionth."""
    defaults: dict[str, Any] = {
        "max_digits": 14,
        "decimal_places": 6,
        "validators": [MinValueValidator(0)],
    }
    return models.DecimalField(**defaults | options)


class CallQuerySet(models.QuerySet["Call"]):
    def running(self) -> Self:
        return self.filter(outcome=Call.Outcome.RUNNING)

    def settled(self) -> Self:
        """Calls that are over, whatever became of them."""
        return self.exclude(outcome=Call.Outcome.RUNNING)

    def of_day(self, now: datetime) -> Self:
        """Calls begun on the day (UTC) of `now`."""
        midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return self.filter(started_at__gte=midnight, started_at__lt=midnight + timedelta(days=1))

    def of_month(self, now: datetime) -> Self:
        """Calls begun in the month (UTC) of `now`, up to its day's end."""
        first = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        next_first = (first + timedelta(days=32)).replace(day=1)
        return self.filter(started_at__gte=first, started_at__lt=next_first)

    def spent(self) -> Decimal:
        """What these calls cost; those in flight, what they may cost at most."""
        return self.aggregate(total=Sum("cost_usd"))["total"] or Decimal(0)


class Call(models.Model):
    """One paid request. It is written before the request is sent, and settled after."""

    class Outcome(models.TextChoices):
        RUNNING = "running", "in flight"
        ANSWERED = "answered", "answered"
        CUT_OFF = "cut_off", "cut off at the length limit"
        REFUSED = "refused", "refused by the model"
        MALFORMED = "malformed", "malformed"
        RATE_LIMITED = "rate_limited", "rate limited"
        UNAVAILABLE = "unavailable", "service not available"
        OUT_OF_FUNDS = "out_of_funds", "the account's own limit"
        REJECTED = "rejected", "rejected"
        LOST = "lost", "lost with its worker"

    service = models.CharField(max_length=10, choices=Service)
    purpose = models.CharField(max_length=30, help_text="What for, such as “analyze”.")
    model = models.CharField(max_length=100, help_text="Of a search, its depth.")
    subject = models.CharField(max_length=60, help_text="What it is about, such as “report 12”.")
    part = models.CharField(max_length=60, blank=True, help_text="Which part, such as “story 5”.")
    payer = models.CharField(
        max_length=60,
        blank=True,
        default="",
        db_default="",
        help_text="On whose account, such as “briefing 3” or “API key 5”.",
    )
    outcome = models.CharField(max_length=15, choices=Outcome, default=Outcome.RUNNING)
    error = models.TextField(blank=True, help_text="What went wrong, in a sentence.")
    status = models.PositiveSmallIntegerField(null=True, blank=True, help_text="HTTP.")
    request_id = models.CharField(
        max_length=100, blank=True, help_text="The service's own name for it."
    )
    retry_at = models.DateTimeField(
        null=True, blank=True, help_text="Until when the service wants to be left alone."
    )

    input_tokens = models.PositiveIntegerField(default=0)
    cache_write_5m_tokens = models.PositiveIntegerField(default=0)
    cache_write_1h_tokens = models.PositiveIntegerField(default=0)
    cache_read_tokens = models.PositiveIntegerField(default=0)
    output_tokens = models.PositiveIntegerField(default=0)
    thinking_tokens = models.PositiveIntegerField(default=0, help_text="Part of the output.")
    credits = models.DecimalField(max_digits=10, decimal_places=3, default=Decimal(0))
    estimated_usd = usd(help_text="What it might cost at most, before it was sent.")
    cost_usd = usd(help_text="The estimate while it is in flight, and where its answer was lost.")

    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = CallQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(outcome="running", finished_at=None)
                | (~models.Q(outcome="running") & models.Q(finished_at__isnull=False)),
                name="call_finished_when_not_running",
            ),
        ]
        indexes = [
            # the spending of a day, and the ledger newest first
            models.Index(fields=["-started_at", "-id"], name="call_newest"),
            # the spending of a report
            models.Index(fields=["subject"], name="call_subject"),
            # the spending of a briefing in a month
            models.Index(
                fields=["payer", "-started_at"],
                name="call_payer",
                condition=~models.Q(payer=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_service_display()} {self.purpose}, call {self.pk}"

    @property
    def is_running(self) -> bool:
        return self.outcome == self.Outcome.RUNNING

    @property
    def seconds(self) -> float | None:
        """How long the answer took; None while it is in flight."""
        if self.finished_at is None:
            return None
        return (self.finished_at - self.started_at).total_seconds()


class BreakerQuerySet(models.QuerySet["Breaker"]):
    def closed_to(self, model: str, now: datetime) -> Self:
        """Those that keep a model from being asked now, that of the whole service first.

        What opened under a clock that ran ahead does not count.
        """
        whose = models.Q(model="") | models.Q(model=model)
        return self.filter(whose, opened_at__lte=now, retry_at__gt=now).order_by("model")

    def to_tell(self, now: datetime) -> Self:
        """Those that staff have not been told of, and that nobody is telling of now."""
        return self.filter(told_at=None, tell_at__lte=now)


class Breaker(models.Model):
    """A service, or one model of it, that is not asked for a while: asking would not help.

    It opens on what does not pass by itself (a refused key, no credit, an unknown model), and lets
    somebody try again after a while. An answer closes it: a row is there while it is open.
    """

    service = models.CharField(max_length=10, choices=Service)
    model = models.CharField(max_length=100, blank=True, help_text="Empty for the whole service.")
    outcome = models.CharField(max_length=15, choices=Call.Outcome)
    reason = models.TextField(help_text="What the service said, in a sentence.")
    failures = models.PositiveSmallIntegerField(default=1, help_text="One after the other.")
    opened_at = models.DateTimeField()
    retry_at = models.DateTimeField(help_text="After this somebody may try again.")
    tell_at = models.DateTimeField(
        help_text="When to tell staff: moved ahead while somebody does, and when it fails."
    )
    told_at = models.DateTimeField(null=True, blank=True, help_text="When staff were told.")

    objects = BreakerQuerySet.as_manager()

    class Meta:
        permissions = [("close_breaker", "Can have a service asked again")]
        constraints = [
            models.UniqueConstraint(fields=["service", "model"], name="breaker_once"),
        ]

    def __str__(self) -> str:
        return " ".join(filter(None, ["breaker of", self.get_service_display(), self.model]))


class PriceQuerySet(models.QuerySet["Price"]):
    def valid_on(self, day: date) -> Self:
        """Prices that had begun by a day, newest first."""
        return self.filter(valid_from__lte=day).order_by("-valid_from")


class Price(models.Model):
    """What a model or a search costs from a day on. A new price is a new row."""

    service = models.CharField(max_length=10, choices=Service)
    model = models.CharField(max_length=100)
    valid_from = models.DateField()
    input_usd = usd(default=Decimal(0), help_text="USD per million tokens.")
    output_usd = usd(default=Decimal(0), help_text="USD per million tokens, thinking included.")
    cache_write_5m_usd = usd(default=Decimal(0), help_text="Kept for 5 minutes.")
    cache_write_1h_usd = usd(default=Decimal(0), help_text="Kept for an hour.")
    cache_read_usd = usd(default=Decimal(0))
    threshold_tokens = models.PositiveIntegerField(
        null=True, blank=True, help_text="Longer prompts have the two prices below."
    )
    long_input_usd = usd(null=True, blank=True)
    long_output_usd = usd(null=True, blank=True)
    credit_usd = usd(default=Decimal(0), help_text="USD per credit of a search.")

    objects = PriceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["service", "model", "valid_from"], name="price_once_a_day"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model} from {self.valid_from}"

    @property
    def rates(self) -> Rates:
        return Rates(
            input_usd=self.input_usd,
            output_usd=self.output_usd,
            cache_write_5m_usd=self.cache_write_5m_usd,
            cache_write_1h_usd=self.cache_write_1h_usd,
            cache_read_usd=self.cache_read_usd,
            credit_usd=self.credit_usd,
            threshold_tokens=self.threshold_tokens,
            long_input_usd=self.long_input_usd,
            long_output_usd=self.long_output_usd,
        )
