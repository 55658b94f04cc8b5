"""Verify, without any model, that each sentence stands on words that are really there.

For each claim: every quotation is found in the passage it names, and every figure, name,
quoted string, content word and negation of the claim occurs in its quotations (for analysis:
words in the story, the rest in its quotations). What this cannot see is word order,
attribution and emphasis.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from reports.domain import lexicon
from reports.domain.analysis import (
    DraftClaim,
    GroundedClaim,
    Kind,
    Quote,
    Rejected,
    SourcePassage,
    Span,
)
from reports.domain.numbers import Figure, find_figures, stated_figures
from reports.domain.quotations import QUOTE, UNSPACED, find_span, normalize
from reports.domain.words import MAX_WORD, bare_word, stem, tokens

MAX_CLAIM = 600
"""Characters. A sentence that needs more is not one sentence."""

MAXQUOTE = 2_000
"""Characters of one quotation as proposed."""

MAX_EVIDENCE = 8
"""Quotations under one claim."""


__all__ = ["find_span", "ground", "ground_all", "normalize"]


class _NotGroundedError(Exception):
    """Its message is the reason, a sentence that an editor understands."""


# --- claims ----------------------------------------------------------------------------------


def ground(
    claim: DraftClaim, *, passages: Mapping[int, SourcePassage], language: str
) -> GroundedClaim | Rejected:
    """Return the claim with its verified spans, or why it does not hold.

    passages: those of this very request, by id; no other passage exists for the verifier.
    language: what a passage without a known language is taken to be written in.
    """
    try:
        _check_shape(claim.text)
        spans = _spans(claim, passages)
        evidence = [passages[span.passage_id] for span in spans]
        code = _one_language(evidence, language)
        _check_quoted_strings(claim.text, spans)
        reading = _Reading(claim, spans, evidence, tuple(passages.values()), code)
        _check_words(reading)
    except _NotGroundedError as reason:
        return Rejected(claim, str(reason))
    return GroundedClaim(claim.kind, claim.text, code, spans)


def ground_all(
    claims: Iterable[DraftClaim], *, passages: Mapping[int, SourcePassage], language: str
) -> tuple[tuple[GroundedClaim, ...], tuple[Rejected, ...]]:
    """Return the claims that hold and those that do not, each in order."""
    results = [ground(claim, passages=passages, language=language) for claim in claims]
    held = tuple(result for result in results if isinstance(result, GroundedClaim))
    fallen = tuple(result for result in results if isinstance(result, Rejected))
    return held, fallen


_MARKUP = re.compile(
    r"<\s*[a-z/!?]|&(?:#x?[0-9a-f]{1,8}|[a-z]{2,10});|\]\s?\(|\[\[|\{\{|\{%|\$\{|<%|`"
    r"|\*\*|__|~~|^\s*(?:#{1,6}\s|>|[=|]|[-*+]\s)|\\[a-z\\]",
    re.IGNORECASE,
)
_ADDRESS = re.compile(
    r"[a-z][a-z0-9+.-]{0,20}:/{1,2}|\bwww\.|\b(?:mailto|javascript|data|tel|hxxps?):\S"
    r"|[^\s@]@[^\s@]|\.xn--",
    re.IGNORECASE,
)
_BARE_DOMAIN = re.compile(
    r"(?<![^\W_])[^\W_][\w-]{1,62}(?:\.[\w-]{1,63}){0,4}"
    r"\.(?:[^\W\d_A-Z]{2,24}|[^\W\d_a-z]{2,24})(?![^\W_])"
)
_KINDS_BY_FAMILIES = frozenset({Kind.DIFFERS})


def _check_shape(text: str) -> None:
    if not text.strip() or not any(character.isalnum() for character in text):
        raise _NotGroundedError("The sentence has no words.")
    if len(text) > MAX_CLAIM:
        raise _NotGroundedError(f"The sentence is longer than {MAX_CLAIM} characters.")
    if text != text.strip():
        raise _NotGroundedError("The sentence begins or ends with white space.")
    if any(_is_hidden(character) for character in text):
        raise _NotGroundedError("The sentence holds control characters or hidden characters.")
    plain = unicodedata.normalize("NFKC", text)
    if _MARKUP.search(text) or _MARKUP.search(plain):
        raise _NotGroundedError("The sentence holds markup.")
    if _holds_address(plain):
        raise _NotGroundedError("The sentence holds a web or mail address.")
    if any(len(word) >= MAX_WORD for word in tokens(plain)):
        raise _NotGroundedError("The sentence holds a word too long to be compared.")


def _is_hidden(character: str) -> bool:
    """Joiners are spelling in several scripts; every other invisible character hides something."""
    if character in "\u200c\u200d":
        return False
    category = unicodedata.category(character)
    return category in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def _holds_address(text: str) -> bool:
    return bool(_ADDRESS.search(text)) or bool(_BARE_DOMAIN.search(text))


def _spans(claim: DraftClaim, passages: Mapping[int, SourcePassage]) -> tuple[Span, ...]:
    if not claim.evidence:
        raise _NotGroundedError("The sentence names no quotation.")
    if len(claim.evidence) > MAX_EVIDENCE:
        raise _NotGroundedError(f"The sentence names more than {MAX_EVIDENCE} quotations.")
    spans = tuple(_span(quote, passages) for quote in claim.evidence)
    families = {passages[span.passage_id].family for span in spans}
    if claim.kind in _KINDS_BY_FAMILIES and len(families) < 2:
        raise _NotGroundedError("Sources can differ only where two independent publishers speak.")
    return spans


def _span(quote: Quote, passages: Mapping[int, SourcePassage]) -> Span:
    passage = passages.get(quote.passage_id)
    if passage is None:
        raise _NotGroundedError(f"Passage {quote.passage_id} was not part of this request.")
    span = find_span(quote.text, passage)
    if span is None:
        raise _NotGroundedError(
            f"The quotation “{_shown(quote.text)}” does not stand so in passage {passage.id}, "
            "or is cut inside a word or a number."
        )
    if _is_too_short(span.quote, passage.text):
        raise _NotGroundedError(f"The quotation “{_shown(quote.text)}” is shorter than two words.")
    _check_cut(span, passage)
    return span


def _is_too_short(quote: str, whole: str) -> bool:
    if UNSPACED.search(quote):
        return len(quote) < 4 and quote != whole.strip()
    return len(tokens(quote)) < 2 and len(tokens(whole)) > len(tokens(quote))


_WORD_AND_SPACE = re.compile(r"([^\W_]+(?:['\u2019][^\W_]+)?)\s+\Z")
_SPACE_AND_WORD = re.compile(r"\s+([^\W_]+(?:['\u2019][^\W_]+)?)")


def _check_cut(span: Span, passage: SourcePassage) -> None:
    """Refuse a quotation cut off right beside a negation: not | guilty, er kommt | nicht."""
    negations = lexicon.words_of(lexicon.NEGATIONS, passage.language)
    before = _WORD_AND_SPACE.search(passage.text[max(0, span.start - 40) : span.start])
    after = _SPACE_AND_WORD.match(passage.text[span.end : span.end + 40])
    for neighbor in (before, after):
        if neighbor and _plain_word(neighbor.group(1)) in negations:
            raise _NotGroundedError(
                f"The quotation “{_shown(span.quote)}” is cut off beside “{neighbor.group(1)}”."
            )


def _shown(text: str) -> str:
    visible = " ".join("".join(c for c in text[:200] if c.isprintable() or c == " ").split())
    return visible if len(visible) <= 80 else visible[:79] + "…"


# --- the language ----------------------------------------------------------------------------


def _one_language(evidence: list[SourcePassage], language: str) -> str:
    codes = {_primary(passage.language or language) for passage in evidence}
    if len(codes) > 1:
        raise _NotGroundedError("Its quotations are in several languages: this needs a judge.")
    return codes.pop()


def _primary(language: str) -> str:
    return re.split("[-_]", language[:12], maxsplit=1)[0].lower()


# --- the words -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Reading:
    """A claim beside all that it may rest on."""

    claim: DraftClaim
    spans: tuple[Span, ...]
    evidence: list[SourcePassage]
    story: tuple[SourcePassage, ...]
    language: str

    @property
    def quotes(self) -> str:
        """The quotations, one to a line: no phrase runs over the gap."""
        return "\n\n".join(span.quote for span in self.spans)


_FOREIGN = "It seems to be in another language than its quotations: this needs a judge."


def _check_words(reading: _Reading) -> None:
    _check_figures(reading)
    _check_unspaced(reading)
    try:
        _check_names(reading)
        _check_content(reading)
    except _NotGroundedError:
        words = (_plain_word(word) for word in _words(reading.claim.text))
        if lexicon.seems_other(words, reading.language):
            raise _NotGroundedError(_FOREIGN) from None
        raise
    _check_polarity(reading)


def _check_figures(reading: _Reading) -> None:
    stated = _stated_by(reading)
    for found in find_figures(reading.claim.text, reading.language):
        if found.figure not in stated:
            written = reading.claim.text[found.start : found.end]
            raise _NotGroundedError(f"The figure “{written}” is not in its quotations.")


def _stated_by(reading: _Reading) -> frozenset[Figure]:
    return frozenset[Figure]().union(
        *(stated_figures(span.quote, reading.language) for span in reading.spans)
    )


_OPENERS = {"“": "”", "„": "“”", "«": "»", "»": "«", "‹": "›", "‘": "’", "‚": "‘", '"': '"'}


def _check_quoted_strings(text: str, spans: tuple[Span, ...]) -> None:
    """What a claim sets in quotation marks must stand so, as one piece, in one quotation."""
    whole = [normalize(span.quote).text for span in spans]
    for quoted in _quoted_strings(text):
        # American printers set the comma or point of their own sentence inside the marks.
        sought = normalize(quoted).text.rstrip(".," + QUOTE).lstrip(QUOTE)
        if sought and not any(sought in quote for quote in whole):
            raise _NotGroundedError(f"“{_shown(quoted)}” is set as a quotation but is none.")


def _quoted_strings(text: str) -> Iterator[str]:
    position = 0
    while position < len(text):
        closers = _OPENERS.get(text[position])
        if closers is None or (text[position] in "‘‚" and _is_inner_mark(text, position)):
            position += 1
            continue
        end = _closing(text, position + 1, closers)
        yield text[position + 1 : end]
        position = end + 1


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


def _check_unspaced(reading: _Reading) -> None:
    """Where words cannot be told apart, each run of letters must stand in a quotation."""
    source = _source_of_words(reading)
    for run in UNSPACED.findall(unicodedata.normalize("NFKC", reading.claim.text)):
        if run not in source:
            raise _NotGroundedError(f"“{_shown(run)}” is not in its quotations.")


def _source_of_words(reading: _Reading) -> str:
    parts = [span.quote for span in reading.spans]
    if reading.claim.kind is Kind.WHY:
        parts += [passage.text for passage in reading.story]
    return unicodedata.normalize("NFKC", "\n".join(parts))


def _check_names(reading: _Reading) -> None:
    """Every capitalized word of the claim stands capitalized in its quotations.

    The claim's first word is exempt if it stands there in small letters or is a small word.
    """
    known = {_plain_word(word) for word in _words(reading.quotes) if word[0].isupper()}
    small = {_plain_word(word) for word in _words(reading.quotes) if not word[0].isupper()}
    small |= _free_words(reading)
    for place, word in enumerate(_words(reading.claim.text)):
        plain = _plain_word(bare_word(word, reading.language))
        if not word[0].isupper() or plain in known or _plain_word(word) in known:
            continue
        if place == 0 and (plain in small or reading.claim.kind is Kind.WHY):
            continue
        if reading.language == "de" and _stems_of([word], "de") <= _stems_of(
            _words(reading.quotes), "de"
        ):
            continue
        raise _NotGroundedError(f"The name “{_shown(word)}” is not in its quotations.")


def _is_german_noun(word: str, reading: _Reading) -> bool:
    """Every German noun has a capital; its cases and numbers share a stem."""
    if reading.language != "de":
        return False
    return _stems_of([word], "de") <= _stems_of(_words(reading.quotes), "de")


def _check_content(reading: _Reading) -> None:
    source = [span.quote for span in reading.spans]
    if reading.claim.kind is Kind.WHY:
        source += [p.text for p in reading.story if _primary(p.language) in {reading.language, ""}]
    known = _stems_of(_words("\n".join(source)), reading.language)
    free = _free_words(reading) | _plain_negations(reading.language)
    missing = [
        word
        for word in _words(_without_figures(reading.claim.text, reading.language))
        if _plain_word(word) not in free
        and _plain_word(bare_word(word, reading.language)) not in free
        and not _stems_of([word], reading.language) <= known
    ]
    if missing:
        where = "the story" if reading.claim.kind is Kind.WHY else "its quotations"
        raise _NotGroundedError(f"“{_shown(missing[0])}” is not in {where}.")


def _free_words(reading: _Reading) -> frozenset[str]:
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


def _check_polarity(reading: _Reading) -> None:
    """A negation may be neither added nor dropped; a reservation not dropped."""
    code = reading.language
    is_analysis = reading.claim.kind is Kind.WHY
    basis = _source_of_words(reading) if is_analysis else reading.quotes
    for word in sorted(_negations(reading.claim.text, code) - _negations(basis, code)):
        raise _NotGroundedError(f"The quotations do not say “{word}”.")
    if is_analysis:
        return
    left_out = _negations(basis, code) - _negations(reading.claim.text, code)
    left_out |= _hedges(basis, code) - _hedges(reading.claim.text, code)
    for word in sorted(left_out):
        raise _NotGroundedError(f"The quotations say “{word}”, which the sentence leaves out.")


def _negations(text: str, language: str) -> frozenset[str]:
    """Return the negations of a text; "isn't" and "cannot" are "not"."""
    listed = _small_words(text) & lexicon.words_of(lexicon.NEGATIONS, language)
    return frozenset("not" if _CONTRACTED.search(word) else word for word in listed)


def _hedges(text: str, language: str) -> frozenset[str]:
    return _small_words(text) & lexicon.words_of(lexicon.HEDGES, language)


# --- comparing words -------------------------------------------------------------------------

_CONTRACTED = re.compile(r"(?:n't|not)\Z")


def _words(text: str) -> list[str]:
    return tokens(unicodedata.normalize("NFKC", text))


def _plain_word(word: str) -> str:
    plain = unicodedata.normalize("NFKC", word).lower()
    return re.sub("[‘’ʼ]", "'", plain)


def _small_words(text: str) -> frozenset[str]:
    """Return the words of a text in small letters, and the pieces that an apostrophe parts."""
    found = set()
    for word in _words(text):
        plain = _plain_word(word)
        found.add(plain)
        found.update(plain.split("'"))
    return frozenset(found)


def _stems_of(words: Iterable[str], language: str) -> frozenset[str]:
    """Return the stems of words. Accents count: "schon" is not "schön"."""
    return frozenset(_stem_of(word, language) for word in words)


@lru_cache(maxsize=65_536)
def _stem_of(word: str, language: str) -> str:
    plain = _plain_word(bare_word(word, language))
    return stem(plain, language) if plain.isalpha() else plain


def _without_figures(text: str, language: str) -> str:
    """Blank out the figures: they were compared as values."""
    kept, position = [], 0
    for found in find_figures(text, language):
        kept.append(text[position : found.start])
        position = found.end
    return " ".join([*kept, text[position:]])
