"""Trials: have told stories told again in two ways, on the passages that they were told from.

What comes out is verified like everything and shown to staff; nothing of it is published.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import transaction

from patriot.ledger import book
from patriot.ledger.models import Call, Service
from patriot.ledger.prices import Usage, cost
from patriot.work.leases import MAX_ATTEMPTS
from patriot.work.looks import enqueue
from patriot.work.models import Job
from reports.domain.analysis import (
    Analysis,
    DraftClaim,
    GroundedClaim,
    Kind,
    Material,
    Quote,
    Rejected,
)
from reports.domain.comparing import Sentence, Telling
from reports.domain.grounding import ground_all
from reports.domain.sections import is_tellable, section_of
from reports.gateways.claude import CallFailed, Claude, Told
from reports.models import Prompt, Report, Run, Section, Trial
from reports.pipeline.analyze import wait, written_for
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
from reports.pipeline.material import hash_of, material_again
from reports.pipeline.writers import Writers, fill_for, model_of

if TYPE_CHECKING:
    from patriot.accounts.models import User

KIND = "try"
# What a trial is paid as.
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
AS_REPORTED = "Taken from the report: it was asked with this very prompt, model and text."
AS_TRIED = "Taken from trial {trial}: the very same was asked there."
NOTHING_FALLS = "Nothing falls any more of what fell then: there is nothing to mend."
NOTHING_LEFT = "The articles that it was told from are no longer kept."
NOTHING_TO_MEND = "What it was first told with is no longer kept: there is nothing to mend."


@dataclass(frozen=True, slots=True)
class Way:
    """How a story is to be told: by which prompt, by which model."""

    prompt: Prompt | None
    """None for without a model."""
    model: str = ""
    """Empty for the one of the story's briefing."""


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
            question = _question(run, _input(run), writers.claude)
        except DoWithout:
            continue
        if question and _answered_before(run, question) is None:
            rates = book.rates_of(Service.CLAUDE, question.model, now)
            total += cost(question.estimate, rates)
    return total


# --- One run --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Input:
    """What a way of telling is given: passages, and for mending what fell of a first telling."""

    material: Material
    standing: tuple[GroundedClaim, ...] = ()
    refused: tuple[Rejected, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """What a model is asked for one run."""

    prompt: Prompt
    model: str
    input_hash: str
    estimate: Usage
    """What it may use at most."""
    send: Callable[[], Told[Analysis]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run ends with."""

    analyst: str
    claims: tuple[DraftClaim, ...]
    sentence: str = ""
    spent: Mapping[str, Any] = field(default_factory=dict)
    """Of whoever answered: cost, tokens, seconds."""
    copied_from: Run | None = None
    answer: Answer[Analysis] | None = None


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
        given = _input(run)
        question = _question(run, given, writers.claude) if writers.claude else None
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
            outcome = replace(outcome, spent=_spent(outcome.answer.call))
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
            output=_output(given, outcome),
        )


def give_up(job: Job, error: str, now: datetime) -> None:
    """Leave a run without an answer: its job is dead."""
    run = Run.objects.get(pk=int(job.part.removeprefix("run ")))
    _end(run, Run.State.FAILED, now, sentence=f"It failed {job.attempts} times: {error[:300]}")


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


def way_of(run: Run) -> Way:
    """Return in which of the trial's two ways a run tells its story."""
    trial = run.trial
    if run.side == Run.Side.CANDIDATE:
        return Way(trial.candidate, trial.candidate_model)
    return Way(trial.baseline, trial.baseline_model)


def _input(run: Run) -> Input:
    """Return the frozen input of a run. Raises DoWithout where too little of it is kept."""
    section = run.section
    report = section.revision.report
    if run.trial.candidate.purpose == Prompt.Purpose.REPAIR:
        return _input_to_mend(section, report)
    material = material_again(section, report, passage_ids=section.given)
    if not material.passages:
        raise DoWithout(NOTHING_LEFT)
    return Input(material)


def _input_to_mend(section: Section, report: Report) -> Input:
    """Return what fell, and what stood, when a model first told it."""
    stored = _analyze_job(section, report)
    if stored is None:
        raise DoWithout(NOTHING_TO_MEND)
    written = written_for(stored, section, report)
    if not written.material.passages:
        raise DoWithout(NOTHING_LEFT)
    standing, refused = _verified(written.analysis.claims, written.material)
    return Input(written.material, standing, refused)


def _analyze_job(section: Section, report: Report) -> Job | None:
    return Job.objects.filter(
        kind="analyze",
        subject=report.subject,
        part=f"story {section.story_id}",
        state=Job.State.DONE,
    ).first()


def _outcome(
    run: Run, given: Input, question: Question | None, *, job: Job, writers: Writers, now: datetime
) -> Outcome:
    """Return what a run comes to. Raises NoAnswer."""
    if question is None:
        return _told_without(run, given, writers)
    before = _answered_before(run, question)
    if before is not None:
        return before
    answer = _ask(question, job=job, trial=run.trial, daily=writers.daily_ceiling, now=now)
    return Outcome(answer.told.model, answer.told.content.claims, answer=answer)


def _told_without(run: Run, given: Input, writers: Writers) -> Outcome:
    """Return what there is without a model: the local analyst's telling; nothing mended."""
    purpose = Prompt.Purpose(run.trial.candidate.purpose)
    sentence = WITHOUT
    if way_of(run).prompt is not None:
        sentence = NOTHING_FALLS if writers.claude else NO_MODEL[purpose]
    if _mends(run):
        return Outcome("", (), sentence)
    analysis = writers.local.analyze(given.material)
    return Outcome(analysis.analyst, analysis.claims, sentence)


def _question(run: Run, given: Input, claude: Claude) -> Question | None:
    """Return what a model is asked for a run; None where none is to be asked."""
    way = way_of(run)
    if way.prompt is None or (_mends(run) and not given.refused):
        return None
    briefing = run.section.revision.report.briefing
    model = way.model or model_of(way.prompt.purpose, briefing)
    prompt = fill_for(way.prompt, briefing)
    material, refused = given.material, given.refused
    if _mends(run):
        estimate = claude.estimate_repair(material, refused, prompt=prompt)
        send = partial(claude.repair, material, refused, prompt=prompt, model=model)
    else:
        estimate = claude.estimate_analysis(material, prompt=prompt)
        send = partial(claude.analyze, material, prompt=prompt, model=model)
    asked = [way.prompt.purpose, model, prompt, hash_of(material)]
    asked += [f"{fallen.claim} {fallen.reason}" for fallen in refused]
    input_hash = hashlib.sha256(json.dumps(asked).encode()).hexdigest()
    return Question(way.prompt, model, input_hash, estimate, send)


def _mends(run: Run) -> bool:
    return run.trial.candidate.purpose == Prompt.Purpose.REPAIR


# --- Nothing is paid twice --------------------------------------------------------------------


def _answered_before(run: Run, question: Question) -> Outcome | None:
    """Return the answer to the very same question; None if nobody asked it."""
    same = Run.objects.filter(input_hash=question.input_hash, state=Run.State.DONE)
    earlier = same.filter(copied_from=None).exclude(pk=run.pk).order_by("pk").first()
    if earlier is not None:
        sentence = AS_TRIED.format(trial=earlier.trial_id)
        spent = earlier.output["spent"]
        return Outcome(earlier.analyst, drafts_of(earlier), sentence, spent, copied_from=earlier)
    return None if _mends(run) else _as_reported(run, question)


def _as_reported(run: Run, question: Question) -> Outcome | None:
    """Return what the report itself was told, if it was asked the very same."""
    section = run.section
    revision = section.revision
    stored = _analyze_job(section, revision.report)
    call = (
        Call.objects.filter(
            subject=revision.report.subject,
            part=f"story {section.story_id}",
            purpose=Prompt.Purpose.ANALYZE,
            model=question.model,
            outcome=Call.Outcome.ANSWERED,
        )
        .order_by("-pk")
        .first()
    )
    if stored is None or call is None or question.prompt not in revision.prompts.all():
        return None
    written = written_for(stored, section, revision.report)
    passages = [passage.id for passage in written.material.passages]
    if not written.is_by_model or sorted(passages) != sorted(section.given):
        return None
    analysis = written.analysis
    spent = _spent(call)
    return Outcome(analysis.analyst, analysis.claims, AS_REPORTED, spent)


# --- Asking -----------------------------------------------------------------------------------


def _ask(
    question: Question, *, job: Job, trial: Trial, daily: Decimal | None, now: datetime
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
        estimate=question.estimate,
    )
    ceilings = book.Ceilings(daily=daily, subject=trial.ceiling_usd)
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


def _spent(call: Call) -> dict[str, Any]:
    """Return what a settled call took, for the record of a run."""
    return {
        "usd": str(call.cost_usd),
        "tokens_in": call.input_tokens
        + call.cache_read_tokens
        + call.cache_write_5m_tokens
        + call.cache_write_1h_tokens,
        "tokens_out": call.output_tokens,
        "seconds": round(call.seconds or 0.0, 1),
    }


# --- What a run keeps ----------------------------------------------------------------------------


def _verified(
    claims: Iterable[DraftClaim], material: Material
) -> tuple[tuple[GroundedClaim, ...], tuple[Rejected, ...]]:
    return ground_all(
        claims,
        passages={passage.id: passage for passage in material.passages},
        language=material.language,
    )


def _output(given: Input, outcome: Outcome) -> dict[str, Any]:
    """Return what code says of each sentence, those that the section would keep first."""
    grounded, refused = _verified(outcome.claims, given.material)
    section = section_of([*given.standing, *grounded])
    kept = [claim for claim in section if claim in grounded]
    rest = [claim for claim in grounded if claim not in kept]
    outlets = {passage.id: passage.outlet for passage in given.material.passages}
    drafts = {(claim.kind, claim.text): claim for claim in outcome.claims}
    held = [(drafts[claim.kind, claim.text], claim in kept) for claim in (*kept, *rest)]
    sentences = [_sentence(draft, outlets, is_told=is_told) for draft, is_told in held]
    sentences += [_sentence(each.claim, outlets, reason=each.reason) for each in refused]
    return {
        "sentences": sentences,
        "is_tellable": is_tellable(section),
        "spent": dict(outcome.spent),
        "to_mend": len(given.refused),
    }


def _sentence(
    draft: DraftClaim, outlets: Mapping[int, str], *, is_told: bool = False, reason: str = ""
) -> dict[str, Any]:
    quotes = [
        {
            "passage": quote.passage_id,
            "outlet": outlets.get(quote.passage_id, ""),
            "text": quote.text,
        }
        for quote in draft.evidence
    ]
    return {
        "kind": draft.kind,
        "text": draft.text,
        "is_told": is_told,
        "reason": reason,
        "quotes": quotes,
    }


def drafts_of(run: Run) -> tuple[DraftClaim, ...]:
    """Return the sentences that were proposed in a run, as they were proposed."""
    return tuple(
        DraftClaim(
            Kind(sentence["kind"]),
            sentence["text"],
            tuple(Quote(quote["passage"], quote["text"]) for quote in sentence["quotes"]),
        )
        for sentence in run.output["sentences"]
    )


def telling_of(run: Run) -> Telling:
    """Return a run that is done as a value to compare."""
    spent = run.output["spent"]
    return Telling(
        sentences=tuple(
            Sentence(
                kind=Kind(sentence["kind"]),
                text=sentence["text"],
                holds=not sentence["reason"],
                is_told=sentence["is_told"],
            )
            for sentence in run.output["sentences"]
        ),
        is_tellable=run.output["is_tellable"],
        cost_usd=Decimal(spent.get("usd", "0")),
        seconds=float(spent.get("seconds", 0)),
    )
