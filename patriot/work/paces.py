"""How fast tasks are done, and how many fail: counted in the database, one row per size.

Whoever scrapes any web process learns of the tasks of all workers, on whatever machine. The
counting is done by the one process of each worker that writes the results down, not by those that
work: one statement per task, which never waits for a task's transaction.
"""

from __future__ import annotations

import time
from typing import Any

import structlog
from django.db import DatabaseError, connection
from django_q import signals

from patriot.work.models import Pace

ID = "patriot.work.paces"
BEGAN_AT = "began_at"
# Upper bounds in milliseconds; 0 stands for more than the last.
BOUNDS_MS = (10, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 100_000)
MORE = 0
MAX_TASK_CHARS = 60

log = structlog.get_logger(__name__)


def connect() -> None:
    """Have django-q2 tell us when a task begins, and when its result has been written down."""
    signals.pre_execute.connect(note_the_beginning, dispatch_uid=ID)
    signals.post_execute.connect(count, dispatch_uid=ID)


def note_the_beginning(*, task: dict[str, Any], **_: Any) -> None:
    """Write into a task when it began: what django-q2 calls `started` is when it was enqueued."""
    task[BEGAN_AT] = time.time()


def count(*, task: dict[str, Any], **_: Any) -> None:
    """Count a task that is over. A database that does not answer costs us the count, no more."""
    began = task.get(BEGAN_AT)
    if began is None:
        return
    took = max(task["stopped"].timestamp() - began, 0.0)
    waited = max(began - task["started"].timestamp(), 0.0)
    try:
        add(str(task["func"]), is_done=bool(task["success"]), took=took, waited=waited)
    except DatabaseError as error:
        log.warning("pace_lost", task=str(task["func"]), error=str(error))


def add(task: str, *, is_done: bool, took: float, waited: float) -> None:
    """Add one task to the counts.

    took, waited: in seconds; the second is from when it was enqueued to its beginning
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {Pace._meta.db_table} AS pace"  # noqa: S608 (our own table)
            " (task, is_done, within_ms, tasks, seconds, waited_seconds)"
            " VALUES (%s, %s, %s, 1, %s, %s)"
            " ON CONFLICT (task, is_done, within_ms) DO UPDATE SET tasks = pace.tasks + 1,"
            " seconds = pace.seconds + EXCLUDED.seconds,"
            " waited_seconds = pace.waited_seconds + EXCLUDED.waited_seconds",
            [task[:MAX_TASK_CHARS], is_done, _bound(took), took, waited],
        )


def _bound(seconds: float) -> int:
    return next((bound for bound in BOUNDS_MS if seconds * 1000 <= bound), MORE)
