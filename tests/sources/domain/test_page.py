"""When an article's own page is read, and what of it counts."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sources.domain.page import SHORT_CHARS, better_moment, is_fuller, wants_page

LONG = "word " * SHORT_CHARS


@pytest.mark.parametrize(
    ("policy", "text", "wanted"),
    [
        pytest.param("never", "", False, id="never, though there is nothing"),
        pytest.param("short", "", True, id="nothing"),
        pytest.param("short", "x" * (SHORT_CHARS - 1), True, id="a teaser"),
        pytest.param("short", "x" * SHORT_CHARS, False, id="a text"),
        pytest.param("short", "x" + " \n" * 10_000, True, id="white space is nothing"),
        pytest.param("always", LONG, True, id="always"),
        pytest.param("", "", False, id="no policy"),
    ],
)
def test_a_page_is_read_as_the_editor_wants(policy, text, wanted):
    assert wants_page(policy, text) is wanted


@pytest.mark.parametrize(
    ("page", "feed", "fuller"),
    [
        pytest.param("The whole story.", "The story", True, id="more"),
        pytest.param("The story", "The\n\nstory", True, id="the same"),
        pytest.param("We value your privacy", "A longer teaser of the story", False, id="less"),
        pytest.param("", "", False, id="nothing for nothing"),
    ],
)
def test_a_page_with_less_text_than_the_feed_is_not_taken(page, feed, fuller):
    assert is_fuller(page, feed) is fuller


def _at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, 6, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("raw", "by_feed", "on_page", "expected"),
    [
        pytest.param("9 June", _at(9), _at(9, 3, 12), _at(9, 3, 12), id="the time of that day"),
        pytest.param("9 June", _at(9), _at(8, 22), _at(8, 22), id="that day, east of here"),
        pytest.param("8 June", _at(8), _at(9, 4), _at(9, 4), id="that day, west of here"),
        pytest.param("9 June", _at(9), _at(7, 3), _at(9), id="another day"),
        pytest.param("9 June", _at(9), None, _at(9), id="no date on the page"),
        pytest.param("9 June", _at(9), _at(9), _at(9), id="no time on the page"),
        pytest.param("5:00", _at(9, 5), _at(9, 3), _at(9, 5), id="the feed has a time"),
        pytest.param("", _at(9, 6), _at(1), _at(1), id="the feed has no date"),
        pytest.param("", _at(9, 6), _at(9, 8), _at(9, 6), id="later than first seen"),
    ],
)
def test_the_time_of_day_is_the_pages_if_the_feed_has_none(raw, by_feed, on_page, expected):
    moment = better_moment(by_feed, raw=raw, first_seen_at=_at(9, 7), on_page=on_page)

    assert moment == expected
