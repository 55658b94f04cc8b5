"""Judge a claim's signs, and what it sets in quotation marks."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from reports.domain.quotations import DASH, MARKS, QUOTE, SINGLE_MARKS, find_span, normalize
from reports.domain.reading import NotGroundedError, Reading, shown, without_figures


def check_signs(reading: Reading, *, figures_in: str = "") -> None:
    """Symbols, marks on letters, joiners, "?" and "!" carry meaning, too: none may be added.

    Signs of currency and "%" are compared with their figures; nowhere else may one be added.

    figures_in: the claim's language, if it is another than that of its quotations
    """
    quoted = set(_composed(reading.quotes))
    for character in _composed(reading.claim.text):
        category = unicodedata.category(character)
        is_sign = category[0] in "SM" or category in {"No", "Nl", "Cf"} or character in _TONE
        if is_sign and category != "Sc" and character not in quoted:
            raise _foreign_sign(character)
    outside = set(without_figures(reading.quotes, reading.language))
    for character in without_figures(reading.claim.text, figures_in or reading.language):
        is_sign = unicodedata.category(character)[0] in "PS" and character not in _ORDINARY
        if is_sign and character not in outside:
            raise _foreign_sign(character)


def _foreign_sign(character: str) -> NotGroundedError:
    return NotGroundedError(f"The sign “{shown(character)}” is not in its quotations.")


_ORDINARY = MARKS | frozenset(".,;:…()[]-‐‑‒–—―¿¡?!·、。，；：（）")
"""Punctuation that parts words and says nothing itself; "?" and "!" are judged above."""


_TONE = frozenset("?!‽¿¡؟‼⁇⁈⁉⸮\u037e՞፧")
"""Signs that make a question or a cry of a statement; all other punctuation is left alone."""


def _composed(text: str) -> str:
    """Return a text in one form, with full-width signs plain and superscripts kept."""
    return unicodedata.normalize("NFC", text.translate(_FULL_WIDTH))


_FULL_WIDTH = {point: point - 0xFEE0 for point in range(0xFF01, 0xFF5F)}


_OPENERS = {
    "“": "”",
    "„": '“”"',
    "«": "»",
    "»": "«",
    "‹": "›",
    "‘": "’",
    "‚": "‘",
    '"': '"',
    "'": "'",
}


def check_quoted_strings(reading: Reading) -> None:
    """What a claim sets in quotation marks must stand so, as one piece, in one quotation."""
    whole = [replace(passage, text=_typeset(span.quote)) for span, passage in reading.quoted]
    for quoted in quoted_strings(reading.claim.text):
        # American printers set the comma or point of their own sentence inside the marks.
        sought = normalize(quoted).text.strip(" " + DASH).rstrip(".," + QUOTE).lstrip(QUOTE)
        if sought and quoted[0] in MARKS:
            sought = QUOTE + sought
        if sought and not any(find_span(sought, quote) for quote in whole):
            raise NotGroundedError(f"“{shown(quoted)}” is set as a quotation but is none.")


def _typeset(text: str) -> str:
    """Return a text with one mark for two typed ones."""
    return text.replace(",,", "„").replace("''", '"')


def quoted_strings(text: str) -> Iterator[str]:
    """Yield what stands in quotation marks, and all pieces beside a mark that has no partner."""
    text = _typeset(text)
    position, loose = 0, list[int]()
    while position < len(text):
        closers = _OPENERS.get(text[position])
        if closers is None or not _may_open(text, position):
            if _is_loose_mark(text, position):
                loose.append(position)
            position += 1
            continue
        end = _closing(text, position, closers)
        # A mark that nothing closes belongs to what must stand so.
        yield text[position + 1 if end < len(text) else position : end]
        position = end + 1
    if loose:
        yield from (text[start:end] for start, end in pairwise([0, *loose, len(text)]))


def _is_loose_mark(text: str, position: int) -> bool:
    """Tell marks of other printers (”…”, 「…」) and the dash of a dialogue from mere signs."""
    character, before = text[position], text[:position].rstrip()
    if character in _DIALOGUE_DASHES:
        return text[position + 1 :].lstrip()[:1].isalpha() and before[-1:] in _BEFORE_DIALOGUE
    if character in SINGLE_MARKS or character in "″〃":
        return not text[position - 1 : position].isalnum() and position + 1 < len(text)
    return character in MARKS or unicodedata.category(character) in {"Pi", "Pf"}


_DIALOGUE_DASHES = frozenset("-–—―")
_BEFORE_DIALOGUE = ("", ".", ":", "!", "?", "…")


def _may_open(text: str, position: int) -> bool:
    """Tell an opening mark from an apostrophe ("fans' bus", "rock 'n' roll" aside)."""
    before = text[position - 1] if position else " "
    after = text[position + 1] if position + 1 < len(text) else " "
    return text[position] not in "‘‚'" or (not before.isalnum() and after.isalnum())


def _closing(text: str, start: int, closers: str) -> int:
    """Return where the quoted string ends: at the mark that closes it, or with the text."""
    opener, depth = text[start], 0
    for position in range(start + 1, len(text)):
        if text[position] in closers and not _is_inner_mark(text, position):
            if depth == 0:
                return position
            depth -= 1
        elif text[position] == opener:
            depth += 1
    return len(text)


def _is_inner_mark(text: str, position: int) -> bool:
    """Tell an apostrophe from a quotation mark."""
    before = text[position - 1] if position else " "
    after = text[position + 1] if position + 1 < len(text) else " "
    return text[position] in "’‘'" and before.isalnum() and after.isalnum()
