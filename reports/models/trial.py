"""Trial: two ways of asking, set side by side on stories that reports have told."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from reports.models.prompt import Prompt
from reports.models.revision import Section


class Trial(models.Model):
    """A prompt against another one, or a model against another one, on frozen inputs.

    Nothing of it is ever published.
    """

    candidate = models.ForeignKey(Prompt, models.PROTECT, related_name="trials")
    baseline = models.ForeignKey(
        Prompt,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="What it is compared with; empty for what is told without a model.",
    )
    candidate_model = models.CharField(
        max_length=100, blank=True, help_text="Empty for the one of each story's briefing."
    )
    baseline_model = models.CharField(max_length=100, blank=True)
    ceiling_usd = models.DecimalField(
        max_digits=10,
        decimal_places=2,
        default=Decimal("0.50"),
        validators=[MinValueValidator(0)],
        verbose_name="ceiling, USD",
        help_text="What it may cost in all; what would cross it is not asked.",
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="trials"
    )
    created_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            # the trials of one prompt, on its page
            models.Index(fields=["candidate", "-id"], name="trial_newest"),
        ]
        permissions = [("run_trial", "Can try prompts on told stories: it may cost")]

    def __str__(self) -> str:
        return f"trial {self.pk} of {self.candidate}"

    @property
    def subject(self) -> str:
        """What its jobs and calls are about."""
        return f"trial {self.pk}"


class Run(models.Model):
    """One story told in one of the two ways."""

    class Side(models.TextChoices):
        CANDIDATE = "candidate", "candidate"
        BASELINE = "baseline", "compared with"

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        DONE = "done", "done"
        FAILED = "failed", "without an answer"

    trial = models.ForeignKey(Trial, models.CASCADE, related_name="runs")
    section = models.ForeignKey(Section, models.PROTECT, related_name="runs")
    side = models.CharField(max_length=10, choices=Side)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    analyst = models.CharField(max_length=100, blank=True, help_text="Who wrote it.")
    sentence = models.TextField(
        blank=True, help_text="Why there is no answer, or why no model gave it."
    )
    material_hash = models.CharField(max_length=64, blank=True, help_text="Of what it was given.")
    input_hash = models.CharField(
        max_length=64, blank=True, help_text="Of everything that was asked, words and model."
    )
    copied_from = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="The run that asked the very same before: nothing is paid twice.",
    )
    output = models.JSONField(
        default=dict, blank=True, help_text="Each sentence that was proposed, and what code says."
    )
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["trial", "section", "side"], name="run_once"),
            models.CheckConstraint(
                condition=Q(state="waiting", finished_at=None)
                | (~Q(state="waiting") & Q(finished_at__isnull=False)),
                name="run_finished_when_not_waiting",
            ),
            models.CheckConstraint(
                condition=~Q(state="failed") | ~Q(sentence=""), name="run_says_why"
            ),
        ]
        indexes = [
            # an answer to the very same question
            models.Index(fields=["input_hash"], name="run_answered", condition=Q(state="done")),
        ]

    def __str__(self) -> str:
        return f"{self.side}, section {self.section_id} ({self.pk})"

    @property
    def part(self) -> str:
        """What its job and calls are about, within the trial."""
        return f"run {self.pk}"
