"""Each job of a report ends in a recorded outcome, whatever happens."""

from datetime import timedelta

import pytest
from django_q.models import OrmQ

from patriot.work import jobs as all_jobs
from patriot.work.leases import MAX_ATTEMPTS, LostLease
from patriot.work.models import Job
from reports.models import Report
from reports.pipeline import jobs
from reports.pipeline.slots import open_report_now
from reports.pipeline.stages import Stage
from tests.factories import NOW, a_draft_report, a_report
from tests.reports.pipeline.producing import a_newsy_morning

pytestmark = pytest.mark.django_db


def a_job(report, kind="select", **fields):
    defaults = {"stage": Stage.SELECT, "not_before": NOW, "created_at": NOW}
    return Job.objects.create(kind=kind, subject=report.subject, **defaults | fields)


def a_broken_job():
    """A job that fails at every attempt: there is no draft to publish."""
    return a_job(a_report(), "publish", stage=Stage.PUBLISH)


def test_a_failed_job_is_put_back_with_its_sentence_and_a_pause():
    job = a_broken_job()

    jobs.work([job.pk], now=NOW)

    job.refresh_from_db()
    assert job.state == Job.State.WAITING
    assert job.last_error == "NotPublishable: The report has no finished draft yet."
    assert job.not_before > NOW
    assert job.leased_until is None


def test_a_job_is_not_started_before_its_moment():
    job = a_broken_job()

    started = jobs.work([job.pk], now=NOW - timedelta(seconds=1))

    assert started == 0


def test_after_its_last_attempt_a_job_is_dead_and_its_report_has_failed_with_a_reason():
    job = a_broken_job()

    for attempt in range(MAX_ATTEMPTS + 2):
        jobs.work([job.pk], now=NOW + timedelta(hours=attempt))

    job.refresh_from_db()
    report = Report.objects.get()
    assert (job.state, job.attempts) == (Job.State.DEAD, MAX_ATTEMPTS)
    assert report.state == Report.State.FAILED
    assert "“publish” failed 3 times" in report.reason


def test_a_job_that_kills_its_worker_is_buried_after_its_attempts():
    job = a_job(a_report(), attempts=MAX_ATTEMPTS, leased_until=NOW - timedelta(seconds=1))

    buried = all_jobs.bury_exhausted(NOW)

    job.refresh_from_db()
    assert buried == 1
    assert job.state == Job.State.DEAD
    assert job.last_error == "The worker died 3 times at this."


def test_a_dead_story_does_not_fail_its_report():
    report = a_report()
    a_job(report, "analyze", part="story 7", attempts=MAX_ATTEMPTS)

    all_jobs.bury_exhausted(NOW)

    report.refresh_from_db()
    assert report.state == Report.State.PRODUCING


def test_a_dead_job_can_be_run_again_and_revives_its_report():
    report = a_report(state=Report.State.FAILED, reason="A step failed.")
    job = a_job(report, state=Job.State.DEAD, finished_at=NOW, attempts=MAX_ATTEMPTS)

    all_jobs.run_again(job, NOW)

    job.refresh_from_db()
    report.refresh_from_db()
    assert (job.state, job.attempts, job.finished_at) == (Job.State.WAITING, 0, None)
    assert (report.state, report.reason) == (Report.State.PRODUCING, "")


def test_what_its_report_went_on_without_is_not_run_again():
    report = a_report()
    job = a_job(report, "analyze", state=Job.State.DEAD, finished_at=NOW, stage=Stage.STORY)
    a_job(report, "compose", state=Job.State.DONE, finished_at=NOW, stage=Stage.COMPOSE)

    assert not all_jobs.run_again(job, NOW)

    job.refresh_from_db()
    assert job.state == Job.State.DEAD


def test_a_higher_stage_waits_for_every_lower_one():
    report = a_report()
    story = a_job(report, "analyze", part="story 7", stage=Stage.STORY)
    compose = a_job(report, "compose", stage=Stage.COMPOSE)

    before = list(Job.objects.due(NOW))
    Job.objects.filter(pk=story.pk).update(state=Job.State.DEAD, finished_at=NOW)
    after = list(Job.objects.due(NOW))

    assert before == [story]
    assert after == [compose]


def test_whoever_was_overtaken_writes_nothing():
    job = a_job(a_report())
    Job.objects.due(NOW).lease(NOW, until=NOW + timedelta(minutes=1), limit=1)
    late = Job.objects.get()
    later = NOW + timedelta(minutes=2)
    Job.objects.due(later).lease(later, until=later + timedelta(minutes=1), limit=1)

    with pytest.raises(LostLease):
        late.finish(later)

    job.refresh_from_db()
    assert job.state == Job.State.WAITING


def test_a_leased_job_is_nobody_elses():
    a_job(a_report())

    first = Job.objects.due(NOW).lease(NOW, until=NOW + timedelta(minutes=1), limit=5)
    second = Job.objects.due(NOW).lease(NOW, until=NOW + timedelta(minutes=1), limit=5)

    assert (len(first), second) == (1, [])


def test_publishing_twice_publishes_once():
    report = a_draft_report(state=Report.State.PRODUCING)
    job = a_job(report, "publish", stage=Stage.PUBLISH)

    jobs.work([job.pk, job.pk], now=NOW)
    jobs.work([job.pk], now=NOW + timedelta(hours=1))

    report.refresh_from_db()
    assert (report.state, report.number) == (Report.State.PUBLISHED, 1)


def looks():
    """The jobs that the queue is to look at."""
    return {pk for look in OrmQ.objects.all() for pk in look.task["args"][0]}


def test_the_last_of_a_stage_has_the_next_one_looked_at():
    report = open_report_now(a_newsy_morning(), NOW)
    mine = Job.objects.filter(subject=report.subject)
    regroup, select = mine.get(kind="regroup"), mine.get(kind="select")
    OrmQ.objects.all().delete()

    jobs.work([regroup.pk], now=NOW)

    assert looks() == {select.pk}


def test_one_of_several_stories_has_nothing_more_looked_at():
    report = open_report_now(a_newsy_morning(), NOW)
    mine = Job.objects.filter(subject=report.subject)
    for _ in ("regroup", "select", "budget"):
        jobs.work(list(mine.due(NOW).order_by("stage").values_list("pk", flat=True)), now=NOW)
    first, compose = mine.filter(kind="analyze").earliest("pk"), mine.get(kind="compose")
    OrmQ.objects.all().delete()

    jobs.work([first.pk], now=NOW)

    assert compose.pk not in looks()
