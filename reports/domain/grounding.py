"""Verify, without any model, that each sentence stands on words that are really there.

For each claim: every quotation is found in the passage it names, and every figure, name,
quoted string, content word and negation of the claim occurs in its quotations (for analysis:
words in the story, the rest in its quotations; for a translation: all but the words). What this
cannot see is word order, attribution and emphasis.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

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
from reports.domain.quotations import UNSPACED, find_span, normalize
from reports.domain.reading import NotGroundedError, Reading, primary, sentences_of, shown
from reports.domain.sentences import Sentence
from reports.domain.translating import check_translation, reads_as_translation
from reports.domain.wording import check_words
from reports.domain.words import MAX_WORD, tokens
from sources.domain.publishers import is_top_level

__all__ = ["find_span", "ground", "ground_all", "normalize"]

MAX_CLAIM = 600
"""Characters. A sentence that needs more is not one sentence."""

MAX_EVIDENCE = 8
"""Quotations under one claim."""


def ground(
    claim: DraftClaim,
    *,
    passages: Mapping[int, SourcePassage],
    language: str,
    into: str = "",
) -> GroundedClaim | Rejected:
    """Return the claim with its verified spans, or why it does not hold.

    passages: those of this very request, by id; no other passage exists for the verifier
    language: what a passage without a known language is taken to be written in
    into:     the report's language, where a second reading judges translations: a claim in it
              whose quotations are in one other language then holds as a translation, if all
              holds that code can compare. Without it translations fall.
    """
    try:
        reading = _read(claim, passages, language)
        try:
            _check_in_own_language(reading, passages)
        except NotGroundedError:
            if not reads_as_translation(reading, into=primary(into)):
                raise
            check_translation(reading, into=primary(into))
            return GroundedClaim(
                claim.kind, claim.text, primary(into), reading.spans, is_translation=True
            )
    except NotGroundedError as reason:
        return Rejected(claim, str(reason))
    return GroundedClaim(claim.kind, claim.text, reading.language, reading.spans)


def ground_all(
    claims: Iterable[DraftClaim],
    *,
    passages: Mapping[int, SourcePassage],
    language: str,
    into: str = "",
) -> tuple[tuple[GroundedClaim, ...], tuple[Rejected, ...]]:
    """Return the claims that hold and those that do not, each in order."""
    results = [ground(claim, passages=passages, language=language, into=into) for claim in claims]
    held = tuple(result for result in results if isinstance(result, GroundedClaim))
    fallen = tuple(result for result in results if isinstance(result, Rejected))
    return held, fallen


def _read(claim: DraftClaim, passages: Mapping[int, SourcePassage], language: str) -> Reading:
    """Return a claim of a sound shape beside the sentences that it quotes."""
    check_shape(claim.text)
    code = _one_language(claim, passages, language)
    spans = _spans(claim, passages)
    quoted = [passages[number] for number in dict.fromkeys(s.passage_id for s in spans)]
    whole = tuple(s.text for passage in quoted for s in touched(spans, passage, code))
    return Reading(claim, spans, whole, tuple(passages.values()), code)


def _check_in_own_language(reading: Reading, passages: Mapping[int, SourcePassage]) -> None:
    if reading.language not in lexicon.FUNCTION_WORDS:
        _check_whole(reading.claim, reading.spans, passages[reading.spans[0].passage_id])
    check_words(reading)


_MARKUP = re.compile(
    r"<\s*[a-z/!?]|&(?:#x?[0-9a-f]{1,8}|[a-z]{2,10});|\]\s?\(|\[\[|\{\{|\{%|\$\{|<%|`"
    r"|\*\*|__|~~|^\s*(?:#{1,6}\s|>|[=|]|[-*+]\s)|\\[a-z\\]",
    re.IGNORECASE,
)
_SCHEMES = (
    "mailto|javascript|vbscript|data|blob|file|tel|callto|sms|smsto|mms|facetime|skype|sips?|xmpp"
    "|whatsapp|viber|tg|sgnl|magnet|ed2k|ipfs|ipns|bitcoin|ethereum|monero|geo|intent|market"
    "|hxxps?"
)
"""What opens a program on a reader's device without any "//"."""
_ADDRESS = re.compile(
    rf"[a-z][a-z0-9+.-]{{0,20}}:/{{1,2}}|//\w|\bwww\.|\b(?:{_SCHEMES}):\S"
    r"|[^\s@]@[^\s@]|\.xn--|[^\W_][\w-]{0,62}\.[^\W\d_]{2,24}/",
    re.IGNORECASE,
)
_BARE_DOMAIN = re.compile(
    r"(?<![^\W_])[^\W_][\w-]{1,62}(?:\.[\w-]{1,63}){0,4}"
    r"\.(?:[^\W\d_A-Z]{2,24}|[^\W\d_a-z]{2,24})(?![^\W_])"
)
_INDIC = r"\u0900-\u0963\u0966-\u0dff"  # has vowel signs, which are no letters to `re`
_DOTTED = re.compile(
    rf"(?:(?<=[^\W_]\.)|(?<=[{_INDIC}]\.))(?:[^\W\d_]|[{_INDIC}]){{2,63}}(?![^\W_])"
)
"""What may be a top-level domain: also "Com", and behind one character."""
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_VEILED_ADDRESS = re.compile(
    r"[a-z0-9]\s?[\[({]\s?(?:\.|dot)\s?[\])}]\s?[a-z0-9]"  # evil[.]com
    r"|[a-z0-9]\s\.\s?[a-z]{2}|[a-z0-9][。｡]\s?[a-z]{2}|\sdot\s(?:com|org|net|info|io)\b"
    rf"|(?<![\w.]){_OCTET}(?:\.{_OCTET}){{3}}(?![\w]|\.\d)"
    r"|\[[0-9a-f]{0,4}:[0-9a-f:]{2,40}\]",
    re.IGNORECASE,
)
_KINDS_BY_FAMILIES = frozenset({Kind.DIFFERS})


def check_shape(text: str) -> None:
    """Refuse what is no plain sentence: markup, addresses, what hides. Raises NotGroundedError."""
    if not text.strip() or not any(character.isalnum() for character in text):
        raise NotGroundedError("The sentence has no words.")
    if len(text) > MAX_CLAIM:
        raise NotGroundedError(f"The sentence is longer than {MAX_CLAIM} characters.")
    if text != text.strip():
        raise NotGroundedError("The sentence begins or ends with white space.")
    if any(_is_hidden(character) for character in text):
        raise NotGroundedError("The sentence holds control characters or hidden characters.")
    plain = unicodedata.normalize("NFKC", text)
    if _MARKUP.search(text) or _MARKUP.search(plain):
        raise NotGroundedError("The sentence holds markup.")
    if _holds_address(plain):
        raise NotGroundedError("The sentence holds a web or mail address.")
    if any(len(word) >= MAX_WORD for word in tokens(plain)):
        raise NotGroundedError("The sentence holds a word too long to be compared.")


def _is_hidden(character: str) -> bool:
    """Joiners are spelling in several scripts; every other invisible character hides something."""
    if character in "\u200c\u200d":
        return False
    category = unicodedata.category(character)
    return category in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def _holds_address(text: str) -> bool:
    if any(rule.search(text) for rule in (_ADDRESS, _BARE_DOMAIN, _VEILED_ADDRESS)):
        return True
    return any(is_top_level(label) for label in _DOTTED.findall(text))


def _spans(claim: DraftClaim, passages: Mapping[int, SourcePassage]) -> tuple[Span, ...]:
    spans = tuple(_span(quote, passages[quote.passage_id]) for quote in claim.evidence)
    families = {passages[span.passage_id].family for span in spans}
    if claim.kind in _KINDS_BY_FAMILIES and len(families) < 2:
        raise NotGroundedError("Sources can differ only where two independent publishers speak.")
    return spans


def _span(quote: Quote, passage: SourcePassage) -> Span:
    span = find_span(quote.text, passage)
    if span is None:
        raise NotGroundedError(
            f"The quotation “{shown(quote.text)}” does not stand so in passage {passage.id}, "
            "or is cut inside a word or a number."
        )
    if is_too_short(span.quote, passage.text):
        raise NotGroundedError(f"The quotation “{shown(quote.text)}” is shorter than two words.")
    return span


def is_too_short(quote: str, whole: str) -> bool:
    """Tell whether a quotation says too little to be one: a word of a longer text."""
    if UNSPACED.search(quote):
        return len(quote) < 4 and quote != whole.strip()
    return len(tokens(quote)) < 2 and len(tokens(whole)) > len(tokens(quote))


def _check_whole(claim: DraftClaim, spans: tuple[Span, ...], passage: SourcePassage) -> None:
    """Where we have no word lists, only whole sentences, in one piece and unchanged, will do."""
    if claim.kind is Kind.WHY:
        raise NotGroundedError("We have no word lists for its language: this needs a judge.")
    left_out = [
        character
        for sentence in touched(spans, passage, passage.language)
        for piece in _left_out(sentence, spans[0])
        for character in piece
    ]
    same = normalize(claim.text).text == normalize(spans[0].quote).text
    if len(spans) > 1 or not same or any(character.isalnum() for character in left_out):
        raise NotGroundedError(
            "We have no word lists for its language: only whole sentences as they stand will do."
        )


def _left_out(sentence: Sentence, span: Span) -> tuple[str, str]:
    """Return what a sentence says before and behind a span."""
    before, behind = max(span.start - sentence.start, 0), max(span.end - sentence.start, 0)
    return sentence.text[:before], sentence.text[behind:]


def touched(spans: Iterable[Span], passage: SourcePassage, language: str) -> tuple[Sentence, ...]:
    """Return the sentences of a passage of which a span quotes a word."""
    own = [span for span in spans if span.passage_id == passage.id]
    return tuple(
        sentence
        for sentence in sentences_of(passage.text, language)
        if any(_shares_word(span, sentence) for span in own)
    )


def _shares_word(span: Span, sentence: Sentence) -> bool:
    start, end = max(span.start, sentence.start), min(span.end, sentence.end)
    if end <= start:
        return False
    return any(map(str.isalnum, sentence.text[start - sentence.start : end - sentence.start]))


def _one_language(claim: DraftClaim, passages: Mapping[int, SourcePassage], language: str) -> str:
    """Return the language of the claim's passages, all of which this request had."""
    if not claim.evidence:
        raise NotGroundedError("The sentence names no quotation.")
    if len(claim.evidence) > MAX_EVIDENCE:
        raise NotGroundedError(f"The sentence names more than {MAX_EVIDENCE} quotations.")
    for quote in claim.evidence:
        if quote.passage_id not in passages:
            raise NotGroundedError(f"Passage {quote.passage_id} was not part of this request.")
    evidence = [passages[quote.passage_id] for quote in claim.evidence]
    codes = {primary(passage.language or language) for passage in evidence}
    if len(codes) > 1:
        raise NotGroundedError("Its quotations are in several languages: this needs a judge.")
    return codes.pop()
