"""Gates: what must be true of a draft before it goes out without a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# Below this share of answering sources a report is no picture of the day.
ENOUGH_ANSWERED = 0.5


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a draft."""

    has_title: bool
    sections: int
    fallen: Sequence[str]
    """Why sentences do not hold: a sentence for each that does not."""
    doubtful: int
    """Sentences that a second reading found to say more than their quotations."""
    caveats: int
    """Editors' sentences that no quotation supports: only a person lets them out."""
    open_notes: int
    """What staff have not settled among themselves."""
    watched: int
    """Sources that the report draws on."""
    answered: int
    stood_in: int
    """Sections that the local analyst wrote in a model's stead."""
    budget: str
    """What readers are told of a spent budget; empty if it sufficed."""


@dataclass(frozen=True, slots=True)
class Gate:
    """One condition, as the desk shows it."""

    name: str
    is_green: bool
    sentence: str


def gates_of(facts: Facts) -> tuple[Gate, ...]:
    """Return every gate of a draft, green or not, in the order in which people look at them."""
    share = facts.answered / facts.watched if facts.watched else 0.0
    return (
        Gate(
            "text",
            facts.has_title and facts.sections > 0,
            "It has a title and at least one story."
            if facts.has_title and facts.sections
            else "It has no title or no story.",
        ),
        Gate(
            "evidence",
            not facts.fallen,
            f"{_count(len(facts.fallen), 'sentence does', 'sentences do')} not hold: "
            f"{facts.fallen[0]}"
            if facts.fallen
            else "Every sentence stands on its quotations.",
        ),
        Gate(
            "second reading",
            not facts.doubtful,
            f"{_count(facts.doubtful, 'sentence says', 'sentences say')} more than the quotations."
            if facts.doubtful
            else "The second reading doubts nothing.",
        ),
        Gate(
            "caveats",
            not facts.caveats,
            f"{_count(facts.caveats, 'sentence has', 'sentences have')} no quotation: "
            "a person has to publish that."
            if facts.caveats
            else "No sentence stands by a caveat.",
        ),
        Gate(
            "notes",
            not facts.open_notes,
            f"{_count(facts.open_notes, 'note is', 'notes are')} not settled."
            if facts.open_notes
            else "No note is open.",
        ),
        Gate(
            "sources",
            share >= ENOUGH_ANSWERED,
            f"{facts.answered} of {facts.watched} sources answered.",
        ),
        Gate(
            "analyst",
            not facts.stood_in,
            f"{_count(facts.stood_in, 'story was', 'stories were')} written without the model."
            if facts.stood_in
            else "Every story was written as planned.",
        ),
        Gate("budget", not facts.budget, facts.budget or "The budget sufficed."),
    )


def red(gates: Sequence[Gate]) -> tuple[Gate, ...]:
    """Return those that are not green."""
    return tuple(gate for gate in gates if not gate.is_green)


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
