"""Find where two independent publishers give different figures for the same thing."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import combinations, pairwise

from reports.domain.analysis import DraftClaim, Kind, Quote
from reports.domain.candidates import Candidate
from reports.domain.lexicon import set_of
from reports.domain.numbers import Figure, FoundFigure, find_figures
from reports.domain.words import stem, tokens

SAME_TIME = timedelta(hours=12)
"""Later figures are news, not a disagreement."""

_FURTHEST = Decimal(2)
"""The larger figure over the smaller: beyond it, two publishers count different things."""

_MOST_COUNTS = 60

# What is counted, by the words that may stand for it within a few words after the figure.
_COUNTED = {
    "dead": "dead died killed deaths die dies fatalities tote toten getötet morts tués muertos",
    "injured": "injured hurt wounded injuries verletzt verletzte verletzten blessés heridos",
    "missing": "missing vermisst vermisste disparus desaparecidos",
    "arrested": "arrested detained arrests festgenommen arrêtés detenidos",
    "evacuated": "evacuated evakuiert évacués evacuados",
}
_COUNTED_BY_WORD = {word: name for name, words in _COUNTED.items() for word in words.split()}
# Measures and crowds: two of them in two sentences are seldom the same.
_UNCOUNTED = set_of(
    """
    second seconds minute minutes hour hours day days night nights week weeks month months year
    years am pm o'clock percent per cent points metres meters metre miles mile kilometres km feet
    tonnes tons degrees people persons men women children cases patients members of to in on at
    and or for from by with the a times million billion thousand hundred or out such seats games
    goals players crowns pennies cents uhr jahre tage stunden minuten menschen personen ans
    jours heures personnes
    """
)
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


def disagreements(
    candidates: Sequence[Candidate], *, are_kin: Callable[[Candidate, Candidate], bool]
) -> list[DraftClaim]:
    """Return one claim for each thing that two families count differently, at most one a thing.

    The claim sets both sentences, verbatim, side by side. It is left out when in doubt: when a
    figure is a bound ("at least") or a part, when a publisher itself gives two, when the figures
    are far apart, or half a day. A publisher that names another's figure beside its own ("8.6
    million, not the 6.8 million that …") leaves no doubt, whenever it does.

    candidates: best first
    are_kin:    tells whether the articles of two sentences are on one event
    """
    claims = _corrections(candidates, are_kin)
    counts = _steady([count for candidate in candidates for count in _counts(candidate)])
    for one, other in combinations(counts[:_MOST_COUNTS], 2):
        is_new = one.counted not in claims and _disagree(one, other)
        if is_new and are_kin(one.candidate, other.candidate):
            claims[one.counted] = _claim(one.candidate, other.candidate)
    return list(claims.values())


# Between two figures: the second is somebody else's.
_INSTEAD_OF = re.compile(
    r"\b(?:not|rather than|instead of|(?:more|fewer|less|higher|lower) than|nicht|statt|und nicht"
    r"|mehr als|weniger als)(?: only| just)? (?:the|die|der) \Z",
    re.I,
)
# After it: the second is only older.
_BEFORE = re.compile(
    r"\b(?:previously|earlier|first|initially|originally|last (?:week|month|year)|a year|planned"
    r"|expected|forecast|zuvor|zunächst|zuerst)\b",
    re.I,
)
_FURTHEST_INSTEAD = 60
"""Characters from one figure to the one that it contradicts."""
_COMMON_STEMS = 2


def _corrections(
    candidates: Sequence[Candidate], are_kin: Callable[[Candidate, Candidate], bool]
) -> dict[str, DraftClaim]:
    """Return the claims of sentences that contradict another publisher's figure by naming it."""
    claims: dict[str, DraftClaim] = {}
    for later in candidates:
        figures = None if later.passage.is_copy else _contradicted(later)
        if figures is None:
            continue
        own, others = figures
        stated = [c for c in candidates if _is_stated(own, others, later, c) and are_kin(later, c)]
        earlier = max(stated, key=lambda c: _fitness(c, later), default=None)
        if earlier is not None:
            claims.setdefault(f"{own.value} {others.value}", _claim(earlier, later))
    return claims


_PRONOUN = re.compile(r"\b(?:it|its|he|she|they|them|es|sie|er|il|elle|ils)\b", re.I)


def _fitness(candidate: Candidate, later: Candidate) -> tuple[bool, int]:
    """Prefer a sentence that names what it counts, then the one with most words in common."""
    return not _PRONOUN.search(candidate.text), len(candidate.stems & later.stems)


def _contradicted(candidate: Candidate) -> tuple[Figure, Figure] | None:
    """Return the figure that a sentence gives and the one that it gives it instead of."""
    text = candidate.text
    for one, other in pairwise(find_figures(text, candidate.passage.language)):
        between = text[one.end : other.start]
        is_near = len(between) <= _FURTHEST_INSTEAD
        is_older = _BEFORE.search(text[other.end : other.end + _FURTHEST_INSTEAD])
        if is_near and _INSTEAD_OF.search(between) and not is_older and _is_close(one, other):
            return one.figure, other.figure
    return None


def _is_close(one: FoundFigure, other: FoundFigure) -> bool:
    low, high = sorted((one.figure.value, other.figure.value))
    return 0 < low < high <= _FURTHEST * low


def _is_stated(own: Figure, others: Figure, later: Candidate, candidate: Candidate) -> bool:
    """Tell whether a sentence of another family gives the contradicted figure, and means it."""
    one, two = candidate.passage, later.passage
    if one.family == two.family or one.is_copy or one.language[:2] != two.language[:2]:
        return False
    has_it = any(
        f.value == others.value and f.unit in _units(own, others) for f in candidate.figures
    )
    is_on_it = len(candidate.stems & later.stems) >= _COMMON_STEMS
    return has_it and is_on_it and not _states(candidate, own.value)


def _units(own: Figure, others: Figure) -> set[str]:
    """The second figure often goes without its unit: "8.6 million crowns, not the 6.8 million"."""
    return {others.unit} if others.unit else {"", own.unit}


def _steady(counts: list[_Count]) -> list[_Count]:
    """Keep the counts of publishers that give one figure only."""
    values: dict[tuple[str, str], set[Decimal]] = {}
    for count in counts:
        key = (count.counted, count.candidate.passage.family)
        values.setdefault(key, set()).add(count.value)
    return [c for c in counts if len(values[c.counted, c.candidate.passage.family]) == 1]


def _counts(candidate: Candidate) -> list[_Count]:
    """Return what the sentence counts, each thing that it counts exactly once."""
    found: list[_Count] = []
    text = candidate.text
    for figure in find_figures(text, candidate.passage.language):
        following = [word.lower() for word in tokens(text[figure.end : figure.end + 60])[:4]]
        counted = _counted(text[figure.end :], following, candidate.passage.language)
        is_plain = figure.figure.unit == "" and not _SCOPES.search(text[: figure.start])
        if counted and is_plain and not _OTHER_SCOPES & set(following):
            found.append(_Count(candidate, counted, figure.figure.value))
    things = [count.counted for count in found]
    return [count for count in found if things.count(count.counted) == 1]


def _counted(rest: str, following: list[str], language: str) -> str | None:
    """Return what a figure counts: a listed thing, or the noun right behind it."""
    listed = next((_COUNTED_BY_WORD[word] for word in following if word in _COUNTED_BY_WORD), None)
    if listed or not following or not rest.startswith(" " + following[0]):
        return listed
    noun = following[0]
    return stem(noun, language) if noun.isalpha() and noun not in _UNCOUNTED else None


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
    if _states(one.candidate, other.value) or _states(other.candidate, one.value):
        return False
    low, high = sorted((one.value, other.value))
    return low > 0 and high <= _FURTHEST * low


def _states(candidate: Candidate, value: Decimal) -> bool:
    """A sentence that has both figures explains; it does not disagree."""
    return any(figure.value == value for figure in candidate.figures)


def _claim(one: Candidate, other: Candidate) -> DraftClaim:
    return DraftClaim(
        Kind.DIFFERS,
        f"“{_tidy(one)}” — “{_tidy(other)}”",
        (Quote(one.passage.id, one.text), Quote(other.passage.id, other.text)),
    )


def _tidy(candidate: Candidate) -> str:
    return " ".join(candidate.text.split())
