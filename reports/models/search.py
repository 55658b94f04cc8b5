"""Words: what the search finds the sections of published reports by."""

from __future__ import annotations

from django.db import models

from reports.models.briefing import Briefing
from reports.models.revision import Section
from sources.models.search import Words


class SectionWords(Words):
    """The words of a section's claims, of a report's current revision while it is published."""

    scope = "briefing_id"
    of_publisher = (
        "AND EXISTS (SELECT FROM reports_claim AS claim"
        " JOIN reports_evidence AS evidence ON evidence.claim_id = claim.id"
        " JOIN sources_passage AS passage ON passage.id = evidence.passage_id"
        " JOIN sources_article AS told ON told.id = passage.article_id"
        " WHERE claim.section_id = reports_sectionwords.section_id"
        " AND told.publisher_id = %(publisher)s)"
    )

    section = models.OneToOneField(Section, models.CASCADE, primary_key=True, related_name="words")
    briefing = models.ForeignKey(Briefing, models.CASCADE, related_name="+", db_index=False)

    class Meta(Words.Meta):
        verbose_name_plural = "section words"
