"""Put sections together by position only: no word here is new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reports.domain.analysis import Kind
from reports.domain.words import tokens

WORDS_A_MINUTE = 230
"""Silent reading of English prose. Source: Brysbaert 2019, Journal of Memory and Language 109."""

BOX_CLAIMS = 3
BOX_LENGTH = 240
"""Characters of a claim that the 30-second box prefers."""


@dataclass(frozen=True, slots=True)
class ClaimText:
    """A grounded claim as the outline needs it."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class SectionText:
    """The claims of one section in their order; sections come best first."""

    claims: tuple[ClaimText, ...]


@dataclass(frozen=True, slots=True)
class Selected:
    """One claim, named by where it stands: positions count from 0."""

    section: int
    claim: int


@dataclass(frozen=True, slots=True)
class Outline:
    """What a report shows above its sections, as positions of claims."""

    title: Selected | None
    box: tuple[Selected, ...]
    """The 30-second box: claims of different sections, in the sections' order."""
    word_count: int
    reading_minutes: int


def compose(sections: Sequence[SectionText]) -> Outline:
    """Return the title, the 30-second box and the length of a report.

    The title is the first headline. The box takes the leads of three sections from the top;
    a lead too long for it stands back for one of the next sections, unless there are too few.
    """
    words = sum(_length(section) for section in sections)
    return Outline(
        title=_title(sections),
        box=_box(sections),
        word_count=words,
        reading_minutes=max(1, round(words / WORDS_A_MINUTE)),
    )


def _length(section: SectionText) -> int:
    """Count the words; a lead that repeats its headline is shown and read once."""
    return sum(len(tokens(text)) for text in {claim.text for claim in section.claims})


def _title(sections: Sequence[SectionText]) -> Selected | None:
    for position in range(len(sections)):
        for kind in (Kind.HEADLINE, Kind.LEAD):
            selected = _first(sections, position, kind)
            if selected is not None:
                return selected
    return None


def _box(sections: Sequence[SectionText]) -> tuple[Selected, ...]:
    leads = [
        selected
        for position in range(len(sections))
        if (selected := _first(sections, position, Kind.LEAD)) is not None
    ]
    # Look no further than twice the box: what is told there must be from the top of the report.
    near = leads[: 2 * BOX_CLAIMS]
    short = [lead for lead in near if len(_text(sections, lead)) <= BOX_LENGTH]
    long = [lead for lead in near if lead not in short]
    return tuple(sorted((short + long)[:BOX_CLAIMS], key=lambda lead: lead.section))


def _first(sections: Sequence[SectionText], position: int, kind: Kind) -> Selected | None:
    for place, claim in enumerate(sections[position].claims):
        if claim.kind is kind:
            return Selected(position, place)
    return None


def _text(sections: Sequence[SectionText], selected: Selected) -> str:
    return sections[selected.section].claims[selected.claim].text
