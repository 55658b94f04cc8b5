"""Choose the stories of a report and open its revision. Code ranks: no model is asked here."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from django.db import models, transaction
from django.db.models import Exists, Max, OuterRef, Q
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from patriot.work.looks import enqueue
from patriot.work.models import Job
from reports.domain.ranking import Candidate, LeftOut, Ranked, levels_of, rank
from reports.domain.storylines import Status as Standing
from reports.models import Briefing, Prompt, Report, Revision, Section, Story
from reports.pipeline.corroborate import open_searches
from reports.pipeline.slots import window_start
from reports.pipeline.stages import Stage
from reports.pipeline.storylines import Followed, Told, followed, told_before
from reports.pipeline.tallies import Tally, tallies_of
from reports.pipeline.window import Window, articles_in, sources_of, window_of
from sources.models import Fetch, Source

if TYPE_CHECKING:
    from reports.pipeline.writers import Writers

MAX_LEFT_OUT = 20
MAX_UNCHANGED = 12
MAX_AGENCIES = 10
# Sections beyond the report's length, for those of which nothing can be told after all.
RESERVES = 4


class StoryRow(NamedTuple):
    """What ranking asks of a story as a whole."""

    pk: int
    topics: list[str]
    beginning_id: int | None
    is_pinned: bool
    is_muted: bool

    @property
    def storyline(self) -> int:
        """The id of the story that its storyline began with, perhaps its own."""
        return self.beginning_id or self.pk


@dataclass(frozen=True, slots=True)
class Selection:
    """What a report tells and why, before anything is stored."""

    window: Window
    chosen: tuple[Ranked, ...]
    left_out: tuple[LeftOut, ...]
    unchanged: tuple[Followed, ...]
    """What was told lately and stands still or is over."""
    tallies: Mapping[int, Tally]
    """Of every story of the window, chosen or not."""
    topic_weights: Mapping[str, int]
    """Of those topics that the staff has an opinion of."""


def select(job: Job, report: Report, now: datetime, *, writers: Writers) -> None:
    """Rank the stories of the window, open a revision with a section for each chosen one.

    A window without a story ends the report: skipped on a calm day, failed on a broken one.
    """
    report.window_end = max(report.window_end, now)
    selection = selection_of(report)
    coverage = coverage_of(report, selection.window)
    with transaction.atomic():
        chosen = [ranked.candidate.story_id for ranked in selection.chosen]
        job.finish(now, output={"stories": chosen})
        report.save(update_fields=["window_end"])
        if not chosen:
            _end_without_sections(report, coverage)
            return
        revision = Revision.objects.create(
            report=report,
            number=_next_number(report),
            coverage=coverage,
            left_out=_left_out_in_words(selection),
            unchanged=[one.entry for one in selection.unchanged],
            created_at=now,
        )
        if writers.model_for(report.briefing):
            # A prompt that is edited from now on is for the next report.
            revision.prompts.set(Prompt.objects.live_for(report.briefing))
        sections = _open_sections(revision, selection)
        open_searches(report, sections, now)
        _open_jobs(report, now)


def selection_of(report: Report) -> Selection:
    """Return what the report tells of its window, in a number of queries that never grows."""
    window = window_of(report)
    for_one_story = Source.objects.filter(
        newsroom=report.briefing.newsroom, for_story__isnull=False
    )
    tallies = tallies_of(window, searches=tuple(for_one_story.values_list("pk", flat=True)))
    stories = _stories(tallies)
    weights = levels_of(report.briefing.topic_weights)
    chosen, left_out = rank(
        _candidates(stories, tallies, _told_before(report, stories)),
        now=report.window_end,
        max_sections=report.briefing.max_sections,
        reserves=RESERVES,
        max_left_out=MAX_LEFT_OUT + MAX_UNCHANGED,
        topic_weights=weights,
    )
    told = {ranked.candidate.storyline for ranked in chosen}
    unchanged = _unchanged(report, told)
    followed_lines = {one.storyline_id for one in unchanged}
    lines = {story.pk: story.storyline for story in stories}
    # Each story has one line on the page: what stands still is not left out.
    others = [left for left in left_out if lines[left.story_id] not in followed_lines]
    return Selection(
        window=window,
        chosen=tuple(chosen),
        left_out=tuple(others[:MAX_LEFT_OUT]),
        unchanged=unchanged,
        tallies=tallies,
        topic_weights=weights,
    )


def preview_of(briefing: Briefing, now: datetime) -> Selection:
    """Return what a report that began this minute would tell; nothing is stored."""
    report = Report(
        briefing=briefing,
        slot_at=now,
        window_start=window_start(briefing, now),
        window_end=now,
    )
    return selection_of(report)


def _next_number(report: Report) -> int:
    newest = report.revisions.aggregate(newest=Max("number"))["newest"]
    return (newest or 0) + 1


def _end_without_sections(report: Report, coverage: dict[str, object]) -> None:
    """Say that there was nothing to tell, or that nobody could be heard: these differ."""
    answered, watched = coverage["answered"], coverage["watched"]
    since = report.window_start.astimezone(report.briefing.zone)
    if not watched:
        report.state = Report.State.FAILED
        report.reason = _unwatched(report)
    elif answered:
        report.state = Report.State.SKIPPED
        report.reason = (
            f"Nothing new to tell: {answered} of {watched} sources answered, and nothing that "
            f"they published since {since:%A, %H:%M} "
            "is a story that was not told before."
        )
    else:
        report.state = Report.State.FAILED
        report.reason = (
            f"None of the {watched} sources answered, so there was nothing to report from. "
            "The list of sources says why."
        )
    report.save(update_fields=["state", "reason"])


def _unwatched(report: Report) -> str:
    """Return why no source is watched for this report, and what to do."""
    briefing = report.briefing
    if paused := sources_of(report).filter(for_story__isnull=True).count():
        return (
            f"None of this briefing's sources is watched: {paused} of {paused} are paused. "
            "Resume those it should read, in the list of sources."
        )
    tagged = f" with one of the tags {', '.join(briefing.tags)}" if briefing.tags else ""
    room = f"“{briefing.newsroom}”" if briefing.newsroom else "without a name"
    return (
        f"This briefing has no source: none{tagged} is in its newsroom, the one {room}. "
        "Add sources, or change the briefing's tags or its newsroom (under Advanced)."
    )


def _stories(tallies: Mapping[int, Tally]) -> list[StoryRow]:
    # One array: thousands of parameters would take longer to write than to answer.
    ids = RawSQL("SELECT unnest(%s::bigint[])", [list(tallies)])
    rows = Story.objects.filter(pk__in=ids).values_list(
        "pk", "topics", "beginning_id", "is_pinned", "is_muted"
    )
    return [StoryRow(*row) for row in rows.iterator()]


def _candidates(
    stories: Iterable[StoryRow], tallies: Mapping[int, Tally], told: Mapping[int, Told]
) -> list[Candidate]:
    """Describe the stories of the window, each with what is known of it as a whole."""
    return [
        tallies[story.pk].as_candidate(
            story.pk,
            told_until=told[story.pk].until if story.pk in told else None,
            topics=tuple(story.topics),
            storyline=story.storyline,
            is_pinned=story.is_pinned,
            is_muted=story.is_muted,
        )
        for story in stories
    ]


def _told_before(report: Report, stories: Iterable[StoryRow]) -> dict[int, Told]:
    """Return the last telling of those whose storyline the briefing told.

    A morning brings thousands of stories, and a briefing has told a few: only these are asked for.
    """
    sections = Section.objects.filter(
        revision__report__briefing=report.briefing_id,
        revision__report__state=Report.State.PUBLISHED,
    )
    line_of_story = Coalesce("story__beginning", "story")
    line_of_heir = Coalesce("story__merged_into__beginning", "story__merged_into")
    line = Coalesce(line_of_heir, line_of_story)
    lines = set(sections.values_list(line, flat=True).distinct())
    return told_before(report, [story.pk for story in stories if story.storyline in lines])


def _unchanged(report: Report, told: Collection[int | None]) -> tuple[Followed, ...]:
    """Return what the briefing follows and does not tell today, the most important first."""
    still = [
        one
        for one in followed(report)
        if one.status != Standing.DEVELOPING and one.storyline_id not in told
    ]
    stories = Story.objects.in_bulk([one.story_id for one in still])
    kept = [one for one in still if not stories[one.story_id].is_muted]
    kept.sort(key=lambda one: _importance(stories[one.story_id]))
    return tuple(kept[:MAX_UNCHANGED])


def _importance(story: Story) -> tuple[bool, int, int]:
    return not story.is_pinned, -story.independent_count, story.pk


def _left_out_in_words(selection: Selection) -> list[dict[str, object]]:
    kept = [left.story_id for left in selection.left_out]
    titles = dict(Story.objects.filter(pk__in=kept).values_list("pk", "title"))
    return [
        {
            "story": left.story_id,
            "title": titles[left.story_id],
            "outlets": selection.tallies[left.story_id].outlet_count,
            "reason": left.reason,
        }
        for left in selection.left_out
    ]


def _open_sections(revision: Revision, selection: Selection) -> list[Section]:
    sections = []
    for position, ranked in enumerate(selection.chosen, start=1):
        tally = selection.tallies[ranked.candidate.story_id]
        sections.append(
            Section(
                revision=revision,
                story_id=ranked.candidate.story_id,
                position=position,
                status=ranked.status,
                article_count=tally.article_count,
                outlet_count=tally.outlet_count,
                independent_count=tally.independent_count,
                copy_count=tally.copies,
                agencies=tally.agencies_told()[:MAX_AGENCIES],
                score=dict(ranked.parts),
            )
        )
    return Section.objects.bulk_create(sections)


def _open_jobs(report: Report, now: datetime) -> None:
    """Open what comes next: counting the cost, which opens the stories' jobs; and composing."""
    jobs = [
        Job(kind=kind, subject=report.subject, stage=stage, not_before=now, created_at=now)
        for kind, stage in (("budget", Stage.STORY), ("compose", Stage.COMPOSE))
    ]
    for job in Job.objects.bulk_create(jobs):
        enqueue("reports.tasks.work", [job.pk])


def coverage_of(report: Report, window: Window) -> dict[str, object]:
    """Say how far the sources were heard in this window, as the page will print it.

    A source was heard if it answered in the window, or before it and is not due again yet.
    """
    fetches = Fetch.objects.filter(source=OuterRef("pk"), started_at__lte=window.end)
    within = fetches.filter(started_at__gt=window.start)
    answers = [Fetch.Outcome.READ, Fetch.Outcome.UNCHANGED]
    last = fetches.order_by("-started_at")
    sources = (
        sources_of(report)
        .filter(for_story__isnull=True)
        .annotate(
            was_tried=Exists(within),
            has_answered=Exists(within.filter(outcome__in=answers)),
            last_outcome=models.Subquery(last.values("outcome")[:1]),
        )
    )
    is_not_due = Q(last_outcome__in=answers, is_enabled=True, not_before__gt=window.end)
    counts = sources.aggregate(
        watched=models.Count("pk", filter=Q(is_enabled=True) | Q(was_tried=True)),
        answered=models.Count("pk", filter=Q(has_answered=True) | is_not_due),
    )
    articles = articles_in(window).aggregate(newest=Max("published_at"), read=models.Count("pk"))
    return {
        "watched": counts["watched"],
        "answered": counts["answered"],
        "articles": articles["read"],
        "newest_article_at": articles["newest"] and articles["newest"].isoformat(),
    }
