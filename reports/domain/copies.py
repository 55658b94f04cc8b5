"""Which texts repeat an earlier one: agency copies, found by the word runs that they share."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from functools import lru_cache
from zlib import crc32

from reports.domain.words import fold, tokens

RUN = 5
"""Words in a row. Five in the same order are seldom chance; two texts on one event share threes."""

MOST_RUNS = 64
"""Runs that a sketch keeps: those with the smallest hashes, so that two texts keep the same."""

COPY_SHARE = 0.6
"""An agency's text that was given another first sentence and cut still shares more than this."""

_SHORT = 0xFFFFFFFF
"""Four bytes of a hash: among the runs of two texts hardly ever equal by chance."""

READ_WORDS = 160
"""A text that repeats another does so from its first paragraphs on."""

FEWEST_WORDS = 25
"""A shorter text is a headline or a teaser: it is a copy only when it is equal."""


@dataclass(frozen=True, slots=True)
class Sketch:
    """A text reduced to what tells whether another one repeats it."""

    whole: int
    """A hash of all words: equal texts, equal hashes."""
    words: int
    runs: array[int]
    """The smallest hashes of its word runs, ascending."""


def sketch(title: str, text: str) -> Sketch:
    """Return the sketch of an article.

    The title is left out where there is a text: desks write their own titles over agency texts.
    """
    words = [_number_of(token) for token in tokens(text)[:READ_WORDS]]
    if len(words) < FEWEST_WORDS:
        words = [*(_number_of(token) for token in tokens(title)), *words]
    whole = hash(tuple(words))
    if len(words) < FEWEST_WORDS:
        return Sketch(whole, len(words), array("I"))
    runs = map(hash, zip(*(words[start:] for start in range(RUN)), strict=False))
    smallest = sorted({run & _SHORT for run in runs})[:MOST_RUNS]
    return Sketch(whole, len(words), array("I", smallest))


@lru_cache(maxsize=65_536)
def _number_of(token: str) -> int:
    """Return a number for a word; the same in every run, unlike the hash of a string."""
    return crc32(fold(token).encode(errors="replace"))


def is_copy(later: Sketch, earlier: Sketch) -> bool:
    """Tell whether two sketches are of one text, perhaps cut or with another beginning."""
    if later.whole == earlier.whole and later.words > 0:
        return True
    if not later.runs or not earlier.runs:
        return False
    return shared_share(later, earlier) >= COPY_SHARE


def shared_share(a: Sketch, b: Sketch) -> float:
    """Return which part of the shorter text's word runs the other has too, estimated, 0 to 1.

    The smallest hashes of the union are a fair sample of it; the part of them that both have
    estimates the Jaccard index, and the two lengths turn that into containment.
    Source: Broder, On the resemblance and containment of documents, 1997.
    """
    in_a, in_b = set(a.runs), set(b.runs)
    sample = sorted(in_a | in_b)[: min(MOST_RUNS, max(len(in_a), len(in_b)))]
    if not sample:
        return 0.0
    jaccard = sum(run in in_a and run in in_b for run in sample) / len(sample)
    sizes = a.words - RUN + 1, b.words - RUN + 1
    return min(1.0, jaccard * sum(sizes) / (1 + jaccard) / min(sizes))
