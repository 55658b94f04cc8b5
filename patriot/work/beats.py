"""Signs of life: of the house by its tick, of each supervised worker by the tasks it begins.

The tick comes every minute and any worker may be the one that runs it, so it says that somebody
works, not who. A worker that `up` or `work` supervises also says itself that it begins something.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import DatabaseError
from django.utils import timezone
from django_q import signals
from django_q.status import Stat

from patriot.work.models import Heartbeat

TICK = "tick"
VARIABLE = "PATRIOT_WORKER_NAME"
PREFIX = "worker "
# A task ends within 100 s, and the tick comes every minute: who is silent for longer does nothing.
LONGEST_SILENCE = timedelta(seconds=130)
# A process says so no more often than this.
EVERY = 10.0
# Supervisors that are no more.
FORGOTTEN_AFTER = timedelta(days=1)

log = structlog.get_logger(__name__)
_said_at = -EVERY


def name_of_ours() -> str:
    """Return what the worker that this process supervises is called: one per supervisor."""
    return f"{PREFIX}{socket.gethostname()[:14]}-{os.getpid()}"


def connect() -> None:
    """Have this process say that it begins a task, if it belongs to a supervised worker."""
    if os.environ.get(VARIABLE):
        signals.pre_execute.connect(say_so, dispatch_uid="patriot.work.beats")


def say_so(**_: Any) -> None:
    """Say that our worker begins something. A silent database costs the sign, not the task."""
    global _said_at  # noqa: PLW0603 (one process, one thread)
    if time.monotonic() - _said_at < EVERY:
        return
    _said_at = time.monotonic()
    try:
        beat(os.environ[VARIABLE], now=timezone.now())  # noqa: TID251 (a sign of this very moment)
    except DatabaseError as error:
        log.warning("beat_lost", error=str(error))


def beat(name: str, *, now: datetime) -> None:
    """Write down that something is alive."""
    Heartbeat.objects.update_or_create(name=name, defaults={"beat_at": now})


def forget(now: datetime) -> int:
    """Drop the signs of workers that are long gone; return how many."""
    gone = Heartbeat.objects.filter(name__startswith=PREFIX, beat_at__lt=now - FORGOTTEN_AFTER)
    return gone.delete()[0]


def ticks(now: datetime, *, within: timedelta = LONGEST_SILENCE) -> bool:
    """Tell whether any worker of the house ran the tick lately."""
    return _is_heard_of(TICK, now, within)


def is_of_use(name: str, pid: int, *, now: datetime) -> bool:
    """Tell whether a worker does what there is to do.

    pid: of its main process, on this host

    One that begins nothing while nobody ticks does nothing. One that begins nothing while others
    work may just have been idle; but if it holds tasks that none of its processes takes, its
    queue's lock died with one of them, and it will be silent for ever.
    """
    if _is_heard_of(name, now, LONGEST_SILENCE):
        return True
    return ticks(now) and not _holds_tasks(pid)


def _is_heard_of(name: str, now: datetime, within: timedelta) -> bool:
    return Heartbeat.objects.filter(name=name, beat_at__gte=now - within).exists()


def _holds_tasks(pid: int) -> bool:
    here = socket.gethostname()
    try:
        told: Iterable[Any] = Stat.get_all()
    except DatabaseError:
        raise
    except Exception as error:  # noqa: BLE001 (whatever another cache than a table may say)
        log.warning("clusters_unknown", error=str(error))
        return False
    return any(stat.task_q_size for stat in told if (stat.pid, stat.host) == (pid, here))
