"""From a request to the lines of the task it asked for."""

import io
import json
import logging
import multiprocessing
import queue
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import structlog
from django.test import Client
from django_q.models import OrmQ
from django_q.worker import worker

from patriot.lib.logging import JSONFormatter
from patriot.work import origins
from patriot.work.looks import enqueue
from patriot.work.models import Job
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What the whole process logs meanwhile, as it would be written."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(JSONFormatter())
    logging.getLogger().addHandler(handler)
    yield out
    logging.getLogger().removeHandler(handler)
    structlog.contextvars.clear_contextvars()


def a_dead_job(**fields: Any) -> Job:
    return Job.objects.create(
        kind="ground",
        subject="report 404",
        state=Job.State.DEAD,
        finished_at=NOW,
        not_before=NOW - timedelta(days=999),
        created_at=NOW,
        **fields,
    )


def work_off_the_queue() -> None:
    """Have django-q2's own worker run everything that waits, in this process."""
    tasks: queue.Queue[Any] = queue.Queue()
    for row in OrmQ.objects.order_by("pk"):
        # In this process: else the worker closes the connection that the test's rows are in.
        tasks.put(row.task | {"sync": True})
    tasks.put("STOP")
    worker(tasks, queue.Queue(), multiprocessing.Value("f", -1), timeout=30)


def test_a_request_is_named_in_every_line_of_the_work_it_asked_for(
    client: Client, lines: io.StringIO
) -> None:
    client.force_login(factories.a_staff_user(is_superuser=True))
    job = a_dead_job(part="jo@example.org?token=s3cret")

    answer = client.post(
        "/admin/work/job/",
        {"action": "run_again", "_selected_action": job.pk},
        headers={"X-Correlation-ID": "from-the-client"},
    )
    work_off_the_queue()

    assert answer["X-Request-ID"] == answer["X-Correlation-ID"] == "from-the-client"
    (failed,) = [
        line
        for line in map(json.loads, lines.getvalue().splitlines())
        if line["event"] == "job_failed"
    ]
    assert failed["request_id"] == "from-the-client"
    assert failed["job_id"] == job.pk
    assert failed["task"] == "reports.tasks.work"
    assert failed["task_id"]
    assert "Report matching query does not exist" in failed["exception"]
    assert structlog.contextvars.get_contextvars() == {}
    assert "jo@" not in lines.getvalue()
    assert "s3cret" not in lines.getvalue()


def test_a_job_remembers_the_request_that_made_it(client: Client) -> None:
    with structlog.contextvars.bound_contextvars(request_id="the-first"):
        job = a_dead_job()

    with (
        structlog.contextvars.bound_contextvars(request_id="the-second"),
        origins.bound_to(Job.objects.get(pk=job.pk)),
    ):
        enqueue("reports.tasks.work", [job.pk])
        bound = structlog.contextvars.get_contextvars()

    assert bound == {"request_id": "the-first", "job_id": job.pk}
    assert OrmQ.objects.get().task["request_id"] == "the-first"


def test_what_the_tick_makes_goes_back_to_no_request() -> None:
    structlog.contextvars.clear_contextvars()

    enqueue("reports.tasks.work", [a_dead_job().pk])

    assert Job.objects.get().request_id == ""
    assert "request_id" not in OrmQ.objects.get().task


def test_a_task_says_nothing_of_the_one_before() -> None:
    structlog.contextvars.bind_contextvars(request_id="of-another", job_id=7)

    origins.take_up(task={"func": "reports.tasks.work", "id": "12ab"})

    assert structlog.contextvars.get_contextvars() == {
        "task": "reports.tasks.work",
        "task_id": "12ab",
    }
    structlog.contextvars.clear_contextvars()
