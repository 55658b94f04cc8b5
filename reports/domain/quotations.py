"""Find a quotation in a passage, however its white space and marks are written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from reports.domain.analysis import SourcePassage, Span
from reports.domain.numbers import find_figures

MAX_QUOTE = 2_000
"""Characters of one quotation as proposed."""

SINGLE_MARKS = "'‘’‚‛‹›ʼ′`´ʹ＇"
_DOUBLE_MARKS = '"“”„‟«»″〃＂〝〞〟「」『』｢｣《》❝❞'
MARKS = frozenset(SINGLE_MARKS + _DOUBLE_MARKS)
_DASHES = frozenset("-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2043\ufe58\ufe63\uff0d")
QUOTE, DASH = "'", "-"


@dataclass(frozen=True, slots=True)
class Normalized:
    """A text as it is compared, and where each of its characters came from.

    Character i of `text` stands for raw[starts[i]:ends[i]]. A raw character may become several
    (a ligature), several may become one (white space); some vanish (a soft hyphen).
    """

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]


@lru_cache(maxsize=512)
def normalize(raw: str) -> Normalized:
    """Return a text in the form in which quotation and passage are compared.

    NFKC; every run of white space is one space; all quotation marks are one mark and all dashes
    one dash, with no space beside them (« a » and "a", a - b and a—b are the same); an ellipsis
    is three dots; invisible characters are gone. Case stays.
    """
    text: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for start, end in _clusters(raw):
        for character in _compared(raw[start:end]):
            if character == " " and (not text or text[-1] in (" ", QUOTE, DASH)):
                continue
            if character in (QUOTE, DASH):
                if text and text[-1] == " ":
                    del text[-1], starts[-1], ends[-1]
                if text and text[-1] == character:
                    ends[-1] = end
                    continue
            text.append(character)
            starts.append(start)
            ends.append(end)
    if text and text[-1] == " ":
        del text[-1], starts[-1], ends[-1]
    return Normalized("".join(text), tuple(starts), tuple(ends))


def _clusters(raw: str) -> Iterator[tuple[int, int]]:
    """Yield the pieces that normalize on their own: a character and what combines with it."""
    start = 0
    for position in range(1, len(raw)):
        if not _combines(raw[position]):
            yield start, position
            start = position
    if raw:
        yield start, len(raw)


@lru_cache(maxsize=8192)
def _combines(character: str) -> bool:
    if character.isascii():
        return False
    first = unicodedata.normalize("NFKD", character)[0]
    # Vowels and final consonants of Hangul combine with the letter before them.
    is_jamo = "\u1160" <= first <= "\u11ff"
    return unicodedata.category(first).startswith("M") or is_jamo


@lru_cache(maxsize=8192)
def _compared(cluster: str) -> str:
    """Return the comparable form of one cluster; empty for what cannot be seen."""
    if cluster in MARKS:
        return QUOTE
    form = "".join(_simple(character) for character in unicodedata.normalize("NFKC", cluster))
    return re.sub(" +", " ", form)


def _simple(character: str) -> str:
    if character in MARKS:
        return QUOTE
    if character in _DASHES:
        return DASH
    if character.isspace():
        return " "
    return "" if unicodedata.category(character) in {"Cf", "Cc"} else character


# Scripts that write without spaces: where a word begins cannot be told.
UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\U00020000-\U0003ffff]+"
)
_INNER = frozenset("'’ʼ-\u2010\u2011._@&/+")
_INNER_NUMBER = frozenset(".,:'’\u00a0\u202f\u2009")
_BEFORE_NUMBER = frozenset("$€£¥₹₱₩₽₺₪฿+-−#")
_AFTER_NUMBER = frozenset("%‰°$€£¥²³")


def find_span(quote: str, passage: SourcePassage) -> Span | None:
    """Return where a quotation stands in a passage, or None if it does not stand there.

    The span's own `quote` is the passage's wording, not the proposed one. A match that starts
    or ends inside a word or a number does not count.
    """
    if len(quote) > MAX_QUOTE:
        return None
    sought, text = normalize(quote), normalize(passage.text)
    for at in _occurrences(sought.text, text.text):
        span = _whole(at, at + len(sought.text), text, passage)
        if span is not None:
            return span
    return None


def _occurrences(sought: str, text: str) -> Iterator[int]:
    if not sought:
        return
    at = text.find(sought)
    while at >= 0:
        yield at
        at = text.find(sought, at + 1)


def _whole(first: int, beyond: int, text: Normalized, passage: SourcePassage) -> Span | None:
    """Return the span if it cuts no character, word or number in two."""
    start, end = text.starts[first], text.ends[beyond - 1]
    cuts_start = first > 0 and text.ends[first - 1] > start
    cuts_end = beyond < len(text.text) and text.starts[beyond] < end
    raw = passage.text
    if cuts_start or cuts_end or _is_inside_word(raw, start) or _is_inside_word(raw, end):
        return None
    for figure_start, figure_end in _figure_places(raw, passage.language):
        if figure_start < start < figure_end or figure_start < end < figure_end:
            return None
    return Span(passage.id, start, end, raw[start:end])


@lru_cache(maxsize=512)
def _figure_places(raw: str, language: str) -> tuple[tuple[int, int], ...]:
    """Return where figures stand; the point behind "3 May." may be left to the sentence."""
    return tuple(
        (found.start, found.end - (raw[found.end - 1] == "."))
        for found in find_figures(raw, language)
    )


def _is_inside_word(raw: str, place: int) -> bool:  # noqa: PLR0911 - one rule a line
    """Tell whether a cut at this place would part a word: don|'t, non|-violent, $|5, 5|%."""
    if place <= 0 or place >= len(raw):
        return False
    before, after = raw[place - 1], raw[place]
    if UNSPACED.match(before) or UNSPACED.match(after):
        return False
    if _is_letter(before) and _is_letter(after):
        return True
    if _is_digit(after) and before in _BEFORE_NUMBER:
        return True
    if _is_digit(after) and before in _DASHES and not (place > 1 and raw[place - 2].isalpha()):
        return True
    if _is_digit(before) and after in _AFTER_NUMBER:
        return True
    if after in _INNER | _INNER_NUMBER and _is_letter(before):
        return _joins(raw, place, after)
    if before in _INNER | _INNER_NUMBER and _is_letter(after) and place > 1:
        return _is_letter(raw[place - 2]) and _joins(raw, place - 1, before)
    return False


def _joins(raw: str, place: int, sign: str) -> bool:
    """Tell whether the sign at this place ties two words (or two digits) into one."""
    if place + 1 >= len(raw) or not _is_letter(raw[place + 1]):
        return False
    is_number = _is_digit(raw[place - 1]) and _is_digit(raw[place + 1])
    return sign in _INNER or (sign in _INNER_NUMBER and is_number)


def _is_letter(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character).startswith("M")


def _is_digit(character: str) -> bool:
    return character.isdecimal()
