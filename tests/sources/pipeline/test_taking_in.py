"""Lists that a worker takes in: once, by whom, and what is left of one that fails."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django_q.models import OrmQ

from patriot import schedules
from patriot.work import jobs
from patriot.work.models import Job
from sources.domain.outlines import Outline, Outlines
from sources.models import Import, Source
from sources.pipeline import imports, taking_in
from sources.pipeline.prune import prune_imports
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db
ADDRESSES = ("https://courier.example/feed", "https://echo.example/rss")


def a_list(**fields: Any) -> Import:
    found = imports.preview(Outlines(feeds=tuple(Outline(url=url) for url in ADDRESSES)))
    fields.setdefault("author", None)
    return imports.keep(found, name="valley.txt", now=NOW, **fields)


def test_a_list_is_taken_in_by_its_job() -> None:
    stored = a_list()

    job = taking_in.begin(stored, NOW)
    started = taking_in.work([job.pk], now=NOW)

    job.refresh_from_db()
    stored.refresh_from_db()
    assert (started, job.state, OrmQ.objects.count()) == (1, Job.State.DONE, 1)
    assert {source.url for source in Source.objects.all()} == set(ADDRESSES)
    assert stored.applied_at == NOW


def test_whoever_brought_it_stands_in_the_histories_of_its_sources() -> None:
    alice = factories.a_staff_user(username="alice")
    job = taking_in.begin(a_list(author=alice), NOW)

    taking_in.work([job.pk], now=NOW)

    acts = LogEntry.objects.filter(user=alice)
    assert {act.change_message for act in acts} == {"Added by the list “valley.txt”"}
    assert {int(act.object_id or 0) for act in acts} == set(
        Source.objects.values_list("pk", flat=True)
    )


def test_a_list_that_was_taken_in_at_the_desk_meanwhile_is_not_taken_in_twice() -> None:
    stored = a_list()
    job = taking_in.begin(stored, NOW)
    imports.apply_stored(stored.pk, now=NOW)

    taking_in.work([job.pk], now=NOW + timedelta(minutes=1))

    job.refresh_from_db()
    stored.refresh_from_db()
    assert job.state == Job.State.DONE
    assert stored.applied_at == NOW
    assert Source.objects.count() == len(ADDRESSES)


def test_a_canceled_job_adds_nothing() -> None:
    job = taking_in.begin(a_list(), NOW)

    jobs.cancel(job, NOW, way="through the API")
    started = taking_in.work([job.pk], now=NOW)

    assert started == 0
    assert not Source.objects.exists()


def test_whoever_was_overtaken_by_a_cancellation_has_added_nothing() -> None:
    stored = a_list()
    job = taking_in.begin(stored, NOW)
    Job.objects.filter(pk=job.pk).lease(NOW, until=NOW + timedelta(minutes=1), limit=1)
    leased = Job.objects.get()
    jobs.cancel(leased, NOW, way="through the API")

    with pytest.raises(jobs.LostLease):
        taking_in._take_in(leased, allow=(), now=NOW)

    stored.refresh_from_db()
    assert stored.applied_at is None
    assert not Source.objects.exists()


def test_a_list_that_cannot_be_taken_in_is_given_up_and_may_be_tried_again() -> None:
    stored = a_list()
    job = taking_in.begin(stored, NOW)
    rows = stored.rows
    Import.objects.update(rows=[{"number": 1}])
    for hour in range(3):
        taking_in.work([job.pk], now=NOW + timedelta(hours=hour))
    job.refresh_from_db()
    buried = (job.state, job.last_error.partition(":")[0])
    Import.objects.update(rows=rows)

    revived = jobs.run_again(job, NOW + timedelta(hours=3))
    taking_in.work([job.pk], now=NOW + timedelta(hours=3))

    assert buried == (Job.State.DEAD, "KeyError")
    assert revived
    assert Source.objects.count() == len(ADDRESSES)


def test_the_timetable_hands_each_job_to_those_who_know_it() -> None:
    mine = taking_in.begin(a_list(), NOW)
    theirs = Job.objects.create(kind="select", subject="report 1", not_before=NOW, created_at=NOW)

    due = {step.name: set(step.due(NOW).values_list("pk", flat=True)) for step in schedules.steps()}

    assert (due["import"], due["report"]) == ({mine.pk}, {theirs.pk})


def test_the_job_of_a_list_goes_with_it() -> None:
    taking_in.begin(a_list(), NOW)

    dropped = prune_imports(older_than=NOW + timedelta(seconds=1))

    assert (dropped, Import.objects.count(), Job.objects.count()) == (1, 0, 0)
