"""What a trial's runs are given: the passages and the words of a story that was told, frozen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from patriot.ledger.prices import Usage
from patriot.work.models import Job
from reports.domain.analysis import Analysis, DraftClaim, GroundedClaim, Material, Rejected
from reports.domain.grounding import ground_all
from reports.gateways.claude import Claude, Told
from reports.models import Prompt, Report, Run, Section
from reports.pipeline.analyze import written_for
from reports.pipeline.asking import DoWithout
from reports.pipeline.material import hash_of, material_again
from reports.pipeline.writers import fill_for, model_of

NOTHING_LEFT = "The articles that it was told from are no longer kept."
NOTHING_TO_MEND = "What it was first told with is no longer kept: there is nothing to mend."


@dataclass(frozen=True, slots=True)
class Way:
    """How a story is to be told: by which prompt, by which model."""

    prompt: Prompt | None
    """None for without a model."""
    model: str = ""
    """Empty for the one of the story's briefing."""


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


def way_of(run: Run) -> Way:
    """Return in which of the trial's two ways a run tells its story."""
    trial = run.trial
    if run.side == Run.Side.CANDIDATE:
        return Way(trial.candidate, trial.candidate_model)
    return Way(trial.baseline, trial.baseline_model)


def input_of(run: Run) -> Input:
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
    stored = analyze_job(section, report)
    if stored is None:
        raise DoWithout(NOTHING_TO_MEND)
    written = written_for(stored, section, report)
    if not written.material.passages:
        raise DoWithout(NOTHING_LEFT)
    standing, refused = verified(written.analysis.claims, written.material)
    return Input(written.material, standing, refused)


def analyze_job(section: Section, report: Report) -> Job | None:
    return Job.objects.filter(
        kind="analyze",
        subject=report.subject,
        part=f"story {section.story_id}",
        state=Job.State.DONE,
    ).first()


def question_of(run: Run, given: Input, claude: Claude) -> Question | None:
    """Return what a model is asked for a run; None where none is to be asked."""
    way = way_of(run)
    if way.prompt is None or (mends(run) and not given.refused):
        return None
    briefing = run.section.revision.report.briefing
    model = way.model or model_of(way.prompt.purpose, briefing)
    prompt = fill_for(way.prompt, briefing)
    material, refused = given.material, given.refused
    if mends(run):
        estimate = claude.estimate_repair(material, refused, prompt=prompt)
        send = partial(claude.repair, material, refused, prompt=prompt, model=model)
    else:
        estimate = claude.estimate_analysis(material, prompt=prompt)
        send = partial(claude.analyze, material, prompt=prompt, model=model)
    asked = [way.prompt.purpose, model, prompt, hash_of(material)]
    asked += [f"{fallen.claim} {fallen.reason}" for fallen in refused]
    input_hash = hashlib.sha256(json.dumps(asked).encode()).hexdigest()
    return Question(way.prompt, model, input_hash, estimate, send)


def mends(run: Run) -> bool:
    return run.trial.candidate.purpose == Prompt.Purpose.REPAIR


def verified(
    claims: Iterable[DraftClaim], material: Material
) -> tuple[tuple[GroundedClaim, ...], tuple[Rejected, ...]]:
    return ground_all(
        claims,
        passages={passage.id: passage for passage in material.passages},
        language=material.language,
    )
