"""Figures of a week: what counts, and how small numbers are told."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from reports.domain.quality import (
    Sentences,
    Week,
    last_weeks,
    sentences_of,
    share_in_words,
    summed,
)


@pytest.mark.parametrize(
    ("moment", "name"),
    [
        pytest.param(datetime(2026, 6, 8, tzinfo=UTC), "2026-W24", id="Monday's midnight"),
        pytest.param(
            datetime(2026, 6, 14, 23, 59, 59, tzinfo=UTC), "2026-W24", id="Sunday's last second"
        ),
        pytest.param(
            datetime(2026, 6, 15, 8, tzinfo=timezone(timedelta(hours=14))),
            "2026-W24",
            id="Monday in Kiritimati is Sunday in UTC",
        ),
        pytest.param(datetime(2027, 1, 3, tzinfo=UTC), "2026-W53", id="a long year"),
        pytest.param(datetime(2024, 12, 30, tzinfo=UTC), "2025-W01", id="next year's first week"),
    ],
)
def test_a_week_begins_on_monday_in_utc(moment, name):
    assert Week.of(moment).name == name


def test_the_last_weeks_end_with_this_one_and_leave_no_gap():
    weeks = last_weeks(datetime(2026, 6, 9, tzinfo=UTC), 3)

    assert [week.name for week in weeks] == ["2026-W22", "2026-W23", "2026-W24"]
    assert [week.end for week in weeks[:-1]] == [week.start for week in weeks[1:]]


@pytest.mark.parametrize(
    ("sentences", "dropped", "share"),
    [
        pytest.param(Sentences(held=10), 0, 1.0, id="all held"),
        pytest.param(Sentences(held=6, refused=4, mended=3), 1, 0.9, id="some were mended"),
        pytest.param(Sentences(held=6, refused=4, mended=9), 0, 1.0, id="a repair made more"),
        pytest.param(Sentences(held=8, refused=2, contradicted=3), 5, 0.5, id="a second reading"),
        pytest.param(Sentences(contradicted=3), 0, None, id="nothing was proposed"),
    ],
)
def test_a_sentence_is_dropped_once(sentences, dropped, share):
    assert (sentences.dropped, sentences.share) == (dropped, share)
    assert 0 <= sentences.grounded <= sentences.proposed


@pytest.mark.parametrize(
    "checks",
    [None, {}, [], "ground", 5],
    ids=["nothing", "an empty record", "a list", "words", "a number"],
)
def test_a_report_without_a_record_is_not_counted_as_faultless(checks):
    assert sentences_of(checks) is None


def test_odd_figures_of_a_record_count_as_nothing():
    odd = {"ground": {"held": "7", "refused": -2}, "repair": [], "judge": {"refused": 1.5}}

    assert sentences_of(odd) == Sentences()


@pytest.mark.parametrize(
    ("part", "whole", "words"),
    [
        pytest.param(0, 0, "none", id="of nothing"),
        pytest.param(3, 4, "3 of 4", id="of a few"),
        pytest.param(19, 19, "19 of 19", id="of a few, all"),
        pytest.param(20, 20, "100 %", id="all"),
        pytest.param(0, 50, "0 %", id="nothing of many"),
        pytest.param(37, 40, "92.5 %", id="to a tenth"),
        pytest.param(99_999, 100_000, "99.9 %", id="nearly all is not all"),
        pytest.param(1, 100_000, "0.1 %", id="hardly anything is not nothing"),
    ],
)
def test_shares_do_not_pretend(part, whole, words):
    assert share_in_words(part, whole) == words


def test_weeks_add_up():
    weeks = [Sentences(held=1, refused=2), Sentences(held=3, mended=1)]

    assert summed(weeks, Sentences()) == Sentences(held=4, refused=2, mended=1)
    assert summed([], Sentences()) == Sentences()
