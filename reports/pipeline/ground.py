"""Verify the claims of one section, and store those that hold."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from django.db import transaction

from patriot.work.models import Job
from reports.domain.analysis import Analysis, DraftClaim, GroundedClaim, Kind, Quote
from reports.domain.grounding import ground_all
from reports.models import Claim, Evidence, Report, Section
from reports.pipeline.analyze import section_of
from reports.pipeline.material import material_of


def ground(job: Job, report: Report, now: datetime) -> None:
    """Store the grounded claims of one section with their evidence; record why others fell."""
    section = section_of(job, report)
    analysis = _analysis_of(job)
    material = material_of(section, report)

    grounded, rejected = ground_all(
        analysis.claims,
        passages={passage.id: passage for passage in material.passages},
        language=material.language,
    )

    with transaction.atomic():
        job.finish(
            now,
            output={
                "analyst": analysis.analyst,
                "grounded": len(grounded),
                "rejected": [
                    {"kind": fallen.claim.kind, "text": fallen.claim.text, "reason": fallen.reason}
                    for fallen in rejected
                ],
            },
        )
        _store(section, grounded)


def _analysis_of(job: Job) -> Analysis:
    """Return the reply that the analyst's job of this story stored."""
    stored = Job.objects.get(
        kind="analyze", subject=job.subject, part=job.part, state=Job.State.DONE
    )
    output = cast("dict[str, Any]", stored.output)
    return Analysis(
        analyst=output["analyst"],
        claims=tuple(
            DraftClaim(
                kind=Kind(claim["kind"]),
                text=claim["text"],
                evidence=tuple(Quote(**quote) for quote in claim["evidence"]),
            )
            for claim in output["claims"]
        ),
    )


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
