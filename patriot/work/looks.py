"""Looks: asking a worker to look at rows.

django-q2 carries nothing else. `async_task` writes in the caller's transaction, so a look
is enqueued if and only if the rows that it is about were committed.
"""

from __future__ import annotations

from collections.abc import Sequence

from django_q.tasks import async_task

MAX_IDS = 50


def enqueue(task: str, ids: Sequence[int]) -> None:
    """Ask for `task` (a dotted path, such as "sources.tasks.collect") to look at these rows.

    A look too many is harmless: a task passes over what it cannot lease.
    """
    for start in range(0, len(ids), MAX_IDS):
        async_task(task, list(ids[start : start + MAX_IDS]))
