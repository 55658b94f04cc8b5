"""Judge whether a claim's words, figures, names and signs rest on its quotations."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from reports.domain import lexicon
from reports.domain.analysis import DraftClaim, Kind, SourcePassage, Span
from reports.domain.numbers import Figure, find_figures, stated_figures
from reports.domain.quotations import QUOTE, normalize
from reports.domain.words import bare_word, stem, tokens


class NotGroundedError(Exception):
    """A claim does not hold; the message is the reason, a sentence that an editor understands."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A claim beside all that it may rest on."""

    claim: DraftClaim
    spans: tuple[Span, ...]
    sentences: tuple[str, ...]
    """The whole sentences of which the spans quote something."""
    story: tuple[SourcePassage, ...]
    language: str

    @property
    def quotes(self) -> str:
        """The quotations, one to a line: no phrase runs over the gap."""
        return "\n\n".join(span.quote for span in self.spans)


_FOREIGN = "It seems to be in another language than its quotations: this needs a judge."


def check_words(reading: Reading) -> None:
    """Raise NotGroundedError for the first thing that the claim says and nothing bears out."""
    _check_quoted_strings(reading.claim.text, reading.spans)
    _check_signs(reading)
    _check_figures(reading)
    try:
        _check_names(reading)
        _check_content(reading)
    except NotGroundedError:
        words = (plain_word(word) for word in _words(reading.claim.text))
        if lexicon.seems_other(words, reading.language):
            raise NotGroundedError(_FOREIGN) from None
        raise
    _check_polarity(reading)


def _check_signs(reading: Reading) -> None:
    """Symbols, marks on letters, joiners, "?" and "!" carry meaning, too: none may be added.

    Currency signs are part of figures.
    """
    quoted = set(_composed(reading.quotes))
    for character in _composed(reading.claim.text):
        category = unicodedata.category(character)
        is_sign = category[0] in "SM" or category in {"No", "Nl", "Cf"} or character in "?!"
        if is_sign and category != "Sc" and character not in quoted:
            raise NotGroundedError(f"The sign “{shown(character)}” is not in its quotations.")


def _composed(text: str) -> str:
    """Return a text in one form, with full-width signs plain and superscripts kept."""
    return unicodedata.normalize("NFC", text.translate(_FULL_WIDTH))


_FULL_WIDTH = {point: point - 0xFEE0 for point in range(0xFF01, 0xFF5F)}


def _check_figures(reading: Reading) -> None:
    stated = _stated_by(reading)
    for found in find_figures(reading.claim.text, reading.language):
        if found.figure not in stated:
            written = reading.claim.text[found.start : found.end]
            raise NotGroundedError(f"The figure “{written}” is not in its quotations.")


def _stated_by(reading: Reading) -> frozenset[Figure]:
    return frozenset[Figure]().union(
        *(stated_figures(span.quote, reading.language) for span in reading.spans)
    )


_OPENERS = {
    "“": "”",
    "„": "“”",
    "«": "»",
    "»": "«",
    "‹": "›",
    "‘": "’",
    "‚": "‘",
    '"': '"',
    "'": "'",
}


def _check_quoted_strings(text: str, spans: tuple[Span, ...]) -> None:
    """What a claim sets in quotation marks must stand so, as one piece, in one quotation."""
    whole = [normalize(span.quote).text for span in spans]
    for quoted in _quoted_strings(text):
        # American printers set the comma or point of their own sentence inside the marks.
        sought = normalize(quoted).text.rstrip(".," + QUOTE).lstrip(QUOTE)
        if sought and not any(sought in quote for quote in whole):
            raise NotGroundedError(f"“{shown(quoted)}” is set as a quotation but is none.")


def _quoted_strings(text: str) -> Iterator[str]:
    position = 0
    while position < len(text):
        closers = _OPENERS.get(text[position])
        if closers is None or not _may_open(text, position):
            position += 1
            continue
        end = _closing(text, position + 1, closers)
        yield text[position + 1 : end]
        position = end + 1


def _may_open(text: str, position: int) -> bool:
    """Tell an opening mark from an apostrophe ("fans' bus", "rock 'n' roll" aside)."""
    before = text[position - 1] if position else " "
    after = text[position + 1] if position + 1 < len(text) else " "
    return text[position] not in "‘‚'" or (not before.isalnum() and after.isalnum())


def _closing(text: str, start: int, closers: str) -> int:
    """Return where the quoted string ends: at its closing mark, or with the text."""
    for position in range(start, len(text)):
        if text[position] in closers and not _is_inner_mark(text, position):
            return position
    return len(text)


def _is_inner_mark(text: str, position: int) -> bool:
    """Tell an apostrophe from a quotation mark."""
    before = text[position - 1] if position else " "
    after = text[position + 1] if position + 1 < len(text) else " "
    return text[position] in "’‘'" and before.isalnum() and after.isalnum()


def _story_of(reading: Reading) -> str:
    """Return what the story's passages in the claim's language say, quotations included."""
    texts = [p.text for p in reading.story if primary(p.language) in {reading.language, ""}]
    return "\n".join([reading.quotes, *texts])


def _check_names(reading: Reading) -> None:
    """Every capitalized word of the claim stands capitalized in its quotations.

    The claim's first word may stand there in small letters, or be a small word.
    """
    quoted = _words(reading.quotes)
    known = {plain_word(word) for word in quoted if word[0].isupper()}
    small = {plain_word(word) for word in quoted if not word[0].isupper()} | _free_words(reading)
    if reading.claim.kind is Kind.WHY:
        small |= _small_letters(_story_of(reading))
    for place, word in enumerate(_words(reading.claim.text)):
        plain = plain_word(bare_word(word, reading.language))
        is_known = plain in known or plain_word(word) in known or _is_german_noun(word, reading)
        if word[0].isupper() and not is_known and not (place == 0 and plain in small):
            raise NotGroundedError(f"The name “{shown(word)}” is not in its quotations.")


def _small_letters(text: str) -> set[str]:
    return {plain_word(word) for word in _words(text) if not word[0].isupper()}


def _is_german_noun(word: str, reading: Reading) -> bool:
    """Every German noun has a capital; its cases and numbers share a stem."""
    if reading.language != "de":
        return False
    return _stems_of([word], "de") <= _stems_of(_words(reading.quotes), "de")


def _check_content(reading: Reading) -> None:
    known = _stems_of(_words(reading.quotes), reading.language)
    if reading.claim.kind is Kind.WHY:
        # The story lends its words, not its names: those of the quotations are known already.
        known |= _stems_of(_small_letters(_story_of(reading)), reading.language)
    free = _free_words(reading) | _plain_negations(reading.language)
    missing = [
        word
        for word in _words(_without_figures(reading.claim.text, reading.language))
        if plain_word(word) not in free
        and plain_word(bare_word(word, reading.language)) not in free
        and not _stems_of([word], reading.language) <= known
    ]
    if missing:
        where = "the story" if reading.claim.kind is Kind.WHY else "its quotations"
        raise NotGroundedError(f"“{shown(missing[0])}” is not in {where}.")


def _free_words(reading: Reading) -> frozenset[str]:
    code = reading.language
    free = lexicon.words_of(lexicon.FUNCTION_WORDS, code)
    free |= lexicon.words_of(lexicon.REPORTING_WORDS, code)
    if reading.claim.kind is Kind.WHY:
        free |= lexicon.words_of(lexicon.ANALYTIC_WORDS, code)
    return free


def _plain_negations(language: str) -> frozenset[str]:
    """Return the negations that polarity judges; "can't" also says "can", so it is a word."""
    small = lexicon.words_of(lexicon.FUNCTION_WORDS, language)
    listed = lexicon.words_of(lexicon.NEGATIONS, language)
    return frozenset(
        word
        for word in listed
        if not _CONTRACTED.search(word) or _CONTRACTED.sub("", word) in small | {""}
    )


def _check_polarity(reading: Reading) -> None:
    """A negation may be neither added nor dropped; a reservation not dropped."""
    code = reading.language
    is_analysis = reading.claim.kind is Kind.WHY
    basis = _story_of(reading) if is_analysis else reading.quotes
    for word in sorted(_negations(reading.claim.text, code) - _negations(basis, code)):
        raise NotGroundedError(f"The quotations do not say “{word}”.")
    said = _turning(reading.claim.text, code)
    for sentence in reading.sentences:
        for word in sorted(_turning(sentence, code) - said):
            raise NotGroundedError(f"The passage says “{word}”, which the sentence leaves out.")


def _turning(text: str, language: str) -> Counter[str]:
    """Count the negations, reservations and denials of a text; "denies" is "denied"."""
    words = [plain_word(word) for word in _words(_MONTH_OF_MAY.sub(" ", text))]
    listed = lexicon.turning_words(language, is_foreign=lexicon.leans_to_other(words, language))
    counts: Counter[str] = Counter()
    for word in words:
        for piece in (word,) if word in listed else word.split("'"):
            if piece in listed:
                counts[_turned(piece, language)] += 1
    return counts


_MONTH_OF_MAY = re.compile(
    r"\b(?:in|since|until|by|late|early|mid|last|this|next|from|of|\d{1,2}(?:st|nd|rd|th)?)[\s-]May\b"
    r"|\bMay\s(?=\d)"
)


def _turned(word: str, language: str) -> str:
    if _CONTRACTED.search(word) and word in lexicon.NEGATIONS["en"]:
        return "not"
    return word if word in lexicon.words_of(lexicon.NEGATIONS, language) else stem(word, language)


def _negations(text: str, language: str) -> frozenset[str]:
    """Return the negations of a text; "isn't" and "cannot" are "not"."""
    listed = _small_words(text) & lexicon.words_of(lexicon.NEGATIONS, language)
    return frozenset("not" if _CONTRACTED.search(word) else word for word in listed)


# --- comparing words -------------------------------------------------------------------------

_CONTRACTED = re.compile(r"(?:n't|not|nt)\Z")


def _words(text: str) -> list[str]:
    return tokens(unicodedata.normalize("NFKC", text))


def plain_word(word: str) -> str:
    plain = unicodedata.normalize("NFKC", word).lower()
    return re.sub("[‘’ʼ]", "'", plain)


def _small_words(text: str) -> frozenset[str]:
    """Return the words of a text in small letters, and the pieces that an apostrophe parts."""
    found = set()
    for word in _words(text):
        plain = plain_word(word)
        found.add(plain)
        found.update(plain.split("'"))
    return frozenset(found)


def _stems_of(words: Iterable[str], language: str) -> frozenset[str]:
    """Return the stems of words. Accents count: "schon" is not "schön"."""
    return frozenset(_stem_of(word, language) for word in words)


@lru_cache(maxsize=65_536)
def _stem_of(word: str, language: str) -> str:
    plain = plain_word(bare_word(word, language))
    return stem(plain, language) if plain.isalpha() else plain


def _without_figures(text: str, language: str) -> str:
    """Blank out the figures: they were compared as values."""
    kept, position = [], 0
    for found in find_figures(text, language):
        kept.append(text[position : found.start])
        position = found.end
    return " ".join([*kept, text[position:]])


# --- for reasons and languages ---------------------------------------------------------------


def shown(text: str) -> str:
    """Return a text as a reason may show it: short, on one line, printable."""
    visible = " ".join("".join(c for c in text[:200] if c.isprintable() or c == " ").split())
    return visible if len(visible) <= 80 else visible[:79] + "…"


def primary(language: str) -> str:
    """Return the language of a code without its region."""
    return re.split("[-_]", language[:12], maxsplit=1)[0].lower()
