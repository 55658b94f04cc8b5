"""Two halves of one story, so that it can be seen whether it is two."""

from __future__ import annotations

from collections.abc import Sequence

from reports.domain.vectors import Vector, cosine, dot, total

STEPS = 8
"""Halving settles after three or four."""


def halves(vectors: Sequence[Vector]) -> tuple[float, tuple[bool, ...]]:
    """Divide articles into the two groups that are least alike; tell how alike they are.

    Two-means from the article farthest from all and the one farthest from it: no chance in it.
    Returns similarity 1 when the articles cannot be divided.

    vectors: one of length 1 for each article
    """
    if len(vectors) < 2:
        return 1.0, (True,) * len(vectors)
    center = total(vectors)
    first = min(range(len(vectors)), key=lambda i: (dot(vectors[i], center), i))
    second = min(range(len(vectors)), key=lambda i: (dot(vectors[i], vectors[first]), i))
    left, right = vectors[first], vectors[second]
    sides: tuple[bool, ...] = ()
    for _ in range(STEPS):
        now = tuple(cosine(vector, left) >= cosine(vector, right) for vector in vectors)
        if all(now) or not any(now):
            return 1.0, (True,) * len(vectors)
        if now == sides:
            break
        sides = now
        left = total([v for v, is_left in zip(vectors, sides, strict=True) if is_left])
        right = total([v for v, is_left in zip(vectors, sides, strict=True) if not is_left])
    return cosine(left, right), sides
