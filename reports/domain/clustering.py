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
from itertools import islice

from reports.domain.copies import Sketch, is_copy
from reports.domain.packing import pack, unpack
from reports.domain.rarity import Rarity
from reports.domain.roundups import NOTE
from reports.domain.signatures import Item, Signature
from reports.domain.vectors import Vector, length

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

HEADLINE_EVIDENCE, TEXT_EVIDENCE = 1.0, 2.5
"""A story must share about so many terms of equal weight with an article: one word is a topic."""

STRANGERS_FACTOR, ENOUGH_NAMES = 0.7, 3
"""What similarity is worth where of three words of names and more the story knows none:
two trials, two quakes. People, places and makers differ where the words are the same."""

NAMELESS_FACTOR, SHORT_TEXT_TERMS = 0.6, 40
"""What similarity is worth where a headline and its teaser share no name: "contact tracing" is a
theme of this week in many countries. Longer texts have words enough to tell events apart."""

NAME_ALIKE = 0.33
"""Two articles this alike by a name that no other event has need no further evidence: whatever
else they say about Elin Dahlgaard this morning, she is in the news for one thing. The name has two
words: "NHS" and "Trump" are in all news."""

NAME_IN_STORIES = 5
"""A name in more stories than this is a prime minister's: it is in the news every day."""

MAX_CANDIDATES = 10
"""Stories that are compared exactly. The right one is nearly always among the first three."""

MAX_POSTINGS = 500
"""Story entries read from the index for one article, rarest term first: this bounds its cost."""

MAX_STORY_TERMS = 250
"""A story keeps its heaviest terms; the rest is noise, and costs memory."""

STALE = 1.1
"""A story's length is computed again when the index has grown by this factor."""

COPY_HANDLES = 8
"""Word runs by which a copy finds its original; one of eight nearly always survives cutting."""

TEMPLATE = "Its publisher uses this title again and again, and there is no text to tell it apart."

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
    """What the index remembers of one article, to find copies of it."""

    id: int
    family: str
    published_at: datetime
    sketch: Sketch


@dataclass(slots=True)
class Group:
    """A story as the index keeps it."""

    language: str
    first_at: datetime
    last_at: datetime
    size: int = 0
    volume: int = 0
    """The sum of its articles' volumes."""
    sums: Vector = field(default_factory=dict)
    """The sum of its articles' unit vectors, before rarity is applied."""
    length: float = 1.0
    """The length of the sum with rarity applied, as of `measured_at` articles in the index."""
    measured_at: int = 0
    names: Counter[str] = field(default_factory=Counter)
    named: Counter[str] = field(default_factory=Counter)
    """How many of its articles have a term as a word of a name."""
    figures: Counter[str] = field(default_factory=Counter)
    members: list[_Member] = field(default_factory=list)
    by_run: dict[int, list[int]] = field(default_factory=dict)
    """Which members have a word run, so that copies are found without comparing with all."""

    def keep_for_copies(self, signature: Signature) -> None:
        """Remember an article's sketch, so that a later copy of it is found."""
        for run in _handles(signature.sketch):
            self.by_run.setdefault(run, []).append(len(self.members))
        self.members.append(
            _Member(signature.id, signature.family, signature.published_at, signature.sketch)
        )

    def copied_by(self, signature: Signature) -> int | None:
        """Return the earliest article of another publisher that this one repeats."""
        positions = {
            position
            for run in _handles(signature.sketch)
            for position in self.by_run.get(run, ())
            if self.members[position].family != signature.family
        }
        originals = [
            (member.published_at, member.id)
            for member in map(self.members.__getitem__, sorted(positions))
            if is_copy(signature.sketch, member.sketch)
        ]
        return min(originals)[1] if originals else None

    def hours_to(self, at: datetime) -> float:
        """Return the hours between a moment and the nearest end of the story; 0 within it."""
        gap = max(self.first_at - at, at - self.last_at, timedelta(0))
        return gap.total_seconds() / 3600

    def volume_with(self, signature: Signature) -> float:
        """Return how much there is to compare between an article and the story.

        A headline finds some of its words in any long text: between the two lengths, their
        geometric mean.
        """
        return math.sqrt(signature.volume * self.volume / max(1, self.size))

    def is_open_to(self, language: str, at: datetime) -> bool:
        """Tell whether an article may join: in the story's language, within its window."""
        speaks = not self.language or not language or self.language == language
        return speaks and self.hours_to(at) * 3600 <= WINDOW.total_seconds()


class StoryIndex:
    """The open stories, ready to be asked where an article belongs.

    Feed it the known articles in the order in which they came with `add`; then `sign` each new
    one, `place` it and `add` it to the story that it got. The same calls give the same answers,
    bit by bit.
    """

    def __init__(self) -> None:
        self.rarity = Rarity()
        self.groups: dict[int, Group] = {}
        self._postings: dict[str, list[int]] = {}
        self._packed: dict[int, bytes] = {}
        self._story_of: dict[int, int] = {}
        self._articles: dict[int, list[int]] = {}

    def __len__(self) -> int:
        return self.rarity.count

    def sign(self, item: Item) -> Signature:
        """Return what an article is recognized by, knowing its publisher's habits."""
        return self.rarity.sign(item)

    def add(self, signature: Signature, story_id: int) -> None:
        """Make an article a member of a story, new or known."""
        self._packed[signature.id] = pack(signature)
        self._story_of[signature.id] = story_id
        self._articles.setdefault(story_id, []).append(signature.id)
        self.rarity.learn(signature)
        self.join(signature, story_id)
        if not signature.is_round_up:
            self.groups[story_id].keep_for_copies(signature)

    def story_of(self, article_id: int) -> int | None:
        """Return the story that an article is in; None if the index does not know it."""
        return self._story_of.get(article_id)

    def signature_of(self, article_id: int) -> Signature:
        """Return the signature with which a known article was added."""
        return unpack(self._packed[article_id])

    def remove(self, article_id: int) -> None:
        """Forget an article that it knows."""
        story_id, signature = self._story_of.pop(article_id), self.signature_of(article_id)
        del self._packed[article_id]
        self._articles[story_id].remove(article_id)
        self.rarity.unlearn(signature)
        self.leave(signature, story_id)
        if not self._articles[story_id]:
            self._drop(story_id)

    def forget(self, before: datetime) -> None:
        """Forget the stories whose last article is older."""
        for story_id in [s for s, group in self.groups.items() if group.last_at < before]:
            for article_id in list(self._articles[story_id]):
                self.remove(article_id)

    def _drop(self, story_id: int) -> None:
        group = self.groups.pop(story_id)
        del self._articles[story_id]
        for term in group.sums:
            self._postings[term].remove(story_id)

    def place(self, signature: Signature, *, only: int | None = None) -> Placement:
        """Say where an article belongs; `add` makes it so.

        only: the one story that it may join, if any
        """
        if signature.is_round_up:
            return Placement(None, 0.0, Why(note=NOTE))
        if self.rarity.is_template(signature) and not signature.has_text:
            return Placement(None, 0.0, Why(note=TEMPLATE))
        weights = self.rarity.weights(signature)
        story_id, similarity = self.nearest(signature, weights, only=only)
        if story_id is None:
            return Placement(None, similarity, Why())
        group = self.groups[story_id]
        why = self.why(signature, weights, group)
        return Placement(story_id, similarity, why, group.copied_by(signature))

    def nearest(
        self, signature: Signature, weights: Vector, *, only: int | None = None
    ) -> tuple[int | None, float]:
        """Return the most similar story among those near enough, and how similar it is.

        None with the similarity of the nearest one where none is near enough.
        """
        best: tuple[float, int | None] = (0.0, None)
        missed = 0.0
        asked = self.candidates(signature, weights) if only is None else self._if_known(only)
        for story_id in asked:
            group = self.groups[story_id]
            similarity = self.similarity(signature, weights, group)
            if similarity < between(group.volume_with(signature), HEADLINES_ALIKE, TEXTS_ALIKE):
                missed = max(missed, similarity)
            elif similarity > best[0]:
                best = similarity, story_id
        similarity, nearest = best
        return nearest, similarity if nearest is not None else missed

    def join(self, signature: Signature, story_id: int) -> None:
        """Add an article's unit vector to a story's sum and to the index.

        A round-up adds nothing, so that nothing finds the story because of it.
        """
        at = signature.published_at
        group = self.groups.get(story_id)
        if group is None:
            group = self.groups[story_id] = Group(signature.language, at, at)
        if signature.is_round_up:
            return
        unit = 1 / (length(self.rarity.weights(signature)) or 1.0)
        for term, weight in signature.terms.items():
            if term not in group.sums:
                group.sums[term] = 0.0
                self._postings.setdefault(term, []).append(story_id)
            group.sums[term] += weight * unit
        if len(group.sums) > MAX_STORY_TERMS:
            self._trim(group, story_id)
        group.size += 1
        group.volume += signature.volume
        group.first_at, group.last_at = min(group.first_at, at), max(group.last_at, at)
        group.names.update(signature.names.keys())
        group.named.update(signature.name_of.keys())
        group.figures.update(signature.figures)
        self._measure(group)

    def leave(self, signature: Signature, story_id: int) -> None:
        """Take an article's unit vector out of a story. Its span and its copies stay known."""
        if signature.is_round_up:
            return
        group = self.groups[story_id]
        unit = 1 / (length(self.rarity.weights(signature)) or 1.0)
        group.size -= 1
        group.volume -= signature.volume
        for term, weight in signature.terms.items():
            rest = group.sums.get(term, 0.0) - weight * unit
            if rest > 1e-9 and group.size:
                group.sums[term] = rest
            elif group.sums.pop(term, None) is not None:
                self._postings[term].remove(story_id)
        group.names.subtract(signature.names.keys())
        group.named.subtract(signature.name_of.keys())
        group.figures.subtract(signature.figures)
        self._measure(group)

    def _if_known(self, story_id: int) -> list[int]:
        return [story_id] if story_id in self.groups else []

    def _trim(self, group: Group, story_id: int) -> None:
        """Drop a story's lightest terms."""
        ranked = sorted(group.sums.items(), key=lambda p: (-p[1] * self.rarity.of(p[0]), p[0]))
        kept = MAX_STORY_TERMS * 3 // 4
        group.sums = dict(ranked[:kept])
        for term, _ in ranked[kept:]:
            self._postings[term].remove(story_id)

    def candidates(self, signature: Signature, weights: Vector) -> list[int]:
        """Return the stories that share most weight with an article, found by its rarest terms."""
        shared: dict[int, float] = {}
        budget = MAX_POSTINGS
        for term in sorted(weights, key=lambda term: (self.rarity.uses(term), term)):
            posted = self._postings.get(term, ())
            budget -= len(posted)
            if budget < 0 and shared:
                break
            weight = weights[term] * self.rarity.of(term)
            # Where even the rarest term is frequent, the newest stories are the likeliest.
            for story_id in posted[-MAX_POSTINGS:]:
                group = self.groups[story_id]
                if part := group.sums.get(term):
                    shared[story_id] = shared.get(story_id, 0.0) + weight * part / group.length
        language, at = signature.language, signature.published_at
        nearest = sorted(shared, key=lambda story_id: (-shared[story_id], story_id))
        open_ones = (s for s in nearest if self.groups[s].is_open_to(language, at))
        return list(islice(open_ones, MAX_CANDIDATES))

    def length_of(self, group: Group) -> float:
        """Return the length of a story's sum with rarity applied, not older than `STALE`."""
        if self.rarity.count > group.measured_at * STALE:
            self._measure(group)
        return group.length

    def _measure(self, group: Group) -> None:
        of = self.rarity.of
        squares = sum((part * of(term)) ** 2 for term, part in group.sums.items())
        group.length = math.sqrt(squares) or 1.0
        group.measured_at = self.rarity.count

    def similarity(self, signature: Signature, weights: Vector, group: Group) -> float:
        """Return how alike an article and a story are, 0 to 1: the cosine, less for lateness.

        0 too when what they share are not pieces of evidence enough.
        """
        lengths = length(weights) * self.length_of(group)
        if not lengths:
            return 0.0
        shared = self._shared(weights, group)
        hours = group.hours_to(signature.published_at)
        lateness = min(1.0, hours * 3600 / WINDOW.total_seconds())
        factor = math.pow(LATE_FACTOR, lateness)
        if self._names_others(signature, group):
            factor *= STRANGERS_FACTOR
        elif self._shares_no_name(signature, shared, group):
            factor *= NAMELESS_FACTOR
        similarity = min(1.0, sum(shared.values()) / lengths * factor)
        return similarity if self._is_told(signature, shared, group, similarity) else 0.0

    def _is_told(
        self, signature: Signature, shared: Vector, group: Group, similarity: float
    ) -> bool:
        """Tell whether what is shared is evidence enough: several pieces, or one rare name."""
        enough = between(group.volume_with(signature), HEADLINE_EVIDENCE, TEXT_EVIDENCE)
        if self._evidence(signature, shared) >= enough:
            return True
        return similarity >= NAME_ALIKE and any(
            " " in name and term in shared and group.named[term] > 0 and self._is_rare(term)
            for term, name in signature.name_of.items()
        )

    def _is_rare(self, name: str) -> bool:
        """Tell whether a word of a name is in the news for one event only, or for few."""
        stories = self._postings.get(name, ())
        return not self.rarity.is_common(name) and len(stories) <= NAME_IN_STORIES

    def _names_others(self, signature: Signature, group: Group) -> bool:
        """Tell whether an article has a text full of names, none of which the story knows."""
        if not signature.has_text:
            return False
        named = [term for term in signature.name_of if not self.rarity.is_common(term)]
        return len(named) >= ENOUGH_NAMES and not any(term in group.sums for term in named)

    def _shares_no_name(self, signature: Signature, shared: Vector, group: Group) -> bool:
        """Tell whether short texts share common nouns alone, and no word of anybody's name."""
        if not signature.has_text or group.volume_with(signature) > SHORT_TEXT_TERMS:
            return False
        return not any(
            (term in signature.name_of or group.named[term] > 0) and not self.rarity.is_common(term)
            for term in shared
        )

    def _shared(self, weights: Vector, group: Group) -> Vector:
        """Return what each shared term adds to the similarity, before lengths are divided out."""
        of, sums = self.rarity.of, group.sums
        return {t: weight * of(t) * sums[t] for t, weight in weights.items() if t in sums}

    def _evidence(self, signature: Signature, shared: Vector) -> float:
        """Return how many independent pieces of equal weight would say as much as these terms.

        The words of one name are one piece, and all common words together are one, which does
        not count alone: "police" and "London" name no event.
        """
        pieces: Vector = {}
        for term, part in shared.items():
            piece = "" if self.rarity.is_common(term) else signature.name_of.get(term, term)
            pieces[piece] = pieces.get(piece, 0.0) + part
        if pieces.keys() <= {""}:
            return 0.0
        squares = sum(part * part for part in pieces.values())
        return sum(pieces.values()) ** 2 / squares if squares else 0.0

    def why(self, signature: Signature, weights: Vector, group: Group) -> Why:
        """Name what an article and its story share, the weightiest first."""
        if signature.is_round_up:
            return Why(note=NOTE)
        shared = self._shared(weights, group)
        terms = heapq.nsmallest(MAX_SHOWN, shared, key=lambda term: (-shared[term], term))
        names = [written for name, written in signature.names.items() if group.names[name] > 0]
        numbers = [figure for figure in signature.figures if group.figures[figure] > 0]
        return Why(
            terms=tuple(signature.written[term] for term in terms),
            names=tuple(names[:MAX_SHOWN]),
            figures=tuple(numbers[:MAX_SHOWN]),
            hours_apart=round(group.hours_to(signature.published_at), 1),
        )


def between(terms: float, of_headline: float, of_text: float) -> float:
    """Return the value for a text of so many different terms, between headline and full text."""
    bounded = min(max(terms, HEADLINE_TERMS), TEXT_TERMS)
    share = math.log(bounded / HEADLINE_TERMS) / math.log(TEXT_TERMS / HEADLINE_TERMS)
    return of_headline + share * (of_text - of_headline)


def _handles(sketch: Sketch) -> tuple[int, ...]:
    """Return the few hashes by which a story finds the texts that another one may repeat."""
    return tuple(sketch.runs[:COPY_HANDLES]) or (sketch.whole,)
