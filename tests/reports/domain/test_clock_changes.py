"""What clock changes make of slots: a table of places and days, each with its exact instant."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.domain.clock_changes import Run, next_runs
from reports.domain.windows import instant

EVERY_DAY = [1, 2, 3, 4, 5, 6, 7]

# Zone, local day and time, the instant in UTC: worked out by hand from the published rules of each
# zone, not by this code.
CASES = """
Europe/Berlin        2026-03-29 02:30 2026-03-29T01:00 gap
Europe/London        2026-03-29 01:30 2026-03-29T01:00 gap
Europe/London        2026-10-25 01:30 2026-10-25T00:30 twice
Europe/Dublin        2026-10-25 01:30 2026-10-25T00:30 twice, where winter is the exception
Europe/Lisbon        2026-03-29 01:00 2026-03-29T01:00 gap, its very start
Atlantic/Azores      2026-03-29 00:30 2026-03-29T01:00 gap at midnight
America/Nuuk         2024-03-30 23:30 2024-03-31T01:00 gap before midnight
America/New_York     2026-03-08 02:30 2026-03-08T07:00 gap
America/New_York     2026-11-01 01:30 2026-11-01T05:30 twice
America/New_York     2026-11-01 02:00 2026-11-01T07:00 just after what comes twice
America/St_Johns     2026-03-08 02:30 2026-03-08T05:30 gap in a half-hour zone
America/Havana       2026-03-08 00:30 2026-03-08T05:00 gap at midnight
America/Havana       2026-11-01 00:30 2026-11-01T04:30 twice after midnight
America/Santiago     2026-09-06 00:30 2026-09-06T04:00 gap at midnight in the south
America/Santiago     2026-04-04 23:30 2026-04-05T02:30 twice before midnight
America/Sao_Paulo    2018-11-04 00:00 2018-11-04T03:00 gap at midnight
America/Sao_Paulo    2019-02-16 23:30 2019-02-17T01:30 twice before midnight
America/Asuncion     2023-10-01 00:00 2023-10-01T04:00 gap at midnight
America/Caracas      2016-05-01 02:45 2016-05-01T07:00 half-hour gap for good
Asia/Beirut          2026-03-29 00:00 2026-03-28T22:00 gap at midnight
Asia/Beirut          2026-10-24 23:30 2026-10-24T20:30 twice before midnight
Africa/Cairo         2026-04-24 00:30 2026-04-23T22:00 gap at midnight on a Friday
Africa/Cairo         2026-10-29 23:30 2026-10-29T20:30 twice before midnight
Asia/Tehran          2022-03-22 00:30 2022-03-21T20:30 gap at midnight
Asia/Tehran          2022-09-21 23:30 2022-09-21T19:00 twice before midnight
Asia/Pyongyang       2018-05-04 23:45 2018-05-04T15:00 half-hour gap for good
Asia/Kathmandu       2026-06-09 07:00 2026-06-09T01:15 quarter-hour zone
Africa/Casablanca    2026-02-15 02:30 2026-02-15T01:30 twice, as Ramadan begins
Africa/Casablanca    2026-03-22 02:30 2026-03-22T02:00 gap, after Ramadan
Africa/El_Aaiun      2026-03-22 02:00 2026-03-22T02:00 gap after Ramadan, its very start
Antarctica/Troll     2026-03-29 01:30 2026-03-29T01:00 two-hour gap
Antarctica/Troll     2026-03-29 02:59 2026-03-29T01:00 two-hour gap, its last minute
Antarctica/Troll     2026-10-25 01:30 2026-10-24T23:30 two hours twice
Australia/Lord_Howe  2026-10-04 02:15 2026-10-03T15:30 half-hour gap
Australia/Lord_Howe  2026-04-05 01:45 2026-04-04T14:45 half an hour twice
Australia/Sydney     2026-10-04 02:30 2026-10-03T16:00 gap in the south
Australia/Sydney     2026-04-05 02:30 2026-04-04T15:30 twice in the south
Australia/Adelaide   2026-10-04 02:30 2026-10-03T16:30 gap in a half-hour zone
Pacific/Auckland     2026-09-27 02:30 2026-09-26T14:00 gap in the south
Pacific/Auckland     2026-04-05 02:30 2026-04-04T13:30 twice in the south
Pacific/Chatham      2026-09-27 03:00 2026-09-26T14:00 gap in a quarter-hour zone
Pacific/Chatham      2026-04-05 03:00 2026-04-04T13:15 twice in a quarter-hour zone
Pacific/Apia         2011-12-29 23:59 2011-12-30T09:59 the minute before a day that never was
Pacific/Apia         2011-12-30 07:00 2011-12-30T10:00 a day that never was
Pacific/Apia         2011-12-31 00:00 2011-12-30T10:00 the minute after a day that never was
Pacific/Fakaofo      2011-12-30 12:00 2011-12-30T11:00 a day that never was
Pacific/Kwajalein    1993-08-21 12:00 1993-08-21T12:00 a day that never was
Pacific/Kiritimati   1994-12-31 12:00 1994-12-31T10:00 a day that never was
Pacific/Kwajalein    1969-09-30 07:00 1969-09-29T20:00 a day that came twice
Europe/Istanbul      2026-03-29 02:30 2026-03-28T23:30 no change where others have one
America/Phoenix      2026-03-08 02:30 2026-03-08T09:30 no change where others have one
"""


def cases():
    for line in CASES.strip().splitlines():
        zone, day, at, expected, why = line.split(maxsplit=4)
        yield pytest.param(zone, day, at, expected, id=f"{zone} {day}: {why}")


@pytest.mark.parametrize(("zone", "day", "at", "expected"), list(cases()))
def test_a_local_time_is_one_instant(zone, day, at, expected):
    result = instant(date.fromisoformat(day), time.fromisoformat(at), ZoneInfo(zone))

    assert f"{result:%Y-%m-%dT%H:%M}" == expected
    assert result.utcoffset() == timedelta(0)


ZONES = sorted({line.split()[0] for line in CASES.strip().splitlines()})


@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(1990, 1, 1), datetime(2037, 1, 1)),  # noqa: DTZ001 (local times)
    st.timedeltas(timedelta(0), timedelta(days=2)),
)
def test_a_later_local_time_is_never_an_earlier_instant(zone, first, later):
    second = first + later

    begins = instant(first.date(), first.time(), ZoneInfo(zone))
    ends = instant(second.date(), second.time(), ZoneInfo(zone))

    assert begins <= ends


def runs(zone, after, *, times=(time(2, 30),), count=4, **options) -> list[Run]:
    moment = datetime.fromisoformat(after).replace(tzinfo=UTC)
    return next_runs(times, EVERY_DAY, ZoneInfo(zone), moment, count, **options)


def said(zone, after, **options):
    return [
        (run.local_in_words, run.utc_in_words, run.oddity) for run in runs(zone, after, **options)
    ]


def test_runs_explain_a_time_that_does_not_exist():
    assert said("Europe/Berlin", "2026-03-27T12:00", count=3) == [
        ("Sat 28 March 2026, 02:30 CET", "Sat 28 March, 01:30 UTC", ""),
        (
            "Sun 29 March 2026, 03:00 CEST",
            "Sun 29 March, 01:00 UTC",
            "02:30 does not exist on this day: the clocks jump over it.",
        ),
        (
            "Mon 30 March 2026, 02:30 CEST",
            "Mon 30 March, 00:30 UTC",
            "From here on it is UTC+2, not UTC+1: the clocks have changed.",
        ),
    ]


def test_runs_explain_a_time_that_comes_twice():
    _, odd, _ = runs("Europe/Berlin", "2026-10-23T12:00", count=3)

    assert odd.local_in_words == "Sun 25 October 2026, 02:30 CEST"
    assert odd.oddity == "02:30 comes twice on this day: it runs the first time."


def test_runs_reach_beyond_the_next_clock_change():
    shown = runs("Europe/Berlin", "2026-06-09T06:30", times=(time(7),), count=10)

    odd = [run for run in shown if run.oddity]
    assert len(shown) == 13
    assert [run.local_in_words for run in shown[10:]] == [
        "Sat 24 October 2026, 07:00 CEST",
        "Sun 25 October 2026, 07:00 CET",
        "Mon 26 October 2026, 07:00 CET",
    ]
    assert [run.oddity for run in odd] == [
        "From here on it is UTC+1, not UTC+2: the clocks have changed."
    ]
    assert shown[10].is_after_a_break


def test_runs_name_holidays_and_pauses_that_they_leave_out():
    shown = runs(
        "UTC",
        "2026-06-09T06:30",
        times=(time(7),),
        count=4,
        holidays=[date(2026, 6, 11)],
        paused_until=date(2026, 6, 10),
    )

    assert [run.absence for run in shown] == ["pause", "", "holiday", ""]


def test_a_skipped_day_says_so():
    odd = next(
        run for run in runs("Pacific/Apia", "2011-12-29T20:00", times=(time(7),)) if run.oddity
    )

    assert odd.local_in_words == "Sat 31 December 2011, 00:00 +14"
    assert odd.oddity == "Fri 30 December 2011 does not exist here: the clocks jump over the day."
