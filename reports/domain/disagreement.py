"""Find where two independent publishers give different figures for the same thing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import combinations

from reports.domain.analysis import DraftClaim, Kind, Quote
from reports.domain.candidates import Candidate
from reports.domain.lexicon import set_of
from reports.domain.numbers import find_figures
from reports.domain.words import tokens

SAME_TIME = timedelta(hours=12)
"""Later figures are news, not a disagreement."""

_ALIKE = 0.3

# What is counted, by the words that may stand for it within a few words after the figure.
_COUNTED = {
    "dead": "dead died killed deaths die dies fatalities tote toten getötet morts tués muertos",
    "injured": "injured hurt wounded injuries verletzt verletzte verletzten blessés heridos",
    "missing": "missing vermisst vermisste disparus desaparecidos",
    "arrested": "arrested detained arrests festgenommen arrêtés detenidos",
    "evacuated": "evacuated evakuiert évacués evacuados",
}
_COUNTED_BY_WORD = {word: name for name, words in _COUNTED.items() for word in words.split()}
# These make a figure another one: a bound, a part, an addition, a comparison.
_SCOPES = re.compile(
    r"\b(?:at least|more than|over|up to|as many as|nearly|almost|about|around|fewer than|less than"
    r"|new|more|another|additional|further|total|other|others|average|per|every|of them|previously"
    r"|earlier|first|mindestens|mehr als|über|rund|etwa|bis zu|weitere|neue|au moins|plus de"
    r"|environ"
    r"|al menos|más de)\W*\Z",
    re.I,
)
_OTHER_SCOPES = set_of(
    """
    another additional far further more new other others per so total
    """
)


@dataclass(frozen=True)
class _Count:
    candidate: Candidate
    counted: str
    value: Decimal


def disagreements(candidates: Sequence[Candidate]) -> list[DraftClaim]:
    """Return one claim for each thing that two families count differently, at most one a thing.

    The claim sets both sentences, verbatim, side by side. It is left out when in doubt: when a
    figure is a bound ("at least"), when the sentences are not alike, or half a day apart.
    """
    claims: dict[str, DraftClaim] = {}
    counts = [count for candidate in candidates for count in _counts(candidate)]
    for one, other in combinations(counts[:200], 2):
        if one.counted not in claims and _disagree(one, other):
            claims[one.counted] = _claim(one.candidate, other.candidate)
    return list(claims.values())


def _counts(candidate: Candidate) -> list[_Count]:
    """Return what the sentence counts, each thing that it counts exactly once."""
    found: list[_Count] = []
    text = candidate.text
    for figure in find_figures(text, candidate.passage.language):
        following = [word.lower() for word in tokens(text[figure.end : figure.end + 60])[:4]]
        counted = next((_COUNTED_BY_WORD[w] for w in following if w in _COUNTED_BY_WORD), None)
        is_plain = figure.figure.unit == "" and not _SCOPES.search(text[: figure.start])
        if counted and is_plain and not _OTHER_SCOPES & set(following):
            found.append(_Count(candidate, counted, figure.figure.value))
    things = [count.counted for count in found]
    return [count for count in found if things.count(count.counted) == 1]


def _disagree(one: _Count, other: _Count) -> bool:
    first, second = one.candidate.passage, other.candidate.passage
    if one.counted != other.counted or one.value == other.value:
        return False
    if first.family == second.family or first.is_copy or second.is_copy:
        return False
    if first.language[:2] != second.language[:2]:
        return False
    if abs(first.published_at - second.published_at) > SAME_TIME:
        return False
    return _are_alike(one.candidate, other.candidate)


def _are_alike(one: Candidate, other: Candidate) -> bool:
    """The same event: a shared name, and enough shared words beside the figures."""
    left = frozenset(stem for stem in one.stems if not stem[0].isdigit())
    right = frozenset(stem for stem in other.stems if not stem[0].isdigit())
    shared = left & right
    is_same_place = bool(one.names & other.names)
    return is_same_place and len(shared) >= 3 and len(shared) >= _ALIKE * len(left | right)


def _claim(one: Candidate, other: Candidate) -> DraftClaim:
    return DraftClaim(
        Kind.DIFFERS,
        f"“{_tidy(one)}” — “{_tidy(other)}”",
        (Quote(one.passage.id, one.text), Quote(other.passage.id, other.text)),
    )


def _tidy(candidate: Candidate) -> str:
    return " ".join(candidate.text.split())
