"""Store a section when its last word is spoken: what held, who wrote it, and why not another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from reports.domain.analysis import GroundedClaim, Kind, Material, Rejected
from reports.domain.quoting import own_sentence
from reports.domain.sections import is_tellable, with_stand_ins
from reports.domain.sections import section_of as claims_of_section
from reports.models import Claim, Evidence, Section
from reports.pipeline.analyze import Written
from reports.pipeline.checking import verified
from reports.pipeline.quarantine import after_grounding
from reports.pipeline.writers import Writers

NOTHING_HELD = "Nothing that the model wrote on it could be verified as a headline and a lead."


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of all that was proposed for a section."""

    grounded: tuple[GroundedClaim, ...]
    """What may be printed."""
    fallen: tuple[Rejected, ...]
    """What fell in the end: publishers' own sentences may stand in for it."""
    refused: tuple[Rejected, ...]
    """Everything that code refused, in the analysis and its repair."""
    held: tuple[GroundedClaim, ...] = ()
    """Everything that code let through, where a second reading left less of it."""


def store(
    section: Section, verdict: Verdict, now: datetime, *, written: Written, writers: Writers
) -> None:
    """Write a section's claims; a model's section without a lead of its own becomes extractive.

    Belongs into the transaction that finishes the last of its steps.
    """
    section.analyst = written.analysis.analyst
    section.fallback = written.fallback
    section.given = [passage.id for passage in written.material.passages]
    if not written.is_by_model:
        claims = claims_of_section(verdict.grounded)
    else:
        held = verdict.held or verdict.grounded
        kept_out = after_grounding(section, held, verdict.refused, now)
        material = _without(written.material, kept_out)
        claims = claims_of_section(verdict.grounded)
        if not is_tellable(claims):
            claims = _extracted(section, claims, material, writers)
        else:
            claims = with_stand_ins(claims, _stand_ins(verdict.fallen, material))
    section.save(update_fields=["analyst", "fallback", "given"])
    _store(section, claims)


def _without(material: Material, articles: frozenset[int]) -> Material:
    passages = tuple(p for p in material.passages if p.article_id not in articles)
    return replace(material, passages=passages)


def _extracted(
    section: Section, claims: Sequence[GroundedClaim], material: Material, writers: Writers
) -> tuple[GroundedClaim, ...]:
    """Return the section in the publishers' words; only the headline, if only that fell."""
    local = writers.local.analyze(material)
    extracted, _ = verified(local, material)
    if Kind.LEAD in {claim.kind for claim in claims}:
        headline = [claim for claim in extracted if claim.kind is Kind.HEADLINE]
        return claims_of_section([*headline, *claims])
    section.analyst, section.fallback = local.analyst, NOTHING_HELD
    return claims_of_section(extracted)


def _stand_ins(fallen: Sequence[Rejected], material: Material) -> list[GroundedClaim]:
    """Return publishers' own sentences for what fell, where there are such."""
    passages = {passage.id: passage for passage in material.passages}
    owns = (
        own_sentence(rejected, passages=passages, language=material.language) for rejected in fallen
    )
    return [own for own in owns if own is not None]


def _store(section: Section, grounded: Sequence[GroundedClaim]) -> None:
    claims = Claim.objects.bulk_create(
        Claim(
            section=section,
            position=position,
            kind=claim.kind,
            text=claim.text,
            language=claim.language,
            is_translation=claim.is_translation,
            is_quotation=claim.is_quotation,
            ruling=claim.ruling or "",
        )
        for position, claim in enumerate(grounded, start=1)
    )
    Evidence.objects.bulk_create(
        Evidence(
            claim=claim,
            position=position,
            passage_id=span.passage_id,
            start=span.start,
            end=span.end,
            quote=span.quote,
        )
        for claim, source in zip(claims, grounded, strict=True)
        for position, span in enumerate(source.evidence, start=1)
    )
