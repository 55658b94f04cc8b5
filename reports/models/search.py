"""Words: what the search finds the sections of published reports by."""

from __future__ import annotations

from django.db import models

from reports.models.briefing import Briefing
from reports.models.revision import Section
from sources.models.search import Words


class SectionWords(Words):
    """The words of a section's claims, of a report's current revision while it is published."""

    scope = "briefing_id"

    section = models.OneToOneField(Section, models.CASCADE, primary_key=True, related_name="words")
    briefing = models.ForeignKey(Briefing, models.CASCADE, related_name="+", db_index=False)

    class Meta(Words.Meta):
        verbose_name_plural = "section words"
