"""Which articles of a story are least like the others: for an editor who wonders whether to split.

Nothing is decided here; grouping has its own tests. This orders and points.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from reports.domain.halving import halves
from reports.domain.signatures import Signature
from reports.domain.vectors import Vector, dot, total

UNLIKE = 0.85
"""Halves that are less alike than this, against their own articles, are worth a look."""

FEWEST = 2
"""A single odd article is first in the order anyway."""

MAX_NAMES = 4


@dataclass(frozen=True, slots=True)
class Parting:
    """How the articles of a story stand to one another."""

    nearness: Mapping[int, float]
    """Of each article: its mean cosine with the others; 1 for one that is alone."""
    apart: frozenset[int]
    """The smaller of two groups that are less alike than articles within them; may be empty."""
    names_apart: tuple[str, ...]
    """Names that only this group has."""
    names_else: tuple[str, ...]
    """Names that only the others have."""


def parting(signatures: Sequence[Signature], vectors: Sequence[Vector]) -> Parting:
    """Compare the articles of a story with one another.

    vectors: one of length 1 for each signature
    """
    alike, sides = halves(vectors, fewest=FEWEST)
    first = [one for one, is_first in zip(signatures, sides, strict=True) if is_first]
    second = [one for one, is_first in zip(signatures, sides, strict=True) if not is_first]
    fewer, more = sorted((first, second), key=len)
    if alike >= UNLIKE:
        fewer = []
    return Parting(
        nearness=_nearness(signatures, vectors),
        apart=frozenset(one.id for one in fewer),
        names_apart=_names_of(fewer, but_not=more),
        names_else=_names_of(more, but_not=fewer) if fewer else (),
    )


def _nearness(signatures: Sequence[Signature], vectors: Sequence[Vector]) -> dict[int, float]:
    whole, others = total(vectors), len(vectors) - 1
    return {
        # Each vector's product with itself is 1, or 0 of an empty one.
        signature.id: max(dot(vector, whole) - dot(vector, vector), 0.0) / others if others else 1.0
        for signature, vector in zip(signatures, vectors, strict=True)
    }


def _names_of(some: Sequence[Signature], *, but_not: Sequence[Signature]) -> tuple[str, ...]:
    others = {frozenset(name.split()) for signature in but_not for name in signature.names}
    uses = Counter(name for one in some for name in one.names if not _is_one_of(others, name))
    written = {name: said for one in some for name, said in one.names.items()}
    often = sorted(uses, key=lambda name: (-uses[name], name))
    return tuple(written[name] for name in often[:MAX_NAMES])


def _is_one_of(others: Collection[frozenset[str]], name: str) -> bool:
    """Tell whether others have a name, in full or in part: “Newsom” is “Gavin Newsom”."""
    words = frozenset(name.split())
    return any(words <= other or other <= words for other in others)
