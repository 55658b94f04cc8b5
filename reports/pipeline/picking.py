"""Picking: the words that an editor may point at, instead of writing them down.

They are offered by sentence, from the passages that the story was given; a pick is an exact span,
and is checked like any other quotation when the text is saved.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from reports.domain.sentences import split_sentences
from reports.models import Section
from reports.pipeline.editing import MAX_QUOTE_CHARS, Pick
from reports.pipeline.evidence import quotable
from sources.models import Passage

PASSAGES_SHOWN = 40
MAX_LOOK_CHARS = 600
_WORD = re.compile(r"\w{2,60}")


@dataclass(frozen=True, slots=True)
class Offered:
    """A sentence of a passage."""

    pick: Pick
    words: str


@dataclass(frozen=True, slots=True)
class Picked:
    """What a pick points at."""

    passage: Passage
    words: str


@dataclass(frozen=True, slots=True)
class OfferedPassage:
    """A passage with what can be picked from it."""

    passage: Passage
    sentences: tuple[Offered, ...]


@dataclass(frozen=True, slots=True)
class Offer:
    """What is shown to pick from, the most alike first."""

    passages: tuple[OfferedPassage, ...]
    total: int
    """How many passages the story was given."""


def offer_for(section: Section, words: str) -> Offer:
    """Return the passages that a sentence of this section may quote, in one query.

    words: those that are looked for, such as the sentence itself
    """
    sought = _words(words[:MAX_LOOK_CHARS])
    given = _passages(quotable(section, section.claims.all()))
    # The sort keeps the order of equal ones: by article, oldest first.
    alike = sorted(given, key=lambda passage: -len(sought & _words(passage.text)))
    shown = tuple(_offered(passage) for passage in alike[:PASSAGES_SHOWN])
    return Offer(tuple(one for one in shown if one.sentences), total=len(given))


def picked(picks: Iterable[Pick]) -> dict[Pick, Picked]:
    """Return where each pick stands, and its words; nothing of those that stand nowhere."""
    wanted = list(picks)
    if not wanted:
        return {}
    by_id = {passage.pk: passage for passage in _passages(pick.passage_id for pick in wanted)}
    there = [(pick, by_id[pick.passage_id]) for pick in wanted if pick.passage_id in by_id]
    said = [(pick, passage, pick.words_in(passage.text)) for pick, passage in there]
    return {pick: Picked(passage, words) for pick, passage, words in said if words}


def _passages(ids: Iterable[int]) -> list[Passage]:
    rows = Passage.objects.filter(pk__in=set(ids)).select_related("article__publisher")
    rows = rows.defer("article__text", "article__html")
    return list(rows.order_by("article__published_at", "article_id", "version", "number"))


def _offered(passage: Passage) -> OfferedPassage:
    cut = split_sentences(passage.text, passage.article.language)
    sentences = tuple(
        Offered(Pick(passage.pk, one.start, one.end), one.text)
        for one in cut
        if len(one.text) <= MAX_QUOTE_CHARS
    )
    return OfferedPassage(passage, sentences)


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.casefold()))
