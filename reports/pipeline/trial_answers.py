"""What a trial's runs come to: an answer, what code says of it, and who gave it before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from patriot.ledger.models import Call
from reports.domain.analysis import Analysis, DraftClaim, Kind, Quote, SourcePassage
from reports.domain.comparing import Sentence, Telling
from reports.domain.sections import is_tellable, section_of
from reports.models import Prompt, Run
from reports.pipeline.analyze import written_for
from reports.pipeline.asking import Answer
from reports.pipeline.trial_inputs import Input, Question, analyze_job, mends, verified

AS_REPORTED = "Taken from the report: it was asked with this very prompt, model and text."
AS_TRIED = "Taken from trial {trial}: the very same was asked there."


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


# --- Nothing is paid twice --------------------------------------------------------------------


def answered_before(run: Run, question: Question) -> Outcome | None:
    """Return the answer to the very same question; None if nobody asked it."""
    same = Run.objects.filter(input_hash=question.input_hash, state=Run.State.DONE)
    earlier = same.filter(copied_from=None).exclude(pk=run.pk).order_by("pk").first()
    if earlier is not None:
        sentence = AS_TRIED.format(trial=earlier.trial_id)
        spent = earlier.output["spent"]
        return Outcome(earlier.analyst, drafts_of(earlier), sentence, spent, copied_from=earlier)
    return None if mends(run) else _as_reported(run, question)


def _as_reported(run: Run, question: Question) -> Outcome | None:
    """Return what the report itself was told, if it was asked the very same."""
    section = run.section
    revision = section.revision
    stored = analyze_job(section, revision.report)
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
    spent = spent_on(call)
    return Outcome(analysis.analyst, analysis.claims, AS_REPORTED, spent)


def spent_on(call: Call) -> dict[str, Any]:
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


# --- What a run keeps -------------------------------------------------------------------------


def output_of(given: Input, outcome: Outcome) -> dict[str, Any]:
    """Return what code says of each sentence, those that the section would keep first."""
    grounded, refused = verified(outcome.claims, given.material)
    section = section_of([*given.standing, *grounded])
    kept = [claim for claim in section if claim in grounded]
    rest = [claim for claim in grounded if claim not in kept]
    passages = {passage.id: passage for passage in given.material.passages}
    drafts = {(claim.kind, claim.text): claim for claim in outcome.claims}
    held = [(drafts[claim.kind, claim.text], claim in kept) for claim in (*kept, *rest)]
    sentences = [_sentence(draft, passages, is_told=is_told) for draft, is_told in held]
    sentences += [_sentence(each.claim, passages, reason=each.reason) for each in refused]
    return {
        "sentences": sentences,
        "is_tellable": is_tellable(section),
        "spent": dict(outcome.spent),
        "to_mend": len(given.refused),
    }


def _sentence(
    draft: DraftClaim,
    passages: Mapping[int, SourcePassage],
    *,
    is_told: bool = False,
    reason: str = "",
) -> dict[str, Any]:
    return {
        "kind": draft.kind,
        "text": draft.text,
        "is_told": is_told,
        "reason": reason,
        "quotes": [_quote(quote, passages.get(quote.passage_id)) for quote in draft.evidence],
    }


def _quote(quote: Quote, passage: SourcePassage | None) -> dict[str, Any]:
    """Return a quotation as it was proposed, with whose words it is if there is such a passage."""
    return {
        "passage": quote.passage_id,
        "text": quote.text,
        "outlet": passage.outlet if passage else "",
        "language": passage.language if passage else "",
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
