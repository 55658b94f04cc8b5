"""How much a term tells, learned from the open articles."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from reports.domain.background import common_terms
from reports.domain.signatures import (
    TITLE_CHARACTERS,
    Item,
    Signature,
    label_of,
    sign,
    title_key_of,
)
from reports.domain.vectors import Vector, length

PRIOR_ITEMS, PRIOR_USES, PRIOR_COMMON_USES = 1_000.0, 3.0, 80.0
"""As if 1,000 articles had been seen before, each term in 3 of them, a common one in 80: ten
articles tell little about what is rare."""

LEAST_RARITY = 1.6
"""What a term still tells that one in five articles uses, or more: on a day on which most tell of
one event its words are no less its words."""

FAMILY_ITEMS = 20.0
"""As if a publisher had written 20 articles before: one or two tell little about its habits."""

HABIT_SCALE = 2.0
"""A publisher's habits are known from few articles: only a clear one lowers a term's weight."""

LEAST_HABIT = 0.25
"""What a publisher uses always still tells something: it may write of one event alone."""

HABIT_TERMS = 30
"""A habit shows in an article's heaviest terms; to count all costs memory."""

STANDING_TITLE = 2
"""A publisher that has used a title twice, but for its date, has a template for it."""

STANDING_LABEL = 3
"""A publisher that put one label before so many titles will do it again."""

MAX_HABITS = 600
"""A publisher's words that are counted; beyond it those that it used once are dropped."""

_LOGS = [math.log(uses + 1) for uses in range(1_000)]
_DEPTH, _COMMON_DEPTH = math.log(PRIOR_USES), math.log(PRIOR_COMMON_USES)


@dataclass(frozen=True, slots=True)
class Weighed:
    """An article's terms as they weigh among the open articles at one moment."""

    signature: Signature
    weights: Vector
    pull: Vector
    """The weights with rarity applied once more: what a story's own part is multiplied by."""
    length: float
    """Of the weights."""


class Rarity:
    """What the open articles use how often: terms, each publisher's terms, title labels."""

    def __init__(self) -> None:
        self.count = 0
        self._height = math.log(PRIOR_ITEMS)
        self._depths: dict[str, float] = {}
        self._uses: dict[str, int] = {}
        self._habits: dict[str, dict[str, int]] = {}
        self._written: Counter[str] = Counter()
        self._titles: Counter[tuple[str, str]] = Counter()
        self._labels: Counter[tuple[str, str]] = Counter()
        self._common = common_terms()

        self._last: Weighed | None = None

    def learn(self, signature: Signature) -> None:
        """Count what an article uses."""
        self._last = None
        self.count += 1
        self._height = math.log(self.count + PRIOR_ITEMS)
        uses, depths, common = self._uses, self._depths, self._common
        for term in signature.terms:
            count = uses[term] = uses.get(term, 0) + 1
            prior = PRIOR_COMMON_USES if term in common else PRIOR_USES
            depths[term] = math.log(count + prior)
        if signature.label:
            self._labels[signature.family, signature.label] += 1
        if signature.family:
            self._titles[signature.family, signature.title_key] += 1
            self._learn_habits(signature)

    def _learn_habits(self, signature: Signature) -> None:
        self._written[signature.family] += 1
        habits = self._habits.setdefault(signature.family, {})
        for term in islice(signature.terms, HABIT_TERMS):
            habits[term] = habits.get(term, 0) + 1
        if len(habits) > MAX_HABITS:
            often = {term: uses for term, uses in habits.items() if uses > 1}
            self._habits[signature.family] = often

    def unlearn(self, signature: Signature) -> None:
        """Take back what `learn` counted of an article."""
        self._last = None
        self.count -= 1
        self._height = math.log(self.count + PRIOR_ITEMS)
        uses, family = self._uses, signature.family
        for term in signature.terms:
            _count_down(uses, term)
            if term in uses:
                prior = PRIOR_COMMON_USES if term in self._common else PRIOR_USES
                self._depths[term] = math.log(uses[term] + prior)
            else:
                self._depths.pop(term, None)
        if signature.label:
            _count_down(self._labels, (family, signature.label))
        if family:
            _count_down(self._titles, (family, signature.title_key))
            self._unlearn_habits(signature)

    def _unlearn_habits(self, signature: Signature) -> None:
        _count_down(self._written, signature.family)
        if signature.family not in self._written:
            self._habits.pop(signature.family, None)
            return
        habits = self._habits[signature.family]
        for term in islice(signature.terms, HABIT_TERMS):
            _count_down(habits, term)

    def sign(self, item: Item) -> Signature:
        """Sign an article, knowing what its publisher puts into many titles."""
        return sign(item, standing=self._standing(item))

    def is_template(self, signature: Signature) -> bool:
        """Tell whether a publisher has used one title again and again, but for dates."""
        uses = self._titles[signature.family, signature.title_key]
        return bool(signature.family) and uses >= STANDING_TITLE

    def _standing(self, item: Item) -> str:
        """Return the part of a title that its publisher uses again and again."""
        title = item.title[:TITLE_CHARACTERS]
        if item.family and self._titles[item.family, title_key_of(title)] >= STANDING_TITLE:
            return title
        label = label_of(title)
        return label if self._labels[item.family, label] >= STANDING_LABEL else ""

    def rarest_first(self, terms: Iterable[str]) -> list[str]:
        """Return those terms that articles use by how few do; equals stay in their order."""
        uses = self._uses
        return sorted([term for term in terms if term in uses], key=uses.__getitem__)

    def is_common(self, term: str) -> bool:
        """Tell whether a term is on the list of words that many events share."""
        return term in self._common

    def of(self, term: str) -> float:
        """Return how much a term tells: the logarithm of how few articles use it."""
        depth = self._depths.get(term)
        if depth is None:
            depth = _COMMON_DEPTH if term in self._common else _DEPTH
        return max(self._height - depth, LEAST_RARITY)

    def squares(self, vector: Vector) -> float:
        """Return the sum of the squares of a vector's weights, rarity applied."""
        height, depths = self._height, self._depths
        return sum(
            (weight * max(height - depth, LEAST_RARITY)) ** 2
            for depth, weight in zip(map(depths.get, vector), vector.values(), strict=True)
            if depth is not None
        )

    def weigh(self, signature: Signature) -> Weighed:
        """Return an article's terms as they weigh now; the last answer is kept."""
        if self._last is None or self._last.signature is not signature:
            weights = self._weights(signature)
            pull = {term: weight * self.of(term) for term, weight in weights.items()}
            self._last = Weighed(signature, weights, pull, length(weights))
        return self._last

    def _weights(self, signature: Signature) -> Vector:
        """Return the weight of an article's terms; what its publisher always uses weighs less."""
        of, habits = self.of, self._habits.get(signature.family)
        if not habits:
            return {term: weight * of(term) for term, weight in signature.terms.items()}
        most = HABIT_SCALE * math.log(self._written[signature.family] + FAMILY_ITEMS)
        weights = {}
        for term, weight in signature.terms.items():
            rarity = of(term)
            habit = most - HABIT_SCALE * _LOGS[min(habits.get(term, 0), 999)]
            weights[term] = weight * min(rarity, max(habit, LEAST_HABIT * rarity))
        return weights


def _count_down(counts: dict[Any, int], key: Hashable) -> None:
    """Count one less, and forget what is counted no more."""
    left = counts.get(key, 0) - 1
    if left > 0:
        counts[key] = left
    else:
        counts.pop(key, None)
