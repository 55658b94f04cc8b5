"""Which story an article belongs to: one pass, one index, the same result each time.

An article is a bag of weighted terms; a story is the mean of its articles. A new article asks an
inverted index for the few stories that share its rarest terms, is compared with those alone, and
joins the most similar one if that is similar enough; otherwise it begins a story. Every answer
says what it stands on.

How rare a term is follows from the articles in the index, so in a week in which everything is
about one thing its name glues nothing together.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from reports.domain.background import common_terms
from reports.domain.copies import Sketch, is_copy
from reports.domain.signatures import Item, Signature, label_of, sign

__all__ = ["Item", "Placement", "StoryIndex", "Why"]

# One configuration for all feeds. Developed on full articles with look-alike events and on a
# stream of headlines; a value stands where both are well, not where one is best.

WINDOW = timedelta(hours=72)
"""A story stays open this long after its last article: a weekend, not an anniversary."""

HEADLINES_ALIKE = 0.14
"""Two headlines of one event share two or three of their eight words."""

TEXTS_ALIKE = 0.22
"""Articles with a text share names, places and numbers too: below this they share a topic only."""

HEADLINE_TERMS, TEXT_TERMS = 10, 25
"""So many different terms has a headline, a text; between them the threshold rises steadily."""

LATE_FACTOR = 0.7
"""What similarity is worth at the end of the window, against 1 at its start."""

PRIOR_ITEMS, PRIOR_USES, PRIOR_COMMON_USES = 1_000.0, 3.0, 80.0
"""As if 1,000 articles had been seen before, each term in 3 of them, a common one in 80: ten
articles tell little about what is rare."""

FAMILY_ITEMS = 20.0
"""As if a publisher had written 20 articles before: one or two tell little about its habits."""

HEADLINE_EVIDENCE, TEXT_EVIDENCE = 1.0, 2.5
"""A story must share about so many terms of equal weight with an article: one word is a topic."""

MAX_CANDIDATES = 10
"""Stories that are compared exactly. The right one is nearly always among the first three."""

MAX_POSTINGS = 3_000
"""Story entries read from the index for one article, rarest term first: this bounds its cost."""

MAX_STORY_TERMS = 250
"""A story keeps its heaviest terms; the rest is noise, and costs memory."""

STALE = 1.1
"""A story's length is computed again when the index has grown by this factor."""

HABIT_SCALE = 2.0
"""A publisher's habits are known from few articles: only a clear one lowers a term's weight."""

STANDING_LABEL = 3
"""A publisher that put one label before so many titles will do it again."""

COPY_HANDLES = 8
"""Word runs by which a copy finds its original; one of eight nearly always survives cutting."""

MAX_SHOWN = 5
"""Terms, names and figures that an explanation lists."""


@dataclass(frozen=True, slots=True)
class Why:
    """What an article shares with the story that it joined."""

    terms: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()
    hours_apart: float = 0.0
    """Hours between the article and the story's nearest end; 0 within its span."""
    note: str = ""
    """A sentence about anything unusual, or empty."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where an article belongs."""

    story: int | None
    """None: it begins a new story."""
    similarity: float
    """0 to 1; for a new story that of the nearest story that was not near enough."""
    why: Why
    copy_of: int | None = None
    """The story's earliest article of another publisher whose text this one repeats."""


@dataclass(frozen=True, slots=True)
class _Member:
    """What the index remembers of one article."""

    id: int
    family: str
    published_at: datetime
    sketch: Sketch


@dataclass(slots=True)
class _Story:
    """A story as the index keeps it."""

    language: str
    first_at: datetime
    last_at: datetime
    size: int = 0
    sums: dict[str, float] = field(default_factory=dict)
    """The sum of its articles' unit vectors, before rarity is applied."""
    length: float = 0.0
    """The length of the sum with rarity applied, as of `measured_at` articles in the index."""
    measured_at: int = 0
    names: Counter[str] = field(default_factory=Counter)
    figures: Counter[str] = field(default_factory=Counter)
    members: list[_Member] = field(default_factory=list)
    by_run: dict[int, list[int]] = field(default_factory=dict)
    """Which members have a word run, so that copies are found without comparing with all."""


class StoryIndex:
    """The open stories, ready to be asked where an article belongs.

    Feed it the known articles in the order of their ids with `add`; then `place` each new one and
    `add` it to the story that it got. The same calls give the same answers, bit by bit.
    """

    def __init__(self) -> None:
        self._stories: dict[int, _Story] = {}
        self._postings: dict[str, list[int]] = {}
        self._uses: Counter[str] = Counter()
        self._habits: dict[str, Counter[str]] = {}
        self._labels: Counter[tuple[str, str]] = Counter()
        self._count = 0
        self._common = common_terms()
        self._last: tuple[Item, Signature] | None = None

    def __len__(self) -> int:
        return self._count

    def add(self, item: Item, story_id: int) -> None:
        """Make an article a member of a story, new or known."""
        signature = self._signature(item)
        self._last = None
        self._learn(item, signature)
        story = self._stories.get(story_id)
        if story is None:
            at = signature.published_at
            story = self._stories[story_id] = _Story(signature.language, at, at)
        self._join(story_id, story, signature)

    def place(self, item: Item) -> Placement:
        """Say where an article belongs. Changes nothing that a later answer depends on."""
        signature = self._signature(item)
        weights = self._weights(signature)
        best_id, best = None, 0.0
        for story_id in self._candidates(signature, weights):
            similarity = self._similarity(signature, weights, self._stories[story_id])
            if similarity > best:
                best_id, best = story_id, similarity
        if best_id is None or best < _between(signature, HEADLINES_ALIKE, TEXTS_ALIKE):
            return Placement(None, best, Why())
        story = self._stories[best_id]
        copy_of = _copied(signature, story)
        return Placement(best_id, best, self._why(signature, weights, story), copy_of)

    def _signature(self, item: Item) -> Signature:
        """Sign an article, or take the signature that `place` has just made for it."""
        if self._last is not None and self._last[0] is item:
            return self._last[1]
        label = label_of(item.title)
        is_standing = self._labels[item.family, label] >= STANDING_LABEL
        signature = sign(item, labels=(label,) if label and is_standing else ())
        self._last = (item, signature)
        return signature

    def _learn(self, item: Item, signature: Signature) -> None:
        """Count what an article uses: terms, and the label before its title."""
        self._count += 1
        self._uses.update(signature.terms.keys())
        habits = self._habits.setdefault(item.family, Counter())
        habits.update(signature.terms.keys())
        habits[""] += 1
        if label := label_of(item.title):
            self._labels[item.family, label] += 1

    def _join(self, story_id: int, story: _Story, signature: Signature) -> None:
        """Add an article's unit vector to the story's sum and to the index."""
        length = _length(self._weights(signature)) or 1.0
        for term, weight in signature.terms.items():
            if term not in story.sums:
                story.sums[term] = 0.0
                self._postings.setdefault(term, []).append(story_id)
            story.sums[term] += weight / length
        if len(story.sums) > MAX_STORY_TERMS:
            self._trim(story)
        story.size += 1
        story.first_at = min(story.first_at, signature.published_at)
        story.last_at = max(story.last_at, signature.published_at)
        story.names.update(signature.names.keys())
        story.figures.update(signature.figures)
        for run in _handles(signature.sketch):
            story.by_run.setdefault(run, []).append(len(story.members))
        member = _Member(signature.id, signature.family, signature.published_at, signature.sketch)
        story.members.append(member)
        story.measured_at = 0

    def _trim(self, story: _Story) -> None:
        """Drop a story's lightest terms; the index may keep pointing at it, which is harmless."""
        ranked = sorted(story.sums.items(), key=lambda p: (-p[1] * self._rarity(p[0]), p[0]))
        story.sums = dict(ranked[: MAX_STORY_TERMS * 3 // 4])

    def _rarity(self, term: str) -> float:
        """Return how much a term tells: the logarithm of how few articles use it."""
        prior = PRIOR_COMMON_USES if term in self._common else PRIOR_USES
        uses = self._uses[term] + prior
        return max(0.0, math.log((self._count + PRIOR_ITEMS) / uses))

    def _weights(self, signature: Signature) -> dict[str, float]:
        """Return the weight of an article's terms; what its publisher always uses weighs less."""
        habits = self._habits.get(signature.family)
        if not habits or not signature.family:
            return {term: w * self._rarity(term) for term, w in signature.terms.items()}
        return {
            term: w * min(self._rarity(term), self._habit_rarity(habits, term))
            for term, w in signature.terms.items()
        }

    def _habit_rarity(self, habits: Counter[str], term: str) -> float:
        total = habits[""] + FAMILY_ITEMS
        return math.log(total / (habits[term] + 1.0)) * HABIT_SCALE

    def _candidates(self, signature: Signature, weights: dict[str, float]) -> list[int]:
        """Return the stories that share most weight with an article, found by its rarest terms."""
        shared: dict[int, float] = {}
        budget = MAX_POSTINGS
        for term in sorted(weights, key=lambda term: (self._uses[term], term)):
            posted = self._postings.get(term, ())
            budget -= len(posted)
            if budget < 0 and shared:
                break
            weight = weights[term] * self._rarity(term)
            for story_id in posted[-MAX_POSTINGS:]:
                story = self._stories[story_id]
                part = story.sums.get(term)
                if part is not None:
                    shared[story_id] = shared.get(
                        story_id, 0.0
                    ) + weight * part / self._story_length(story)
        open_ones = [s for s in shared if _is_open(self._stories[s], signature)]
        return heapq.nsmallest(MAX_CANDIDATES, open_ones, key=lambda s: (-shared[s], s))

    def _story_length(self, story: _Story) -> float:
        """Return the length of a story's sum with rarity applied, not older than `STALE`."""
        if not story.measured_at or self._count > story.measured_at * STALE:
            squares = ((part * self._rarity(term)) ** 2 for term, part in story.sums.items())
            story.length = math.sqrt(sum(squares)) or 1.0
            story.measured_at = max(1, self._count)
        return story.length

    def _similarity(self, signature: Signature, weights: dict[str, float], story: _Story) -> float:
        """Return how alike an article and a story are, 0 to 1: the cosine, less for lateness."""
        length = _length(weights) * self._story_length(story)
        if not length:
            return 0.0
        shared = self._shared(weights, story)
        if self._evidence(signature, shared) < _between(
            signature, HEADLINE_EVIDENCE, TEXT_EVIDENCE
        ):
            return 0.0
        lateness = min(1.0, _hours_apart(signature, story) * 3600 / WINDOW.total_seconds())
        return min(1.0, sum(shared.values()) / length * math.pow(LATE_FACTOR, lateness))

    def _shared(self, weights: dict[str, float], story: _Story) -> dict[str, float]:
        """Return what each shared term adds to the similarity, before lengths are divided out."""
        return {
            term: weight * self._rarity(term) * story.sums[term]
            for term, weight in weights.items()
            if term in story.sums
        }

    def _evidence(self, signature: Signature, shared: dict[str, float]) -> float:
        """Return how many independent pieces of equal weight would say as much as these terms.

        The words of one name are one piece, and all common words together are one, which does
        not count alone: "police" and "London" name no event.
        """
        pieces: dict[str, float] = {}
        for term, part in shared.items():
            piece = "" if term in self._common else signature.name_of.get(term, term)
            pieces[piece] = pieces.get(piece, 0.0) + part
        if pieces.keys() <= {""}:
            return 0.0
        squares = sum(part * part for part in pieces.values())
        return sum(pieces.values()) ** 2 / squares if squares else 0.0

    def _why(self, signature: Signature, weights: dict[str, float], story: _Story) -> Why:
        """Name what an article and its story share, the weightiest first."""
        shared = self._shared(weights, story)
        terms = heapq.nsmallest(MAX_SHOWN, shared, key=lambda term: (-shared[term], term))
        names = [written for name, written in signature.names.items() if name in story.names]
        numbers = [figure for figure in signature.figures if figure in story.figures]
        return Why(
            terms=tuple(signature.written[term] for term in terms),
            names=tuple(names[:MAX_SHOWN]),
            figures=tuple(numbers[:MAX_SHOWN]),
            hours_apart=round(_hours_apart(signature, story), 1),
        )


def _length(weights: dict[str, float]) -> float:
    return math.sqrt(sum(weight * weight for weight in weights.values()))


def _between(signature: Signature, of_headline: float, of_text: float) -> float:
    """Return the value for an article of this length, between that of a headline and of a text."""
    terms = min(max(len(signature.terms), HEADLINE_TERMS), TEXT_TERMS)
    share = math.log(terms / HEADLINE_TERMS) / math.log(TEXT_TERMS / HEADLINE_TERMS)
    return of_headline + share * (of_text - of_headline)


def _hours_apart(signature: Signature, story: _Story) -> float:
    """Return the hours between an article and the nearest end of a story; 0 within its span."""
    at = signature.published_at
    gap = max(story.first_at - at, at - story.last_at, timedelta(0))
    return gap.total_seconds() / 3600


def _is_open(story: _Story, signature: Signature) -> bool:
    """Tell whether a story may take an article: in its language, within its window."""
    speaks = not story.language or not signature.language or story.language == signature.language
    return speaks and timedelta(hours=_hours_apart(signature, story)) <= WINDOW


def _copied(signature: Signature, story: _Story) -> int | None:
    """Return the story's earliest article of another publisher that this one repeats."""
    positions = {
        position
        for run in _handles(signature.sketch)
        for position in story.by_run.get(run, ())
        if story.members[position].family != signature.family
    }
    originals = [
        (member.published_at, member.id)
        for member in map(story.members.__getitem__, sorted(positions))
        if is_copy(signature.sketch, member.sketch)
    ]
    return min(originals)[1] if originals else None


def _handles(sketch: Sketch) -> tuple[int, ...]:
    """Return the few hashes by which a story finds the texts that another one may repeat."""
    return tuple(sketch.runs[:COPY_HANDLES]) or (sketch.whole,)
