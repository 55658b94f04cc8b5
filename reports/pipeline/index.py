"""Index: write down what the search finds published reports by."""

from __future__ import annotations

from reports.domain.sought import vector_of_section
from reports.models import Claim, Report, SectionWords
from sources.domain.lexemes import index_language


def index_report(report: Report) -> None:
    """Write the words of a report's current revision, and remove those of its earlier ones."""
    remove_from_index(report)
    sections = report.current.sections.all() if report.current else []
    claims: dict[int, list[Claim]] = {section.pk: [] for section in sections}
    for claim in Claim.objects.filter(section__in=claims).order_by("position"):
        claims[claim.section_id].append(claim)
    SectionWords.objects.bulk_create(
        SectionWords(
            section_id=section_id,
            briefing=report.briefing,
            language=index_language(report.briefing.language),
            published_at=report.slot_at,
            vector=vector_of_section((one.kind, one.text, one.language) for one in told),
        )
        for section_id, told in claims.items()
    )


def remove_from_index(report: Report) -> None:
    """Have the search find nothing of a report any more."""
    SectionWords.objects.filter(section__revision__report=report).delete()
