"""The figures of a run, for the table at its end and for the record.

A script says what it found with `record`; where nobody collects, that does nothing.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

VARIABLE = "PATRIOT_BENCH_RECORD"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure.

    part:      what was measured, such as "search"
    name:      what of it
    value:     how much, in `unit`: "ms", "s", "x" for times a reference
    reference: what a figure in "x" is a multiple of
    size:      of how much it holds, such as "10,000 articles"; empty if it does not grow
    at_most:   the goal; or at_least
    """

    part: str
    name: str
    value: float
    unit: str
    reference: str = ""
    size: str = ""
    at_most: float | None = None
    at_least: float | None = None

    @property
    def is_kept(self) -> bool | None:
        """Whether it keeps its goal; None if it has none."""
        if self.at_most is not None:
            return self.value <= self.at_most
        if self.at_least is not None:
            return self.value >= self.at_least
        return None


def record(
    part: str,
    name: str,
    value: float,
    unit: str,
    *,
    reference: str = "",
    size: str = "",
    at_most: float | None = None,
    at_least: float | None = None,
) -> None:
    """Add a figure to the run's record, if there is one."""
    figure = Figure(part, name, value, unit, reference, size, at_most, at_least)
    if path := os.environ.get(VARIABLE):
        with Path(path).open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(asdict(figure)) + "\n")


def figures(path: Path) -> list[Figure]:
    """Return what was recorded."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [Figure(**json.loads(line)) for line in lines]
