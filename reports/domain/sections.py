"""Make a section of grounded claims: in order, once each, no more than a reader wants."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

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


def is_tellable(claims: Iterable[GroundedClaim]) -> bool:
    """Tell whether a section can stand: it has a headline and a lead."""
    return {Kind.HEADLINE, Kind.LEAD} <= {claim.kind for claim in claims}
