"""Hold a claim beside all that it may rest on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from reports.domain import lexicon
from reports.domain.analysis import DraftClaim, Kind, SourcePassage, Span
from reports.domain.compared import words_of
from reports.domain.numbers import find_figures
from reports.domain.sentences import Sentence, split_sentences


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
    def quoted(self) -> Iterator[tuple[Span, SourcePassage]]:
        """The quotations with their passages."""
        passages = {passage.id: passage for passage in self.story}
        for span in self.spans:
            yield span, passages[span.passage_id]

    @property
    def quotes(self) -> str:
        """The quotations, one to a line: no phrase runs over the gap."""
        return "\n\n".join(span.quote for span in self.spans)


# All claims of a section lean on one story.
@lru_cache(maxsize=4)
def words_of_story(story: tuple[SourcePassage, ...], language: str) -> frozenset[str]:
    """Return the words of the story's passages in the claim's language, quoted ones included."""
    return frozenset(
        word
        for passage in story
        if primary(passage.language) in {language, ""}
        for word in words_of(passage.text)
    )


@lru_cache(maxsize=512)
def sentences_of(text: str, language: str) -> tuple[Sentence, ...]:
    """Return the sentences of a passage; claims come back to the same passages."""
    return split_sentences(text, language)


def free_words(reading: Reading) -> frozenset[str]:
    """Return the small words that a claim may have of its own, in small letters."""
    return _free_words(reading.language, is_analysis=reading.claim.kind is Kind.WHY)


@lru_cache(maxsize=64)
def _free_words(code: str, *, is_analysis: bool) -> frozenset[str]:
    free = lexicon.words_of(lexicon.FUNCTION_WORDS, code)
    free |= lexicon.words_of(lexicon.REPORTING_WORDS, code)
    if is_analysis:
        free |= lexicon.words_of(lexicon.ANALYTIC_WORDS, code)
    return free


def without_figures(text: str, language: str) -> str:
    """Blank out the figures: they were compared as values."""
    kept, position = [], 0
    for found in find_figures(text, language):
        kept.append(text[position : found.start])
        position = found.end
    return " ".join([*kept, text[position:]])


def shown(text: str) -> str:
    """Return a text as a reason may show it: short, on one line, printable."""
    visible = " ".join("".join(c for c in text[:200] if c.isprintable() or c == " ").split())
    return visible if len(visible) <= 80 else visible[:79] + "…"


def primary(language: str) -> str:
    """Return the language of a code without its region."""
    return re.split("[-_]", language[:12], maxsplit=1)[0].lower()
