"""Stories that an editor may mean beside one: those like it, and those that a search finds."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import QuerySet, Value

from patriot.lib.text import clean_text
from reports.domain.words import content_stems
from reports.models import Story
from reports.models.story import BaseLanguage
from sources.domain.words import primary

NEAR = timedelta(days=7)
"""Stories of one event are not further apart."""

MAX_COMPARED, MAX_SHOWN = 1_000, 10
MAX_QUERY_CHARS, MAX_QUERY_WORDS = 200, 6
MOST_USED = 0.05
"""What a larger part of all stories say tells nothing, once there are some."""

_NUMBER = re.compile(r"(?:\S*/stor(?:ies|y)/)?([0-9]{1,18})(?:/\S*)?")


@dataclass(frozen=True, slots=True)
class Near:
    """A story, with the words that it shares with the one asked about."""

    story: Story
    shares: str = ""


def search(story: Story, query: str) -> list[Near]:
    """Return the newest stories of the same newsroom and language that a query means.

    query: words of the headline, the number of a story, or the address of its page
    """
    query = clean_text(query, max_chars=MAX_QUERY_CHARS)
    number = _NUMBER.fullmatch(query)
    found = _others(story, is_any_language=bool(number))
    if number:
        return [Near(one) for one in found.filter(pk=int(number[1]))]
    for word in query.split()[:MAX_QUERY_WORDS]:
        found = found.filter(title__icontains=word)
    return [Near(one) for one in found.order_by("-last_article_at", "-pk")[:MAX_SHOWN]]


def similar(story: Story) -> list[Near]:
    """Return stories of about the same time that share telling words with one, likest first."""
    others = list(
        _others(story, is_any_language=False)
        .filter(
            last_article_at__gte=story.first_article_at - NEAR,
            last_article_at__lte=story.last_article_at + NEAR,
        )
        .order_by("-last_article_at", "-pk")[:MAX_COMPARED]
    )
    words = {other.pk: _words(other) for other in others}
    uses = Counter(word for found in words.values() for word in found)
    most = max(3.0, MOST_USED * len(others))
    own = {word for word in _words(story) if uses[word] <= most}
    weight = {word: math.log(1 + len(others) / uses[word]) for word in own if uses[word]}
    shared = {other.pk: weight.keys() & words[other.pk] for other in others}
    near = [other for other in others if shared[other.pk]]
    near.sort(key=lambda other: (-sum(weight[word] for word in shared[other.pk]), -other.pk))
    return [Near(one, _named(one, shared[one.pk], weight)) for one in near[:MAX_SHOWN]]


def _others(story: Story, *, is_any_language: bool) -> QuerySet[Story]:
    others: QuerySet[Story] = Story.objects.filter(
        newsroom=story.newsroom, article_count__gt=0, merged_into=None
    )
    others = others.exclude(pk=story.pk)
    if not is_any_language:
        others = others.alias(base=BaseLanguage("language"))
        others = others.filter(base=Value(primary(story.language)))
    return others


def _words(story: Story) -> set[str]:
    """Return the stems of a story's title and names."""
    said = " ".join([story.title, *story.people, *story.places, *story.organizations])
    return set(content_stems(said, story.language))


def _named(story: Story, shared: Iterable[str], weight: dict[str, float]) -> str:
    """Return the weightiest of the shared words as this story writes them."""
    written = _written(story)
    words = [written[stem] for stem in sorted(shared, key=lambda stem: (-weight[stem], stem))]
    return ", ".join(dict.fromkeys(words[:4]))


def _written(story: Story) -> dict[str, str]:
    said: Sequence[str] = " ".join(
        [*story.people, *story.places, *story.organizations, story.title]
    ).split()
    found: dict[str, str] = {}
    for word in said:
        for stem in content_stems(word, story.language):
            found.setdefault(stem, word.strip(".,;:!?“”\"'()’‘"))
    return _WithDefault(found)


class _WithDefault(dict[str, str]):
    """A stem that no word alone gives says itself."""

    def __missing__(self, key: str) -> str:
        return key
