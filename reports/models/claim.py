"""Claim: one published sentence. Evidence: the exact words that it stands on."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from reports.models.revision import Section
from sources.models import Passage


class Claim(models.Model):
    """One sentence of a section, of a stated kind."""

    class Kind(models.TextChoices):
        HEADLINE = "headline", "headline"
        LEAD = "lead", "lead"
        DETAIL = "detail", "detail"
        CHANGED = "changed", "what changed"
        DIFFERS = "differs", "where sources differ"
        UNKNOWN = "unknown", "what is not known"
        WHY = "why", "why it matters"

    class Ruling(models.TextChoices):
        SUPPORTED = "supported", "supported"
        NOT_STATED = "not_stated", "not stated"

    section = models.ForeignKey(Section, models.CASCADE, related_name="claims")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, choices=Kind)
    text = models.TextField()
    language = models.CharField(max_length=10, blank=True)
    is_translation = models.BooleanField(
        default=False,
        db_default=False,
        help_text="It is in another language than its quotations; readers are told.",
    )
    is_quotation = models.BooleanField(
        default=False,
        db_default=False,
        help_text="A publisher's own sentence in place of one that could not be verified.",
    )
    ruling = models.CharField(
        max_length=12,
        choices=Ruling,
        blank=True,
        default="",
        db_default="",
        help_text="What a second reading says of it; empty if nobody judged it.",
    )
    origin = models.BigIntegerField(
        null=True,
        blank=True,
        help_text="The claim of the report's first text that this one continues.",
    )
    is_edited = models.BooleanField(
        default=False, db_default=False, help_text="An editor wrote it; readers are told."
    )
    caveat = models.TextField(
        blank=True,
        default="",
        db_default="",
        help_text="What readers are told of an editor's sentence that no quotation supports.",
    )
    summary_position = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Its place in the 30-second box, if it has one."
    )
    is_short = models.BooleanField(
        default=False, db_default=False, help_text="The short version of the report has it."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["section", "position"], name="claim_position_once"),
            models.UniqueConstraint(
                fields=["section"], condition=Q(kind="headline"), name="claim_one_headline"
            ),
            models.CheckConstraint(condition=~Q(text=""), name="claim_has_text"),
            # No code can compare words of two languages.
            models.CheckConstraint(
                condition=Q(is_translation=False) | Q(ruling="supported"),
                name="claim_translation_is_supported",
            ),
            models.CheckConstraint(
                condition=Q(caveat="") | Q(is_edited=True), name="claim_caveat_is_an_editors"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.text[:80]} (claim {self.pk})"

    @property
    def anchor(self) -> str:
        """The fragment of the sentence's permalink, the same in every revision of a report."""
        return f"claim-{self.origin or self.pk}"


class Evidence(models.Model):
    """An exact span of a stored passage. A trigger refuses a quote that is not that span."""

    claim = models.ForeignKey(Claim, models.CASCADE, related_name="evidence")
    position = models.PositiveSmallIntegerField()
    passage = models.ForeignKey(Passage, models.PROTECT, related_name="evidence")
    start = models.PositiveIntegerField(help_text="Offset of the first character.")
    end = models.PositiveIntegerField(help_text="Offset after the last character.")
    quote = models.TextField(help_text="The passage's own words from start to end.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["claim", "position"], name="evidence_position_once"),
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="evidence_not_empty"),
        ]
        verbose_name_plural = "evidence"

    def __str__(self) -> str:
        return f"“{self.quote[:60]}” ({self.passage_id}:{self.start}–{self.end})"
