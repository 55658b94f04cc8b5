"""Let a publisher's own sentence stand in for one that fell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from reports.domain import noise
from reports.domain.analysis import (
    DraftClaim,
    GroundedClaim,
    Kind,
    Quote,
    Rejected,
    SourcePassage,
    Span,
)
from reports.domain.candidates import headlines, sentences
from reports.domain.grounding import find_span, ground, is_too_short, touched
from reports.domain.reading import primary

_NEVER = frozenset({Kind.WHY, Kind.DIFFERS, Kind.HEADLINE})
"""Analysis is nobody's sentence, a difference has two speakers, and headlines have their own way
to be replaced."""


def own_sentence(
    rejected: Rejected, *, passages: Mapping[int, SourcePassage], language: str
) -> GroundedClaim | None:
    """Return the whole sentence around the first quotation that is really there, or None.

    It is a claim of the same kind, in the publisher's words and language, and holds as any claim
    must. What sells, serves the page or tells a machine what to do stands in for nothing.

    passages: those of the request that the sentence fell in, by id
    language: what a passage without a known language is taken to be written in
    """
    claim = rejected.claim
    if claim.kind in _NEVER:
        return None
    for quote in claim.evidence:
        passage = passages.get(quote.passage_id)
        if passage is None or noise.is_order(passage.text):
            continue
        span = find_span(quote.text, passage)
        if span is None or is_too_short(span.quote, passage.text):
            continue
        for text in _sentences_around(span, passage, language):
            own = DraftClaim(claim.kind, text, (Quote(passage.id, text),))
            held = ground(own, passages=passages, language=language)
            if isinstance(held, GroundedClaim):
                return replace(held, is_quotation=True)
    return None


def _sentences_around(span: Span, passage: SourcePassage, language: str) -> Iterator[str]:
    """Yield the sentence in which a quotation begins: without its dateline first, then with it."""
    for candidate in (*headlines((passage,)), *sentences((passage,))):
        if candidate.start <= span.start < candidate.end:
            yield candidate.text
    code = primary(passage.language or language)
    for sentence in touched([span], passage, code)[:1]:
        if not (noise.is_boilerplate(sentence.text) or noise.is_spam(sentence.text)):
            yield sentence.text
