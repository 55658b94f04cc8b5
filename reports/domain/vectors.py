"""Sparse vectors: terms with weights."""

from __future__ import annotations

import math
from collections.abc import Iterable

Vector = dict[str, float]


def length(vector: Vector) -> float:
    """Return the Euclidean length."""
    return math.sqrt(sum(weight * weight for weight in vector.values()))


def unit(vector: Vector) -> Vector:
    """Return the vector of length 1 in the same direction; nothing stays nothing."""
    whole = length(vector) or 1.0
    return {term: weight / whole for term, weight in vector.items()}


def dot(a: Vector, b: Vector) -> float:
    """Return the inner product, summed in the order of the shorter one."""
    if len(a) > len(b):
        a, b = b, a
    return sum(weight * b[term] for term, weight in a.items() if term in b)


def cosine(a: Vector, b: Vector) -> float:
    """Return how alike two vectors are: 0 (nothing shared) to 1 (same direction)."""
    lengths = length(a) * length(b)
    return dot(a, b) / lengths if lengths else 0.0


def total(vectors: Iterable[Vector]) -> Vector:
    """Return the sum of vectors."""
    added: Vector = {}
    for vector in vectors:
        for term, weight in vector.items():
            added[term] = added.get(term, 0.0) + weight
    return added
