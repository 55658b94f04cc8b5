"""Who moves the belt: any number of workers by the real clock, or one run by a clock of its own.

A run over yesterday's feeds sets its own time. A worker that took its rows meanwhile would date
them by the real clock, so workers stand aside until it is over.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

# Any number that nobody else uses as an advisory lock.
BELT_LOCK = 0x5A7811


@contextmanager
def alone() -> Iterator[None]:
    """Have the belt for oneself: wait until no worker is at it, and keep them off."""
    _ask("SELECT pg_advisory_lock(%s)")
    try:
        yield
    finally:
        _ask("SELECT pg_advisory_unlock(%s)")


@contextmanager
def together() -> Iterator[bool]:
    """Work beside others; False if somebody has the belt for himself: then do nothing.

    Nothing is lost by that: the next tick looks at the same rows.
    """
    is_free = bool(_ask("SELECT pg_try_advisory_lock_shared(%s)"))
    try:
        yield is_free
    finally:
        if is_free:
            _ask("SELECT pg_advisory_unlock_shared(%s)")


def _ask(question: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(question, [BELT_LOCK])
        (answer,) = cursor.fetchone()
    return answer
