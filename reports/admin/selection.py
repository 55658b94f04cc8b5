"""What a report of a briefing would tell if it began this minute: its stories, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from reports.domain.ranking import Ranked, Status
from reports.domain.topics import TOPICS
from reports.models import Briefing, Story
from reports.pages.coverage import Meter
from reports.pages.why_here import WhyHere, why_here
from reports.pipeline.select import Selection, preview_of


@dataclass(frozen=True, slots=True)
class Row:
    """A story that would be told."""

    position: int
    story: Story
    status: str
    told: str
    """By whom, in a few words."""
    topics: tuple[str, ...]
    why: WhyHere | None


@dataclass(frozen=True, slots=True)
class Left:
    """A story that would not be told, or that stands still, and what is said of it."""

    story: Story
    words: str


@dataclass(frozen=True, slots=True)
class SelectionPage:
    """The preview of a selection, ready to be set."""

    since: datetime
    told: tuple[Row, ...]
    reserves: tuple[Row, ...]
    left_out: tuple[Left, ...]
    unchanged: tuple[Left, ...]
    story_count: int
    article_count: int
    wants: tuple[str, ...]
    """The weights of topics that are not as usual, in words."""


def selection_page(briefing: Briefing, now: datetime) -> SelectionPage:
    """Return the preview, in a number of queries that does not grow; nothing is stored."""
    selection = preview_of(briefing, now)
    stories = _stories_of(selection)
    rows = [
        _row(position, ranked, selection, stories)
        for position, ranked in enumerate(selection.chosen, start=1)
    ]
    return SelectionPage(
        since=selection.window.start,
        told=tuple(rows[: briefing.max_sections]),
        reserves=tuple(rows[briefing.max_sections :]),
        left_out=tuple(Left(stories[left.story_id], left.reason) for left in selection.left_out),
        unchanged=tuple(Left(stories[one.story_id], one.status) for one in selection.unchanged),
        story_count=len(selection.tallies),
        article_count=sum(tally.articles for tally in selection.tallies.values()),
        wants=tuple(_wants(selection.topic_weights)),
    )


def _stories_of(selection: Selection) -> Mapping[int, Story]:
    ids = [ranked.candidate.story_id for ranked in selection.chosen]
    ids += [left.story_id for left in selection.left_out]
    ids += [one.story_id for one in selection.unchanged]
    return Story.objects.in_bulk(ids)


def _row(position: int, ranked: Ranked, selection: Selection, stories: Mapping[int, Story]) -> Row:
    candidate = ranked.candidate
    tally = selection.tallies[candidate.story_id]
    return Row(
        position=position,
        story=stories[candidate.story_id],
        status="" if ranked.status == Status.NEW else ranked.status,
        told=Meter(tally.outlet_count, tally.independent_count, tally.copies).in_words,
        topics=tuple(TOPICS[topic] for topic in candidate.topics if topic in TOPICS),
        why=why_here(dict(ranked.parts)),
    )


def _wants(weights: Mapping[str, int]) -> Iterable[str]:
    for topic, level in sorted(weights.items(), key=lambda item: (-item[1], item[0])):
        yield f"{TOPICS[topic]} {level:+d}".replace("-", "−")
