"""Lexemes: what the search index keeps of a text, as PostgreSQL writes its vectors.

A lexeme is the folded stem of a word under the name of its language ("en:bridg"), so that a
stem of one language never finds a text of another; the words of languages whose inflection we
do not know stand as they are. Stop words leave a gap: positions count every word.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from sources.domain.words import content_of, fold, has_stems, located, primary

MAX_TEXT_CHARS = 20_000
"""No text is indexed beyond this: a vector may have 1 MB, and news begins with what matters."""

TITLE, TEXT = "A", "D"
"""PostgreSQL's weights; D is the one that is not written."""

# PostgreSQL keeps 16,383 as the last position, and 256 positions of a lexeme.
_LAST_POSITION = 16_383
_MOST_POSITIONS = 255
# No phrase reaches from one part of a vector into the next.
_GAP = 20


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in a text, and the lexemes that stand there; none for a stop word."""

    start: int
    end: int
    lexemes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of text in one language, with its weight."""

    text: str
    language: str
    weight: str = TEXT


def index_language(language: str) -> str:
    """Return the name under which words of a language are indexed; "" for as they are."""
    return primary(language) if has_stems(language) else ""


def slots(text: str, language: str) -> Iterator[Slot]:
    """Yield the places of a text in order.

    language: as `index_language` returns it
    """
    # `located` remembers the last texts whole: only what it may keep is handed to it.
    for token, start in located(text[:MAX_TEXT_CHARS]):
        found = _places(token, language)
        if len(found) == 1:
            yield Slot(start, start + len(token), found[0])
            continue
        # A run without spaces: pairs of letters, each a place of its own.
        for offset, lexemes in enumerate(found):
            end = min(offset + 2, len(token))
            yield Slot(start + min(offset, end - 1), start + end, lexemes)


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


def vector_of(parts: Iterable[Part]) -> str:
    """Return the text form of a tsvector (PostgreSQL, §8.11.1): lexemes with their positions."""
    positions: dict[str, list[str]] = {}
    last = -_GAP
    for part in parts:
        weight = "" if part.weight == TEXT else part.weight
        first = last + _GAP
        for place, slot in enumerate(slots(part.text, index_language(part.language)), start=1):
            last = min(first + place, _LAST_POSITION)
            for lexeme in slot.lexemes:
                known = positions.setdefault(lexeme, [])
                if len(known) < _MOST_POSITIONS:
                    known.append(f"{last}{weight}")
    return " ".join(f"{quoted(lexeme)}:{','.join(at)}" for lexeme, at in positions.items())


def quoted(lexeme: str) -> str:
    """Return a lexeme as the text forms of tsvector and tsquery want it."""
    doubled = lexeme.replace("\\", "\\\\").replace("'", "''")
    return f"'{doubled}'"
