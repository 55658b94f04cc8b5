"""Where work comes from, in every line of the logs: its request, its task, its job.

A look takes along the id of the request in which it was enqueued, and so do the looks that it
enqueues itself. A job keeps the id of the request that made it: whoever works on it later, after a
minute's tick or a day's wait, says so in every line.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import structlog
from django_q import signals

from patriot.lib.logging import REQUEST_ID, current_request_id
from patriot.work.models import Job

ID = "patriot.work.origins"


def connect() -> None:
    """Have django-q2 tell us of each task that is enqueued, and of each that begins."""
    signals.pre_enqueue.connect(take_along, dispatch_uid=ID)
    signals.pre_execute.connect(take_up, dispatch_uid=ID)
    signals.post_execute_in_worker.connect(put_down, dispatch_uid=ID)
    # Whoever writes its result down then says what became of it.
    signals.post_execute.connect(take_up, dispatch_uid=ID)


def take_along(*, task: dict[str, Any], **_: Any) -> None:
    """Write into a task which request it goes back to."""
    if request_id := current_request_id():
        task[REQUEST_ID] = request_id


def take_up(*, task: dict[str, Any], **_: Any) -> None:
    """Bind to the logs of this process what it is about from now on."""
    structlog.contextvars.clear_contextvars()
    known = {REQUEST_ID: task[REQUEST_ID]} if task.get(REQUEST_ID) else {}
    structlog.contextvars.bind_contextvars(task=str(task["func"]), task_id=task["id"], **known)


def put_down(**_: Any) -> None:
    """Bind nothing any more: the next line is of another task."""
    structlog.contextvars.clear_contextvars()


def bound_to(job: Job) -> AbstractContextManager[None]:
    """Bind a job to the logs as long as this is entered, and the request that it goes back to."""
    known = {REQUEST_ID: job.request_id} if job.request_id else {}
    return structlog.contextvars.bound_contextvars(job_id=job.pk, **known)
