"""Which story an article belongs to: one pass, one index, the same result each time.

An article is a bag of weighted terms; a story is the sum of its articles. A new article asks an
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
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from operator import itemgetter

from reports.domain.copies import Sketch, is_copy
from reports.domain.packing import pack, unpack
from reports.domain.rarity import Rarity, Weighed
from reports.domain.roundups import NOTE
from reports.domain.signatures import Item, Signature
from reports.domain.vectors import Vector

__all__ = ["Item", "Placement", "StoryIndex", "Why"]

# One configuration for all feeds. Developed on full articles with look-alike events and on a
# stream of headlines; a value stands where both are well, not where one is best.

WINDOW = timedelta(hours=72)
"""A story stays open this long after its last article: a weekend, not an anniversary."""

LONGEST = timedelta(days=7)
"""A story takes nothing later than this after its beginning; what goes on longer is a storyline.
Without it a theme that is in the news every day would become one story of months."""

HEADLINES_ALIKE = 0.14
"""Two headlines of one event share two or three of their eight words."""

TEXTS_ALIKE = 0.22
"""Articles with a text share names, places and numbers too: below this they share a topic only."""

HEADLINE_TERMS, TEXT_TERMS = 10, 25
"""So many different terms has a headline, a text; between them the threshold rises steadily."""

LATE_FACTOR = 0.5
"""What similarity is worth at the end of the window, against 1 at its start."""

HEADLINE_EVIDENCE, TEXT_EVIDENCE = 1.15, 2.0
"""A story must share about so many terms of equal weight with an article: one word is a topic."""

STRANGERS_FACTOR, ENOUGH_NAMES = 0.9, 3
"""What similarity is worth where of three words of names and more the story knows none:
two trials, two quakes. People, places and makers differ where the words are the same."""

NAME_ALIKE = 0.4
"""Two articles this alike by a name that no other event has need no further evidence: whatever
else they say about Elin Dahlgaard this morning, she is in the news for one thing. The name has two
words: "NHS" and "Trump" are in all news."""

NAME_IN_STORIES = 5
"""A name in more stories than this is a prime minister's: it is in the news every day."""

MAX_CANDIDATES = 5
"""Stories that are compared exactly. The right one is nearly always among the first three."""

MAX_POSTINGS = 150
"""Story entries read from the index for one article, rarest term first: this bounds its cost."""

MAX_STORY_TERMS = 160
"""A story keeps its heaviest terms; the rest is noise, and costs memory."""

STALE = 1.1
"""A story's length is computed again when the index has grown by this factor."""

COPY_HANDLES = 8
"""Word runs by which a copy finds its original; one of eight nearly always survives cutting."""

MAX_COMPARED = 40
"""Texts that are compared to find what an article repeats: those with most word runs in common.
Of a text that hundreds carry, any of them will do; who files decoys must file as many as these."""

MAX_FILED = 2_000
"""Articles that a word run leads to: more have a footer in common, or one text."""

TEMPLATE = "Its publisher uses this title again and again, and there is no text to tell it apart."

WORDLESS = "It has no words by which it could be compared."

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


@dataclass(slots=True)
class _Known:
    """What the index remembers of one article."""

    story_id: int
    family: str
    at: datetime
    packed: bytes


@dataclass(slots=True)
class Group:
    """A story as the index keeps it."""

    language: str
    first_at: datetime
    last_at: datetime
    articles: list[int] = field(default_factory=list)
    """All of them; round-ups are members, but add nothing below."""
    size: int = 0
    volume: int = 0
    """The sum of its articles' volumes."""
    sums: Vector = field(default_factory=dict)
    """The sum of its articles' vectors, each of length 1 when rarity is applied to it."""
    length: float = 1.0
    """The length of the sum with rarity applied, as of `measured_at` articles in the index."""
    measured_at: int = 0
    named: dict[str, int] = field(default_factory=dict)
    """How many of its articles have a term as a word of a name."""
    told: dict[str, int] = field(default_factory=dict)
    """How many of its articles tell a name or a figure."""

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
        return (
            speaks
            and at - self.last_at <= WINDOW
            and self.first_at - at <= WINDOW
            and at - self.first_at <= LONGEST
        )


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
        self._known: dict[int, _Known] = {}
        self._by_run: dict[int, list[int]] = {}

    def __len__(self) -> int:
        return self.rarity.count

    # --- What it knows ---------------------------------------------------------------------

    def sign(self, item: Item) -> Signature:
        """Return what an article is recognized by, knowing its publisher's habits."""
        return self.rarity.sign(item)

    def story_of(self, article_id: int) -> int | None:
        """Return the story that an article is in; None if the index does not know it."""
        known = self._known.get(article_id)
        return known.story_id if known else None

    def home_of(self, article_id: int) -> int:
        """Return the story that a known article is in. Raises KeyError."""
        return self._known[article_id].story_id

    def signature_of(self, article_id: int) -> Signature:
        """Return the signature with which a known article was added."""
        return unpack(self._known[article_id].packed)

    def add(self, signature: Signature, story_id: int, *, packed: bytes = b"") -> None:
        """Make an article a member of a story, new or known.

        packed: the packed signature, if the caller has it
        """
        self.join(signature, story_id)
        self.rarity.learn(signature)
        at = signature.published_at
        self._known[signature.id] = _Known(
            story_id, signature.family, at, packed or pack(signature)
        )
        self._file_runs(signature)

    def remove(self, article_id: int) -> None:
        """Forget an article that it knows."""
        signature = self.signature_of(article_id)
        self.leave(signature)
        del self._known[article_id]
        self.rarity.unlearn(signature)
        for run in handles(signature.sketch):
            filed = self._by_run.get(run, [])
            if article_id in filed:
                filed.remove(article_id)
                if not filed:
                    del self._by_run[run]

    def come_back(self, signature: Signature, story_id: int) -> None:
        """Put a known article that has left its story into one, new or known."""
        self.join(signature, story_id)
        self._known[signature.id].story_id = story_id

    def forget(self, before: datetime) -> None:
        """Forget the stories whose last article is older."""
        for story_id in [s for s, group in self.groups.items() if group.last_at < before]:
            for article_id in list(self.groups[story_id].articles):
                self.remove(article_id)

    def join(self, signature: Signature, story_id: int) -> None:
        """Add an article to a story's sums and to the index.

        A round-up adds nothing, so that nothing finds the story because of it.
        """
        at = signature.published_at
        group = self.groups.get(story_id)
        if group is None:
            group = self.groups[story_id] = Group(signature.language, at, at)
        group.articles.append(signature.id)
        if signature.is_round_up:
            return
        group.first_at, group.last_at = min(group.first_at, at), max(group.last_at, at)
        unit = 1 / (self.rarity.weigh(signature).length or 1.0)
        sums, postings = group.sums, self._postings
        for term, weight in signature.terms.items():
            if term in sums:
                sums[term] += weight * unit
            else:
                sums[term] = weight * unit
                postings.setdefault(term, []).append(story_id)
        group.size += 1
        group.volume += signature.volume
        _count(group.named, signature.name_of, 1)
        _count(group.told, _told_by(signature), 1)
        if len(sums) > MAX_STORY_TERMS:
            self._trim(group, story_id)
        self._measure(group)

    def leave(self, signature: Signature) -> None:
        """Take a known article out of its story; a story without articles is forgotten."""
        story_id = self._known[signature.id].story_id
        group = self.groups[story_id]
        group.articles.remove(signature.id)
        if not signature.is_round_up:
            self._take_out(signature, group, story_id)
        if not group.articles:
            self._unfile(group.sums, story_id)
            del self.groups[story_id]
        elif signature.published_at in {group.first_at, group.last_at}:
            moments = [self._known[article_id].at for article_id in group.articles]
            group.first_at, group.last_at = min(moments), max(moments)

    def _take_out(self, signature: Signature, group: Group, story_id: int) -> None:
        # Rarity has changed since the article came, so its part is known only nearly: what
        # remains of a term that no other article has is dropped.
        unit = 1 / (self.rarity.weigh(signature).length or 1.0)
        group.size -= 1
        group.volume -= signature.volume
        gone = []
        for term, weight in signature.terms.items():
            rest = group.sums.get(term, 0.0) - weight * unit
            if rest > LEAST and group.size:
                group.sums[term] = rest
            elif group.sums.pop(term, None) is not None:
                gone.append(term)
        self._unfile(gone, story_id)
        _count(group.named, signature.name_of, -1)
        _count(group.told, _told_by(signature), -1)
        self._measure(group)

    def _unfile(self, terms: Iterable[str], story_id: int) -> None:
        for term in terms:
            filed = self._postings[term]
            filed.remove(story_id)
            if not filed:
                del self._postings[term]

    def _file_runs(self, signature: Signature) -> None:
        """Remember by which word runs a later copy of the article is found."""
        if not signature.is_round_up:
            for run in handles(signature.sketch):
                self._by_run.setdefault(run, []).append(signature.id)

    def _trim(self, group: Group, story_id: int) -> None:
        """Drop a story's lightest terms."""
        ranked = sorted(group.sums.items(), key=lambda p: (-p[1] * self.rarity.of(p[0]), p[0]))
        kept = MAX_STORY_TERMS * 3 // 4
        group.sums = dict(ranked[:kept])
        self._unfile((term for term, _ in ranked[kept:]), story_id)

    def _measure(self, group: Group) -> None:
        group.measured_at = self.rarity.count
        if group.size > 1:
            squares = self.rarity.squares(group.sums)
            group.length = math.sqrt(squares) or 1.0
        else:
            group.length = 1.0  # as it was joined: what has changed since is little

    def length_of(self, group: Group) -> float:
        """Return the length of a story's sum with rarity applied, not older than `STALE`."""
        if self.rarity.count > group.measured_at * STALE:
            self._measure(group)
        return group.length

    # --- Where an article belongs ----------------------------------------------------------

    def place(self, signature: Signature, *, only: int | None = None) -> Placement:
        """Say where an article belongs; `add` makes it so.

        only: the one story that it may join, if any
        """
        if signature.is_round_up:
            return Placement(None, 0.0, Why(note=NOTE))
        if self.rarity.is_template(signature) and not signature.has_text:
            return Placement(None, 0.0, Why(note=TEMPLATE))
        if not signature.terms:
            return Placement(None, 0.0, Why(note=WORDLESS))
        weighed = self.rarity.weigh(signature)
        story_id, similarity = self._find(weighed, only)
        if story_id is None:
            return Placement(None, similarity, Why())
        why = self.why(weighed, self.groups[story_id])
        return Placement(story_id, similarity, why, self.copied_by(signature, story_id))

    def _find(self, weighed: Weighed, only: int | None) -> tuple[int | None, float]:
        """Return the story that an article joins, and how similar it is; see `nearest`."""
        if only is not None:
            return self.nearest(weighed, [only] * (only in self.groups))
        original = self._original_story(weighed.signature)
        if original is None:
            return self.nearest(weighed, self.candidates(weighed))
        # However often its words were read before, the same text tells the same event.
        return original, self.similarity(weighed, self.groups[original])

    def _original_story(self, signature: Signature) -> int | None:
        """Return the open story of the text that an article repeats, if it is long enough."""
        if not signature.sketch.runs:
            return None
        language, at = signature.language, signature.published_at
        stories = (self._known[i].story_id for i in sorted(self._alike_texts(signature)))
        return next((s for s in stories if self.groups[s].is_open_to(language, at)), None)

    def nearest(self, weighed: Weighed, asked: Sequence[int]) -> tuple[int | None, float]:
        """Return the most similar of these stories that is near enough, and how similar it is.

        None with the similarity of the nearest one where none is near enough.
        """
        best: tuple[float, int | None] = (0.0, None)
        missed = 0.0
        for story_id in asked:
            group = self.groups[story_id]
            least = by_length(group.volume_with(weighed.signature), HEADLINES_ALIKE, TEXTS_ALIKE)
            similarity = self.similarity(weighed, group, least=least)
            if similarity < least:
                missed = max(missed, similarity)
            elif similarity > best[0]:
                best = similarity, story_id
        similarity, nearest = best
        return nearest, similarity if nearest is not None else missed

    def candidates(self, weighed: Weighed) -> list[int]:
        """Return the stories that share most weight with an article, found by its rarest terms."""
        shared: dict[int, float] = {}
        budget, groups, pull = MAX_POSTINGS, self.groups, weighed.pull
        for term in self.rarity.rarest_first(pull):
            posted = self._postings.get(term)
            if not posted:
                continue
            budget -= len(posted)
            if budget < 0 and shared:
                break
            weight = pull[term]
            # Where even the rarest term is frequent, the newest stories are the likeliest.
            for story_id in posted[-MAX_POSTINGS:]:
                group = groups[story_id]
                part = weight * group.sums[term] / group.length
                shared[story_id] = shared.get(story_id, 0.0) + part
        language, at = weighed.signature.language, weighed.signature.published_at
        nearest = sorted(shared.items(), key=itemgetter(1), reverse=True)
        open_ones = (s for s, _ in nearest if groups[s].is_open_to(language, at))
        return list(islice(open_ones, MAX_CANDIDATES))

    def similarity(self, weighed: Weighed, group: Group, *, least: float = 0.0) -> float:
        """Return how alike an article and a story are, 0 to 1: the cosine, less for lateness.

        0 too when what they share are not pieces of evidence enough. Below `least` nobody asks
        for more than the cosine.
        """
        lengths = weighed.length * self.length_of(group)
        if not lengths:
            return 0.0
        sums = group.sums
        shared = {t: part * sums[t] for t, part in weighed.pull.items() if t in sums}
        alike = min(1.0, sum(shared.values()) / lengths)
        if alike < least:
            return alike
        similarity = alike * self._factor(weighed.signature, group)
        is_told = self._is_told(weighed.signature, shared, group, similarity)
        return similarity if is_told else 0.0

    def _factor(self, signature: Signature, group: Group) -> float:
        """Return what a cosine is worth, 0 to 1, between articles so far apart and so named."""
        hours = group.hours_to(signature.published_at)
        lateness = min(1.0, hours * 3600 / WINDOW.total_seconds())
        factor = math.pow(LATE_FACTOR, lateness)
        return factor * (STRANGERS_FACTOR if self._names_others(signature, group) else 1.0)

    def _is_told(
        self, signature: Signature, shared: Vector, group: Group, similarity: float
    ) -> bool:
        """Tell whether what is shared is evidence enough: several pieces, or one rare name."""
        enough = by_length(group.volume_with(signature), HEADLINE_EVIDENCE, TEXT_EVIDENCE)
        if self._evidence(signature, shared) >= enough:
            return True
        return similarity >= NAME_ALIKE and any(
            " " in name and term in shared and group.named.get(term) and self._is_rare(term)
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

    def copied_by(self, signature: Signature, story_id: int) -> int | None:
        """Return a story's earliest article of another publisher that this one repeats."""
        return min(self._alike_texts(signature, story_id), default=None)

    def copies_in(self, story_id: int) -> dict[int, int | None]:
        """Return all articles of a story, each with the earlier one that it repeats, if any.

        Earlier is what came to us earlier: a date is what a publisher claims.
        """
        found: dict[int, int | None] = {}
        for article_id in self.groups[story_id].articles:
            alike = self._alike_texts(self.signature_of(article_id), story_id)
            found[article_id] = min((i for i in alike if i < article_id), default=None)
        return found

    def _alike_texts(self, signature: Signature, story_id: int | None = None) -> list[int]:
        """Return the articles of other publishers with the same text, of all stories or of one."""
        known, near = self._known, Counter[int]()
        for run in handles(signature.sketch):
            near.update(self._by_run.get(run, ())[:MAX_FILED])
        others = [
            (-runs, article_id)
            for article_id, runs in near.items()
            if known[article_id].family != signature.family
            and story_id in {None, known[article_id].story_id}
            and article_id != signature.id
        ]
        return [
            article_id
            for _, article_id in heapq.nsmallest(MAX_COMPARED, others)
            if is_copy(signature.sketch, unpack(known[article_id].packed).sketch)
        ]

    def why(self, weighed: Weighed, group: Group) -> Why:
        """Name what an article and its story share, the weightiest first."""
        signature, sums = weighed.signature, group.sums
        if signature.is_round_up:
            return Why(note=NOTE)
        shared = {t: part * sums[t] for t, part in weighed.pull.items() if t in sums}
        terms = heapq.nsmallest(MAX_SHOWN, shared, key=lambda term: (-shared[term], term))
        names = [written for name, written in signature.names.items() if group.told.get(name)]
        numbers = [figure for figure in signature.figures if group.told.get(f"#{figure}")]
        return Why(
            terms=tuple(signature.written[term] for term in terms if term in signature.written),
            names=tuple(names[:MAX_SHOWN]),
            figures=tuple(numbers[:MAX_SHOWN]),
            hours_apart=round(group.hours_to(signature.published_at), 1),
        )


LEAST = 1e-3
"""What is left of a term's weight when the only article that had it has left."""


def by_length(terms: float, of_headline: float, of_text: float) -> float:
    """Return the value for a text of so many different terms, between headline and full text."""
    return between(terms, (HEADLINE_TERMS, of_headline), (TEXT_TERMS, of_text))


def between(amount: float, low: tuple[float, float], high: tuple[float, float]) -> float:
    """Return the value for an amount between two others that have theirs, by its logarithm."""
    (fewest, of_fewest), (most, of_most) = low, high
    bounded = min(max(amount, fewest), most)
    share = math.log(bounded / fewest) / math.log(most / fewest)
    return of_fewest + share * (of_most - of_fewest)


def handles(sketch: Sketch) -> tuple[int, ...]:
    """Return the few hashes by which the texts are found that another one may repeat."""
    return tuple(sketch.runs[:COPY_HANDLES]) or (sketch.whole,)


def _told_by(signature: Signature) -> Iterable[str]:
    """Return the names and the figures that an article tells, the figures marked."""
    return [*signature.names, *(f"#{figure}" for figure in signature.figures)]


def _count(counts: dict[str, int], of: Iterable[str], step: int) -> None:
    for each in of:
        count = counts.get(each, 0) + step
        if count > 0:
            counts[each] = count
        else:
            counts.pop(each, None)
