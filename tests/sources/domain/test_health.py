"""How a source is, in words."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sources.domain.health import ILL, Condition, Health, ago, day, for_readers

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


@pytest.mark.parametrize(
    ("given", "condition", "words"),
    [
        pytest.param(
            health(last_new=3), Condition.HEALTHY, "answered 12 minutes ago, 3 new", id="healthy"
        ),
        pytest.param(
            health(last_new=0), Condition.HEALTHY, "answered 12 minutes ago, nothing new", id="calm"
        ),
        pytest.param(health(last_good_at=None), Condition.NEW, "not looked at yet", id="new"),
        pytest.param(
            health(failures=2, ill_since=MAY, last_error="HTTP 410"),
            Condition.ILL,
            "ill since 3 May: HTTP 410",
            id="ill",
        ),
        pytest.param(
            health(failures=1), Condition.ILL, "ill: it did not answer", id="ill without a record"
        ),
        pytest.param(
            health(was_held_back=True, last_error="It was not asked."),
            Condition.HEALTHY,
            "last answered 12 minutes ago: It was not asked.",
            id="held back",
        ),
        pytest.param(
            health(was_held_back=True, last_error="It was not asked.", last_good_at=None),
            Condition.NEW,
            "last answered never: It was not asked.",
            id="held back from the beginning",
        ),
        pytest.param(
            health(is_enabled=False, failures=2),
            Condition.PAUSED,
            "paused; last answered 12 minutes ago",
            id="paused outranks ill",
        ),
    ],
)
def test_a_source_says_how_it_is(given: Health, condition: Condition, words: str) -> None:
    assert given.condition is condition
    assert given.in_words(NOW) == words


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
        pytest.param(NOW - timedelta(hours=2), "04:30 UTC", id="today"),
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
