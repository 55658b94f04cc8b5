"""Storylines as reports use them: what was told of one before, and which are followed.

A storyline is a story with those that continue it. What a briefing told of any of them, it told of
all: a verdict is no news to start from nothing when the trial was told.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet

from reports.domain.storylines import Status, standing_of
from reports.models import Report, Revision, Section, Story
from reports.pipeline.linking import link

__all__ = ["Followed", "Told", "followed", "link", "told_before"]

FOLLOWED = timedelta(days=7)
"""A briefing follows what it told within this time."""


@dataclass(frozen=True, slots=True)
class Told:
    """The last report of a briefing that told a storyline."""

    until: datetime
    """Where its window ended: what came later, its readers do not know."""
    section_id: int
    at: datetime
    """The slot of that report."""


@dataclass(frozen=True, slots=True)
class Followed:
    """A storyline that a briefing told lately."""

    story_id: int
    """The story that was told last."""
    storyline_id: int
    section_id: int
    """That told it last."""
    status: Status
    """DEVELOPING where something came since; else UNCHANGED or RESOLVED."""
    since: datetime
    """For a resolved one the time of its last article, else the slot of its last telling."""

    @property
    def entry(self) -> dict[str, object]:
        """What Revision.unchanged keeps of it."""
        return {
            "story": self.story_id,
            "section": self.section_id,
            "status": self.status.value,
            "since": self.since.isoformat(),
        }


def told_before(report: Report, story_ids: Collection[int]) -> dict[int, Told]:
    """Return, for stories whose storyline this briefing told before, the last telling.

    Two queries. Only what readers can still read counts, of slots before the report's.
    """
    asked = _lines_of(Story.objects.filter(pk__in=story_ids))
    lines = set(asked.values())
    sections = _tellings(report).filter(
        Q(story__in=lines)
        | Q(story__beginning__in=lines)
        | Q(story__merged_into__in=lines)
        | Q(story__merged_into__beginning__in=lines)
    )
    told: dict[int, Told] = {}
    for section in sections:
        told[_line_of(section.story)] = Told(
            until=section.revision.report.window_end,
            section_id=section.pk,
            at=section.revision.report.slot_at,
        )
    return {pk: told[line] for pk, line in asked.items() if line in told}


def followed(report: Report) -> list[Followed]:
    """Return the storylines that this briefing told in the last seven days, last told first.

    What was called resolved once and had nothing since is followed no longer. Three queries.
    """
    since = report.slot_at - FOLLOWED
    last: dict[int, Section] = {}
    for section in _tellings(report).filter(revision__report__slot_at__gte=since):
        last[_line_of(section.story)] = section
    if not last:
        return []
    newest = _last_articles(last)
    over = _called_resolved(report, since)
    found = [
        _followed(line, section, newest.get(line), now=report.window_end)
        for line, section in last.items()
    ]
    kept = [one for one in found if one.status != Status.RESOLVED or one.section_id not in over]
    return sorted(kept, key=lambda one: one.section_id, reverse=True)


def _tellings(report: Report) -> QuerySet[Section]:
    """Return what this briefing's readers can read of earlier slots, oldest first."""
    return (
        Section.objects.filter(
            revision=F("revision__report__current"),
            revision__report__briefing=report.briefing_id,
            revision__report__state=Report.State.PUBLISHED,
            revision__report__slot_at__lt=report.slot_at,
        )
        .select_related("revision__report", "story__merged_into")
        .defer("revision__record")
        .order_by("revision__report__slot_at", "pk")
    )


def _lines_of(stories: QuerySet[Story]) -> dict[int, int]:
    return {story.pk: _line_of(story) for story in stories.select_related("merged_into")}


def _line_of(story: Story) -> int:
    """Return the storyline of a story, or of the one that it was merged into."""
    return (story.merged_into or story).storyline_id


def _last_articles(lines: Iterable[int]) -> Mapping[int, datetime]:
    """Return when the newest article of each storyline appeared."""
    stories = Story.objects.filter(
        Q(pk__in=lines) | Q(beginning__in=lines), article_count__gt=0, merged_into=None
    )
    newest: dict[int, datetime] = {}
    for story in stories:
        line = story.storyline_id
        newest[line] = max(newest.get(line, story.last_article_at), story.last_article_at)
    return newest


def _followed(line: int, section: Section, newest: datetime | None, *, now: datetime) -> Followed:
    told = section.revision.report
    last_at = newest or section.story.last_article_at
    if last_at > told.window_end:
        status = Status.DEVELOPING
    else:
        status = standing_of(last_at=last_at, told_at=told.slot_at, now=now)
    return Followed(
        story_id=section.story_id,
        storyline_id=line,
        section_id=section.pk,
        status=status,
        since=last_at if status == Status.RESOLVED else told.slot_at,
    )


def _called_resolved(report: Report, since: datetime) -> set[int]:
    """Return the sections whose story an earlier report of this time called resolved."""
    revisions = Revision.objects.filter(
        report__briefing=report.briefing_id,
        report__state=Report.State.PUBLISHED,
        report__slot_at__gte=since,
        report__slot_at__lt=report.slot_at,
        report__current=F("pk"),
    )
    entries: list[Any] = [e for kept in revisions.values_list("unchanged", flat=True) for e in kept]
    return {
        entry["section"]
        for entry in entries
        if isinstance(entry, dict)
        and entry.get("status") == Status.RESOLVED
        and isinstance(entry.get("section"), int)
    }
