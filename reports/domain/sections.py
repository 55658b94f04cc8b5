"""Make a section of grounded claims: in order, once each, no more than a reader wants."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from reports.domain.analysis import GroundedClaim, Kind

MOST: Mapping[Kind, int] = {
    Kind.HEADLINE: 1,
    Kind.LEAD: 3,
    Kind.DETAIL: 4,
    Kind.CHANGED: 2,
    Kind.DIFFERS: 2,
    Kind.UNKNOWN: 2,
    Kind.WHY: 1,
}
"""Claims of each kind, in the order of the page."""

_ORDER = {kind: place for place, kind in enumerate(MOST)}


def section_of(claims: Iterable[GroundedClaim]) -> tuple[GroundedClaim, ...]:
    """Return the claims that a section keeps, by kind; of each kind the first ones.

    The lead may repeat the headline's words; no other sentence is said twice.
    """
    kept: list[GroundedClaim] = []
    counts: Counter[Kind] = Counter()
    said: set[str] = set()
    for claim in sorted(claims, key=lambda claim: _ORDER[claim.kind]):
        if counts[claim.kind] >= MOST[claim.kind] or claim.text in said:
            continue
        counts[claim.kind] += 1
        kept.append(claim)
        if claim.kind is not Kind.HEADLINE:
            said.add(claim.text)
    return tuple(kept)


def with_stand_ins(
    claims: Sequence[GroundedClaim], owns: Iterable[GroundedClaim]
) -> tuple[GroundedClaim, ...]:
    """Return a section with publishers' own sentences where there is room, and nothing told twice.

    One that stands where another sentence already has its quotation from would repeat it.
    """
    kept = list(claims)
    for own in owns:
        if not any(_overlap(own, told) for told in kept if told.kind is not Kind.HEADLINE):
            kept.append(own)
    return section_of(kept)


def _overlap(one: GroundedClaim, other: GroundedClaim) -> bool:
    return any(
        ours.passage_id == theirs.passage_id and ours.start < theirs.end and theirs.start < ours.end
        for ours in one.evidence
        for theirs in other.evidence
    )


def is_tellable(claims: Iterable[GroundedClaim]) -> bool:
    """Tell whether a section can stand: it has a headline and a lead."""
    return {Kind.HEADLINE, Kind.LEAD} <= {claim.kind for claim in claims}
