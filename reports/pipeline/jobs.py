"""Take jobs of reports and trials, one at a time, and see that each has a recorded outcome."""

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
from reports.models import Report
from reports.pipeline import trials
from reports.pipeline.analyze import analyze
from reports.pipeline.budget import budget
from reports.pipeline.compose import compose
from reports.pipeline.corroborate import corroborate
from reports.pipeline.ground import ground
from reports.pipeline.judge import judge
from reports.pipeline.publish import publish
from reports.pipeline.regroup import regroup
from reports.pipeline.repair import repair
from reports.pipeline.select import select
from reports.pipeline.writers import LOCAL_ONLY, Writers

log = structlog.get_logger(__name__)

# Longer than any step takes; short, because a killed worker delays its rows by as much.
LEASE = timedelta(seconds=90)
BACK_OFF = timedelta(minutes=1)

# No job is begun later than this in one look: the worker ends a look after 100 seconds, and a
# model may take one of them.
BUDGET = timedelta(seconds=10)

Step = Callable[[Job, Report, datetime, Writers], None]

STEPS: Mapping[str, Step] = {
    "regroup": lambda job, report, now, _: regroup(job, report, now),
    "select": lambda job, report, now, writers: select(job, report, now, writers=writers),
    "corroborate": lambda job, report, now, _: corroborate(job, report, now),
    "budget": lambda job, report, now, writers: budget(job, report, now, writers=writers),
    "analyze": lambda job, report, now, writers: analyze(job, report, now, writers=writers),
    "ground": lambda job, report, now, writers: ground(job, report, now, writers=writers),
    "repair": lambda job, report, now, writers: repair(job, report, now, writers=writers),
    "judge": lambda job, report, now, writers: judge(job, report, now, writers=writers),
    "compose": lambda job, report, now, writers: compose(job, report, now, writers=writers),
    "publish": lambda job, report, now, _: publish(job, report, now),
}


@dataclass(frozen=True, slots=True)
class Subject:
    """What jobs are about: how they are done, and what a dead one means for it."""

    do: Callable[[Job, datetime, Writers], None]
    give_up: Callable[[Job, str, datetime], None]
    """In the transaction that buries a job."""
    take_up: Callable[[Job], None]
    """In the transaction that gives it another chance."""
    call_off: Callable[[Job, str, datetime], None]
    """In the transaction that cancels a job; the sentence is what the job says of it."""


def work(job_ids: Sequence[int], *, now: datetime, writers: Writers = LOCAL_ONLY) -> int:
    """Do those of these jobs that are due and free; return how many were started.

    A job that fails is put back, or buried after its last attempt; it never stops the others.
    What is not begun within BUDGET is for the next look.
    """
    started = 0
    began = time.monotonic()
    for index, job_id in enumerate(job_ids):
        passed = timedelta(seconds=time.monotonic() - began)
        if passed > BUDGET:
            enqueue("reports.tasks.work", job_ids[index:])
            break
        # A lease counts from when it is taken, not from when the look began.
        until = now + passed + LEASE
        if Job.objects.filter(pk=job_id).due(now).lease(now, until=until, limit=1):
            started += 1
            job = Job.objects.get(pk=job_id)
            with origins.bound_to(job):
                _attempt(job, now, writers)
    return started


def bury_exhausted(now: datetime) -> int:
    """Give up the jobs that ended their worker MAX_ATTEMPTS times; return how many."""
    exhausted = list(Job.objects.waiting().exhausted(now))
    for job in exhausted:
        _bury(job, f"The worker died {MAX_ATTEMPTS} times at this.", now)
    return len(exhausted)


def run_again(job: Job, now: datetime) -> bool:
    """Give a dead job fresh attempts, and what it is about another chance.

    False if it is not dead, or if a later step is done: the report went on without it.
    """
    later = Job.objects.filter(subject=job.subject, stage__gt=job.stage, state=Job.State.DONE)
    with transaction.atomic():
        if later.exists():
            return False
        revived = Job.objects.filter(pk=job.pk, state=Job.State.DEAD).update(
            state=Job.State.WAITING,
            attempts=0,
            leased_until=None,
            not_before=now,
            finished_at=None,
        )
        if revived:
            subject_of(job).take_up(job)
            enqueue("reports.tasks.work", [job.pk])
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


def _attempt(job: Job, now: datetime, writers: Writers) -> None:
    try:
        subject_of(job).do(job, now, writers)
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
    later = Job.objects.due(now).filter(subject=job.subject, stage__gt=job.stage)
    for pk in later.order_by("pk").values_list("pk", flat=True):
        enqueue("reports.tasks.work", [pk])


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


# --- What jobs are about --------------------------------------------------------------------


def _work_on_report(job: Job, now: datetime, writers: Writers) -> None:
    report = Report.objects.select_related("briefing").get(pk=_report_id(job))
    STEPS[job.kind](job, report, now, writers)


def _fail_report(job: Job, error: str, now: datetime) -> None:
    """Without a story the report goes on; without another step it fails."""
    if not job.part:
        Report.objects.filter(pk=_report_id(job), state=Report.State.PRODUCING).update(
            state=Report.State.FAILED,
            reason=f"The step “{job.kind}” failed {job.attempts} times. "
            f"Run it again under Jobs once the cause is mended: {error[:300]}",
        )


def _revive_report(job: Job) -> None:
    Report.objects.filter(pk=_report_id(job), state=Report.State.FAILED).update(
        state=Report.State.PRODUCING, reason=""
    )


def _call_report_off(job: Job, sentence: str, now: datetime) -> None:
    """Without a story the report goes on; without another step it has failed, and says why."""
    if job.part:
        return
    others = Job.objects.waiting().filter(subject=job.subject).order_by("pk")
    for other in others.select_for_update():
        other.cancel(f"Canceled with the step “{job.kind}” of its report.", now)
    Report.objects.filter(pk=_report_id(job), state=Report.State.PRODUCING).update(
        state=Report.State.FAILED, reason=f"The step “{job.kind}”: {sentence}"
    )


def _report_id(job: Job) -> int:
    return int(job.subject.removeprefix("report "))


SUBJECTS: Mapping[str, Subject] = {
    "report": Subject(_work_on_report, _fail_report, _revive_report, _call_report_off),
    "trial": Subject(
        lambda job, now, writers: trials.attempt(job, now, writers=writers),
        trials.give_up,
        trials.take_up,
        trials.call_off,
    ),
}


def subject_of(job: Job) -> Subject:
    """Return what a job is about, by the first word of its subject."""
    return SUBJECTS[job.subject.partition(" ")[0]]
