"""Jobs and leases, without anybody's steps."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from patriot.work.leases import LostLease
from patriot.work.models import Job
from tests.factories import NOW

pytestmark = pytest.mark.django_db


def a_job(**fields):
    defaults = {"kind": "ground", "subject": "report 1", "not_before": NOW, "created_at": NOW}
    return Job.objects.create(**defaults | fields)


def lease(now=NOW):
    (pk,) = Job.objects.due(now).lease(now, until=now + timedelta(minutes=1), limit=1)
    return Job.objects.get(pk=pk)


def test_a_lease_counts_the_attempt_before_the_work_starts():
    a_job()

    job = lease()

    assert (job.attempts, job.leased_until) == (1, NOW + timedelta(minutes=1))


def test_a_lease_ends_by_itself():
    a_job()
    lease()

    again = lease(NOW + timedelta(minutes=2))

    assert again.attempts == 2


def test_a_job_that_is_put_back_waits_for_its_moment():
    a_job()
    lease().put_back("The house next door was on fire.", not_before=NOW + timedelta(minutes=5))

    assert not Job.objects.due(NOW + timedelta(minutes=4)).exists()
    assert Job.objects.due(NOW + timedelta(minutes=5)).get().last_error.startswith("The house")


def test_a_postponed_job_keeps_its_attempts():
    a_job()

    lease().postpone(NOW + timedelta(seconds=5))

    assert Job.objects.get().attempts == 0


def test_a_finished_job_cannot_be_finished_again():
    a_job()
    job = lease()
    job.finish(NOW, output={"grounded": 3})

    with pytest.raises(LostLease):
        job.finish(NOW, output={"grounded": 4})

    assert Job.objects.get().output == {"grounded": 3}


def test_a_job_exists_once_per_step_and_part():
    a_job(part="story 1")

    with pytest.raises(IntegrityError), transaction.atomic():
        a_job(part="story 1")


def test_a_finished_job_says_when():
    job = a_job()

    with pytest.raises(IntegrityError), transaction.atomic():
        Job.objects.filter(pk=job.pk).update(state=Job.State.DONE)


def test_another_reports_stages_do_not_hold_a_job_up():
    a_job(subject="report 1", stage=1)
    other = a_job(subject="report 2", stage=3)

    assert other in Job.objects.due(NOW)
