"""Put the sections of a report in order; choose its title and its 30 seconds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import structlog
from django.db import transaction
from django.db.models import Prefetch

from patriot.work.looks import enqueue
from patriot.work.models import Job
from reports.domain.analysis import Kind
from reports.domain.budgeting import Rung
from reports.domain.composing import Choice, by_choice, by_rule
from reports.domain.extraction import ANALYST
from reports.domain.fencing import fence_sections
from reports.domain.outline import ClaimText, SectionText
from reports.domain.ranking import NO_ROOM
from reports.gateways.claude import delimiter
from reports.models import Briefing, Claim, Prompt, Report, Revision, Section, Story
from reports.pipeline.analyze import wait
from reports.pipeline.asking import Answer, DoWithout, Errand, Question, TryLater, ask
from reports.pipeline.budget import NO_MONEY
from reports.pipeline.stages import Stage
from reports.pipeline.writers import Writers, instruction_for

log = structlog.get_logger(__name__)

NOTHING_STANDS = "No sentence of its articles stands on its own."
CANCELED = "The work on it was canceled."
# Of fewer there is nothing to choose.
LEAST_STORIES = 2
LONGEST = 40


def compose(job: Job, report: Report, now: datetime, *, writers: Writers) -> None:
    """Finish the draft: drop sections that have nothing to say, title it, summarize it.

    Everything that is chosen here, by a model or by rule, is a claim that was grounded; no word
    is written.
    """
    revision = report.revisions.latest("number")
    told, _ = _tellable(revision)
    answer: Answer[Choice] | None = None
    reason = ""
    try:
        answer = _ask_model(told, revision, Errand(job, report, writers, now))
    except TryLater as later:
        wait(job, later)
        return
    except DoWithout as without:
        reason = str(without)
        log.info("composed_by_rule", report=report.pk, reason=reason)
    choice = answer.told.content if answer else None

    with transaction.atomic():
        if answer:
            answer.settle()
        composer = answer.told.model if answer else ""
        job.finish(now, output={"composer": composer, "not_asked": reason})
        _finish_draft(revision, choice, now)


def _ask_model(
    sections: Sequence[Section], revision: Revision, errand: Errand
) -> Answer[Choice] | None:
    """Return a model's choice; None where there is nothing to choose, or nobody to ask."""
    from reports.gateways import claude_composing  # noqa: PLC0415 (pydantic takes its time)

    claude = errand.writers.model_for(errand.report.briefing)
    if claude is None or len(sections) < LEAST_STORIES:
        return None
    if all(section.analyst == ANALYST for section in sections):
        return None
    if not revision.prompts.filter(purpose=Prompt.Purpose.COMPOSE).exists():
        return None
    instruction = instruction_for(Prompt.Purpose.COMPOSE, revision)
    form = claude_composing.form()
    text = fence_sections(texts_of(sections), delimiter=delimiter())
    question = Question(
        purpose=Prompt.Purpose.COMPOSE,
        instruction=instruction,
        estimate=claude.estimate(form, text, prompt=instruction.prompt),
        send=lambda: claude.ask(form, text, prompt=instruction.prompt, model=instruction.model),
    )
    return ask(question, errand)


def _finish_draft(revision: Revision, choice: Choice | None, now: datetime) -> None:
    """Put the draft together; without a section the report has failed, and says so."""
    report = revision.report
    sections, left_out = _tellable(revision)
    canceled = _canceled_parts(report) if left_out else frozenset()
    for section, reason in left_out:
        is_canceled = f"story {section.story_id}" in canceled and reason == NOTHING_STANDS
        _leave_out(revision, section, CANCELED if is_canceled else reason)
    if not sections:
        report.state = Report.State.FAILED
        report.reason = (
            "No section is left: of none of the chosen stories could a headline and a lead "
            "be verified. The jobs of this report say why."
        )
        report.save(update_fields=["state", "reason"])
        return
    _put_together(revision, sections, choice)
    revision.analyst = _analysts(sections)
    revision.save(update_fields=["title", "analyst", "left_out"])
    if report.briefing.policy == Briefing.Policy.REVIEW:
        Report.objects.filter(pk=report.pk).update(state=Report.State.DRAFT)
        return
    _open_publish_job(report, now)


def _tellable(revision: Revision) -> tuple[list[Section], list[tuple[Section, str]]]:
    """Return the best sections that have a headline and a lead, and the others, each with why.

    A section that says nothing beyond its headline comes in only where there is room.
    """
    full: list[Section] = []
    thin: list[Section] = []
    left_out: list[tuple[Section, str]] = []
    for section in (
        revision.sections.order_by("position")
        .select_related("story")
        .prefetch_related(Prefetch("claims", Claim.objects.order_by("position")))
    ):
        words = {claim.kind: claim.text for claim in section.claims.all()}
        if not {Kind.HEADLINE, Kind.LEAD} <= words.keys():
            left_out.append((section, NOTHING_STANDS))
        elif len(words) == 2 and words[Kind.HEADLINE] == words[Kind.LEAD]:
            thin.append(section)
        else:
            full.append(section)
    room = min(revision.report.briefing.max_sections, revision.budget.get("max_sections", LONGEST))
    is_short_of_money = revision.budget.get("rung") in (Rung.FEWER, Rung.CHEAPER)
    no_room = NO_MONEY if is_short_of_money else NO_ROOM
    left_out += [(section, no_room) for section in (full + thin)[room:]]
    return sorted((full + thin)[:room], key=lambda section: section.position), left_out


def _canceled_parts(report: Report) -> frozenset[str]:
    """Return the parts of a report that somebody called off, such as “story 5”."""
    canceled = Job.objects.filter(subject=report.subject, state=Job.State.CANCELED)
    return frozenset(canceled.values_list("part", flat=True))


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


def texts_of(sections: Sequence[Section]) -> list[SectionText]:
    """Return the sections as composing sees them."""
    return [
        SectionText(
            tuple(ClaimText(Kind(claim.kind), claim.text) for claim in section.claims.all())
        )
        for section in sections
    ]


def _put_together(revision: Revision, sections: Sequence[Section], choice: Choice | None) -> None:
    """Number the sections, and mark the claims that are selected for title and short versions."""
    texts = texts_of(sections)
    pinned = [place for place, section in enumerate(sections) if section.story.is_pinned]
    composition = by_choice(choice, texts, pinned=pinned) if choice else by_rule(texts)
    claims = [list(section.claims.all()) for section in sections]
    if composition.title:
        revision.title = claims[composition.title.section][composition.title.claim].text
    for position, place in enumerate(composition.order, start=1):
        section = sections[place]
        section.position = position
        # The story is known by the headline under which it was last told.
        section.story.title = next(
            claim.text for claim in claims[place] if claim.kind == Kind.HEADLINE
        )
    Section.objects.bulk_update(sections, ["position"])
    Story.objects.bulk_update([section.story for section in sections], ["title"])
    box = [claims[selected.section][selected.claim] for selected in composition.box]
    for place, claim in enumerate(box, start=1):
        claim.summary_position = place
    short = [claims[selected.section][selected.claim] for selected in composition.short]
    short += [claim for told in claims for claim in told if claim.kind == Kind.HEADLINE]
    for claim in short:
        claim.is_short = True
    chosen = {claim.pk: claim for claim in (*box, *short)}
    Claim.objects.bulk_update(chosen.values(), ["summary_position", "is_short"])


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
