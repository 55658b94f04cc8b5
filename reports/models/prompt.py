"""Prompt: an editable instruction to Claude. Rows are only ever added."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from reports.models.briefing import Briefing


class PromptQuerySet(models.QuerySet["Prompt"]):
    def live_for(self, briefing: Briefing) -> Self:
        """The live prompts of a briefing: its own, and where it has none the general ones.

        One row per purpose.
        """
        live = self.filter(is_live=True).filter(Q(briefing=briefing) | Q(briefing=None))
        return live.order_by("purpose", models.F("briefing").asc(nulls_last=True)).distinct(
            "purpose"
        )


class Prompt(models.Model):
    """One version of an instruction. Its words never change: a change is the next number."""

    class Purpose(models.TextChoices):
        ANALYZE = "analyze", "analyze a story"
        REPAIR = "repair", "repair sentences that did not hold"
        JUDGE = "judge", "judge sentences against their quotations"
        COMPOSE = "compose", "compose a report of its sentences"

    purpose = models.CharField(max_length=20, choices=Purpose)
    briefing = models.ForeignKey(
        Briefing,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="prompts",
        help_text="Empty for all briefings that have none of their own.",
    )
    number = models.PositiveIntegerField(help_text="Counted per purpose and briefing.")
    text = models.TextField()
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="prompts",
        help_text="Empty for a text that came with Patriot.",
    )
    note = models.CharField(max_length=500, help_text="What changed, and why.")
    is_live = models.BooleanField(default=False, help_text="The next report uses it.")
    created_at = models.DateTimeField()

    objects = PromptQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["purpose", "briefing", "number"],
                name="prompt_number_once",
                nulls_distinct=False,
            ),
            models.UniqueConstraint(
                fields=["purpose", "briefing"],
                condition=Q(is_live=True),
                name="prompt_one_live",
                nulls_distinct=False,
            ),
            models.CheckConstraint(condition=~Q(text=""), name="prompt_has_text"),
        ]
        permissions = [("promote_prompt", "Can make another prompt the live one")]

    def __str__(self) -> str:
        return (
            f"{self.get_purpose_display()}, {self.briefing or 'all briefings'}, no. {self.number}"
        )
