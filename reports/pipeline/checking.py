"""Hold what was proposed for a section against its passages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reports.domain.analysis import Analysis, GroundedClaim, Material, Rejected
from reports.domain.grounding import ground_all
from reports.models import Section
from reports.pipeline.analyze import Written


def verified(
    analysis: Analysis, material: Material, *, into: str = ""
) -> tuple[tuple[GroundedClaim, ...], tuple[Rejected, ...]]:
    """Return what of an analysis holds against the passages of its request, and what falls.

    into: the report's language, where translations will be judged
    """
    return ground_all(
        analysis.claims,
        passages={passage.id: passage for passage in material.passages},
        language=material.language,
        into=into,
    )


def into_of(section: Section, written: Written) -> str:
    """Return the language that a section may translate into; empty where nobody judges that."""
    briefing = section.revision.report.briefing
    return briefing.language if briefing.is_judged and written.is_by_model else ""


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
