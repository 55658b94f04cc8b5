"""Verify the claims of one section, and store those that hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from patriot.work.models import Job
from reports.domain.analysis import Analysis, GroundedClaim, Kind, Material, Rejected
from reports.domain.grounding import ground_all
from reports.domain.sections import is_tellable
from reports.domain.sections import section_of as claims_of_section
from reports.models import Claim, Evidence, Report, Section
from reports.pipeline.analyze import Written, follow, section_of, written_for
from reports.pipeline.writers import Writers

NOTHING_HELD = "Nothing that the model wrote on it could be verified as a headline and a lead."


def ground(job: Job, report: Report, now: datetime, *, writers: Writers) -> None:
    """Store the grounded claims of one section with their evidence; record why others fell.

    What a model wrote and code refused goes back to it once, in a step of its own, which then
    stores the section.
    """
    section = section_of(job, report)
    written = written_for(job, section, report)
    grounded, refused = verified(written.analysis, written.material)

    with transaction.atomic():
        job.finish(now, output=outcome(written.analysis.analyst, grounded, refused))
        if written.is_by_model and refused:
            follow(job, "repair", now)
        else:
            store(section, grounded, written=written, writers=writers)


def verified(
    analysis: Analysis, material: Material
) -> tuple[tuple[GroundedClaim, ...], tuple[Rejected, ...]]:
    """Return what of an analysis holds against the passages of its request, and what falls."""
    return ground_all(
        analysis.claims,
        passages={passage.id: passage for passage in material.passages},
        language=material.language,
    )


def outcome(
    analyst: str, grounded: Sequence[GroundedClaim], refused: Sequence[Rejected]
) -> dict[str, Any]:
    """Return what a job keeps of a verification, for people to read."""
    return {
        "analyst": analyst,
        "grounded": len(grounded),
        "rejected": [
            {"kind": fallen.claim.kind, "text": fallen.claim.text, "reason": fallen.reason}
            for fallen in refused
        ],
    }


def store(
    section: Section, grounded: Iterable[GroundedClaim], *, written: Written, writers: Writers
) -> None:
    """Write a section's claims; a model's section that cannot stand becomes extractive."""
    claims = claims_of_section(grounded)
    section.analyst = written.analysis.analyst
    section.fallback = written.fallback
    section.given = [passage.id for passage in written.material.passages]
    if written.is_by_model and not is_tellable(claims):
        local = writers.local.analyze(written.material)
        extracted, _ = verified(local, written.material)
        if Kind.LEAD in {claim.kind for claim in claims}:
            # Only the headline fell: the publisher's own will do.
            claims = claims_of_section(
                [claim for claim in extracted if claim.kind is Kind.HEADLINE] + list(claims)
            )
        else:
            claims = claims_of_section(extracted)
            section.analyst, section.fallback = local.analyst, NOTHING_HELD
    section.save(update_fields=["analyst", "fallback", "given"])
    _store(section, claims)


def _store(section: Section, grounded: Sequence[GroundedClaim]) -> None:
    claims = Claim.objects.bulk_create(
        Claim(
            section=section,
            position=position,
            kind=claim.kind,
            text=claim.text,
            language=claim.language,
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
