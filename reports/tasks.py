"""What a worker is asked to look at: reports."""

from __future__ import annotations

from django.utils import timezone

from patriot.work import belt
from reports.pipeline import cluster as cluster_step
from reports.pipeline import jobs


def cluster(article_ids: list[int]) -> None:
    """Look at articles that may want a story."""
    with belt.together() as is_free:
        if is_free:
            cluster_step.cluster(article_ids, now=timezone.now())  # noqa: TID251 (an interface)


def work(job_ids: list[int]) -> None:
    """Look at jobs of reports."""
    with belt.together() as is_free:
        if is_free:
            jobs.work(job_ids, now=timezone.now())  # noqa: TID251 (an interface)
