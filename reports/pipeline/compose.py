"""Put the sections of a report in order; choose its title and its 30 seconds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from patriot.work.looks import enqueue
from patriot.work.models import Job
from reports.domain.analysis import Kind
from reports.domain.outline import ClaimText, SectionText
from reports.domain.outline import compose as outline_of
from reports.domain.ranking import NO_ROOM
from reports.models import Briefing, Claim, Report, Revision, Section, Story
from reports.pipeline.stages import Stage


def compose(job: Job, report: Report, now: datetime) -> None:
    """Finish the draft: drop sections that have nothing to say, title it, summarize it.

    Everything that is chosen here is a claim that was grounded; no word is written.
    """
    with transaction.atomic():
        job.finish(now)
        revision = report.revisions.latest("number")
        sections = _tellable(revision, report.briefing.max_sections)
        if not sections:
            report.state = Report.State.FAILED
            report.reason = (
                "No section is left: of none of the chosen stories could a headline and a lead "
                "be verified. The jobs of this report say why."
            )
            report.save(update_fields=["state", "reason"])
            return
        _outline(revision, sections)
        revision.analyst = _analysts(sections)
        revision.save(update_fields=["title", "analyst", "left_out"])
        if report.briefing.policy == Briefing.Policy.REVIEW:
            Report.objects.filter(pk=report.pk).update(state=Report.State.DRAFT)
            return
        _open_publish_job(report, now)


def _tellable(revision: Revision, max_sections: int) -> list[Section]:
    """Return the best sections that have a headline and a lead; the others are left out.

    A section that says nothing beyond its headline comes in only where there is room.
    """
    full: list[Section] = []
    thin: list[Section] = []
    for section in (
        revision.sections.order_by("position").select_related("story").prefetch_related("claims")
    ):
        words = {claim.kind: claim.text for claim in section.claims.all()}
        if not {Kind.HEADLINE, Kind.LEAD} <= words.keys():
            _leave_out(revision, section, "No sentence of its articles stands on its own.")
        elif len(words) == 2 and words[Kind.HEADLINE] == words[Kind.LEAD]:
            thin.append(section)
        else:
            full.append(section)
    for section in (full + thin)[max_sections:]:
        _leave_out(revision, section, NO_ROOM)
    return sorted((full + thin)[:max_sections], key=lambda section: section.position)


def _leave_out(revision: Revision, section: Section, reason: str) -> None:
    revision.left_out.append(
        {
            "story": section.story_id,
            "title": section.story.title,
            "outlets": section.outlet_count,
            "reason": reason,
        }
    )
    section.delete()


def _outline(revision: Revision, sections: Sequence[Section]) -> None:
    """Number the sections, and mark the claims that the outline selects."""
    claims = [
        sorted(section.claims.all(), key=lambda claim: claim.position) for section in sections
    ]
    outline = outline_of(
        [
            SectionText(tuple(ClaimText(Kind(claim.kind), claim.text) for claim in of_section))
            for of_section in claims
        ]
    )
    if outline.title:
        revision.title = claims[outline.title.section][outline.title.claim].text
    for position, section in enumerate(sections, start=1):
        section.position = position
        # The story is known by the headline under which it was last told.
        section.story.title = next(
            claim.text for claim in claims[position - 1] if claim.kind == Kind.HEADLINE
        )
    Section.objects.bulk_update(sections, ["position"])
    Story.objects.bulk_update([section.story for section in sections], ["title"])
    box = [claims[selected.section][selected.claim] for selected in outline.box]
    for place, claim in enumerate(box, start=1):
        claim.summary_position = place
    Claim.objects.bulk_update(box, ["summary_position"])


def _analysts(sections: Sequence[Section]) -> str:
    """Return who wrote the sections, whoever wrote most first."""
    names = Counter(section.analyst for section in sections)
    return ", ".join(name for name, _ in names.most_common())


def _open_publish_job(report: Report, now: datetime) -> None:
    job = Job.objects.create(
        kind="publish",
        subject=report.subject,
        stage=Stage.PUBLISH,
        not_before=max(now, report.slot_at),
        created_at=now,
    )
    enqueue("reports.tasks.work", [job.pk])
