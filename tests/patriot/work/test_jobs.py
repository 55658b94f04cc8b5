"""Jobs of what nobody here knows: left by another release, they stop nobody."""

from __future__ import annotations

import pytest
from django_q.models import OrmQ

from patriot import schedules
from patriot.work import jobs
from patriot.work.leases import MAX_ATTEMPTS
from patriot.work.models import Job
from tests.factories import NOW

pytestmark = pytest.mark.django_db


def a_job_of_tomorrow(**fields: object) -> Job:
    usual = {"kind": "translate", "subject": "podcast 5", "not_before": NOW, "created_at": NOW}
    return Job.objects.create(**usual | fields)


def test_it_is_nobodys_turn() -> None:
    job = a_job_of_tomorrow()

    due = [step.name for step in schedules.steps() if job in list(step.due(NOW))]

    assert due == []


def test_one_that_used_up_its_attempts_is_buried() -> None:
    job = a_job_of_tomorrow(attempts=MAX_ATTEMPTS)

    buried = jobs.bury_exhausted(NOW)

    job.refresh_from_db()
    assert (buried, job.state) == (1, Job.State.DEAD)


def test_a_dead_one_does_not_run_again() -> None:
    job = a_job_of_tomorrow(state=Job.State.DEAD, finished_at=NOW)

    assert not jobs.run_again(job, NOW)
    job.refresh_from_db()
    assert job.state == Job.State.DEAD


def test_it_can_be_canceled_and_asks_nobody_to_look_at_the_next() -> None:
    job = a_job_of_tomorrow()
    a_job_of_tomorrow(kind="speak", stage=1)

    assert jobs.cancel(job, NOW, way="through the API")
    assert not OrmQ.objects.exists()
