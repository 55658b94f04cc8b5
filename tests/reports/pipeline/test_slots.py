"""Slots become reports, once each."""

from datetime import time, timedelta

import pytest

from patriot.work.models import Job
from reports.models import Briefing, Report
from reports.pipeline.slots import open_due_reports, open_report_now
from tests.factories import NOW, a_briefing, a_published_report, a_report

pytestmark = pytest.mark.django_db

# Berlin is two hours ahead in June: the slot at seven is at 05:00 UTC.
SLOT_AT = NOW.replace(hour=5, minute=0)


def test_a_report_is_opened_by_its_lead_before_the_slot():
    a_briefing()

    too_early = open_due_reports(SLOT_AT - timedelta(minutes=11))
    in_time = open_due_reports(SLOT_AT - timedelta(minutes=10))

    assert [report.slot_at for report in too_early] == [SLOT_AT - timedelta(days=1)]
    assert [report.slot_at for report in in_time] == [SLOT_AT]


def test_a_report_is_opened_with_the_jobs_that_begin_it():
    a_briefing()

    (report,) = open_due_reports(SLOT_AT)

    jobs = Job.objects.order_by("stage").values_list("kind", "subject")
    assert list(jobs) == [("regroup", report.subject), ("select", report.subject)]
    assert report.reason == ""


def test_a_slot_is_opened_once():
    a_briefing()

    opened = [open_due_reports(SLOT_AT + timedelta(minutes=n)) for n in range(3)]

    assert [len(reports) for reports in opened] == [1, 0, 0]


def test_after_a_long_silence_only_the_latest_slot_is_opened_and_says_that_it_is_late():
    a_briefing()

    opened = open_due_reports(SLOT_AT + timedelta(days=3, hours=2))

    assert [report.slot_at for report in opened] == [SLOT_AT + timedelta(days=3)]
    assert opened[0].reason == (
        "This report is late: it was due at 07:00, and work on it began at 09:00."
    )


def test_a_slot_from_before_the_briefing_existed_was_never_promised():
    briefing = a_briefing()
    Briefing.objects.update(created_at=SLOT_AT + timedelta(minutes=1))
    briefing.refresh_from_db()

    assert open_due_reports(SLOT_AT + timedelta(hours=2)) == []


def test_a_paused_briefing_is_left_alone():
    a_briefing(is_enabled=False)

    assert open_due_reports(SLOT_AT) == []


def test_every_time_of_a_day_is_a_slot():
    briefing = a_briefing(times=[time(7), time(18)])

    open_due_reports(SLOT_AT)
    open_due_reports(SLOT_AT + timedelta(hours=11))

    assert briefing.reports.count() == 2


def test_the_window_begins_where_the_last_report_ended():
    briefing = a_briefing()
    yesterday = a_published_report(briefing, local_date=NOW.date() - timedelta(days=1))

    (report,) = open_due_reports(SLOT_AT)

    assert report.window_start == yesterday.window_end


def test_the_first_window_is_a_day():
    a_briefing()

    (report,) = open_due_reports(SLOT_AT)

    assert report.window_end - report.window_start == timedelta(hours=24)


def test_what_a_failed_report_did_not_tell_the_next_one_may():
    briefing = a_briefing()
    before = a_published_report(briefing, local_date=NOW.date() - timedelta(days=2))
    a_report(
        briefing,
        local_date=NOW.date() - timedelta(days=1),
        state=Report.State.FAILED,
        reason="No section is left.",
    )

    (report,) = open_due_reports(SLOT_AT)

    assert report.window_start == before.window_end


def test_asking_twice_within_a_minute_asks_for_one_report():
    briefing = a_briefing()

    first = open_report_now(briefing, NOW)
    second = open_report_now(briefing, NOW + timedelta(seconds=30))

    assert first == second
    assert Job.objects.count() == 2
