"""Report: one issue of a briefing for one slot. The row is the slot."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.urls import reverse

from reports.models.briefing import Briefing


class ReportQuerySet(models.QuerySet["Report"]):
    def published(self) -> Self:
        """Reports that readers can read."""
        return self.filter(state=Report.State.PUBLISHED)

    def public(self) -> Self:
        """Reports that readers can see: published, or withdrawn with a page that says so."""
        return self.filter(state__in=[Report.State.PUBLISHED, Report.State.WITHDRAWN])

    def newest_first(self) -> Self:
        return self.order_by("-slot_at", "-pk")


class Report(models.Model):
    """One slot of a briefing, also when it was skipped or failed."""

    class State(models.TextChoices):
        PRODUCING = "producing", "in production"
        DRAFT = "draft", "draft"
        REVIEW = "review", "in review"
        PUBLISHED = "published", "published"
        HELD = "held", "held"
        WITHDRAWN = "withdrawn", "withdrawn"
        SKIPPED = "skipped", "skipped"
        FAILED = "failed", "failed"

    class Occasion(models.TextChoices):
        """Why the row is there; of the last three there is no report."""

        SCHEDULE = "schedule", "its schedule"
        ASKED = "asked", "asked for out of turn"
        MISSED = "missed", "nobody opened it in time"
        HOLIDAY = "holiday", "a holiday"
        PAUSE = "pause", "a pause"

    briefing = models.ForeignKey(Briefing, models.PROTECT, related_name="reports")
    local_date = models.DateField(help_text="In the briefing's time zone.")
    slot = models.TimeField(help_text="Local time.")
    slot_at = models.DateTimeField(help_text="The same moment in UTC.")
    occasion = models.CharField(
        max_length=10,
        choices=Occasion,
        default=Occasion.SCHEDULE,
        db_default=Occasion.SCHEDULE,
        editable=False,
    )
    state = models.CharField(max_length=10, choices=State, default=State.PRODUCING)
    reason = models.TextField(
        blank=True,
        help_text="Why it was skipped, failed, held, withdrawn, or is shorter: a sentence.",
    )
    number = models.PositiveIntegerField(
        null=True, blank=True, help_text="Counted per briefing, at publication."
    )
    window_start = models.DateTimeField(help_text="Articles published after this moment …")
    window_end = models.DateTimeField(help_text="… up to this one.")
    current = models.ForeignKey(
        "reports.Revision",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="The revision that readers see.",
    )
    published_at = models.DateTimeField(null=True, blank=True)
    lateness_told_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When staff were told that it is late."
    )
    pinged_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="When the watchdog was told that it is out.",
    )
    ping_after = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When to try the watchdog again."
    )
    ping_said = models.CharField(
        max_length=300,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text="What the watchdog answered last, where it was no success.",
    )
    created_at = models.DateTimeField()

    objects = ReportQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["briefing", "local_date", "slot"], name="report_once_per_slot"
            ),
            models.UniqueConstraint(
                fields=["briefing", "number"], name="report_number_once_per_briefing"
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["published", "withdrawn"])
                | models.Q(current__isnull=False, published_at__isnull=False, number__isnull=False),
                name="report_public_has_a_revision",
            ),
            models.CheckConstraint(
                condition=models.Q(window_start__lt=models.F("window_end")),
                name="report_window_is_not_empty",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["skipped", "failed", "held", "withdrawn"])
                | ~models.Q(reason=""),
                name="report_says_why",
            ),
        ]
        indexes = [
            # the newest report of a briefing; previous and next; lists
            models.Index(fields=["briefing", "-slot_at"], name="report_newest"),
            models.Index(fields=["-slot_at", "-id"], name="report_newest_of_all"),
        ]
        permissions = [
            ("submit_report", "Can hand a draft in for review, and take it back"),
            ("publish_report", "Can publish, hold and withdraw reports"),
            ("edit_report", "Can edit drafts, and answer readers' error reports"),
            ("correct_report", "Can publish corrections"),
        ]

    def __str__(self) -> str:
        return f"{self.briefing}, {self.local_date:%Y-%m-%d} {self.slot:%H:%M}"

    def get_absolute_url(self) -> str:
        return reverse("reports:report", args=self._address)

    def get_provenance_url(self) -> str:
        """The page that says how it was made."""
        return reverse("reports:provenance", args=self._address)

    def get_record_url(self) -> str:
        """The same for machines, with its hash."""
        return reverse("reports:record", args=self._address)

    def get_revisions_url(self) -> str:
        """All texts of it that readers saw, one against the other."""
        return reverse("reports:revisions", args=self._address)

    def get_markdown_url(self) -> str:
        return reverse("reports:markdown", args=self._address)

    def get_json_url(self) -> str:
        """The same as the API's, beside the page."""
        return reverse("reports:json", args=self._address)

    def get_card_url(self) -> str:
        """The picture that stands for it where links are shared."""
        return reverse("reports:card", args=self._address)

    @property
    def _address(self) -> list[str]:
        return [self.briefing.slug, self.local_date.isoformat(), f"{self.slot:%H%M}"]

    @property
    def subject(self) -> str:
        """What this report's jobs are about."""
        return f"report {self.pk}"

    @property
    def is_published(self) -> bool:
        return self.state == self.State.PUBLISHED

    @property
    def is_withdrawn(self) -> bool:
        return self.state == self.State.WITHDRAWN
