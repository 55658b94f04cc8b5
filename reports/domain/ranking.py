"""Which stories a report tells, in which order, and why: a score is the sum of its parts.

Everything is counted in whole points, so that the parts add up to the score exactly. A story that
twice as many tell independently is worth INDEPENDENCE points more; what the others are worth can
be read against that.

Stories are taken one after the other, each time the one with the most points. What was taken
already costs those that are like it: a topic has some stories free, then each further one costs a
little more; each story that one outlet alone tells makes the next one of that outlet dearer; and
a second story of one storyline is dear at once. So no topic and no outlet fills a report while
there is other news, and both may when there is none.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice
from types import MappingProxyType

from reports.domain.roundups import is_round_up
from reports.domain.topics import SOFT, TOPICS

HALF_LIFE = timedelta(hours=12)
"""After this long news has lost half of its freshness: a morning report looks back one night."""

# Points per doubling. Independence leads: a second voice outweighs any freshness. Mere outlets
# and articles count little, because copies cost nothing.
INDEPENDENCE = 100
OUTLETS = 20
ARTICLES = 15
# Points at most.
FRESHNESS = 70
PROMINENCE = 60
TEXT = 30
CONTINUITY = 20
# The staff's word. A level of a topic's weight is worth a doubling of the voices.
TOPIC = 100
LEVELS = 3
SOFTNESS = -80
PINNED = 3_000
"""More than all the other parts together."""
# What was taken already costs those like it.
TOPIC_FREE = 3
TOPIC_AGAIN, TOPIC_AGAIN_MOST = -12, -120
ALONE_AGAIN, ALONE_AGAIN_MOST = -60, -300
STORYLINE_AGAIN = -150

MAX_VOICES = 64
MAX_ARTICLES = 256
LIGHTEST, HEAVIEST = 0.125, 8.0
"""How little and how much the choice of one source can count."""


class Part(StrEnum):
    """What a score is made of, in the words that readers see."""

    INDEPENDENCE = "independent reports"
    OUTLETS = "outlets"
    ARTICLES = "articles"
    FRESHNESS = "freshness"
    PROMINENCE = "place in the sources"
    TEXT = "more than a headline"
    CONTINUITY = "continues what was told"
    WEIGHT = "weight of its sources"
    TOPIC = "weight of its topic"
    SOFTNESS = "soft news"
    PINNED = "pinned by an editor"
    TOPIC_AGAIN = "more of the same topic"
    ALONE_AGAIN = "more from one outlet alone"
    STORYLINE_AGAIN = "more of the same storyline"


EXPLAINED: Mapping[str, str] = MappingProxyType(
    {
        Part.INDEPENDENCE: "How many told it in words of their own.",
        Part.OUTLETS: "How many carry it, copies too.",
        Part.ARTICLES: "How often its outlets return to it.",
        Part.FRESHNESS: "How new its newest article is; half is lost every twelve hours.",
        Part.PROMINENCE: "How high its outlets place it among what they brought at once.",
        Part.TEXT: "Some article says more than its headline.",
        Part.CONTINUITY: "An earlier report told it, and there is news since.",
        Part.WEIGHT: "How much the editors let the choice of these sources count.",
        Part.TOPIC: "How much the editors of this briefing want of its topic.",
        Part.SOFTNESS: "Sport, culture and lifestyle come a little later.",
        Part.PINNED: "An editor put it first.",
        Part.TOPIC_AGAIN: "Stories above are about the same, and no topic fills a report.",
        Part.ALONE_AGAIN: "Stories above come from the same single outlet.",
        Part.STORYLINE_AGAIN: "A story above belongs to the same storyline.",
    }
)
"""What each part means: a sentence for readers."""

NO_ROOM = "There was no room: the stories above count for more."
FEWER_VOICES = "There was no room: the last story above is told by more independent outlets."
OLDER = "There was no room: the last story above is fresher."
SOFT_NEWS = "There was no room: sport, culture and lifestyle come after other news."
OTHER_TOPICS = "There was no room: this briefing wants more of other topics."
OTHER_SOURCES = "There was no room: the editors let other sources count for more."
TOPIC_HAD_ITS_SHARE = "Its topic had its share: the stories above tell more of it already."
OUTLET_HAD_ITS_SHARE = "Its outlet, the only one to tell it, has other stories here."
STORYLINE_IS_TOLD = "A story above belongs to the same storyline."
MUTED = "The editors decided not to tell it."
ROUND_UP = "It gathers other news and is none of its own."
TOLD_BEFORE = "Told before, and nothing new since."

_SHARES: Mapping[Part, str] = MappingProxyType(
    {
        Part.STORYLINE_AGAIN: STORYLINE_IS_TOLD,
        Part.ALONE_AGAIN: OUTLET_HAD_ITS_SHARE,
        Part.TOPIC_AGAIN: TOPIC_HAD_ITS_SHARE,
    }
)
_SHORTFALLS: Mapping[Part, str] = MappingProxyType(
    {
        Part.INDEPENDENCE: FEWER_VOICES,
        Part.FRESHNESS: OLDER,
        Part.SOFTNESS: SOFT_NEWS,
        Part.TOPIC: OTHER_TOPICS,
        Part.WEIGHT: OTHER_SOURCES,
    }
)


class Status(StrEnum):
    """A story against this briefing's earlier reports."""

    NEW = "new"
    DEVELOPING = "developing"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A story, described by its articles within the report's window."""

    story_id: int
    outlets: frozenset[str]
    """Publisher families."""
    independent: int
    """Of these, how many did more than carry a copy; an agency is one, whoever carries it."""
    article_count: int
    first_at: datetime
    last_at: datetime
    """When its newest article that is no copy was published."""
    weight: float | None = None
    """The sum of its independent voices' weights, each 1 as a rule; None: all are usual."""
    prominence: float = 0.5
    """How high its sources place it: 0 to 1."""
    told_until: datetime | None = None
    """The end of the last report that told it, or what it continues."""
    has_text: bool = True
    """Whether any article says more than its headline."""
    titles: tuple[str, ...] = ()
    """Of its articles: if all of them only gather other news, it is none of its own."""
    only_copies: bool = False
    """Whether all its articles in the window repeat what was known."""
    topics: tuple[str, ...] = ()
    """The first leads."""
    storyline: int | None = None
    """The story that its storyline began with."""
    is_pinned: bool = False
    is_muted: bool = False

    @property
    def topic(self) -> str:
        """The topic that leads; empty if none is known."""
        return self.topics[0] if self.topics else ""

    @property
    def lone_outlet(self) -> str:
        """The only outlet that tells it; empty if there are more."""
        return next(iter(self.outlets)) if len(self.outlets) == 1 else ""

    @property
    def is_round_up(self) -> bool:
        """Whether all its articles only gather other news: live pages, briefings, galleries."""
        return bool(self.titles) and all(map(is_round_up, self.titles))


@dataclass(frozen=True, slots=True)
class Ranked:
    """A story, its score, and what the score is made of: only the parts that count."""

    candidate: Candidate
    parts: Mapping[str, int]
    status: Status

    @property
    def score(self) -> int:
        return sum(self.parts.values())


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A story that is not told, and why: a sentence for readers."""

    story_id: int
    reason: str


def rank(
    candidates: Iterable[Candidate],
    *,
    now: datetime,
    max_sections: int,
    reserves: int = 0,
    max_left_out: int = 20,
    topic_weights: Mapping[str, int] | None = None,
) -> tuple[list[Ranked], list[LeftOut]]:
    """Return the stories to tell, best first, and the best of the others with the reason for each.

    Equal scores are told in the order of their ids, so the same input makes the same report.

    reserves:      how many more stand by, at the end of those chosen
    topic_weights: -3 to 3 by topic; one that is named here is no soft news any more
    """
    weights = topic_weights or {}
    ranked = sorted((_ranked(candidate, now, weights) for candidate in candidates), key=_order)
    chosen = _chosen(ranked, max_sections + reserves)
    picked = {one.candidate.story_id for one in chosen}
    others = (one for one in ranked if one.candidate.story_id not in picked)
    told = chosen[:max_sections]
    likeness = _Likeness(told)
    return chosen, [
        LeftOut(one.candidate.story_id, _why_not(one, told, likeness))
        for one in islice(others, max_left_out)
    ]


def status_of(candidate: Candidate) -> Status:
    """Return whether the story is new to this briefing's readers, has grown, or stands still."""
    if candidate.told_until is None:
        return Status.NEW
    if candidate.last_at > candidate.told_until and not candidate.only_copies:
        return Status.DEVELOPING
    return Status.UNCHANGED


def _order(one: Ranked) -> tuple[int, int]:
    return -one.score, one.candidate.story_id


def _ranked(candidate: Candidate, now: datetime, topic_weights: Mapping[str, int]) -> Ranked:
    status = status_of(candidate)
    age = max(now - candidate.last_at, timedelta())
    voices = max(candidate.independent, 1)
    parts = {
        Part.PINNED: PINNED * candidate.is_pinned,
        Part.INDEPENDENCE: _doublings(INDEPENDENCE, voices, MAX_VOICES),
        Part.OUTLETS: _doublings(OUTLETS, len(candidate.outlets), MAX_VOICES),
        Part.ARTICLES: _doublings(ARTICLES, candidate.article_count, MAX_ARTICLES),
        Part.FRESHNESS: round(FRESHNESS * 0.5 ** (age / HALF_LIFE)),
        Part.PROMINENCE: round(PROMINENCE * min(max(candidate.prominence, 0.0), 1.0)),
        Part.TEXT: TEXT * candidate.has_text,
        Part.CONTINUITY: CONTINUITY * (status == Status.DEVELOPING),
        Part.WEIGHT: _of_sources(candidate.weight, voices),
        **_of_topic(candidate, topic_weights),
    }
    return Ranked(
        candidate, {str(part): points for part, points in parts.items() if points}, status
    )


def _doublings(points: int, count: int, most: int) -> int:
    """Return `points` for each time that 1 doubles on its way to `count`."""
    return round(points * math.log2(min(max(count, 1), most)))


def _of_sources(weight: float | None, voices: int) -> int:
    """Return what the sources' weights add to the points of independence.

    Together they are the points of as many voices as the weights sum up to, so that one voice
    more, however light, never makes a story lose.
    """
    voices = min(voices, MAX_VOICES)
    if weight is None or math.isnan(weight):
        return 0
    sum_of_weights = min(max(weight, LIGHTEST), HEAVIEST * MAX_VOICES)
    return round(INDEPENDENCE * math.log2(sum_of_weights)) - round(INDEPENDENCE * math.log2(voices))


def _of_topic(candidate: Candidate, topic_weights: Mapping[str, int]) -> dict[Part, int]:
    """Return the points of the first of its topics that the staff has an opinion of.

    Half of them if another topic leads. What leads and is soft comes later by default.
    """
    told = next((topic for topic in candidate.topics if topic in topic_weights), None)
    level = min(max(topic_weights[told], -LEVELS), LEVELS) if told is not None else 0
    is_soft = candidate.topic in SOFT and candidate.topic not in topic_weights
    return {
        Part.TOPIC: (TOPIC if told == candidate.topic else TOPIC // 2) * level,
        Part.SOFTNESS: SOFTNESS * is_soft,
    }


@dataclass(slots=True)
class _Likeness:
    """What was taken already, and what that costs those like it."""

    taken: Iterable[Ranked] = ()
    topics: Counter[str] = field(default_factory=Counter)
    alone: Counter[str] = field(default_factory=Counter)
    storylines: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        for one in self.taken:
            self.take(one.candidate)

    def take(self, candidate: Candidate) -> None:
        """Remember a story that is told."""
        if candidate.topic:
            self.topics[candidate.topic] += 1
        if candidate.lone_outlet:
            self.alone[candidate.lone_outlet] += 1
        if candidate.storyline is not None:
            self.storylines.add(candidate.storyline)

    def costs(self, candidate: Candidate) -> dict[str, int]:
        """Return what it costs a story that others like it are told; a pinned one nothing."""
        if candidate.is_pinned:
            return {}
        alike = self.topics[candidate.topic] - TOPIC_FREE + 1 if candidate.topic else 0
        alone = self.alone[candidate.lone_outlet] if candidate.lone_outlet else 0
        costs = {
            Part.TOPIC_AGAIN: max(TOPIC_AGAIN * max(alike, 0), TOPIC_AGAIN_MOST),
            Part.ALONE_AGAIN: max(ALONE_AGAIN * alone, ALONE_AGAIN_MOST),
            Part.STORYLINE_AGAIN: STORYLINE_AGAIN * (candidate.storyline in self.storylines),
        }
        return {str(part): points for part, points in costs.items() if points}


def _chosen(ranked: Sequence[Ranked], max_sections: int) -> list[Ranked]:
    """Take the best of those that may be told, one after the other.

    Costs only ever rise, so what was the best at its old costs and still is at its new ones is
    the best of all: few stories are ever looked at, however many there are.
    """
    may_be_told = _tellable(ranked)
    likeness = _Likeness()
    chosen: list[Ranked] = []
    waiting: list[tuple[int, int, Ranked]] = []
    following = next(may_be_told, None)
    while len(chosen) < max_sections:
        while following is not None and (not waiting or _order(following) < waiting[0][:2]):
            heapq.heappush(waiting, (*_order(following), following))
            following = next(may_be_told, None)
        if not waiting:
            break
        *seen, one = heapq.heappop(waiting)
        weighed = Ranked(one.candidate, {**one.parts, **likeness.costs(one.candidate)}, one.status)
        if [*_order(weighed)] != seen:
            # `one` keeps its parts without costs: they are added anew each time.
            heapq.heappush(waiting, (*_order(weighed), one))
            continue
        chosen.append(weighed)
        likeness.take(one.candidate)
    return chosen


def _tellable(ranked: Iterable[Ranked]) -> Iterator[Ranked]:
    return (one for one in ranked if not _forbidden(one))


def _forbidden(one: Ranked) -> str:
    """Return why a story is not told however many points it has; empty if it may be.

    A pinned story may be a round-up: an editor has read it.
    """
    if one.candidate.is_muted:
        return MUTED
    if one.status == Status.UNCHANGED:
        return TOLD_BEFORE
    if not one.candidate.is_pinned and one.candidate.is_round_up:
        return ROUND_UP
    return ""


def _why_not(one: Ranked, told: Sequence[Ranked], likeness: _Likeness) -> str:
    """Return the main reason why a story is not among those told."""
    if reason := _forbidden(one):
        return reason
    if not told:
        return NO_ROOM
    last = told[-1]
    if _order(one) < _order(last):
        # Its points were enough; what was taken before it cost it the place.
        costs = likeness.costs(one.candidate)
        return _SHARES[Part(min(costs, key=lambda part: (costs[part], part)))] if costs else NO_ROOM
    lacks = {part: last.parts.get(part, 0) - one.parts.get(part, 0) for part in _SHORTFALLS}
    part = max(lacks, key=lambda part: lacks[part])
    # Nothing else may weigh as much as the reason that is told.
    gap = last.score - one.score
    return _SHORTFALLS[part] if lacks[part] > 0 and 2 * lacks[part] >= gap else NO_ROOM


def levels_of(stored: object) -> dict[str, int]:
    """Read the weights of topics from JSON; what is no topic or no level counts as nothing."""
    if not isinstance(stored, dict):
        return {}
    return {
        topic: level
        for topic, level in stored.items()
        if topic in TOPICS and type(level) is int and -LEVELS <= level <= LEVELS
    }
