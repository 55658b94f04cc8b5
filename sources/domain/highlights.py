"""Highlights: where a text says what was asked for, and which piece of it to show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

from sources.domain.lexemes import MAX_TEXT_CHARS, places, spans

EXCERPT_CHARS = 260
# Enough to find a good place; a text that is full of a word need not be read to its end.
_MOST_HITS = 60
_BEFORE = 60
_LONGEST_WORD = 40

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text; marked where it is what was asked for."""

    text: str
    is_marked: bool


def marked(text: str, lexemes: frozenset[str], language: str) -> tuple[Piece, ...]:
    """Return a text in pieces, with the words of these lexemes marked."""
    return tuple(_pieces(text, spans(text, language, lexemes, most=_MOST_HITS)))


def excerpt(text: str, lexemes: frozenset[str], language: str) -> tuple[Piece, ...]:
    """Return at most EXCERPT_CHARS characters of a text, from where it says most of what was asked.

    Without any of these lexemes it is how the text begins.
    """
    text = " ".join(text[:MAX_TEXT_CHARS].split())
    found = spans(text, language, lexemes, most=_MOST_HITS)
    start, end = _window(text, _best(found))
    inside = [(a - start, b - start) for a, b in found if start <= a and b <= end]
    pieces = list(_pieces(text[start:end], inside))
    if start > 0:
        pieces.insert(0, Piece("… ", is_marked=False))
    if end < len(text):
        pieces.append(Piece(" …", is_marked=False))
    return tuple(pieces)


def hits(text: str, lexemes: frozenset[str], language: str) -> int:
    """Return how many different ones of these lexemes a text has."""
    return len(lexemes.intersection(chain.from_iterable(places(text, language))))


def _best(found: Sequence[Span]) -> int:
    """Return where the excerpt with the most hits would begin; the first of equals."""
    best, most = 0, 0
    for index, (start, _) in enumerate(found):
        end = start + EXCERPT_CHARS - _BEFORE
        count = sum(1 for _, other in found[index : index + 20] if other <= end)
        if count > most:
            best, most = start, count
    return best


def _window(text: str, first: int) -> Span:
    """Return a window around a place, cut between words where there are any."""
    start = max(first - _BEFORE, 0)
    if len(text) - start < EXCERPT_CHARS:
        start = max(len(text) - EXCERPT_CHARS, 0) if first > _BEFORE else 0
    end = min(start + EXCERPT_CHARS, len(text))
    if start > 0:
        space = text.find(" ", start, start + _LONGEST_WORD)
        start = space + 1 if space >= 0 else start
    if end < len(text):
        space = text.rfind(" ", end - _LONGEST_WORD, end)
        end = space if space > start else end
    return start, end


def _pieces(text: str, found: Iterable[Span]) -> Iterable[Piece]:
    cuts = [(0, 0), *found, (len(text), len(text))]
    for (_, before), (start, end) in pairwise(cuts):
        if before < start:
            yield Piece(text[before:start], is_marked=False)
        if start < end:
            yield Piece(text[start:end], is_marked=True)
