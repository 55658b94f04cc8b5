"""Lexemes: what the search index keeps of a text, as PostgreSQL writes its vectors.

A lexeme is the folded stem of a word under the name of its language ("en:bridg"), so that a
stem of one language never finds a text of another; the words of languages whose inflection we
do not know stand as they are. Stop words leave a gap: positions count every word.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

from sources.domain.words import content_of, fold, has_stems, located, primary, tokens_at_once

MAX_TEXT_CHARS = 20_000
"""No text is indexed beyond this: a vector may have 1 MB, and news begins with what matters."""

TITLE, TEXT = "A", "D"
"""PostgreSQL's weights; D is the one that is not written."""

# PostgreSQL keeps 16,383 as the last position, and 256 positions of a lexeme.
_LAST_POSITION = 16_383
_MOST_POSITIONS = 255
# Both bits of the weight, above the fourteen of the position.
_WEIGHTS = {TITLE: 3 << 14, TEXT: 0}
_LETTERS = ("", "C", "B", "A")
_COUNT = struct.Struct(">I")
# No phrase reaches from one part of a vector into the next.
_GAP = 20


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of text in one language, with its weight."""

    text: str
    language: str
    weight: str = TEXT


def index_language(language: str) -> str:
    """Return the name under which words of a language are indexed; "" for as they are."""
    return primary(language) if has_stems(language) else ""


def places(text: str, language: str) -> Iterator[tuple[str, ...]]:
    """Yield the lexemes at each place of a text, in order; none for a stop word.

    A word is one place, a run of letters without spaces has one for each pair of them.
    language: as `index_language` returns it
    """
    for token in tokens_at_once(text[:MAX_TEXT_CHARS]):
        yield from _places(token, language)


def spans(text: str, language: str, lexemes: frozenset[str], *, most: int) -> list[tuple[int, int]]:
    """Return where a text has one of these lexemes, in order and apart, at most so often.

    Pairs of letters that touch are one span. language: as `index_language` returns it.
    """
    found: list[tuple[int, int]] = []
    hit: dict[str, bool] = {}  # most tokens come again and again
    for token, start in located(text[:MAX_TEXT_CHARS]):
        if token not in hit:
            hit[token] = not lexemes.isdisjoint(chain.from_iterable(_places(token, language)))
        if hit[token]:
            _extend(found, _spans_in(token, start, language, lexemes))
            if len(found) >= most:
                break
    return found


def _spans_in(
    token: str, start: int, language: str, lexemes: frozenset[str]
) -> Iterator[tuple[int, int]]:
    found = _places(token, language)
    if len(found) == 1:
        yield start, start + len(token)
        return
    # Folding may have changed the length of a run: a pair never reaches beyond it.
    last = start + len(token)
    for offset, there in enumerate(found):
        if not lexemes.isdisjoint(there) and start + offset < last:
            yield start + offset, min(start + offset + 2, last)


def _extend(found: list[tuple[int, int]], more: Iterable[tuple[int, int]]) -> None:
    for start, end in more:
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))


@lru_cache(maxsize=131_072)
def _places(token: str, language: str) -> tuple[tuple[str, ...], ...]:
    """Return the lexemes of a token, place by place; one place without any for a stop word."""
    found = content_of(token, language, shouts=False)
    if len(found) != 1:
        return tuple((_tagged(lexeme, language),) for lexeme in found) or ((),)
    plain = fold(token)
    alike = () if token.isascii() or not plain.isascii() else content_of(plain, language, False)
    # Stemmed without its accents too: who types "economia" finds "economía".
    return (tuple(_tagged(lexeme, language) for lexeme in dict.fromkeys((*found, *alike))),)


def _tagged(lexeme: str, language: str) -> str:
    return f"{language}:{lexeme}" if language else lexeme


def vector_of_article(title: str, text: str, language: str) -> str:
    """Return the vector of an article: its title weighs more than its text."""
    return vector_of([Part(title, language, weight=TITLE), Part(text, language)])


def packed_vector_of_article(title: str, text: str, language: str) -> bytes:
    """Return the same vector in PostgreSQL's binary form, as COPY takes it."""
    return _packed(_positions([Part(title, language, weight=TITLE), Part(text, language)]))


def vector_of(parts: Iterable[Part]) -> str:
    """Return the text form of a tsvector (PostgreSQL, §8.11.1): lexemes with their positions."""
    return " ".join(
        f"{quoted(lexeme)}:{','.join(map(_written, places))}"
        for lexeme, places in _positions(parts).items()
    )


def _positions(parts: Iterable[Part]) -> dict[str, list[int]]:
    """Return the places of each lexeme as PostgreSQL packs them: two bits are the weight."""
    positions: dict[str, list[int]] = {}
    place = 0
    for part in parts:
        weight = _WEIGHTS[part.weight]
        language = index_language(part.language)
        for lexemes in places(part.text, language):
            place += 1
            packed = weight | min(place, _LAST_POSITION)
            for lexeme in lexemes:
                there = positions.setdefault(lexeme, [])
                # The last position may come again; PostgreSQL refuses it twice.
                if len(there) < _MOST_POSITIONS and packed not in there[-1:]:
                    there.append(packed)
        place += _GAP
    return positions


def _written(packed: int) -> str:
    """Return a place as the text form has it: "7A"."""
    return f"{packed & _LAST_POSITION}{_LETTERS[packed >> 14]}"


def _packed(positions: dict[str, list[int]]) -> bytes:
    """Return what tsvectorrecv reads (src/backend/utils/adt/tsvector.c), sorted as it sorts."""
    pieces = [_COUNT.pack(len(positions))]
    for lexeme, at in positions.items():
        pieces += (lexeme.encode(), struct.pack(f">BH{len(at)}H", 0, len(at), *at))
    return b"".join(pieces)


def quoted(lexeme: str) -> str:
    """Return a lexeme as the text forms of tsvector and tsquery want it."""
    doubled = lexeme.replace("\\", "\\\\").replace("'", "''")
    return f"'{doubled}'"
