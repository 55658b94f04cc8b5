"""The gates of a draft, as it is stored now."""

from __future__ import annotations

from dataclasses import dataclass

from reports.domain.analysis import Rejected
from reports.domain.gates import Facts, Gate, gates_of
from reports.models import Claim, DeskNote, Revision
from reports.pipeline.evidence import examined


@dataclass(frozen=True, slots=True)
class Examination:
    """What code finds of a text: its gates, and which sentences do not hold, by claim."""

    gates: tuple[Gate, ...]
    fallen: dict[int, str]
    """Why, by the claim's id."""
    doubtful: frozenset[int]
    """Claims that a second reading found to say more than their quotations."""
    bare: frozenset[int]
    """Editors' claims that stand by a caveat alone."""


def examine(revision: Revision) -> Examination:
    """Ground every claim of a text anew, and hold the text against the gates."""
    claims = examined(revision)
    fallen = {claim.pk: result.reason for claim, result in claims if isinstance(result, Rejected)}
    doubtful = frozenset(claim.pk for claim, _ in claims if claim.ruling == Claim.Ruling.NOT_STATED)
    bare = frozenset(claim.pk for claim, _ in claims if claim.caveat)
    sections = list(revision.sections.all())
    notes = DeskNote.objects.filter(report_id=revision.report_id, settled_at=None)
    coverage = revision.coverage
    facts = Facts(
        has_title=bool(revision.title),
        sections=len(sections),
        fallen=tuple(fallen.values()),
        doubtful=len(doubtful),
        caveats=len(bare),
        open_notes=notes.count(),
        watched=int(coverage.get("watched", 0)),
        answered=int(coverage.get("answered", 0)),
        stood_in=sum(1 for section in sections if section.fallback),
        budget=str(revision.budget.get("sentence", "")),
    )
    return Examination(gates_of(facts), fallen, doubtful, bare)
