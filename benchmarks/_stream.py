"""A stream of invented articles on invented events, as many as wanted, for grouping at scale.

Words follow Zipf's law; six in ten articles are on an event of the last hours; each event has
three names, a few words and two figures of its own. Nothing tells of real people.
"""

# ruff: noqa: S311 (the draws need no secrecy)

from __future__ import annotations

import random
from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate

from reports.domain.clustering import WINDOW, Item

SYLLABLES = [c + v for c in "bdfgklmnprstvz" for v in "aeiou"]
SMALL = ["the", "of", "to", "in", "a", "and", "on", "for", "with", "said", "that", "is", "was"]
VOCABULARY, NAMES, OUTLETS = 30_000, 6_000, 300
KNOWN_EVENT = 0.6
RECENT = 60.0
"""Events: the mean distance of an article's event from the newest one."""


@dataclass(frozen=True)
class _Event:
    number: int
    names: list[str]
    words: list[str]
    figures: list[str]


class Stream:
    """Articles in the order in which they come, `per_window` in the time that stories stay open."""

    def __init__(self, *, start: datetime, per_window: int, characters: int = 1_200) -> None:
        self._rng = random.Random(1)
        self._start, self._step = start, WINDOW / per_window
        self._characters = characters
        self._words = [self._word(self._rng.randint(2, 4)) for _ in range(VOCABULARY)]
        self._weights = list(accumulate(1 / (rank + 10) for rank in range(VOCABULARY)))
        self._names = [self._name() for _ in range(NAMES)]
        self._events: list[_Event] = []

    def articles(self, count: int) -> Iterator[tuple[Item, int]]:
        """Yield articles, each with the number of its event."""
        for number in range(1, count + 1):
            event = self._event()
            family = f"outlet{self._rng.randrange(OUTLETS)}.example"
            at = self._start + (number - 1) * self._step
            text = self._text(event)
            yield Item(number, self._title(event), text, "en", family, at), event.number

    def _event(self) -> _Event:
        rng = self._rng
        if self._events and rng.random() < KNOWN_EVENT:
            back = min(int(rng.expovariate(1 / RECENT)), len(self._events) - 1)
            return self._events[-1 - back]
        names, words = rng.sample(self._names, 3), [self._drawn() for _ in range(25)]
        figures = [str(rng.randint(11, 9_999)) for _ in range(2)]
        self._events.append(_Event(len(self._events), names, words, figures))
        return self._events[-1]

    def _title(self, event: _Event) -> str:
        words = [self._rng.choice(event.names), *self._rng.sample(event.words, 4), self._drawn()]
        self._rng.shuffle(words)
        return " ".join(words)

    def _text(self, event: _Event) -> str:
        text = ""
        while len(text) < self._characters:
            text += self._sentence(event)
        return text[: self._characters]

    def _sentence(self, event: _Event) -> str:
        rng = self._rng
        words = [rng.choice(event.names)]
        for _ in range(14):
            draw = rng.random()
            own = rng.choice(event.words) if draw < 0.6 else self._drawn()
            words.append(rng.choice(SMALL) if draw < 0.4 else own)
        if rng.random() < 0.3:
            words.append(rng.choice(event.figures))
        return " ".join(words).capitalize() + ". "

    def _drawn(self) -> str:
        return self._words[bisect(self._weights, self._rng.random() * self._weights[-1])]

    def _word(self, syllables: int) -> str:
        return "".join(self._rng.choice(SYLLABLES) for _ in range(syllables))

    def _name(self) -> str:
        return f"{self._word(3).capitalize()} {self._word(3).capitalize()}"
