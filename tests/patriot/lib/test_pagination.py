"""Cursors: exact there and back, and refused when they are not ours."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patriot.lib.pagination import Cursor

MOMENTS = st.datetimes(
    min_value=datetime(1900, 1, 1),  # noqa: DTZ001 (the strategy adds the zone)
    max_value=datetime(2999, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@given(MOMENTS, st.integers(min_value=1, max_value=10**18 - 1))
def test_a_cursor_says_exactly_where_it_was(moment: datetime, pk: int) -> None:
    cursor = Cursor(moment, pk)

    assert Cursor.parse(str(cursor)) == cursor


def test_a_cursor_keeps_the_microsecond() -> None:
    moment = datetime(2026, 6, 9, 6, 30, tzinfo=UTC) + timedelta(microseconds=1)

    assert Cursor.parse(str(Cursor(moment, 1))).moment == moment


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("not base64!", id="other characters"),
        pytest.param("AAAAA", id="no whole bytes"),
        pytest.param("A" * 61, id="too long"),
        pytest.param("١٢٣", id="foreign digits"),
        pytest.param("a\x00b", id="NUL"),
        pytest.param(encoded("1"), id="one part"),
        pytest.param(encoded("1.2.3"), id="three parts"),
        pytest.param(encoded("1.-2"), id="a negative id"),
        pytest.param(encoded("999999999999999999.1"), id="a moment after the end of time"),
        pytest.param(encoded("1." + "9" * 19), id="an id beyond the database"),
        pytest.param(encoded("１.１"), id="full-width digits"),
    ],
)
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (that it is refused is what matters)
        Cursor.parse(text)


@given(st.text(max_size=80))
def test_any_text_is_a_cursor_or_refused(text: str) -> None:
    try:
        cursor = Cursor.parse(text)
    except ValueError:
        return
    assert Cursor.parse(str(cursor)) == cursor
