"""Two halves of one story, so that it can be seen whether it is two.

What all articles of a story share says nothing about halves of it, so words count here by how few
of the story's own articles have them. Whether the halves are two events is then asked with the
common weights again: how alike are articles of different halves, against articles of the same?
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from reports.domain.vectors import Vector, cosine, dot, total, unit

STEPS = 8
"""Halving settles after three or four."""

BEGINNINGS = 12
"""So many articles are tried as the middle of a half: from one alone, two-means often ends at an
outlier against all others."""

Sides = tuple[bool, ...]


def halves(vectors: Sequence[Vector], *, fewest: int) -> tuple[float, Sides]:
    """Divide articles into the two groups that are least alike; tell how alike they are.

    The likeness is that of articles of different groups, as a part of that within the groups: 1
    means that the division means nothing, as it is when they cannot be divided.

    vectors: one of length 1 for each article
    fewest: each half has so many articles
    """
    best: tuple[float, Sides] = 1.0, (True,) * len(vectors)
    if len(vectors) < 2 * fewest:
        return best
    local = _within(vectors)
    tried = set()
    for begin in range(0, len(local), max(1, len(local) // BEGINNINGS)):
        sides = _two_means(local, begin)
        if sides in tried or min(sum(sides), len(sides) - sum(sides)) < fewest:
            continue
        tried.add(sides)
        best = min(best, (likeness(*_parted(vectors, sides)), sides))
    return best


def _within(vectors: Sequence[Vector]) -> list[Vector]:
    """Return the vectors with words weighed by how few of these articles have them."""
    uses = Counter(term for vector in vectors for term in vector)
    telling = {t: math.sqrt(math.log(len(vectors) / n)) for t, n in uses.items() if n > 1}
    return [unit({t: w * telling[t] for t, w in v.items() if t in telling}) for v in vectors]


def _two_means(vectors: Sequence[Vector], begin: int) -> Sides:
    """Divide by two-means from one article and the one farthest from it: no chance in it."""
    left = vectors[begin]
    right = min(vectors, key=lambda vector: dot(vector, left))
    sides: Sides = ()
    for _ in range(STEPS):
        now = tuple(cosine(vector, left) >= cosine(vector, right) for vector in vectors)
        if now == sides or all(now) or not any(now):
            return now
        sides = now
        left, right = map(total, _parted(vectors, sides))
    return sides


def likeness(some: Sequence[Vector], others: Sequence[Vector]) -> float:
    """Return the mean cosine across two groups, as a part of that within them.

    1 where there is nothing to compare with: a single article has no other within.
    """
    left, right = total(some), total(others)
    within = _mean_within(left, len(some)) * _mean_within(right, len(others))
    if within <= 0.0:
        return 1.0
    return dot(left, right) / (len(some) * len(others)) / math.sqrt(within)


def _mean_within(whole: Vector, count: int) -> float:
    """Return the mean cosine of pairs of different vectors of length 1, from their sum."""
    return (dot(whole, whole) - count) / (count * (count - 1)) if count > 1 else 0.0


def _parted(vectors: Sequence[Vector], sides: Sides) -> tuple[list[Vector], list[Vector]]:
    """Return the vectors of either side."""
    left = [vector for vector, is_left in zip(vectors, sides, strict=True) if is_left]
    right = [vector for vector, is_left in zip(vectors, sides, strict=True) if not is_left]
    return left, right
