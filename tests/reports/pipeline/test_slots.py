"""Slots become reports, once each."""

from datetime import time, timedelta

import pytest

from patriot.work.models import Job
from reports.models import Briefing, Report
from reports.pipeline.slots import learnt_lead, open_due_reports, open_report_now
from tests.factories import NOW, TODAY, a_briefing, a_published_report, a_report
from tests.reports.pipeline.producing import produce

pytestmark = pytest.mark.django_db

# Berlin is two hours ahead in June: the slot at seven is at 05:00 UTC.
SLOT_AT = NOW.replace(hour=5, minute=0)


def test_a_report_is_opened_by_its_lead_before_the_slot():
    a_briefing(schedule_from=SLOT_AT - timedelta(hours=25))

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
    skipped = Report.objects.filter(state=Report.State.SKIPPED).order_by("slot_at")
    assert [report.slot_at for report in skipped] == [
        SLOT_AT + timedelta(days=day) for day in (0, 1, 2)
    ]
    assert {report.reason for report in skipped} == {
        "Nothing worked on this report when it was due; a later one tells what it would have."
    }


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

    assert list(_states(briefing)) == [
        ("skipped", "missed"),
        ("producing", "schedule"),
        ("producing", "schedule"),
    ]


def _states(briefing):
    return briefing.reports.order_by("slot_at").values_list("state", "occasion")


def test_the_window_begins_where_the_last_report_ended():
    briefing = a_briefing()
    yesterday = a_published_report(briefing, local_date=NOW.date() - timedelta(days=1))

    (report,) = open_due_reports(SLOT_AT)

    assert report.window_start == yesterday.window_end


def test_what_a_withdrawn_report_told_the_next_one_may_tell_again():
    briefing = a_briefing()
    before = a_published_report(briefing, local_date=NOW.date() - timedelta(days=2))
    wrong = a_published_report(briefing, local_date=NOW.date() - timedelta(days=1))
    Report.objects.filter(pk=wrong.pk).update(state=Report.State.WITHDRAWN, reason="Wrong.")

    (report,) = open_due_reports(SLOT_AT)

    assert report.window_start == before.window_end


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


def ticks(briefing, moments, *, schedulers=1):
    """Have the timetable look at each of these moments; return the slots with what they became."""
    for moment in moments:
        for _ in range(schedulers):
            open_due_reports(moment)
    rows = briefing.reports.order_by("slot_at", "slot").values_list(
        "local_date", "slot", "occasion"
    )
    return [f"{day:%a} {slot:%H:%M} {occasion}" for day, slot, occasion in rows]


def minutes(begin, count, *, step=5):
    return [begin + timedelta(minutes=step * n) for n in range(count)]


def test_26_hours_of_downtime_leave_a_late_report_and_a_record_of_each_missed_one():
    briefing = a_briefing(times=[time(7), time(18)], schedule_from=SLOT_AT - timedelta(hours=1))
    noon = SLOT_AT + timedelta(hours=5)

    rows = ticks(
        briefing,
        [*minutes(SLOT_AT - timedelta(hours=1), 73), *minutes(noon + timedelta(hours=26), 60)],
        schedulers=2,
    )

    # Down from Tuesday 10:00 to Wednesday 12:00 UTC: Wednesday's at seven is the latest missed.
    assert rows == [
        "Tue 07:00 schedule",
        "Tue 18:00 missed",
        "Wed 07:00 schedule",
        "Wed 18:00 schedule",
    ]
    late = briefing.reports.get(local_date=TODAY + timedelta(days=1), slot=time(7))
    assert late.reason == (
        "This report is late: it was due at 07:00, and work on it began at 14:00."
    )


@pytest.mark.parametrize(
    ("at_hours", "step_hours"),
    [
        pytest.param(-1, 3, id="ahead over a slot"),
        pytest.param(1, 3, id="ahead between slots"),
        pytest.param(1, -3, id="back over a slot"),
        pytest.param(-1, -3, id="back before a slot"),
    ],
)
def test_a_clock_that_steps_and_is_set_right_again_costs_no_slot(at_hours, step_hours):
    briefing = a_briefing(schedule_from=SLOT_AT - timedelta(hours=12))
    begin = SLOT_AT - timedelta(hours=6)
    right = minutes(begin, 12 * 40)
    stepped = SLOT_AT + timedelta(hours=at_hours)

    rows = ticks(
        briefing,
        [
            # An hour and a half on the wrong clock.
            moment + timedelta(hours=step_hours)
            if stepped <= moment < stepped + timedelta(hours=1.5)
            else moment
            for moment in right
        ],
    )

    assert rows == ["Tue 07:00 schedule", "Wed 07:00 schedule"]


def test_a_schedule_saved_under_a_clock_that_ran_ahead_still_opens_its_next_slot():
    briefing = a_briefing(schedule_from=SLOT_AT + timedelta(hours=2))

    (report,) = open_due_reports(SLOT_AT - timedelta(minutes=5))

    assert report.briefing == briefing


def test_an_edit_of_the_schedule_opens_no_past_slot():
    briefing = a_briefing(times=[time(6)], schedule_from=SLOT_AT)

    assert open_due_reports(SLOT_AT + timedelta(minutes=1)) == []
    assert not briefing.reports.exists()


@pytest.mark.parametrize(
    ("fields", "expected", "reason"),
    [
        pytest.param(
            {"holidays": [TODAY]},
            "holiday",
            "No report on this day: it is a holiday.",
            id="holiday",
        ),
        pytest.param(
            {"paused_until": TODAY + timedelta(days=1)},
            "pause",
            "This briefing pauses until 10 June 2026.",
            id="pause",
        ),
    ],
)
def test_a_day_without_a_report_by_plan_is_recorded_as_such(fields, expected, reason):
    briefing = a_briefing(schedule_from=SLOT_AT - timedelta(hours=1), **fields)

    opened = open_due_reports(SLOT_AT)
    tomorrow = open_due_reports(SLOT_AT + timedelta(days=1))

    assert opened == []
    assert briefing.reports.get(local_date=TODAY).occasion == expected
    assert briefing.reports.get(local_date=TODAY).reason == reason
    assert [report.local_date for report in tomorrow] == [TODAY + timedelta(days=1)]


def test_two_times_in_one_gap_are_one_report_and_a_record():
    # On 28 March 2027 the clocks in Berlin jump from two to three.
    briefing = a_briefing(
        times=[time(2, 15), time(2, 45)], schedule_from=NOW.replace(month=3, day=27, year=2027)
    )

    rows = ticks(briefing, minutes(NOW.replace(month=3, day=28, year=2027, hour=0, minute=0), 30))

    assert rows == ["Sun 02:15 missed", "Sun 02:45 schedule"]
    assert "jumped over 02:15" in briefing.reports.get(slot=time(2, 15)).reason


def test_work_begins_earlier_when_past_reports_took_longer():
    briefing = a_briefing(schedule_from=SLOT_AT - timedelta(hours=1))
    for days in range(1, 6):
        past = a_published_report(briefing, local_date=TODAY - timedelta(days=days))
        Job.objects.create(
            kind="compose",
            subject=past.subject,
            state=Job.State.DONE,
            not_before=past.created_at,
            created_at=past.created_at,
            finished_at=past.created_at + timedelta(minutes=20),
        )

    too_early = open_due_reports(SLOT_AT - timedelta(minutes=26))
    in_time = open_due_reports(SLOT_AT - timedelta(minutes=25))

    assert too_early == []
    assert [report.slot_at for report in in_time] == [SLOT_AT]
    assert learnt_lead(briefing).in_words == (
        "Work begins 25 minutes before the slot: of the last 5 reports nearly all took at most "
        "20 minutes."
    )


def test_a_tick_asks_little_however_many_slots_there_are(django_assert_num_queries):
    for _ in range(3):
        a_briefing()
    open_due_reports(NOW)

    with django_assert_num_queries(2):
        open_due_reports(NOW + timedelta(minutes=1))


def test_a_briefing_without_any_source_says_so_and_not_that_none_answered():
    briefing = a_briefing(tags=["harbor"], newsroom="night")

    report, _ = produce(briefing)

    assert report.state == Report.State.FAILED
    assert report.reason.startswith("This briefing has no source: none with one of the tags harbor")
    assert "“night”" in report.reason
