"""Briefing: a recurring report."""

from __future__ import annotations

import zoneinfo
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Value

from reports.domain.catching_up import planned_absence
from reports.domain.ranking import levels_of
from reports.domain.windows import Slot, next_slots

# Of a daily briefing the slots of a month: longer pauses are none to wait through.
MOST_LOOKED_AT = 31
EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)


def is_time_zone(name: str) -> None:
    """Raise ValidationError unless `name` is a zone of the IANA database."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(f"“{name}” is not an IANA time zone, such as Europe/Berlin.")


def seven() -> list[time]:
    """Return the default times of a briefing."""
    return [time(7)]


def every_day() -> list[int]:
    """Return the default weekdays of a briefing, Monday = 1."""
    return list(EVERY_DAY)


class BriefingQuerySet(models.QuerySet["Briefing"]):
    def enabled(self) -> Self:
        return self.filter(is_enabled=True)


class Briefing(models.Model):
    """What is reported, from which sources, when, and how."""

    class Policy(models.TextChoices):
        PUBLISH = "publish", "publish when it is ready"
        REVIEW = "review", "people publish it"

    class Analyst(models.TextChoices):
        CLAUDE = "claude", "Claude, where there is a key"
        LOCAL = "local", "the local analyst: no model, no cost"

    class AtDeadline(models.TextChoices):
        PUBLISH = "publish", "publish it if every gate is green, else hold it"
        REDUCED = "reduced", "publish what is green, and say that it is reduced"
        HOLD = "hold", "hold it until somebody publishes it"

    slug = models.SlugField(max_length=60, unique=True)
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True, help_text="For whom, about what: readers see it.")
    language = models.CharField(max_length=10, default="en")
    newsroom = models.SlugField(max_length=40, blank=True)
    tags = ArrayField(
        models.SlugField(max_length=40),
        default=list,
        blank=True,
        help_text="Only sources with one of these tags; empty for all.",
    )
    timezone = models.CharField(max_length=60, default="UTC", validators=[is_time_zone])
    times = ArrayField(
        models.TimeField(), default=seven, help_text="Local times, such as 07:00,18:30."
    )
    weekdays = ArrayField(
        models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(7)]),
        default=every_day,
        help_text="Monday is 1.",
    )
    lead = models.DurationField(
        default=timedelta(minutes=10),
        help_text="At least so long before the slot the work begins; earlier when past reports "
        "took longer.",
    )
    grace = models.DurationField(
        default=timedelta(minutes=15),
        db_default=timedelta(minutes=15),
        help_text="So long after the slot a report still counts as on time; then staff are told.",
    )
    holidays = ArrayField(
        models.DateField(),
        default=list,
        db_default=Value([], ArrayField(models.DateField())),
        blank=True,
        help_text="Local dates without a report, such as 2026-12-25.",
    )
    paused_until = models.DateField(
        null=True, blank=True, help_text="No report before this local date; empty for no pause."
    )
    schedule_from = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="When the schedule was last changed: earlier slots of it were never promised.",
    )
    max_sections = models.PositiveSmallIntegerField(
        default=12, validators=[MinValueValidator(1), MaxValueValidator(40)]
    )
    policy = models.CharField(max_length=10, choices=Policy, default=Policy.PUBLISH)
    review_margin = models.DurationField(
        default=timedelta(minutes=5),
        db_default=timedelta(minutes=5),
        help_text="Review ends so long before the slot: the deadline.",
    )
    at_deadline = models.CharField(
        max_length=10,
        choices=AtDeadline,
        default=AtDeadline.PUBLISH,
        db_default=AtDeadline.PUBLISH,
        help_text="What happens at the deadline to a report that nobody has published.",
    )
    ping_url = models.URLField(
        "ping",
        max_length=500,
        blank=True,
        default="",
        db_default="",
        help_text="An address of a watchdog, called when a report is out; empty for none.",
    )
    analyst = models.CharField(max_length=10, choices=Analyst, default=Analyst.CLAUDE)
    analyze_model = models.CharField(
        max_length=100,
        default="claude-haiku-5-5",
        help_text="The model that reads the articles and proposes sentences.",
    )
    repair_model = models.CharField(
        max_length=100,
        default="claude-haiku-5-5",
        help_text="The model that mends sentences which did not hold.",
    )
    is_judged = models.BooleanField(
        "second reading",
        default=False,
        db_default=False,
        help_text="A model judges each sentence against its quotations: what they contradict is "
        "dropped, and sentences in another language than their sources become possible.",
    )
    judge_model = models.CharField(
        max_length=100,
        default="claude-haiku-5-5",
        db_default="claude-haiku-5-5",
        help_text="The model of the second reading.",
    )
    compose_model = models.CharField(
        max_length=100,
        default="claude-sonnet-5-5",
        db_default="claude-sonnet-5-5",
        help_text="The model that orders the report and chooses its title and short versions.",
    )
    ceiling_usd = models.DecimalField(
        max_digits=10,
        decimal_places=2,
        default=Decimal(1),
        validators=[MinValueValidator(0)],
        verbose_name="ceiling per report, USD",
        help_text="Before it would be crossed, the local analyst takes over, and the page says so.",
    )
    monthly_ceiling_usd = models.DecimalField(
        max_digits=10,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        verbose_name="ceiling per month, USD",
        help_text="For all reports of this briefing in a month (UTC); empty for none.",
    )
    second_source_searches = models.PositiveSmallIntegerField(
        default=2,
        validators=[MaxValueValidator(10)],
        verbose_name="searches for a second source",
        help_text="At most so many per report, for important stories that one source tells or "
        "that sources tell differently. Each is a paid search.",
    )
    topic_weights = models.JSONField(
        default=dict,
        blank=True,
        help_text="How much a topic counts: -3 (hardly ever) to 3 (first of all).",
    )
    is_enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = BriefingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(max_sections__gte=1, max_sections__lte=40),
                name="briefing_max_sections_1_to_40",
            ),
            models.CheckConstraint(
                condition=models.Q(ceiling_usd__gte=0), name="briefing_ceiling_positive"
            ),
            models.CheckConstraint(condition=~models.Q(times=[]), name="briefing_has_a_time"),
            models.CheckConstraint(condition=~models.Q(weekdays=[]), name="briefing_has_a_day"),
        ]
        permissions = [("produce_briefing", "Can have a report produced now")]

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        """Raise ValidationError unless the weights are levels of topics."""
        weights = self.topic_weights
        if not isinstance(weights, dict):
            raise ValidationError({"topic_weights": "Write a level for each topic."})
        odd = sorted(str(topic)[:40] for topic in weights.keys() - levels_of(weights).keys())
        if odd:
            said = f"No topic with a whole level from -3 to 3: {', '.join(odd[:5])}."
            raise ValidationError({"topic_weights": said})

    @property
    def promised_since(self) -> datetime:
        """From when on its slots were promised: since it is there, and scheduled like this."""
        return max(self.created_at, self.schedule_from or self.created_at)

    def next_slot(self, now: datetime) -> Slot | None:
        """Return the next slot that gets a report; None if it is not soon."""
        if not self.is_enabled:
            return None
        slots = next_slots(self.times, self.weekdays, self.zone, now, MOST_LOOKED_AT)
        return next((slot for slot in slots if self._is_kept(slot)), None)

    def _is_kept(self, slot: Slot) -> bool:
        return not planned_absence(slot, self.holidays, self.paused_until)

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.timezone)
