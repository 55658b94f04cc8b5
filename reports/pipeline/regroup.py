"""Look at the open stories once more, with all that is known now, before a report tells them."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from patriot.work.models import Job
from reports.models import Report, Story
from reports.pipeline.cluster import count_articles
from reports.pipeline.describe import describe
from reports.pipeline.open_stories import OpenStories, changing_stories, open_stories
from reports.pipeline.settling import settle_stories
from reports.pipeline.window import SLACK, sources_of
from reports.pipeline.writers import deadline_of
from sources.models import Article

# How long a report waits for the belt: less than a briefing's usual lead.
PATIENCE = timedelta(minutes=8)
A_MOMENT = timedelta(seconds=5)
# Stories that are described before a report if the worker has not come to it: some seconds' work.
MAX_DESCRIBED = 1_000


def regroup(job: Job, report: Report, now: datetime) -> None:
    """Move articles to the stories where they belong, all things considered.

    First the belt must have caught up: after an outage everything is due at once, and a report
    on what was there before would tell nothing. The wait is bounded by PATIENCE, and leaves half
    of the time to its deadline to those who write it: past that, no model is asked.
    """
    patience = min(PATIENCE, (deadline_of(report) - report.created_at) / 2)
    if now < report.created_at + patience and _is_belt_behind(report, now):
        job.postpone(now + A_MOMENT)
        return
    with changing_stories():
        opened = open_stories(report.briefing.newsroom, now=now)
        changed = settle_stories(opened, _unsettled(opened, report))
        count_articles(changed)
        opened.note()
    # What a story is about decides on its rank, so it is read before the choice.
    waiting = Story.objects.filter(newsroom=report.briefing.newsroom).to_describe(now)
    describe(list(waiting.values_list("pk", flat=True)[:MAX_DESCRIBED]), now=now)
    job.finish(now, output={"stories changed": len(changed)})


def _unsettled(opened: OpenStories, report: Report) -> list[int]:
    """Return the stories that the report may tell and that changed since they were looked at."""
    since = report.window_start - SLACK
    groups = opened.index.groups
    return [s for s in opened.unsettled if s in groups and groups[s].last_at > since]


def _is_belt_behind(report: Report, now: datetime) -> bool:
    """Whether sources of this report wait to be read, or articles of theirs to be placed."""
    sources = sources_of(report)
    unread = Q(leased_until__gt=now) | Q(is_enabled=True, not_before__lte=now)
    on_the_belt = Article.objects.filter(
        source__in=sources, state__in=[Article.State.NEW, Article.State.ENRICHED]
    )
    return sources.filter(unread).exists() or on_the_belt.exists()
