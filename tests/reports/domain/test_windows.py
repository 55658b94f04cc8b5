"""Slots in local time, and what clock changes make of them."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from reports.domain.windows import (
    instant,
    latest_slot,
    next_slots,
    schedule_in_words,
    slot_at,
)

EVERY_DAY = [1, 2, 3, 4, 5, 6, 7]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "day", "at", "expected"),
    [
        pytest.param("Europe/Berlin", "2026-06-09", "07:00", "2026-06-09T05:00", id="summer"),
        pytest.param("Europe/Berlin", "2026-12-09", "07:00", "2026-12-09T06:00", id="winter"),
        pytest.param(
            "Europe/Berlin",
            "2026-03-29",
            "02:30",
            "2026-03-29T01:00",
            id="gap: first instant after",
        ),
        pytest.param(
            "Europe/Berlin", "2026-03-29", "02:00", "2026-03-29T01:00", id="gap: its very start"
        ),
        pytest.param(
            "Europe/Berlin", "2026-03-29", "03:00", "2026-03-29T01:00", id="gap: its very end"
        ),
        pytest.param(
            "Europe/Berlin", "2026-10-25", "02:30", "2026-10-25T00:30", id="twice: the first"
        ),
        pytest.param(
            "America/Sao_Paulo", "2018-11-04", "00:00", "2018-11-04T03:00", id="gap at midnight"
        ),
        pytest.param(
            "Australia/Lord_Howe", "2026-10-04", "02:15", "2026-10-03T15:30", id="half-hour gap"
        ),
        pytest.param(
            "Australia/Lord_Howe", "2026-04-05", "01:45", "2026-04-04T14:45", id="half-hour twice"
        ),
        pytest.param(
            "Pacific/Apia", "2011-12-30", "07:00", "2011-12-30T10:00", id="a day that never was"
        ),
        pytest.param(
            "Asia/Kathmandu", "2026-06-09", "07:00", "2026-06-09T01:15", id="quarter hour"
        ),
    ],
)
def test_a_local_time_is_one_instant(zone, day, at, expected):
    result = instant(date.fromisoformat(day), time.fromisoformat(at), ZoneInfo(zone))

    assert result == utc(expected)


def test_next_slots_cross_a_clock_change_at_the_same_local_time():
    slots = next_slots(
        [time(7)], EVERY_DAY, ZoneInfo("Europe/Berlin"), utc("2026-03-28T00:00"), count=3
    )

    assert [slot.at for slot in slots] == [
        utc("2026-03-28T06:00"),
        utc("2026-03-29T05:00"),
        utc("2026-03-30T05:00"),
    ]


def test_next_slots_are_later_than_the_moment_itself():
    slots = next_slots([time(7)], EVERY_DAY, ZoneInfo("UTC"), utc("2026-06-09T07:00"), count=1)

    assert slots[0].at == utc("2026-06-10T07:00")


def test_next_slots_keep_to_the_weekdays_and_all_times():
    slots = next_slots(
        [time(18, 30), time(7)], [1, 5], ZoneInfo("UTC"), utc("2026-06-09T06:30"), count=4
    )

    assert [(slot.local_date.isoformat(), slot.time) for slot in slots] == [
        ("2026-06-12", time(7)),
        ("2026-06-12", time(18, 30)),
        ("2026-06-15", time(7)),
        ("2026-06-15", time(18, 30)),
    ]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        pytest.param("2026-06-09T06:59:59", "2026-06-08T07:00", id="before today's"),
        pytest.param("2026-06-09T07:00:00", "2026-06-09T07:00", id="at the very moment"),
        pytest.param("2026-06-09T23:00:00", "2026-06-09T07:00", id="long after"),
    ],
)
def test_the_latest_slot_is_the_last_one_that_has_come(now, expected):
    slot = latest_slot([time(7)], EVERY_DAY, ZoneInfo("UTC"), utc(now))

    assert slot is not None
    assert slot.at == utc(expected)


def test_the_latest_slot_of_a_weekly_briefing_may_be_days_ago():
    slot = latest_slot([time(7)], [1], ZoneInfo("UTC"), utc("2026-06-14T20:00"))

    assert slot is not None
    assert slot.local_date == date(2026, 6, 8)


def test_there_is_no_latest_slot_without_weekdays():
    assert latest_slot([time(7)], [], ZoneInfo("UTC"), utc("2026-06-09T07:00")) is None


def test_a_slot_out_of_turn_is_this_very_minute_in_local_words():
    slot = slot_at(utc("2026-06-09T06:30:15.250000"), ZoneInfo("Europe/Berlin"))

    assert (slot.local_date, slot.time, slot.at) == (
        date(2026, 6, 9),
        time(8, 30),
        utc("2026-06-09T06:30"),
    )


@pytest.mark.parametrize(
    ("weekdays", "words"),
    [
        pytest.param(EVERY_DAY, "Every day at 07:00 and 18:30, UTC time", id="every day"),
        pytest.param([1, 2, 3, 4, 5], "Monday to Friday at 07:00 and 18:30, UTC time", id="a run"),
        pytest.param([6, 7], "Saturdays and Sundays at 07:00 and 18:30, UTC time", id="two"),
        pytest.param([3], "Wednesdays at 07:00 and 18:30, UTC time", id="one"),
    ],
)
def test_a_schedule_reads_as_a_sentence(weekdays, words):
    assert schedule_in_words([time(18, 30), time(7)], weekdays, "UTC") == words
