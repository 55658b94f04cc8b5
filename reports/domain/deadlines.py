"""When review ends, and what then becomes of a draft that nobody published."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from reports.domain.gates import Gate, red


class Course(StrEnum):
    """What is done at the deadline."""

    PUBLISH = "publish"
    REDUCE = "reduce"
    HOLD = "hold"


# What leaving sentences and stories out can mend; the others are for people.
MENDABLE = frozenset({"evidence", "second reading", "caveats", "analyst"})


def deadline_of(slot_at: datetime, margin: timedelta) -> datetime:
    """Return when review ends: a margin before the slot."""
    return slot_at - margin


def course_at_deadline(policy: str, gates: Sequence[Gate]) -> Course:
    """Return what becomes of a draft at its deadline.

    policy: "publish" if every gate is green, else hold; "reduced" leaves out what is not green;
            "hold" holds whatever the gates say
    A text without a title or a story is held under any policy: there is nothing to publish.
    """
    not_green = {gate.name for gate in red(gates)}
    if policy == "hold" or "text" in not_green:
        return Course.HOLD
    if not not_green:
        return Course.PUBLISH
    return Course.REDUCE if policy == "reduced" else Course.HOLD


def why_held(policy: str, gates: Sequence[Gate]) -> str:
    """Return why a report was held at its deadline: a line for the desk."""
    if policy == "hold":
        return "Held at the deadline: nobody had published it."
    return f"Held at the deadline: {' '.join(gate.sentence for gate in red(gates))}"


def said_of_reduction(sentences: int, stories: int, others: Sequence[Gate]) -> str:
    """Return what readers are told of a reduced report: a sentence or two."""
    parts = [
        f"{number} {one if number == 1 else many}"
        for number, one, many in (
            (sentences, "sentence", "sentences"),
            (stories, "story", "stories"),
        )
        if number
    ]
    left_out = f"{' and '.join(parts)} left out that could not be checked in time" if parts else ""
    said = f"This report is reduced: {left_out}." if left_out else "This report was not reviewed."
    return " ".join([said, *(gate.sentence for gate in others)])
