"""Tasks are counted where their results are written down."""

from datetime import timedelta
from unittest.mock import patch

import pytest
import time_machine
from django.db import OperationalError

from patriot.work import paces
from patriot.work.models import Pace
from tests.factories import NOW


def a_task(*, enqueued_before: float = 2.0, took: float = 0.3, success: bool = True):
    task = {"func": "sources.tasks.enrich", "started": NOW - timedelta(seconds=enqueued_before)}
    with time_machine.travel(NOW, tick=False):
        paces.note_the_beginning(task=task)
    return task | {"stopped": NOW + timedelta(seconds=took), "success": success}


@pytest.mark.django_db
def test_tasks_of_a_size_are_counted_together() -> None:
    paces.count(task=a_task(took=0.3))
    paces.count(task=a_task(took=0.5, enqueued_before=3))
    paces.count(task=a_task(took=0.3, success=False))
    paces.count(task=a_task(took=500))

    rows = Pace.objects.order_by("-is_done", "within_ms")
    assert [(row.is_done, row.within_ms, row.tasks) for row in rows] == [
        (True, 0, 1),
        (True, 500, 2),
        (False, 500, 1),
    ]
    assert rows[1].seconds == pytest.approx(0.8)
    assert rows[1].waited_seconds == pytest.approx(5)


@pytest.mark.django_db
def test_a_clock_that_went_back_counts_nothing_negative() -> None:
    paces.count(task=a_task(took=-5, enqueued_before=-5))

    pace = Pace.objects.get()
    assert (pace.within_ms, pace.seconds, pace.waited_seconds) == (10, 0, 0)


def test_a_silent_database_costs_the_count_and_not_the_worker() -> None:
    with patch("patriot.work.paces.connection.cursor", side_effect=OperationalError):
        paces.count(task=a_task())


def test_a_task_of_an_older_version_is_not_counted() -> None:
    paces.count(task={"func": "sources.tasks.enrich"})
