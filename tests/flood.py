"""A flood of articles on invented events that share no name and hardly a word: groups are known."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from sources.models import Article, Source
from tests.factories import a_source, an_article

SYLLABLES = [c + v for c in "bdfgklmnprstvz" for v in "aeiou"]
COMMON = ["police", "said", "council", "meet", "after", "report", "Monday", "about", "new", "work"]


@dataclass(frozen=True)
class Drop:
    """One article of the flood."""

    event: int
    outlet: int
    title: str
    text: str


def flood(events: int, *, outlets: int, seed: int = 1) -> Iterator[Drop]:
    """Yield one article of each outlet for each event, in mixed order."""
    rng = random.Random(seed)
    things = [_event(rng) for _ in range(events)]
    order = [(event, outlet) for event in range(events) for outlet in range(outlets)]
    rng.shuffle(order)
    for event, outlet in order:
        names, words = things[event]
        title = " ".join([rng.choice(names), *rng.sample(words, 4)])
        sentences = [_sentence(rng, names, words) for _ in range(4)]
        yield Drop(event, outlet, title, " ".join(sentences))


def store(drops: Iterator[Drop]) -> dict[int, int]:
    """Store the articles, ready to be placed; return the event of each."""
    sources: dict[int, Source] = {}
    events = {}
    for drop in drops:
        if drop.outlet not in sources:
            sources[drop.outlet] = a_source(f"Flood {drop.outlet}")
        article = an_article(sources[drop.outlet], title=drop.title, paragraphs=[drop.text])
        events[article.pk] = drop.event
    return events


def stories_by_event(events: dict[int, int]) -> dict[int, set[int]]:
    """Return in which stories the articles of each event are now."""
    found: dict[int, set[int]] = {}
    placed = Article.objects.filter(pk__in=events).values_list("pk", "membership__story")
    for pk, story in placed:
        found.setdefault(events[pk], set()).add(story)
    return found


def _event(rng: random.Random) -> tuple[list[str], list[str]]:
    names = [f"{_word(rng).capitalize()} {_word(rng).capitalize()}" for _ in range(3)]
    return names, [_word(rng) for _ in range(12)]


def _sentence(rng: random.Random, names: list[str], words: list[str]) -> str:
    said = [*rng.sample(words, 5), *rng.sample(COMMON, 5)]
    rng.shuffle(said)
    return f"{rng.choice(names)} {' '.join(said)}."


def _word(rng: random.Random) -> str:
    return "".join(rng.choice(SYLLABLES) for _ in range(3))
