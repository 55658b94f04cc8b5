"""Have a second model rule on a section's sentences, then store what it leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from django.db import transaction

from patriot.work.models import Job
from reports.domain.analysis import Analysis, GroundedClaim, Material, Rejected, Ruling
from reports.domain.fencing import fence_claims
from reports.domain.sections import section_of as claims_of_section
from reports.gateways.claude import delimiter
from reports.models import Prompt, Report, Section
from reports.pipeline.analyze import claims_in, section_of, wait, written_for
from reports.pipeline.asking import Answer, DoWithout, Errand, Question, TryLater, ask
from reports.pipeline.checking import into_of, outcome, verified
from reports.pipeline.storing import Verdict, store
from reports.pipeline.writers import Writers, instruction_for

NOT_JUDGED = "A translation stands only where a second reading supports it, and there was none."
AGAINST = {
    Ruling.CONTRADICTED: "A second reading found that its quotations contradict it.",
    Ruling.NOT_STATED: "A second reading found that its quotations do not say so much: "
    "as a translation it cannot stand.",
}


def judge(job: Job, report: Report, now: datetime, *, writers: Writers) -> None:
    """Ask for rulings on all that would be printed; what is contradicted falls, the rest is marked.

    Rulings that do not come in time cost the section its translations, and no more.
    """
    section = section_of(job, report)
    written = written_for(job, section, report)
    into = into_of(section, written)
    grounded, refused = verified(written.analysis, written.material, into=into)
    mending = _mending(job)
    mended, fallen = verified(mending, written.material, into=into) if mending else ((), refused)
    # What there is no room for is not paid for.
    held = claims_of_section((*grounded, *mended))

    answer: Answer[Mapping[str, Ruling]] | None = None
    reason = ""
    try:
        answer = _ask_model(section, held, written.material, Errand(job, report, writers, now))
    except TryLater as later:
        wait(job, later)
        return
    except DoWithout as without:
        reason = str(without)
    rulings = answer.told.content if answer else {}
    kept, dropped = _ruled(held, rulings)
    verdict = Verdict(
        grounded=kept,
        fallen=(*fallen, *dropped),
        refused=(*refused, *(fallen if mending else ())),
        held=(*grounded, *mended),
    )

    with transaction.atomic():
        if answer:
            answer.settle()
        output = outcome("", kept, dropped) | {"rulings": dict(rulings), "not_asked": reason}
        job.finish(now, output=output)
        store(section, verdict, now, written=written, writers=writers)


def _mending(job: Job) -> Analysis | None:
    """Return what the repair of this story proposed; None if there was none."""
    done = Job.objects.filter(
        kind="repair", subject=job.subject, part=job.part, state=Job.State.DONE
    ).first()
    if done is None:
        return None
    output = cast("dict[str, Any]", done.output)
    return None if output["not_asked"] else Analysis(output["analyst"], claims_in(output))


def _ask_model(
    section: Section, held: Sequence[GroundedClaim], material: Material, errand: Errand
) -> Answer[Mapping[str, Ruling]]:
    from reports.gateways import claude_judging  # noqa: PLC0415 (pydantic takes its time)

    claude = errand.writers.model_for(errand.report.briefing)
    if claude is None:
        raise DoWithout("The model has been switched off since.")
    if not errand.report.briefing.is_judged:
        raise DoWithout("The second reading has been switched off since.")
    if not held:
        raise DoWithout("Nothing was left to rule on.")
    instruction = instruction_for(Prompt.Purpose.JUDGE, section.revision)
    languages = {passage.id: passage.language for passage in material.passages}
    text, ids = fence_claims(
        [(claim, languages[claim.evidence[0].passage_id]) for claim in held],
        delimiter=delimiter(),
    )
    form = claude_judging.form(ids)
    question = Question(
        purpose=Prompt.Purpose.JUDGE,
        instruction=instruction,
        estimate=claude.estimate(form, text, prompt=instruction.prompt),
        send=lambda: claude.ask(form, text, prompt=instruction.prompt, model=instruction.model),
    )
    return ask(question, errand)


def _ruled(
    held: Sequence[GroundedClaim], rulings: Mapping[str, Ruling]
) -> tuple[tuple[GroundedClaim, ...], tuple[Rejected, ...]]:
    """Return the claims that stand with their rulings, and those that fall by them."""
    kept: list[GroundedClaim] = []
    dropped: list[Rejected] = []
    for number, claim in enumerate(held, start=1):
        ruling = rulings.get(f"s{number}")
        if ruling is Ruling.CONTRADICTED or (
            claim.is_translation and ruling is not Ruling.SUPPORTED
        ):
            why = AGAINST[ruling] if ruling else NOT_JUDGED
            dropped.append(Rejected(claim.as_draft, why))
        else:
            kept.append(replace(claim, ruling=ruling))
    return tuple(kept), tuple(dropped)
