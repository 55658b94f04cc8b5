"""Revision: one text of a report; its sections. A published one is frozen by the database."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from reports.models.prompt import Prompt
from reports.models.report import Report
from reports.models.story import Story


class Revision(models.Model):
    """One text of a report. Once `published_at` is set, triggers refuse every change below it."""

    report = models.ForeignKey(Report, models.PROTECT, related_name="revisions")
    number = models.PositiveSmallIntegerField(default=1)
    title = models.TextField(blank=True, help_text="The words of one of its claims.")
    analyst = models.CharField(
        max_length=250, blank=True, help_text="Who wrote it: models, the local analyst."
    )
    prompts = models.ManyToManyField(
        Prompt,
        related_name="revisions",
        blank=True,
        help_text="Those that were live when work on it began; none where no model was asked.",
    )
    coverage = models.JSONField(
        default=dict,
        help_text="At selection: sources watched and answered, articles read, the newest one.",
    )
    left_out = models.JSONField(
        default=list, help_text="Stories not in this report: title, outlets, why."
    )
    unchanged = models.JSONField(
        default=list,
        help_text="Stories told before that stand still or ended: story, section that told it "
        "last, status, since.",
    )
    budget = models.JSONField(
        default=dict,
        db_default=models.Value({}, models.JSONField()),
        blank=True,
        help_text="What it was expected to cost, what could be spent, and what that meant.",
    )
    # As long as the text and more: whatever reads many revisions defers it.
    record = models.JSONField(
        default=dict,
        db_default=models.Value({}, models.JSONField()),
        blank=True,
        help_text="How it was made, written down when it was published.",
    )
    sha256 = models.CharField(
        max_length=64, blank=True, default="", db_default="", help_text="Of its text and record."
    )
    previous_sha256 = models.CharField(
        max_length=64,
        blank=True,
        default="",
        db_default="",
        help_text="Of the revision that this briefing published before it.",
    )
    based_on = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="The text that an editor changed into this one.",
    )
    editor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Who changed it; nobody for what the pipeline wrote.",
    )
    edits = models.TextField(
        blank=True, default="", db_default="", help_text="What the editor changed: for the desk."
    )
    created_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["report", "number"], name="revision_once"),
            models.CheckConstraint(
                condition=models.Q(sha256="", record={}, previous_sha256="")
                | models.Q(published_at__isnull=False, sha256__regex="^[0-9a-f]{64}$"),
                name="revision_record_is_whole",
            ),
            models.UniqueConstraint(
                fields=["sha256"], condition=~models.Q(sha256=""), name="revision_hash_once"
            ),
            models.UniqueConstraint(
                fields=["previous_sha256"],
                condition=~models.Q(previous_sha256=""),
                name="revision_followed_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.report_id}, revision {self.number}"

    @property
    def is_frozen(self) -> bool:
        return self.published_at is not None


class Section(models.Model):
    """One story as told in a revision. What is counted here is as it was then."""

    class Status(models.TextChoices):
        NEW = "new", "new"
        DEVELOPING = "developing", "developing"
        UNCHANGED = "unchanged", "unchanged"
        RESOLVED = "resolved", "resolved"

    revision = models.ForeignKey(Revision, models.CASCADE, related_name="sections")
    story = models.ForeignKey(Story, models.PROTECT, related_name="sections")
    position = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=12, choices=Status, default=Status.NEW)
    analyst = models.CharField(max_length=100, blank=True, help_text="Who wrote it.")
    fallback = models.TextField(
        blank=True, help_text="Why the local analyst wrote it although a model should: a sentence."
    )
    given = ArrayField(
        models.BigIntegerField(),
        default=list,
        blank=True,
        help_text="Ids of the passages that its analyst had: an analysis may use their words.",
    )
    article_count = models.PositiveIntegerField()
    outlet_count = models.PositiveIntegerField()
    independent_count = models.PositiveIntegerField()
    copy_count = models.PositiveIntegerField(default=0)
    score = models.JSONField(default=dict, help_text="The parts of its rank.")
    agencies = ArrayField(
        models.CharField(max_length=40),
        default=list,
        blank=True,
        help_text="Agencies that its articles' texts name.",
    )
    corroboration = models.JSONField(
        default=dict,
        blank=True,
        help_text="The search for a second source: query, when, what it found, or why it failed.",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["revision", "story"], name="section_once_per_story"),
            models.UniqueConstraint(
                fields=["revision", "position"],
                name="section_position_once",
                deferrable=models.Deferrable.DEFERRED,
            ),
        ]

    def __str__(self) -> str:
        return f"section {self.position} of revision {self.revision_id}"

    @property
    def anchor(self) -> str:
        """The fragment by which the section is linked to."""
        return f"story-{self.story_id}"
