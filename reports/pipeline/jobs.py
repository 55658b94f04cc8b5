"""The jobs of reports and trials: what each step does, and what a dead one means."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from patriot.work import jobs
from patriot.work.jobs import Subject
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

LOOK = "reports.tasks.work"
SUBJECTS = ("report", "trial")

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


def work(job_ids: Sequence[int], *, now: datetime, writers: Writers = LOCAL_ONLY) -> int:
    """Do those of these jobs that are due and free; return how many were started."""
    do: dict[str, jobs.Do] = {
        "report": lambda job, now: _work_on_report(job, now, writers),
        "trial": lambda job, now: trials.attempt(job, now, writers=writers),
    }
    return jobs.work(job_ids, do=do, look=LOOK, now=now)


def register() -> None:
    """Say what these jobs are about."""
    jobs.register(
        report=Subject(LOOK, _fail_report, _revive_report, _call_report_off),
        trial=Subject(LOOK, trials.give_up, trials.take_up, trials.call_off),
    )


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
