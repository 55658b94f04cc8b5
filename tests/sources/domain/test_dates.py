"""Dates as publishers write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.domain.dates import parse_date

HALF_PAST_SIX = datetime(2026, 6, 9, 6, 30, tzinfo=UTC)
MIDNIGHT = datetime(2026, 6, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param("Tue, 09 Jun 2026 06:30:00 GMT", id="RFC 822"),
        pytest.param("Tue, 09 Jun 2026 06:30:00 Z", id="Z"),
        pytest.param("Tue, 09 Jun 2026 08:30:00 +0200", id="offset"),
        pytest.param("Tue,09 Jun 2026 06:30:00 GMT", id="no space"),
        pytest.param("Wed, 09 Jun 2026 06:30:00 GMT", id="wrong weekday"),
        pytest.param("9 Jun 26 06:30 UT", id="two-digit year, no seconds"),
        pytest.param("Tue, 09 Jun 2026 01:30:00 EST", id="obsolete zone"),
        pytest.param("Mon, 08 Jun 2026 23:30:00 PDT", id="another"),
        pytest.param("Tue, 09 Jun 2026 08:30:00 CEST", id="zone beyond the RFC"),
        pytest.param("Tue, 09 Jun 2026 16:30:00 AEST", id="Sydney"),
        pytest.param("Tue, 09 Jun 2026 08:30:00 GMT+2", id="zone with offset"),
        pytest.param("Tue, 09 Jun 2026 06:30:00 +0000 (UTC)", id="comment"),
        pytest.param("Tue, 09 June 2026 06:30:00 GMT", id="long month"),
        pytest.param("Tuesday, June 9, 2026 - 06:30", id="American"),
        pytest.param("June 9, 2026 6:30 am", id="am"),
        pytest.param("2026-06-09T06:30:00Z", id="RFC 3339"),
        pytest.param("2026-06-09T08:30:00+02:00", id="with offset"),
        pytest.param("2026-06-09t06:30:00z", id="lower case"),
        pytest.param("2026-06-09T08:30:00.000+0200", id="offset without colon"),
        pytest.param("2026-06-09T06:30Z", id="no seconds"),
        pytest.param("2026-06-09 06:30:00", id="space"),
        pytest.param("2026-06-09 06:30:00 UTC", id="zone name"),
        pytest.param("2026/06/09 06:30:00", id="slashes"),
        pytest.param("20260609T063000Z", id="basic format"),
        pytest.param("1780986600", id="epoch"),
        pytest.param("1780986600000", id="epoch in milliseconds"),
        pytest.param("Tue Jun  9 06:30:00 2026", id="asctime"),
        pytest.param("Mon Jun 08 2026 23:30:00 GMT-0700 (Pacific Daylight Time)", id="JavaScript"),
        pytest.param("09.06.2026 06:30", id="day first with dots"),
        pytest.param("Dienstag, 9. Juni 2026 um 06:30 Uhr", id="German"),
        pytest.param("mar., 9 juin 2026 08:30:00 +0200", id="French"),
        pytest.param("9 de junio de 2026 06:30", id="Spanish"),
        pytest.param("Вт, 9 июн 2026 09:30:00 +0300", id="Russian"),
        pytest.param("2026年6月9日 06:30", id="Japanese"),
        pytest.param("  Tue,\n 09 Jun 2026   06:30:00 GMT ", id="white space"),
    ],
)
def test_this_is_half_past_six(raw):
    assert parse_date(raw) == HALF_PAST_SIX


@pytest.mark.parametrize(
    "raw",
    [
        "2026-06-09",
        "9 Jun 2026",
        "June 9, 2026",
        "9.6.2026",
        "20260609",
        "Mon, 8 Jun 2026 24:00:00",
    ],
)
def test_a_day_without_a_time_is_its_midnight(raw):
    assert parse_date(raw) == MIDNIGHT


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param("", id="nothing"),
        pytest.param("yesterday", id="a word"),
        pytest.param("06:30", id="only a time"),
        pytest.param("Tuesday", id="only a weekday"),
        pytest.param("9 June", id="no year"),
        pytest.param("2026", id="only a year"),
        pytest.param("2026-W24-2", id="a week"),
        pytest.param("2026-13-45", id="no such month"),
        pytest.param("Thu, 31 Jun 2026 00:00:00 GMT", id="no such day"),
        pytest.param("0001-01-01T00:00:00", id="an empty field"),
        pytest.param("1970-01-01T00:00:00Z", id="the epoch"),
        pytest.param("9999-12-31T23:59:59-23:59", id="the end of the calendar"),
        pytest.param("9" * 90, id="a long number"),
        pytest.param("-1", id="a negative number"),
        pytest.param("x" * 5_000, id="long"),
        pytest.param("\x00\ud800", id="odd letters"),
    ],
)
def test_nobody_can_tell_this(raw):
    assert parse_date(raw) is None


@given(st.text("0123456789:-+/. TZGMTJunepamUTC,()年月日\x00é", max_size=60) | st.text(max_size=40))
def test_no_string_breaks_it(raw):
    moment = parse_date(raw)

    assert moment is None or moment.utcoffset() is not None
