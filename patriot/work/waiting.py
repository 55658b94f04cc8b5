"""Who waits for what a search for a story brings: jobs of reports, which sources do not know."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from patriot.work.looks import enqueue
from patriot.work.models import Job

KIND = "corroborate"


def part_of(story_id: int) -> str:
    """Return how a job names the story that it is about."""
    return f"story {story_id}"


def wake(story_ids: Collection[int | None], now: datetime) -> None:
    """Have those looked at that wait for these stories; in the transaction that has news for them.

    None stands for articles and sources that were for no story.
    """
    parts = [part_of(story_id) for story_id in story_ids if story_id is not None]
    if not parts:
        return
    jobs = Job.objects.waiting().filter(kind=KIND, part__in=parts)
    ids = list(jobs.order_by("pk").values_list("pk", flat=True))
    # One that is being worked on reads the news itself before it goes to sleep again.
    Job.objects.waiting().filter(pk__in=ids).update(not_before=now)
    enqueue("reports.tasks.work", ids)
