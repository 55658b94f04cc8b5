"""Charts: what stands where, bounded whatever the articles say."""

from datetime import UTC, datetime, timedelta

import pytest

from reports.models import Membership
from reports.pages.charts import MAX_BARS, CoverageChart, ShareBar, rows
from sources.models import Article
from tests.factories import NOW


def members(*hours: float, copies: frozenset[float] = frozenset()) -> list[Membership]:
    return [
        Membership(
            article=Article(published_at=NOW + timedelta(hours=at)),
            copy_of_id=1 if at in copies else None,
        )
        for at in hours
    ]


def test_two_articles_are_no_chart():
    assert CoverageChart.of(members(0, 5)) is None


def test_bars_stack_own_texts_and_copies_by_the_hour():
    chart = CoverageChart.of(members(0, 0.1, 0.2, 2, copies=frozenset([0.2])))

    first, last = chart.bars
    assert chart.step_in_words == "hour"
    assert (chart.slots, chart.peak) == (3, 3)
    assert (first.own, first.copies, last.own, last.copies) == (2, 1, 1, 0)
    assert first.start == NOW.replace(minute=0)
    assert first.copies_y == 0
    assert first.own_y + first.own_height == CoverageChart.HEIGHT
    assert last.x > 2 * CoverageChart.WIDTH / 3
    assert chart.description == (
        "4 articles, 1 of them with the text of another. The most within one hour: 3."
    )


@pytest.mark.parametrize(
    ("span", "words"),
    [
        pytest.param(timedelta(minutes=5), "hour", id="minutes"),
        pytest.param(timedelta(days=2), "2 hours", id="two days"),
        pytest.param(timedelta(days=30), "day", id="a month"),
        pytest.param(timedelta(days=60), "2 days", id="two months"),
        pytest.param(timedelta(days=365 * 50), "480 days", id="a feed with dates of 1970"),
    ],
)
def test_there_are_never_more_bars_than_fit(span, words):
    hours = span / timedelta(hours=1)

    chart = CoverageChart.of(members(0, hours / 2, hours))

    assert chart.step_in_words == words
    assert chart.slots <= MAX_BARS + 1
    assert all(0 <= bar.x <= CoverageChart.WIDTH - chart.bar_width for bar in chart.bars)


def test_dates_at_the_ends_of_time_are_drawn():
    some = members(0, 1)
    ends = [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)]
    some += [Membership(article=Article(published_at=at)) for at in ends]

    assert CoverageChart.of(some).slots <= MAX_BARS + 1


def test_a_whole_in_its_parts_is_told_in_words():
    bar = ShareBar.of({"bad": 3, "good": 1}, {"bad": "bad", "so": "so-so", "good": "good"})

    assert bar.in_words == "3 bad, 0 so-so, 1 good"
    assert [(share.x, share.width) for share in bar.shares] == [(0, 300), (300, 0), (300, 100)]


def test_nothing_has_no_parts():
    assert ShareBar.of({}, {"bad": "bad"}) is None


def test_the_longest_row_comes_first_and_what_is_unknown_has_none():
    labels, urls = {"a": "A", "b": "B"}, {"a": "/a", "b": "/b"}

    found = rows({"a": 1, "b": 4, "odd": 9, "none": 0}, labels, urls, chosen="a")

    assert [(row.label, row.count, row.is_chosen) for row in found] == [
        ("B", 4, False),
        ("A", 1, True),
    ]
