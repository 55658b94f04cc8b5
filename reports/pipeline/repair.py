"""Give a model one chance to mend what code refused, then store the section."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from django.db import transaction

from patriot.work.models import Job
from reports.domain.analysis import Analysis, Material, Rejected
from reports.models import Prompt, Report, Section
from reports.pipeline.analyze import section_of, wait, written_for
from reports.pipeline.asking import Answer, DoWithout, Errand, Question, TryLater, ask
from reports.pipeline.checking import into_of, outcome, verified
from reports.pipeline.ground import conclude
from reports.pipeline.storing import Verdict
from reports.pipeline.writers import Writers, instruction_for


def repair(job: Job, report: Report, now: datetime, *, writers: Writers) -> None:
    """Ask once more for the sentences that fell; what falls again is dropped.

    A repair that does not come in time costs the section those sentences, and no more.
    """
    section = section_of(job, report)
    written = written_for(job, section, report)
    into = into_of(section, written)
    grounded, refused = verified(written.analysis, written.material, into=into)

    answer: Answer[Analysis] | None = None
    reason = ""
    try:
        answer = _ask_model(section, written.material, refused, Errand(job, report, writers, now))
    except TryLater as later:
        wait(job, later)
        return
    except DoWithout as without:
        reason = str(without)
    mending = answer.told.content if answer else Analysis("", ())
    mended, fallen = verified(mending, written.material, into=into)
    verdict = Verdict(
        grounded=(*grounded, *mended),
        fallen=fallen if answer else refused,
        refused=(*refused, *fallen),
    )

    with transaction.atomic():
        if answer:
            answer.settle()
        output = outcome("", mended, verdict.fallen) | asdict(mending) | {"not_asked": reason}
        job.finish(now, output=output)
        conclude(job, section, verdict, now, written=written, writers=writers)


def _ask_model(
    section: Section, material: Material, refused: Sequence[Rejected], errand: Errand
) -> Answer[Analysis]:
    claude = errand.writers.model_for(errand.report.briefing)
    if claude is None:
        raise DoWithout("The model has been switched off since.")
    instruction = instruction_for(Prompt.Purpose.REPAIR, section.revision)
    question = Question(
        purpose=Prompt.Purpose.REPAIR,
        instruction=instruction,
        estimate=claude.estimate_repair(material, refused, prompt=instruction.prompt),
        send=lambda: claude.repair(
            material, refused, prompt=instruction.prompt, model=instruction.model
        ),
    )
    return ask(question, errand)
