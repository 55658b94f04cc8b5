"""How much a term tells, learned from the open articles."""

from __future__ import annotations

import math
from collections import Counter
from itertools import islice

from reports.domain.background import common_terms
from reports.domain.signatures import (
    TITLE_CHARACTERS,
    Item,
    Signature,
    label_of,
    sign,
    title_key_of,
)

PRIOR_ITEMS, PRIOR_USES, PRIOR_COMMON_USES = 1_000.0, 3.0, 80.0
"""As if 1,000 articles had been seen before, each term in 3 of them, a common one in 80: ten
articles tell little about what is rare."""

FAMILY_ITEMS = 20.0
"""As if a publisher had written 20 articles before: one or two tell little about its habits."""

HABIT_SCALE = 2.0
"""A publisher's habits are known from few articles: only a clear one lowers a term's weight."""

HABIT_TERMS = 30
"""A habit shows in an article's heaviest terms; to count all costs memory."""

STANDING_TITLE = 2
"""A publisher that has used a title twice, but for its date, has a template for it."""

STANDING_LABEL = 3
"""A publisher that put one label before so many titles will do it again."""

_DEPTH, _COMMON_DEPTH = math.log(PRIOR_USES), math.log(PRIOR_COMMON_USES)


class Rarity:
    """What the open articles use how often: terms, each publisher's terms, title labels."""

    def __init__(self) -> None:
        self.count = 0
        self._height = math.log(PRIOR_ITEMS)
        self._depths: dict[str, float] = {}
        self._uses: Counter[str] = Counter()
        self._habits: dict[str, Counter[str]] = {}
        self._written: Counter[str] = Counter()
        self._titles: Counter[tuple[str, str]] = Counter()
        self._labels: Counter[tuple[str, str]] = Counter()
        self._common = common_terms()

    def learn(self, signature: Signature) -> None:
        """Count what an article uses."""
        self.count += 1
        self._height = math.log(self.count + PRIOR_ITEMS)
        for term in signature.terms:
            uses = self._uses[term] = self._uses[term] + 1
            prior = PRIOR_COMMON_USES if term in self._common else PRIOR_USES
            self._depths[term] = math.log(uses + prior)
        if signature.label:
            self._labels[signature.family, signature.label] += 1
        if signature.family:
            self._titles[signature.family, signature.title_key] += 1
            self._habits.setdefault(signature.family, Counter()).update(
                islice(signature.terms, HABIT_TERMS)
            )
            self._written[signature.family] += 1

    def unlearn(self, signature: Signature) -> None:
        """Take back what `learn` counted of an article."""
        self.count -= 1
        self._height = math.log(self.count + PRIOR_ITEMS)
        for term in signature.terms:
            self._uses[term] -= 1
            if self._uses[term] > 0:
                prior = PRIOR_COMMON_USES if term in self._common else PRIOR_USES
                self._depths[term] = math.log(self._uses[term] + prior)
            else:
                del self._uses[term], self._depths[term]
        if signature.label:
            self._labels[signature.family, signature.label] -= 1
        if signature.family:
            self._titles[signature.family, signature.title_key] -= 1
            self._habits[signature.family].subtract(islice(signature.terms, HABIT_TERMS))
            self._written[signature.family] -= 1

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

    def uses(self, term: str) -> int:
        """Return how many articles have a term."""
        return self._uses[term]

    def is_common(self, term: str) -> bool:
        """Tell whether a term is on the list of words that many events share."""
        return term in self._common

    def of(self, term: str) -> float:
        """Return how much a term tells: the logarithm of how few articles use it."""
        depth = self._depths.get(term)
        if depth is None:
            depth = _COMMON_DEPTH if term in self._common else _DEPTH
        return self._height - depth if self._height > depth else 0.0

    def weights(self, signature: Signature) -> dict[str, float]:
        """Return the weight of an article's terms; what its publisher always uses weighs less."""
        habits = self._habits.get(signature.family)
        if habits is None:
            return {term: weight * self.of(term) for term, weight in signature.terms.items()}
        written = self._written[signature.family] + FAMILY_ITEMS
        return {
            term: weight * min(self.of(term), HABIT_SCALE * math.log(written / (habits[term] + 1)))
            for term, weight in signature.terms.items()
        }
