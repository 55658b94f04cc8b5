"""Lexemes: what the search index keeps of a text, as PostgreSQL writes its vectors.

A lexeme is the folded stem of a word under the name of its language ("en:bridg"), so that a
stem of one language never finds a text of another; the words of languages whose inflection we
do not know stand as they are. Stop words leave a gap: positions count every word.

Errors:

* Unindexable   PostgreSQL would refuse the vector; the message says why
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

from sources.domain.words import content_of, fold, has_stems, located, primary, tokens_at_once

MAX_TEXT_CHARS = 20_000
"""No text is indexed beyond this: a vector may have 1 MB, and news begins with what matters."""

MAX_LEXEME_BYTES = 512
"""Twice what a word of four-byte letters needs; PostgreSQL takes 2,046."""

MAX_VECTOR_BYTES = 1_000_000
"""PostgreSQL takes 1,048,575 of lexemes and their places."""

TITLE, TEXT = "A", "D"
"""PostgreSQL's weights; D is the one that is not written."""

# PostgreSQL keeps 16,383 as the last position, and 256 positions of a lexeme.
_LAST_POSITION = 16_383
_MOST_POSITIONS = 255
# Both bits of the weight, above the fourteen of the position.
_WEIGHTS = {TITLE: 3 << 14, TEXT: 0}
_LETTERS = ("", "C", "B", "A")
_COUNT = struct.Struct(">I")
# As many chunks of text are kept with their lexemes, and the ones before: 10 MB together.
_MOST_CHUNKS = 32_768
_LONGEST_KEPT_CHUNK = 32
_AROUND_WORDS = '.,:;!?()"\u201c\u201d\u201e\u00ab\u00bb\u2026'
# Letters that no folding makes Latin: Greek, Cyrillic, Arabic and all scripts up to Vedic.
_NEVER_ASCII = re.compile("[\u0370-\u1cff]")
# No phrase reaches from one part of a vector into the next.
_GAP = 20
# Before its count a lexeme ends, with a NUL.
_COUNTS = [struct.pack(">BH", 0, count) for count in range(_MOST_POSITIONS + 1)]
_TITLE_PLACES = [struct.pack(">H", _WEIGHTS[TITLE] | place) for place in range(512)]
_TEXT_PLACES = [struct.pack(">H", place) for place in range(4_096)]


class Unindexable(ValueError):
    """PostgreSQL would refuse the vector; the message says why, in a sentence."""


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


def _read(token: str, language: str) -> tuple[tuple[str, ...], ...]:
    """Return the lexemes of a token, place by place; one place without any for a stop word."""
    # Not by way of its cache: whoever asks here keeps the lexemes.
    found = content_of.__wrapped__(token, language, False)
    if len(found) != 1:
        pairs = [_tagged(pair, language) for pair in found] if language else found
        return tuple(zip(pairs)) or ((),)
    if token.isascii() or _NEVER_ASCII.match(token):
        return ((_tagged(found[0], language),),)
    plain = fold(token)
    alike = content_of(plain, language, False) if plain.isascii() else ()
    # Stemmed without its accents too: who types "economia" finds "economía".
    return (tuple(_tagged(lexeme, language) for lexeme in dict.fromkeys((*found, *alike))),)


_places = lru_cache(maxsize=32_768)(_read)


def _tagged(lexeme: str, language: str) -> str:
    return f"{language}:{lexeme}" if language else lexeme


def vector_of_article(title: str, text: str, language: str) -> str:
    """Return the vector of an article: its title weighs more than its text."""
    return vector_of([Part(title, language, weight=TITLE), Part(text, language)])


def packed_vector_of_article(title: str, text: str, language: str) -> bytes:
    """Return the same vector in PostgreSQL's binary form, as COPY takes it.

    Each article of the world passes here: what a chunk of text between spaces gives is looked
    up as PostgreSQL wants it, and most articles cost no more than that. Raises Unindexable: one
    article that PostgreSQL refuses would cost those that are written with it.
    """
    chunks = _chunks_of(index_language(language))
    try:
        found: dict[bytes, bytes] = {}
        place = _collect(title, chunks, _TITLE_PLACES, 0, found)
        _collect(text, chunks, _TEXT_PLACES, place + _GAP, found)
        # A table ends where PostgreSQL keeps no more, or where no honest text goes.
        pieces = [lexeme + _COUNTS[len(at) >> 1] + at for lexeme, at in found.items()]
    except IndexError:
        positions = _positions([Part(title, language, weight=TITLE), Part(text, language)])
        found = {lexeme.encode(): b"" for lexeme in positions}
        packed = _packed(positions)
    else:
        packed = _COUNT.pack(len(pieces)) + b"".join(pieces)
    if max(map(len, found), default=0) > MAX_LEXEME_BYTES:
        raise Unindexable("It has a word that is longer than the index takes.")
    if len(packed) > MAX_VECTOR_BYTES:
        raise Unindexable("It has more words than the index takes.")
    return packed


def _collect(
    text: str, chunks: _Chunks, at: Sequence[bytes], place: int, found: dict[bytes, bytes]
) -> int:
    """Add the places of a text's lexemes to those found; return the last place.

    at: what stands for each place
    """
    # No token reaches over a space or a line end.
    for lexemes in map(chunks.__getitem__, text[:MAX_TEXT_CHARS].replace("\n", " ").split(" ")):
        if isinstance(lexemes, bytes):
            place += 1
            found[lexemes] = found[lexemes] + at[place] if lexemes in found else at[place]
            continue
        for there in lexemes:
            place += 1
            for lexeme in there:
                found[lexeme] = found[lexeme] + at[place] if lexeme in found else at[place]
    return place


_Lexemes = bytes | tuple[tuple[bytes, ...], ...]


class _Chunks(dict[str, _Lexemes]):
    """The lexemes of a chunk of text between spaces, place by place, in one language.

    Most chunks are one word with one lexeme, which stands alone.
    """

    kept = 0
    """In all languages."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._older: dict[str, _Lexemes] = {}

    def __missing__(self, chunk: str) -> _Lexemes:
        lexemes = self._older.pop(chunk, None)
        if lexemes is None:
            lexemes = self._read(chunk)
        if len(chunk) <= _LONGEST_KEPT_CHUNK:
            if _Chunks.kept >= _MOST_CHUNKS:
                _age()
            _Chunks.kept += 1
            self[chunk] = lexemes
        return lexemes

    def age(self) -> None:
        """Forget what was not asked for since the last time."""
        self._older = self.copy()
        self.clear()

    def _read(self, chunk: str) -> _Lexemes:
        # What a word may stand in is no part of it; points may be ("U.S."), and quotation marks.
        word = chunk.strip(_AROUND_WORDS)
        tokens = tokens_at_once(word if word.isalpha() else chunk)
        if len(tokens) != 1:
            return tuple([there for token in tokens for there in self._places(token)])
        if tokens[0] != chunk:
            return self[tokens[0]]  # the same word without its comma
        places = self._places(chunk)
        return places[0][0] if len(places) == 1 and len(places[0]) == 1 else places

    def _places(self, token: str) -> tuple[tuple[bytes, ...], ...]:
        places = _read(token, self._language)
        if len(places) == 1:
            return (tuple([lexeme.encode() for lexeme in places[0]]),)
        # Of a run without spaces each place is one pair.
        pairs = "\0".join([pair for (pair,) in places])
        return tuple(zip(pairs.encode().split(b"\0")))


_chunks: dict[str, _Chunks] = {}


def _chunks_of(language: str) -> _Chunks:
    """Return the chunks of a language; there are no more languages than we have stems for."""
    if language not in _chunks:
        _chunks[language] = _Chunks(language)
    return _chunks[language]


def _age() -> None:
    for chunks in _chunks.values():
        chunks.age()
    _Chunks.kept = 0


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
