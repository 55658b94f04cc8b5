"""How a source is, in words."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sources.domain.health import ILL, Condition, Health, ago, day, for_readers, rhythm_in_words

NOW = datetime(2026, 6, 9, 6, 30, tzinfo=UTC)
MAY = datetime(2026, 5, 3, 12, tzinfo=UTC)


def health(**fields: Any) -> Health:
    usual = {
        "is_enabled": True,
        "failures": 0,
        "ill_since": None,
        "last_good_at": NOW - timedelta(minutes=12),
    }
    return Health(**usual | fields)


DAY = timedelta(days=1)


def silent(days: float, *, articles_per_day: float | None) -> Health:
    newest = NOW - timedelta(minutes=12) - timedelta(days=days)
    return health(newest_entry_at=newest, articles_per_day=articles_per_day)


@pytest.mark.parametrize(
    ("given", "condition", "words"),
    [
        pytest.param(
            health(last_new=3, last_status=200),
            Condition.HEALTHY,
            "answered 200 at 6:18 UTC, 3 new",
            id="healthy",
        ),
        pytest.param(
            health(last_new=0, last_status=304),
            Condition.HEALTHY,
            "answered 304 at 6:18 UTC, nothing new",
            id="calm",
        ),
        pytest.param(
            health(last_new=0, last_status=200, is_barren=True),
            Condition.HEALTHY,
            "answered 200 at 6:18 UTC, has never brought an entry",
            id="barren",
        ),
        pytest.param(
            health(last_good_at=MAY), Condition.HEALTHY, "answered on 3 May", id="long ago"
        ),
        pytest.param(
            health(last_good_at=None),
            Condition.UNCHECKED,
            "unchecked: not looked at yet",
            id="unchecked",
        ),
        pytest.param(
            health(failures=2, ill_since=MAY, last_error="HTTP 404."),
            Condition.ILL,
            "ill since 3 May: HTTP 404.",
            id="ill",
        ),
        pytest.param(
            health(failures=2, ill_since=MAY, last_error="HTTP 404.", next_look_at=NOW + DAY),
            Condition.ILL,
            "ill since 3 May: HTTP 404. Next look at 6:30 UTC on 10 June.",
            id="ill with its next look",
        ),
        pytest.param(
            health(
                failures=1,
                ill_since=NOW,
                last_error="Patience.",
                last_status=429,
                next_look_at=NOW + timedelta(hours=1),
            ),
            Condition.ILL,
            "ill since 6:30 UTC: it asked for patience (HTTP 429); after 1 failure we wait "
            "until 7:30 UTC",
            id="it asked for patience",
        ),
        pytest.param(
            health(failures=3, ill_since=NOW, last_status=503, next_look_at=NOW + DAY),
            Condition.ILL,
            "ill since 6:30 UTC: it asked for patience (HTTP 503); after 3 failures we wait "
            "until 6:30 UTC on 10 June",
            id="it asked for patience again",
        ),
        pytest.param(
            health(failures=1), Condition.ILL, "ill: it did not answer", id="ill without a record"
        ),
        pytest.param(
            health(gone_at=MAY, failures=1, ill_since=MAY, last_error="HTTP 410."),
            Condition.GONE,
            "gone since 3 May: HTTP 410",
            id="gone outranks ill",
        ),
        pytest.param(
            silent(9, articles_per_day=4.2),
            Condition.SILENT,
            "silent for 9 days, usually 4 articles a day",
            id="silent",
        ),
        pytest.param(
            health(last_status=200, last_new=1, moved_to="https://b.example/f", moves_seen=2),
            Condition.HEALTHY,
            "answered 200 at 6:18 UTC, 1 new; moved for good to https://b.example/f, seen twice; "
            "adopted after the third time",
            id="moved",
        ),
        pytest.param(
            health(last_status=200, last_new=1, moved_to="https://b.example/f", moves_seen=3),
            Condition.HEALTHY,
            "answered 200 at 6:18 UTC, 1 new; moved for good to https://b.example/f, which "
            "another source reads already: pause one of them",
            id="moved to where we are",
        ),
        pytest.param(
            health(was_held_back=True, last_error="It was not asked."),
            Condition.HEALTHY,
            "last answered at 6:18 UTC: It was not asked.",
            id="held back",
        ),
        pytest.param(
            health(was_held_back=True, last_error="It was not asked.", last_good_at=None),
            Condition.UNCHECKED,
            "last answered never: It was not asked.",
            id="held back from the beginning",
        ),
        pytest.param(
            health(is_enabled=False, failures=2, gone_at=MAY),
            Condition.PAUSED,
            "paused; last answered at 6:18 UTC",
            id="paused outranks all",
        ),
    ],
)
def test_a_source_says_how_it_is(given: Health, condition: Condition, words: str) -> None:
    assert given.condition is condition
    assert given.in_words(NOW) == words


@pytest.mark.parametrize(
    ("days", "a_day", "is_silent"),
    [
        pytest.param(2.9, 50, False, id="a busy one, not yet"),
        pytest.param(3.1, 50, True, id="a busy one after three days"),
        pytest.param(5.9, 1, False, id="one a day, within six gaps"),
        pytest.param(6.1, 1, True, id="one a day, after six gaps"),
        pytest.param(13.9, 0.9, False, id="a slow one, not before a fortnight"),
        pytest.param(14.1, 0.9, True, id="a slow one after a fortnight"),
        pytest.param(40, 0.125, False, id="one a week, within six gaps"),
        pytest.param(49, 0.125, True, id="one a week, after six gaps"),
        pytest.param(900, None, False, id="a rhythm that nobody knows"),
        pytest.param(900, 0, False, id="no rhythm"),
        pytest.param(900, 1e-300, False, id="hardly ever"),
    ],
)
def test_silence_is_measured_by_the_usual_rhythm(days, a_day, is_silent):
    assert silent(days, articles_per_day=a_day).is_silent is is_silent


def test_a_source_is_not_silent_because_we_stood_still():
    given = health(last_good_at=NOW - 30 * DAY, newest_entry_at=NOW - 31 * DAY, articles_per_day=9)

    assert given.condition is Condition.HEALTHY


@pytest.mark.parametrize(
    ("a_day", "words"),
    [
        pytest.param(4.2, "4 articles a day", id="days"),
        pytest.param(1, "1 article a day", id="one"),
        pytest.param(1234, "1,234 articles a day", id="an agency"),
        pytest.param(0.4, "3 articles a week", id="weeks"),
        pytest.param(0.05, "2 articles a month", id="months"),
        pytest.param(0.01, "4 articles a year", id="years"),
        pytest.param(1e-9, "less than an article a year", id="hardly ever"),
        pytest.param(None, "no known rhythm", id="unknown"),
    ],
)
def test_a_rhythm_is_told_in_the_unit_that_fits(a_day, words):
    assert rhythm_in_words(a_day) == words


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        pytest.param(timedelta(seconds=59), "just now", id="seconds"),
        pytest.param(timedelta(seconds=-5), "just now", id="a clock that is ahead"),
        pytest.param(timedelta(minutes=1), "1 minute ago", id="one minute"),
        pytest.param(timedelta(minutes=119), "1 hour ago", id="whole hours"),
        pytest.param(timedelta(days=3, hours=5), "3 days ago", id="whole days"),
    ],
)
def test_time_passed_is_told_in_the_largest_unit(passed: timedelta, words: str) -> None:
    assert ago(NOW - passed, NOW) == words


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        pytest.param(NOW - timedelta(hours=2), "4:30 UTC", id="today"),
        pytest.param(MAY, "3 May", id="this year"),
        pytest.param(MAY.replace(year=2025), "3 May 2025", id="before"),
    ],
)
def test_a_moment_is_told_as_people_do(moment: datetime, words: str) -> None:
    assert day(moment, NOW) == words


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        pytest.param(
            "post.example has trouble of its own (HTTP 500).",
            "The Post has trouble of its own (HTTP 500).",
            id="its host",
        ),
        pytest.param(
            "The name post.example was not found.",
            "The address of The Post was not found.",
            id="its name",
        ),
        pytest.param("It is no feed.", "It is no feed.", id="no address"),
        pytest.param(
            "More than 5 redirects, last to www.example.",
            "More than 5 redirects, last to www.example.",
            id="another public host",
        ),
        pytest.param("", ILL, id="nothing"),
        pytest.param("post.example leads to 10.0.0.1, not a public address.", ILL, id="IPv4"),
        pytest.param("post.example leads to fd00::1, not a public address.", ILL, id="IPv6"),
        pytest.param("post.example leads to ::1, not a public address.", ILL, id="loopback"),
        pytest.param("More than 5 redirects, last to inner:8080.", ILL, id="a port"),
        pytest.param("Failed to connect on port 8080.", ILL, id="a port in words"),
        pytest.param("Nobody answers at localhost.", ILL, id="this machine"),
    ],
)
def test_readers_hear_of_an_outlet_and_of_no_address(sentence, told):
    assert for_readers(sentence, host="post.example", outlet="The Post") == told
