"""Take jobs, one at a time, and see that each has a recorded outcome, whatever they are about.

The apps above say what jobs are about (`register`), and do them (`work`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import transaction

from patriot.work import origins
from patriot.work.leases import MAX_ATTEMPTS, LostLease
from patriot.work.looks import enqueue
from patriot.work.models import Job

log = structlog.get_logger(__name__)

# Longer than any step takes; short, because a killed worker delays its rows by as much.
LEASE = timedelta(seconds=90)
BACK_OFF = timedelta(minutes=1)

# No job is begun later than this in one look: the worker ends a look after 100 seconds, and a
# model may take one of them.
BUDGET = timedelta(seconds=10)

Do = Callable[[Job, datetime], None]


@dataclass(frozen=True, slots=True)
class Subject:
    """What jobs are about: who looks at them, and what a dead one means for it."""

    look: str
    """The task, such as "reports.tasks.work"; empty where nobody here does such jobs."""
    give_up: Callable[[Job, str, datetime], None] = lambda job, error, now: None
    """In the transaction that buries a job."""
    take_up: Callable[[Job], None] = lambda job: None
    """In the transaction that gives it another chance."""
    call_off: Callable[[Job, str, datetime], None] = lambda job, sentence, now: None
    """In the transaction that cancels a job; the sentence is what the job says of it."""


_subjects: dict[str, Subject] = {}
# Of a release that came after this one, or went before it: such a job may be buried and canceled.
_NOBODYS = Subject(look="")


def register(**subjects: Subject) -> None:
    """Say what jobs are about whose subject begins with these words, as an app is loaded."""
    _subjects.update(subjects)


def subject_of(job: Job) -> Subject:
    """Return what a job is about, by the first word of its subject."""
    return _subjects.get(_word(job), _NOBODYS)


def _word(job: Job) -> str:
    return job.subject.partition(" ")[0]


def work(job_ids: Sequence[int], *, do: Mapping[str, Do], look: str, now: datetime) -> int:
    """Do those of these jobs that are due and free; return how many were started.

    A job that fails is put back, or buried after its last attempt; it never stops the others.
    What is not begun within BUDGET is for the next look.

    do: by the first word of their subjects
    """
    started = 0
    began = time.monotonic()
    for index, job_id in enumerate(job_ids):
        passed = timedelta(seconds=time.monotonic() - began)
        if passed > BUDGET:
            enqueue(look, job_ids[index:])
            break
        # A lease counts from when it is taken, not from when the look began.
        until = now + passed + LEASE
        if Job.objects.filter(pk=job_id).due(now).lease(now, until=until, limit=1):
            started += 1
            job = Job.objects.get(pk=job_id)
            with origins.bound_to(job):
                _attempt(job, do, now)
    return started


def bury_exhausted(now: datetime) -> int:
    """Give up the jobs that ended their worker MAX_ATTEMPTS times; return how many."""
    exhausted = list(Job.objects.waiting().exhausted(now))
    for job in exhausted:
        _bury(job, f"The worker died {MAX_ATTEMPTS} times at this.", now)
    return len(exhausted)


def run_again(job: Job, now: datetime) -> bool:
    """Give a dead job fresh attempts, and what it is about another chance.

    False if it is not dead, if nobody here does such jobs, or if a later step is done: the report
    went on without it.
    """
    subject = subject_of(job)
    later = Job.objects.filter(subject=job.subject, stage__gt=job.stage, state=Job.State.DONE)
    with transaction.atomic():
        if not subject.look or later.exists():
            return False
        revived = Job.objects.filter(pk=job.pk, state=Job.State.DEAD).update(
            state=Job.State.WAITING,
            attempts=0,
            leased_until=None,
            not_before=now,
            finished_at=None,
        )
        if revived:
            subject.take_up(job)
            enqueue(subject.look, [job.pk])
    return bool(revived)


def cancel(job: Job, now: datetime, *, way: str) -> bool:
    """Call a job off, with what hangs on it; False if it is over already.

    A report goes on without one of its stories. Without a step of its own it is over, and so is
    every step of it that still waits.

    way: how it was asked for, such as “through the API”; who did is in the histories at the desk,
         because readers may see a report's reason
    """
    sentence = f"Canceled {way} before it was finished."
    with transaction.atomic():
        if not job.cancel(sentence, now):
            return False
        subject_of(job).call_off(job, sentence, now)
        # What waited for it need not wait for the next tick.
        _look_at_next_stage(job, now)
    return True


def _attempt(job: Job, do: Mapping[str, Do], now: datetime) -> None:
    try:
        do[_word(job)](job, now)
        _look_at_next_stage(job, now)
    except LostLease:
        log.info("lost_lease", job=str(job))
    except Exception as error:
        log.exception("job_failed", job=str(job), attempt=job.attempts)
        _put_back_or_bury(job, f"{type(error).__name__}: {error}", now)


def _look_at_next_stage(job: Job, now: datetime) -> None:
    """Have what waited for the last job of a stage looked at, now that it is over.

    A look each: several workers may wait for a model at the same time.
    """
    look = subject_of(job).look
    later = Job.objects.due(now).filter(subject=job.subject, stage__gt=job.stage)
    for pk in later.order_by("pk").values_list("pk", flat=True) if look else ():
        enqueue(look, [pk])


def _put_back_or_bury(job: Job, error: str, now: datetime) -> None:
    try:
        if job.attempts < MAX_ATTEMPTS:
            job.put_back(error, not_before=now + BACK_OFF * job.attempts)
        else:
            _bury(job, error, now)
    except LostLease:
        log.info("lost_lease", job=str(job))


def _bury(job: Job, error: str, now: datetime) -> None:
    with transaction.atomic():
        job.bury(error, now)
        subject_of(job).give_up(job, error, now)
