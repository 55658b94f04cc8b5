"""Which addresses are one feed, what new sources are called, and when they are first looked at."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sources.domain.adding import AT_ONCE, address_key, feed_address, first_look_after, free_name

ONE = "https://courier.example/feed"


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("http://courier.example/feed", id="another scheme"),
        pytest.param("HTTPS://Courier.Example/feed", id="capitals"),
        pytest.param("https://courier.example:443/feed", id="the default port of https"),
        pytest.param("http://courier.example:80/feed", id="the default port of http"),
        pytest.param("https://courier.example/feed?", id="an empty query"),
        pytest.param("https://courier.example/feed#top", id="a fragment"),
        pytest.param("  https://courier.example/feed\n", id="white space"),
        pytest.param("https://courier.example./feed", id="the root's dot"),
    ],
)
def test_spellings_of_one_address_have_one_key(url):
    assert address_key(url) == address_key(ONE)


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("https://courier.example/feed/", id="a slash"),
        pytest.param("https://courier.example/Feed", id="capitals in the path"),
        pytest.param("https://courier.example/feed?page=1", id="a query"),
        pytest.param("https://courier.example:8443/feed", id="a port"),
        pytest.param("https://www.courier.example/feed", id="a host"),
    ],
)
def test_what_may_be_another_feed_has_another_key(url):
    assert address_key(url) not in {"", address_key(ONE)}


@pytest.mark.parametrize(
    "url", ["", "feed", "javascript:alert(1)", "ftp://a.example/", "http://[/"]
)
def test_what_is_no_address_has_no_key(url):
    assert address_key(url) == feed_address(url) == ""


def test_a_front_page_is_one_with_and_without_its_slash():
    assert address_key("https://courier.example") == address_key("https://courier.example/")


@pytest.mark.parametrize(
    ("wanted", "taken", "name"),
    [
        pytest.param("courier", set(), "courier", id="free"),
        pytest.param("courier", {"courier"}, "courier-2", id="taken once"),
        pytest.param("courier", {"courier", "courier-2"}, "courier-3", id="taken twice"),
        pytest.param("the-courier", set(), "the-couri", id="too long"),
        pytest.param("the-courier", {"the-couri"}, "the-cou-2", id="too long and taken"),
        pytest.param("courie-rs", {"courie-rs"}, "courie-2", id="no two hyphens"),
    ],
)
def test_a_short_name_is_given_once(wanted, taken, name):
    assert free_name(wanted, taken=taken, max_chars=9) == name


def test_a_few_feeds_are_due_at_once():
    assert {first_look_after(place, of=AT_ONCE) for place in range(AT_ONCE)} == {timedelta(0)}


def test_many_feeds_take_their_turn_within_a_quarter_of_an_hour():
    waits = [first_look_after(place, of=2_000) for place in range(2_000)]

    assert waits == sorted(set(waits))
    assert waits[0] == timedelta(0)
    assert timedelta(minutes=14) < waits[-1] < timedelta(minutes=15)
    assert first_look_after(99, of=100) == timedelta(seconds=99)
