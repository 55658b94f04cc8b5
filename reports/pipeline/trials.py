"""Trials: have told stories told again in two ways, on the passages that they were told from.

What comes out is verified like everything and shown to staff; nothing of it is published.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction

from patriot.ledger import book
from patriot.ledger.models import Call, Service
from patriot.ledger.prices import cost
from patriot.work.leases import MAX_ATTEMPTS
from patriot.work.looks import enqueue
from patriot.work.models import Job
from reports.domain.analysis import Analysis
from reports.gateways.claude import CallFailed
from reports.models import Prompt, Report, Run, Section, Trial
from reports.pipeline.analyze import wait
from reports.pipeline.asking import (
    BACK_OFF,
    FOR_READERS,
    MAX_CALLS,
    OUTCOMES,
    WORTH_ANOTHER,
    Answer,
    DoWithout,
    NoAnswer,
    TryLater,
    asked_for_patience,
    book_failure,
)
from reports.pipeline.material import hash_of
from reports.pipeline.trial_answers import Outcome, answered_before, output_of, spent_on
from reports.pipeline.trial_inputs import Input, Question, Way, input_of, mends, question_of, way_of
from reports.pipeline.writers import Writers

if TYPE_CHECKING:
    from patriot.accounts.models import User

KIND = "try"
# On whose account the ledger books what is tried.
PAYER = "lab"
TRIABLE = (Prompt.Purpose.ANALYZE, Prompt.Purpose.REPAIR)
MAX_STORIES = 24
# So long may the service let a trial wait; then what is left has no answer.
PATIENCE = timedelta(hours=1)
# Reports come first: a trial looks again after this.
GIVE_WAY = timedelta(seconds=30)

STOPPED = "It was stopped before this was asked."
NO_MODEL = {
    Prompt.Purpose.ANALYZE: "No model is switched on: the local analyst told it, and reads no "
    "prompt.",
    Prompt.Purpose.REPAIR: "No model is switched on, and the local analyst mends nothing.",
}
WITHOUT = "Told without a model, as asked."
NOTHING_FALLS = "Nothing falls any more of what fell then: there is nothing to mend."


def begin(
    *,
    candidate: Prompt,
    candidate_model: str,
    baseline: Way,
    sections: Sequence[Section],
    ceiling: Decimal,
    author: User | None,
    now: datetime,
) -> Trial:
    """Open a trial with a run for each story and way, and have a worker look at them."""
    with transaction.atomic():
        trial = Trial.objects.create(
            candidate=candidate,
            baseline=baseline.prompt,
            candidate_model=candidate_model,
            baseline_model=baseline.model if baseline.prompt else "",
            ceiling_usd=ceiling,
            author=author,
            created_at=now,
        )
        runs = Run.objects.bulk_create(
            Run(trial=trial, section=section, side=side)
            for section in sections[:MAX_STORIES]
            for side in Run.Side
        )
        jobs = Job.objects.bulk_create(
            Job(kind=KIND, subject=trial.subject, part=run.part, not_before=now, created_at=now)
            for run in runs
        )
        # A look each: several workers may wait for a model at the same time.
        for job in jobs:
            enqueue("reports.tasks.work", [job.pk])
    return trial


def stop(trial: Trial, now: datetime) -> int:
    """Ask nothing more; return how many runs are left without an answer."""
    with transaction.atomic():
        Trial.objects.filter(pk=trial.pk, stopped_at=None).update(stopped_at=now)
        waiting = trial.runs.filter(state=Run.State.WAITING)
        return waiting.update(state=Run.State.FAILED, sentence=STOPPED, finished_at=now)


def triable_sections(reports: Sequence[Report], purpose: str) -> list[Section]:
    """Return the sections of published reports that a purpose can be tried on, in order.

    To repair something, something must have fallen when a model wrote it.
    """
    by_revision = {report.current_id: report for report in reports}
    sections = [
        section
        for section in Section.objects.filter(revision__in=by_revision)
        .select_related("story")
        .order_by("revision", "position")
        if section.given
    ]
    if purpose == Prompt.Purpose.REPAIR:
        subjects = [report.subject for report in reports]
        mended = set(
            Job.objects.filter(kind="repair", subject__in=subjects).values_list("subject", "part")
        )
        sections = [
            section
            for section in sections
            if (by_revision[section.revision_id].subject, f"story {section.story_id}") in mended
        ]
    places = {report.current_id: place for place, report in enumerate(reports)}
    return sorted(sections, key=lambda section: (places[section.revision_id], section.position))


def at_most(trial: Trial, *, writers: Writers, now: datetime) -> Decimal:
    """Return what a trial's waiting runs may cost at most; nothing where no model is on."""
    total = Decimal(0)
    if writers.claude is None:
        return total
    for run in _runs().filter(trial=trial, state=Run.State.WAITING):
        try:
            question = question_of(run, input_of(run), writers.claude)
        except DoWithout:
            continue
        if question and answered_before(run, question) is None:
            rates = book.rates_of(Service.CLAUDE, question.model, now)
            total += cost(question.estimate, rates)
    return total


# --- One run --------------------------------------------------------------------------------


def attempt(job: Job, now: datetime, *, writers: Writers) -> None:
    """Tell one story in one way, and keep what code says of each sentence."""
    run = _runs().get(pk=int(job.part.removeprefix("run ")))
    if run.state != Run.State.WAITING:
        job.finish(now)
        return
    if Job.objects.due(now).filter(subject__startswith="report ").exists():
        job.postpone(now + GIVE_WAY)
        return
    try:
        given = input_of(run)
        question = question_of(run, given, writers.claude) if writers.claude else None
        outcome = _outcome(run, given, question, job=job, writers=writers, now=now)
    except TryLater as later:
        wait(job, later)
        return
    except NoAnswer as reason:
        with transaction.atomic():
            job.finish(now)
            _end(run, Run.State.FAILED, now, sentence=str(reason))
        return

    input_hash = question.input_hash if question else ""
    with transaction.atomic():
        if outcome.answer:
            outcome.answer.settle()
            outcome = replace(outcome, spent=spent_on(outcome.answer.call))
        job.finish(now, input_hash=input_hash)
        _end(
            run,
            Run.State.DONE,
            now,
            analyst=outcome.analyst,
            sentence=outcome.sentence,
            material_hash=hash_of(given.material),
            input_hash=input_hash,
            copied_from=outcome.copied_from,
            output=output_of(given, outcome),
        )


def give_up(job: Job, error: str, now: datetime) -> None:
    """Leave a run without an answer: its job is dead."""
    run = Run.objects.get(pk=int(job.part.removeprefix("run ")))
    _end(run, Run.State.FAILED, now, sentence=f"It failed {job.attempts} times: {error[:300]}")


def call_off(job: Job, sentence: str, now: datetime) -> None:
    """Leave a run without an answer: nobody wants it any more."""
    run = Run.objects.get(pk=int(job.part.removeprefix("run ")))
    _end(run, Run.State.FAILED, now, sentence=sentence)


def take_up(job: Job) -> None:
    """Have a run wait again whose dead job gets another chance."""
    run = Run.objects.filter(pk=int(job.part.removeprefix("run ")), trial__stopped_at=None)
    run.filter(state=Run.State.FAILED).update(
        state=Run.State.WAITING, sentence="", finished_at=None
    )


def _runs() -> Any:
    return Run.objects.select_related(
        "trial__candidate",
        "trial__baseline",
        "section__story",
        "section__revision__report__briefing",
    ).order_by("pk")


def _end(run: Run, state: Run.State, now: datetime, **fields: Any) -> None:
    """Write down how a run ended, unless it was stopped meanwhile."""
    waiting = Run.objects.filter(pk=run.pk, state=Run.State.WAITING)
    waiting.update(state=state, finished_at=now, **fields)


def _outcome(
    run: Run, given: Input, question: Question | None, *, job: Job, writers: Writers, now: datetime
) -> Outcome:
    """Return what a run comes to. Raises NoAnswer."""
    if question is None:
        return _told_without(run, given, writers)
    before = answered_before(run, question)
    if before is not None:
        return before
    answer = _ask(question, job=job, trial=run.trial, writers=writers, now=now)
    return Outcome(answer.told.model, answer.told.content.claims, answer=answer)


def _told_without(run: Run, given: Input, writers: Writers) -> Outcome:
    """Return what there is without a model: the local analyst's telling; nothing mended."""
    purpose = Prompt.Purpose(run.trial.candidate.purpose)
    sentence = WITHOUT
    if way_of(run).prompt is not None:
        sentence = NOTHING_FALLS if writers.claude else NO_MODEL[purpose]
    if mends(run):
        return Outcome("", (), sentence)
    analysis = writers.local.analyze(given.material)
    return Outcome(analysis.analyst, analysis.claims, sentence)


# --- Asking -----------------------------------------------------------------------------------


def _ask(
    question: Question, *, job: Job, trial: Trial, writers: Writers, now: datetime
) -> Answer[Analysis]:
    """Ask a model once, inside the ledger. Raises TryLater or DoWithout."""
    purpose = question.prompt.purpose
    book.write_off_of(job.subject, job.part, purpose, now)
    if Call.objects.filter(subject=job.subject, part=job.part).count() >= MAX_CALLS:
        raise DoWithout(f"The model was asked {MAX_CALLS} times in vain.")
    patience = asked_for_patience(question.model, now)
    if patience is not None:
        sentence = FOR_READERS[Call.Outcome.RATE_LIMITED]
        raise _later(sentence, patience, trial, is_attempt=False)
    plan = book.Plan(
        service=Service.CLAUDE,
        purpose=purpose,
        model=question.model,
        subject=job.subject,
        part=job.part,
        payer=PAYER,
        estimate=question.estimate,
    )
    ceilings = book.Ceilings(
        daily=writers.daily_ceiling,
        monthly=writers.monthly_ceiling,
        call=writers.call_ceiling,
        subject=trial.ceiling_usd,
    )
    try:
        call = book.reserve(plan, ceilings=ceilings, now=now)
    except book.CeilingReached as error:
        raise DoWithout(str(error)) from error
    began = time.monotonic()
    try:
        told = question.send()
    except CallFailed as failure:
        ended = now + timedelta(seconds=time.monotonic() - began)
        raise _settled(failure, call, job, trial, ended) from failure
    return Answer(told, call, now + timedelta(seconds=time.monotonic() - began))


def _settled(failure: CallFailed, call: Call, job: Job, trial: Trial, ended: datetime) -> NoAnswer:
    """Book a call that failed, and return what to do about it."""
    retry_at = book_failure(failure, call, ended)
    sentence = FOR_READERS[OUTCOMES[type(failure)]]
    if retry_at is not None:
        return _later(sentence, retry_at, trial, is_attempt=False)
    if isinstance(failure, WORTH_ANOTHER) and job.attempts < MAX_ATTEMPTS - 1:
        return _later(sentence, ended + BACK_OFF, trial, is_attempt=True)
    return DoWithout(sentence)


def _later(sentence: str, until: datetime, trial: Trial, *, is_attempt: bool) -> NoAnswer:
    if until >= trial.created_at + PATIENCE:
        return DoWithout(sentence)
    return TryLater(sentence, until=until, is_attempt=is_attempt)
