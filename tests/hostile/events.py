"""As many harmless events as a test wants, each of its own: what attacks are hidden in."""

from __future__ import annotations

from dataclasses import dataclass

_OPENINGS = [
    "b", "br", "d", "dr", "f", "g", "gr", "k", "kl", "l", "m", "n", "p", "pl", "r", "s", "st", "t",
    "tr", "v",
]  # fmt: skip
_VOWELS = ["a", "e", "i", "o", "u"]
_ENDINGS = ["l", "n", "nd", "r", "rt", "s", "sk", "m", "ld", "rn"]


@dataclass(frozen=True)
class Event:
    """Something harmless that happened in an invented town."""

    town: str
    title: str
    paragraphs: tuple[str, str]

    @property
    def html(self) -> str:
        return "".join(f"<p>{paragraph}</p>" for paragraph in self.paragraphs)


def event(number: int) -> Event:
    """Return the event with this number: its town, things and figures are in no other.

    Events told in the same words would be copies of each other, so nouns and verbs are invented.
    """
    words = [_word(number * 12 + place) for place in range(12)]
    town, mayor = words[0].title() + "wick", words[1].title()
    cost, guests = 1_003 + 17 * number, 213 + 11 * number
    return Event(
        town=town,
        title=f"{town} {words[2]} {words[3]} {words[4]}",
        paragraphs=(
            f"The {words[2]} of {town} was {words[3]} by {mayor} on Monday. "
            f"Its {words[5]} cost {cost:,} {words[6]} and a {words[7]}.",
            f"In {town} {guests} {words[8]} went to the {words[2]} and {words[9]} it. "
            f"No {words[10]} was {words[11]}.",
        ),
    )


def _word(number: int) -> str:
    """Return the invented word with this number: two syllables, none twice in thousands."""
    first, second = divmod(number * 7_919 % 1_000_000, 1_000)
    return _syllable(first) + _syllable(second)


def _syllable(number: int) -> str:
    rest, opening = divmod(number, len(_OPENINGS))
    ending, vowel = divmod(rest, len(_VOWELS))
    return _OPENINGS[opening] + _VOWELS[vowel] + _ENDINGS[ending % len(_ENDINGS)]
