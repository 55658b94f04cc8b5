"""Work on one report until it rests, with a clock that jumps to whatever is due next."""

from __future__ import annotations

from datetime import datetime, timedelta

from patriot.work.models import Job
from reports.models import Briefing, Report
from reports.pipeline import jobs
from reports.pipeline.slots import open_report_now
from reports.pipeline.writers import LOCAL_ONLY, Writers
from sources.models import Source
from tests.cast import EVENTS
from tests.factories import NOW, a_briefing, a_fetch, a_story_of

STORIES = 3


def a_newsy_morning(*, stories: int = STORIES, **briefing: object) -> Briefing:
    """Return a briefing with stories of the cast to tell, from sources that answered."""
    for event in EVENTS[:stories]:
        a_story_of(event)
    for source in Source.objects.all():
        a_fetch(source)
    return a_briefing(**briefing)


def produce(
    briefing: Briefing, *, writers: Writers = LOCAL_ONLY, clock: datetime = NOW
) -> tuple[Report, datetime]:
    """Open a report now and work until nothing of it waits; return it and when that was."""
    report = open_report_now(briefing, clock)
    ended = finish(report, writers=writers, clock=clock)
    report.refresh_from_db()
    return report, ended


def finish(report: Report, *, writers: Writers = LOCAL_ONLY, clock: datetime = NOW) -> datetime:
    """Work on a report until nothing of it waits; return the clock then."""
    mine = Job.objects.waiting().filter(subject=report.subject)
    for _ in range(200):
        due = list(
            Job.objects.due(clock).filter(subject=report.subject).values_list("pk", flat=True)
        )
        if due:
            jobs.work(due, now=clock, writers=writers)
            continue
        moments = [max(filter(None, row)) for row in mine.values_list("not_before", "leased_until")]
        if not moments:
            return clock
        # What is due already waits for another job, whose moment is still to come.
        to_come = [moment for moment in moments if moment > clock]
        clock = min(to_come, default=clock) + timedelta(seconds=1)
    raise AssertionError(f"The report never rests: {list(mine)}")
