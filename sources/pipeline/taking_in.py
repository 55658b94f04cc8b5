"""The jobs of lists of feeds: one takes in a list that a client of the API brought."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from django.contrib.admin.models import CHANGE, LogEntry
from django.db import transaction

from patriot.work import jobs
from patriot.work.jobs import Subject
from patriot.work.looks import enqueue
from patriot.work.models import Job
from sources.models import Import, Source
from sources.pipeline.imports import Verdict, apply_stored, rows_of

KIND = "import"
LOOK = "sources.tasks.take_in"
SUBJECTS = ("import",)


def register() -> None:
    """Say what these jobs are about. A list that is given up, or called off, stays as it is."""
    jobs.register(**{"import": Subject(LOOK)})


def begin(stored: Import, now: datetime) -> Job:
    """Have a list taken in by a worker."""
    with transaction.atomic():
        job = Job.objects.create(kind=KIND, subject=stored.subject, not_before=now, created_at=now)
        enqueue(LOOK, [job.pk])
    return job


def work(job_ids: Sequence[int], *, allow: Collection[str] = (), now: datetime) -> int:
    """Do those of these jobs that are due and free; return how many were started."""
    do: dict[str, jobs.Do] = {"import": lambda job, now: _take_in(job, allow=allow, now=now)}
    return jobs.work(job_ids, do=do, look=LOOK, now=now)


def _take_in(job: Job, *, allow: Collection[str], now: datetime) -> None:
    """Add the feeds of a list, and write to their histories who brought them."""
    with transaction.atomic():
        stored = apply_stored(_import_id(job), allow=allow, now=now)
        if stored is not None:
            _note(stored)
        job.finish(now)


def _note(stored: Import) -> None:
    if stored.author_id is None:  # whoever brought it has been deleted
        return
    rows = rows_of(stored)
    added = [row.source for row in rows if row.source and row.verdict == Verdict.ADDED]
    LogEntry.objects.log_actions(
        stored.author_id,
        Source.objects.filter(pk__in=added),
        CHANGE,
        change_message=f"Added by the list “{stored.name}”",
    )


def _import_id(job: Job) -> int:
    return int(job.subject.removeprefix("import "))
