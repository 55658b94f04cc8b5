"""Why a story is in a report: the parts of its score in words, the largest first."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from reports.domain.ranking import EXPLAINED

MAX_PARTS = 20
MAX_PART_CHARS = 60


@dataclass(frozen=True, slots=True)
class Line:
    """One part of a score, as a row with a bar."""

    part: str
    meaning: str
    points: int | float
    width: int
    """Of its bar, 0 to WIDTH, against the largest part."""

    WIDTH = 100

    @property
    def takes(self) -> bool:
        """Whether it counts against the story."""
        return self.points < 0

    @property
    def in_words(self) -> str:
        """Its points with their sign, as +30 or −12."""
        return f"{'−' if self.takes else '+'}{abs(self.points):,}"


@dataclass(frozen=True, slots=True)
class WhyHere:
    """A score and what it is made of."""

    total: int | float
    lines: tuple[Line, ...]

    @property
    def total_in_words(self) -> str:
        return f"{self.total:,}".replace("-", "−")

    @property
    def first(self) -> str:
        """What counted most for it; empty if nothing did."""
        return self.lines[0].part if self.lines and self.lines[0].points > 0 else ""


def why_here(stored: object) -> WhyHere | None:
    """Read a section's score from JSON; None where there is none. What is odd counts as nothing."""
    parts = points_of(stored)
    if not parts:
        return None
    largest = max(abs(points) for points in parts.values())
    lines = tuple(
        Line(
            part=part[:MAX_PART_CHARS],
            meaning=EXPLAINED.get(part, ""),
            points=points,
            width=round(Line.WIDTH * abs(points) / largest),
        )
        for part, points in sorted(parts.items(), key=lambda item: (-item[1], item[0]))
    )
    return WhyHere(total=total_of(parts), lines=lines)


def total_of(parts: Mapping[str, int | float]) -> int | float:
    """Return the score: exact for whole points, rounded for the fractions of old reports."""
    total = sum(parts.values())
    return total if isinstance(total, int) else round(total, 3)


def points_of(stored: object) -> dict[str, int | float]:
    """Return the parts that a score's JSON holds and that count."""
    if not isinstance(stored, dict):
        return {}
    found = {
        str(part): points
        for part, points in stored.items()
        if type(points) in (int, float) and math.isfinite(points) and points
    }
    return dict(list(found.items())[:MAX_PARTS])
