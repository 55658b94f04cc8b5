"""When to look again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given as given_any
from hypothesis import strategies as some

from sources.domain.cadence import LONGEST, SHORTEST, next_fetch_at, rhythm_of, wish_of

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
TUESDAY = datetime(2026, 6, 9, 6, 30, tzinfo=UTC)

waits = some.timedeltas(min_value=timedelta(0), max_value=timedelta.max)
chances = some.floats(0, 1)


@pytest.mark.parametrize(
    ("given", "wait"),
    [
        pytest.param({"usual": HOUR}, HOUR, id="the editor's interval"),
        pytest.param({"usual": HOUR, "chance": 1.0}, HOUR, id="which nothing spreads"),
        pytest.param({"usual": HOUR, "per_day": 96.0}, HOUR, id="whatever its rhythm"),
        pytest.param({"usual": MINUTE}, 15 * MINUTE, id="never sooner than a quarter of an hour"),
        pytest.param({"usual": timedelta(0)}, 15 * MINUTE, id="zero"),
        pytest.param({"usual": -DAY}, 15 * MINUTE, id="less than zero"),
        pytest.param({"usual": 9 * DAY}, DAY, id="never later than a day"),
        pytest.param({"usual": 9 * DAY, "longest": 9 * DAY}, 9 * DAY, id="where looks cost money"),
        pytest.param({"usual": HOUR, "asked": 3 * HOUR}, 3 * HOUR, id="slowed down"),
        pytest.param({"usual": HOUR, "asked": MINUTE}, HOUR, id="not sped up"),
        pytest.param({"usual": HOUR, "asked": 99 * DAY}, DAY, id="asked for months"),
        pytest.param({"usual": HOUR, "failures": 1}, 2 * HOUR, id="one failure"),
        pytest.param({"usual": HOUR, "failures": 3}, 8 * HOUR, id="three failures"),
        pytest.param({"usual": HOUR, "failures": 1, "chance": 0.0}, 1.8 * HOUR, id="drawn early"),
        pytest.param({"usual": HOUR, "failures": 1, "chance": 1.0}, 2.2 * HOUR, id="drawn late"),
        pytest.param(
            {"usual": HOUR, "failures": 10**9, "chance": 1.0}, DAY, id="very many failures"
        ),
        pytest.param(
            {"usual": HOUR, "failures": 99, "chance": 0.0}, 0.9 * DAY, id="spread below a day too"
        ),
        pytest.param(
            {"usual": timedelta.max, "asked": timedelta.max, "failures": 10}, DAY, id="overflow"
        ),
        pytest.param(
            {"usual": HOUR, "asked": 5 * HOUR, "failures": 1, "chance": 0.0},
            5 * HOUR,
            id="Retry-After after a failure",
        ),
        pytest.param(
            {"usual": HOUR, "asked": MINUTE, "failures": 3}, 8 * HOUR, id="a short Retry-After"
        ),
        pytest.param({"usual": None}, HOUR, id="a rhythm that nobody knows"),
        pytest.param({"usual": None, "per_day": float("nan")}, HOUR, id="no number"),
        pytest.param({"usual": None, "per_day": 8.0}, HOUR, id="every three hours"),
        pytest.param({"usual": None, "per_day": 4.0}, 2 * HOUR, id="every six hours"),
        pytest.param({"usual": None, "per_day": 1.0}, 6 * HOUR, id="once a day"),
        pytest.param({"usual": None, "per_day": 0.0}, 6 * HOUR, id="never"),
        pytest.param({"usual": None, "per_day": -1.0}, 6 * HOUR, id="less than never"),
        pytest.param({"usual": None, "per_day": 8.0, "chance": 0.0}, 54 * MINUTE, id="early"),
        pytest.param({"usual": None, "per_day": 8.0, "chance": 1.0}, 66 * MINUTE, id="late"),
        pytest.param({"usual": None, "per_day": 1e300, "chance": 0.0}, 15 * MINUTE, id="a torrent"),
        pytest.param(
            {"usual": None, "per_day": float("inf"), "chance": 0.0}, 15 * MINUTE, id="without end"
        ),
        pytest.param(
            {"usual": None, "per_day": 8.0, "asked": 2 * HOUR, "chance": 0.0},
            2 * HOUR,
            id="never before the moment that was asked for",
        ),
        pytest.param({"usual": None, "asked": DAY, "chance": 1.0}, DAY, id="asked for a day"),
    ],
)
def test_the_wait(now, given, wait):
    assert next_fetch_at(now, **given) == now + wait


@pytest.mark.parametrize(
    ("hours", "days", "then"),
    [
        pytest.param([], [], "Tue 07:30", id="nothing skipped"),
        pytest.param([6], [], "Tue 07:30", id="another hour"),
        pytest.param([7], [], "Tue 08:30", id="the next one that is free"),
        pytest.param([7, 8, 9], [], "Tue 10:30", id="a few in a row"),
        pytest.param(list(range(7, 24)), [], "Wed 00:30", id="over midnight"),
        pytest.param(range(24), [], "Tue 07:30", id="all of them: not meant"),
        pytest.param([], [1], "Wed 00:30", id="today"),
        pytest.param([], [1, 2], "Wed 07:30", id="two days: a day later at most"),
        pytest.param([], range(7), "Tue 07:30", id="all days: not meant"),
        pytest.param([0, 1], [1], "Wed 02:30", id="a day and the hours after it"),
        pytest.param([7, 24, 99, -1], [8], "Tue 08:30", id="hours that no clock has"),
        pytest.param([*range(1, 24)], [2], "Wed 07:30", id="nothing free for a day"),
    ],
)
def test_the_hours_in_which_a_publisher_wants_nobody(hours, days, then):
    moment = next_fetch_at(TUESDAY, usual=HOUR, skip_hours=hours, skip_days=days)

    assert f"{moment:%a %H:%M}" == then


def test_skipped_hours_are_meant_in_utc():
    tokyo = TUESDAY.astimezone(ZoneInfo("Asia/Tokyo"))

    assert next_fetch_at(tokyo, usual=HOUR, skip_hours=[7]) == TUESDAY + 2 * HOUR


rules = some.fixed_dictionaries(
    {
        "usual": some.none() | waits,
        "per_day": some.none() | some.floats(),
        "asked": some.none() | waits,
        "failures": some.integers(0, 10**6),
        "chance": chances,
        "longest": some.timedeltas(min_value=DAY, max_value=31 * DAY),
    }
)
skips = some.fixed_dictionaries(
    {"skip_hours": some.sets(some.integers(-5, 30)), "skip_days": some.sets(some.integers(-2, 9))}
)


@given_any(rules=rules, skips=skips)
def test_every_wait_is_between_a_quarter_of_an_hour_and_the_longest(rules, skips):
    least = max(rules["usual"] or SHORTEST, rules["asked"] or SHORTEST, SHORTEST)

    plain = next_fetch_at(TUESDAY, **rules)
    moved = next_fetch_at(TUESDAY, **rules, **skips)

    assert TUESDAY + min(least, rules["longest"]) <= plain <= TUESDAY + rules["longest"]
    assert plain <= moved <= plain + DAY


@given_any(usual=some.none() | waits, per_day=some.none() | some.floats(0, 1e6), chance=chances)
def test_more_failures_never_bring_us_sooner(usual, per_day, chance):
    moments = [
        next_fetch_at(TUESDAY, usual=usual, per_day=per_day, failures=failures, chance=chance)
        for failures in range(1, 14)
    ]

    assert moments == sorted(moments)
    assert moments[-1] >= TUESDAY + 0.9 * LONGEST


@given_any(rates=some.lists(some.floats(0, 1e6), min_size=2), chance=chances)
def test_who_brings_more_is_never_looked_at_later(rates, chance):
    moments = [
        next_fetch_at(TUESDAY, usual=None, per_day=rate, chance=chance) for rate in sorted(rates)
    ]

    assert all(seldom >= often for seldom, often in pairwise(moments))


@given_any(
    usual=some.none() | waits,
    failures=some.integers(0, 12),
    asked=some.lists(waits, min_size=2),
    chance=chances,
)
def test_a_longer_wish_never_brings_us_sooner(usual, failures, asked, chance):
    moments = [
        next_fetch_at(TUESDAY, usual=usual, failures=failures, asked=wish, chance=chance)
        for wish in sorted(asked)
    ]

    assert moments == sorted(moments)


@pytest.mark.parametrize(
    ("hours_ago", "per_day"),
    [
        pytest.param([], None, id="no dates"),
        pytest.param([3], None, id="one"),
        pytest.param([3, 3, 3], None, id="all the same"),
        pytest.param([-9, -9], None, id="all in the future"),
        pytest.param([0, 24], 1, id="one a day"),
        pytest.param([0, 6, 12, 18, 24], 4, id="four a day; the oldest quarter is left out"),
        pytest.param([-48, 12, 24], 2, id="a future date counts as now"),
        pytest.param([24, 0, 12], 2, id="in any order"),
        pytest.param([240, 264], 1 / 11, id="silent for ten days"),
        pytest.param([0, 1, 2, 90_000], 1.0 * 24, id="an entry pinned for ten years"),
        pytest.param([0, 0, 0, 24], 3, id="the newest at one moment"),
        pytest.param([0, 0.0001], 24, id="two in a blink are no torrent"),
    ],
)
def test_the_rhythm(now, hours_ago, per_day):
    moments = [now - timedelta(hours=hours) for hours in hours_ago]

    rhythm = rhythm_of(moments, now=now)

    assert rhythm == (None if per_day is None else pytest.approx(per_day))


@given_any(ages=some.lists(some.floats(-1e5, 1e6), max_size=50))
def test_a_rhythm_is_a_positive_number_or_none(ages):
    moments = [TUESDAY - timedelta(hours=age) for age in ages]

    rhythm = rhythm_of(moments, now=TUESDAY)

    assert rhythm is None or 0 < rhythm <= 24 * len(ages)


@given_any(
    ages=some.lists(some.integers(0, 10**5), min_size=2, unique=True),
    later=some.timedeltas(min_value=timedelta(0), max_value=365 * DAY),
)
def test_silence_slows_a_rhythm(ages, later):
    moments = [TUESDAY - timedelta(minutes=age) for age in ages]

    assert rhythm_of(moments, now=TUESDAY + later) <= rhythm_of(moments, now=TUESDAY)


def at(moment):
    return format_datetime(moment.astimezone(UTC), usegmt=True)


@pytest.mark.parametrize(
    ("headers", "ttl", "wish"),
    [
        pytest.param({}, None, None, id="nothing said"),
        pytest.param({"cache-control": "public, max-age=7200"}, None, 2 * HOUR, id="max-age"),
        pytest.param({"cache-control": 'Max-Age = "60"'}, None, MINUTE, id="oddly written"),
        pytest.param({"cache-control": "no-cache, max-age=7200"}, None, None, id="not kept"),
        pytest.param({"cache-control": "no-store"}, None, None, id="not stored"),
        pytest.param({"cache-control": "max-age=abc"}, None, None, id="nonsense"),
        pytest.param({"cache-control": "max-age=-60"}, None, None, id="less than nothing"),
        pytest.param({"cache-control": "max-age=0"}, None, None, id="nothing"),
        pytest.param({"cache-control": f"max-age={10**9 - 1}"}, None, DAY, id="a life long"),
        pytest.param({"cache-control": f"max-age={'9' * 500}"}, None, None, id="out of range"),
        pytest.param({"cache-control": "x-max-age=60"}, None, None, id="another name"),
        pytest.param({"cache-control": 'x="max-age=60"'}, None, None, id="inside a value"),
        pytest.param({"cache-control": "max-age=60, max-age=90"}, None, MINUTE, id="the first"),
        pytest.param(
            {"cache-control": "max-age=60, s-maxage=86400"}, None, MINUTE, id="not the CDN's"
        ),
        pytest.param({"cache-control": "s-maxage=86400"}, None, None, id="the CDN's alone"),
        pytest.param({"cache-control": "max-age=7200", "age": "3600"}, None, HOUR, id="aged"),
        pytest.param({"cache-control": "max-age=60", "age": "90"}, None, None, id="stale"),
        pytest.param({"cache-control": "max-age=60", "age": "old"}, None, MINUTE, id="odd age"),
        pytest.param(
            {"date": at(TUESDAY - 9 * DAY), "expires": at(TUESDAY - 9 * DAY + HOUR)},
            None,
            HOUR,
            id="Expires, by the server's own clock",
        ),
        pytest.param({"expires": at(TUESDAY + HOUR)}, None, HOUR, id="Expires, by ours"),
        pytest.param({"expires": at(TUESDAY - HOUR)}, None, None, id="expired"),
        pytest.param({"expires": at(TUESDAY + HOUR), "age": "600"}, None, 50 * MINUTE, id="both"),
        pytest.param({"expires": "0"}, None, None, id="Expires: 0"),
        pytest.param({"expires": "-1"}, None, None, id="Expires: -1"),
        pytest.param({"expires": "Tue, 99 Jun 9999 99:99:99 GMT"}, None, None, id="no such day"),
        pytest.param({"expires": "x" * 10**6}, None, None, id="a megabyte"),
        pytest.param(
            {"expires": at(TUESDAY + 300 * DAY), "cache-control": "no-cache"},
            None,
            None,
            id="Cache-Control rules",
        ),
        pytest.param(
            {"expires": at(TUESDAY + HOUR), "cache-control": "max-age=0"},
            None,
            None,
            id="max-age rules",
        ),
        pytest.param({}, HOUR, HOUR, id="ttl"),
        pytest.param({}, timedelta(0), None, id="a ttl of nothing"),
        pytest.param({}, 99 * DAY, DAY, id="a ttl of months"),
        pytest.param({"cache-control": "no-cache"}, HOUR, HOUR, id="the document's own wish"),
        pytest.param({"cache-control": "max-age=60"}, HOUR, HOUR, id="the longer one"),
    ],
)
def test_what_a_publisher_wishes(now, headers, ttl, wish):
    assert wish_of(headers, now=now, ttl=ttl) == wish


@given_any(
    headers=some.dictionaries(
        some.sampled_from(["cache-control", "expires", "date", "age"]), some.text()
    )
)
def test_no_header_makes_us_stumble(headers):
    wish = wish_of(headers, now=TUESDAY)

    assert wish is None or timedelta(0) < wish <= LONGEST
