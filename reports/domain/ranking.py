"""Which stories a report tells, in which order, and why: every score can show its parts."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

HALF_LIFE = timedelta(hours=12)
"""After this long news has lost half of its freshness: a morning report looks back one night."""

# What a part can add at most, or per doubling. Independence leads: one voice more outweighs
# any freshness. Mere outlets count little, because copies cost nothing.
INDEPENDENCE = 3.0
OUTLETS = 0.5
FRESHNESS = 2.0
TEXT = 1.0
STAFF = 1.0
PROMINENCE = 2.0
CONTINUITY = 0.5

ARTICLES = 0.5

NO_ROOM = "There was no room: the stories above are told by more independent outlets, or fresher."

ALONE_PER_OUTLET = 2
"""How many stories that nobody else tells one outlet may bring, while others still have any."""


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
    """Of these, how many did more than carry a copy."""
    article_count: int
    first_at: datetime
    last_at: datetime
    weight: float
    """The mean of its sources' weights; 1 is usual."""
    prominence: float = 0.5
    """How high its sources place it: 1 at the top of a feed, 0 at its end; 0.5 when unknown."""
    told_until: datetime | None = None
    """The end of the last report that told it."""
    has_text: bool = True
    """Whether any article says more than its headline."""
    is_round_up: bool = False
    """Whether all its articles only gather other news: live pages, briefings, galleries."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A chosen story, its score, and what the score is made of."""

    candidate: Candidate
    score: float
    parts: dict[str, float]
    status: Status


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A story that is not told, and why: a sentence for readers."""

    story_id: int
    reason: str


def rank(
    candidates: Iterable[Candidate], *, now: datetime, max_sections: int
) -> tuple[list[Ranked], list[LeftOut]]:
    """Return the stories to tell, best first, and the others with the reason for each.

    Equal scores are told in the order of their ids, so the same input makes the same report.
    """
    ranked = sorted(
        (_ranked(candidate, now) for candidate in candidates),
        key=lambda one: (-one.score, one.candidate.story_id),
    )
    told = [
        one for one in ranked if one.status != Status.UNCHANGED and not one.candidate.is_round_up
    ]
    chosen = _diverse(told, max_sections)
    picked = {one.candidate.story_id for one in chosen}
    left_out = [
        LeftOut(one.candidate.story_id, _why_not(one))
        for one in ranked
        if one.candidate.story_id not in picked
    ]
    return chosen, left_out


def status_of(candidate: Candidate) -> Status:
    """Return whether the story is new to this briefing's readers, has grown, or stands still."""
    if candidate.told_until is None:
        return Status.NEW
    if candidate.last_at > candidate.told_until:
        return Status.DEVELOPING
    return Status.UNCHANGED


def _ranked(candidate: Candidate, now: datetime) -> Ranked:
    status = status_of(candidate)
    age = max(now - candidate.last_at, timedelta())
    parts = {
        "independent reports": INDEPENDENCE * math.log2(max(candidate.independent, 1)),
        "outlets": OUTLETS * math.log2(max(len(candidate.outlets), 1)),
        "articles": ARTICLES * math.log2(max(candidate.article_count, 1)),
        "freshness": FRESHNESS * 0.5 ** (age / HALF_LIFE),
        "more than a headline": TEXT * candidate.has_text,
        "place in the sources": PROMINENCE * min(max(candidate.prominence, 0.0), 1.0),
        "staff's weight": STAFF * math.log2(min(max(candidate.weight, 0.125), 8.0)),
        "continues": CONTINUITY * (status == Status.DEVELOPING),
    }
    parts = {name: round(value, 3) for name, value in parts.items()}
    return Ranked(candidate, round(sum(parts.values()), 3), parts, status)


def _diverse(ranked: Sequence[Ranked], max_sections: int) -> list[Ranked]:
    """Take the best, but of one outlet's lone stories only a few while there are others."""
    alone: Counter[str] = Counter()
    preferred, spare = [], []
    for one in ranked:
        if len(one.candidate.outlets) == 1:
            (outlet,) = one.candidate.outlets
            alone[outlet] += 1
            if alone[outlet] > ALONE_PER_OUTLET:
                spare.append(one)
                continue
        preferred.append(one)
    chosen = (preferred + spare)[:max_sections]
    return sorted(chosen, key=lambda one: (-one.score, one.candidate.story_id))


def _why_not(one: Ranked) -> str:
    if one.candidate.is_round_up:
        return "It gathers other news and is none of its own."
    if one.status == Status.UNCHANGED:
        return "Told before, and nothing new since."
    if len(one.candidate.outlets) == 1:
        return "We matched no other outlet's article to it."
    return NO_ROOM
