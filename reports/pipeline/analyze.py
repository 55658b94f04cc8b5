"""Ask an analyst for the claims of one section."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, cast

from django.db import transaction

from patriot.work.looks import enqueue
from patriot.work.models import Job
from reports.domain.analysis import Analysis, DraftClaim, Kind, Material, Quote
from reports.domain.budgeting import Rung
from reports.models import Prompt, Report, Section
from reports.pipeline.asking import (
    Answer,
    DoWithout,
    Errand,
    Question,
    TryLater,
    Unwilling,
    ask,
)
from reports.pipeline.material import hash_of, material_again, material_of
from reports.pipeline.quarantine import after_refusal
from reports.pipeline.stages import Stage
from reports.pipeline.writers import Writers, instruction_for

# Most reserves are never printed: none of them is paid for.
RESERVE = "It took the place of a story that could not be told."


@dataclass(frozen=True, slots=True)
class Written:
    """What an analyst's job of a story stored."""

    analysis: Analysis
    material: Material
    """The passages of that very request."""
    is_by_model: bool
    fallback: str
    """Why the local analyst wrote it although a model should; empty otherwise."""


def section_of(job: Job, report: Report) -> Section:
    """Return the section that a story's job is about: that of the newest revision."""
    story_id = int(job.part.removeprefix("story "))
    return (
        Section.objects.filter(revision__report=report, story=story_id)
        .select_related("revision__report__briefing")
        .latest("revision__number")
    )


def analyze(job: Job, report: Report, now: datetime, *, writers: Writers) -> None:
    """Store the analyst's reply as the job's output; nothing of it is believed yet.

    The local analyst writes where no model is to be asked, or none answers in time.
    """
    section = section_of(job, report)
    errand = Errand(job, report, writers, now)

    # The analyst comes before the transaction: it may think for long.
    try:
        material, answer, fallback = _written_by_model(section, errand)
    except TryLater as later:
        wait(job, later)
        return
    analysis = answer.told.content if answer else writers.local.analyze(material)

    with transaction.atomic():
        if answer:
            answer.settle()
        output = asdict(analysis) | {
            "passages": [passage.id for passage in material.passages],
            "by_model": answer is not None,
            "fallback": fallback,
        }
        job.finish(now, output=output, input_hash=_input_hash(material, section, answer))
        follow(job, "ground", now)


def _written_by_model(
    section: Section, errand: Errand
) -> tuple[Material, Answer[Analysis] | None, str]:
    """Return what was written from, the model's answer if there is one, and why there is none.

    What makes it refuse is kept out, if anybody can tell what, and it is asked once more: even
    the local analyst then does without. Raises TryLater.
    """
    material = material_of(section, errand.report)
    try:
        return material, _ask_model(section, material, errand), ""
    except Unwilling as reason:
        fallback = str(reason)
        left = after_refusal(section, material, errand.now)
    except DoWithout as reason:
        return material, None, str(reason)
    if left is None:
        return material, None, fallback
    try:
        return left, _ask_model(section, left, errand), ""
    except DoWithout as reason:
        return left, None, str(reason)


def _ask_model(section: Section, material: Material, errand: Errand) -> Answer[Analysis] | None:
    """Return the model's answer; None where no model is to be asked. Raises NoAnswer."""
    claude = errand.writers.model_for(errand.report.briefing)
    if claude is None or not material.passages or not section.revision.prompts.exists():
        return None
    planned = section.revision.budget
    if planned.get("rung") == Rung.EXTRACTIVE:
        raise DoWithout(planned["reason"])
    if section.position > planned.get("max_sections", errand.report.briefing.max_sections):
        raise DoWithout(RESERVE)
    instruction = instruction_for(Prompt.Purpose.ANALYZE, section.revision)
    question = Question(
        purpose=Prompt.Purpose.ANALYZE,
        instruction=instruction,
        estimate=claude.estimate_analysis(material, prompt=instruction.prompt),
        send=lambda: claude.analyze(material, prompt=instruction.prompt, model=instruction.model),
    )
    return ask(question, errand)


def wait(job: Job, later: TryLater) -> None:
    """Put the job back until the model may answer."""
    if later.is_attempt:
        job.put_back(str(later), not_before=later.until)
    else:
        job.postpone(later.until)


def _input_hash(material: Material, section: Section, answer: Answer[Analysis] | None) -> str:
    if answer is None:
        return hash_of(material)
    prompts = section.revision.prompts.order_by("pk").values_list("pk", flat=True)
    asked = f"{hash_of(material)} {answer.call.model} {list(prompts)}"
    return hashlib.sha256(asked.encode()).hexdigest()


def follow(job: Job, kind: str, now: datetime) -> None:
    """Open the next step of the same story, inside the transaction that finishes this one."""
    following = Job.objects.create(
        kind=kind,
        subject=job.subject,
        part=job.part,
        stage=Stage.STORY,
        not_before=now,
        created_at=now,
    )
    enqueue("reports.tasks.work", [following.pk])


def written_for(job: Job, section: Section, report: Report) -> Written:
    """Return what the analyst's job of this job's story stored."""
    stored = Job.objects.get(
        kind="analyze", subject=job.subject, part=job.part, state=Job.State.DONE
    )
    output = cast("dict[str, Any]", stored.output)
    return Written(
        analysis=Analysis(output["analyst"], claims_in(output)),
        material=material_again(section, report, passage_ids=output["passages"]),
        is_by_model=output["by_model"],
        fallback=output["fallback"],
    )


def claims_in(output: dict[str, Any]) -> tuple[DraftClaim, ...]:
    """Return the claims that a job's output keeps, as they were proposed."""
    return tuple(
        DraftClaim(
            kind=Kind(claim["kind"]),
            text=claim["text"],
            evidence=tuple(Quote(**quote) for quote in claim["evidence"]),
        )
        for claim in output["claims"]
    )
