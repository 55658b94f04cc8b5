"""Saved searches: whom they admit, and what they cost."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from sources.domain.search import Question, cost_in_words

CENT = Decimal("0.008")


@pytest.mark.parametrize(
    ("include", "exclude", "host", "is_admitted"),
    [
        pytest.param((), (), "courier.example", True, id="anybody"),
        pytest.param(("courier.example",), (), "courier.example", True, id="named"),
        pytest.param(("courier.example",), (), "www.courier.example", True, id="below"),
        pytest.param(("www.courier.example",), (), "courier.example", True, id="without www"),
        pytest.param(("courier.example",), (), "notcourier.example", False, id="ends alike"),
        pytest.param(("courier.example",), (), "courier.example.evil.example", False, id="begins"),
        pytest.param((), ("courier.example",), "news.courier.example", False, id="excluded"),
        pytest.param(("a.example",), ("b.a.example",), "b.a.example", False, id="exclusion wins"),
        pytest.param(("Courier.EXAMPLE",), (), "courier.example", True, id="capitals"),
    ],
)
def test_a_question_admits_whom_the_editor_wants(include, exclude, host, is_admitted):
    question = Question("ferries", include_domains=include, exclude_domains=exclude)

    assert question.admits(host) == is_admitted


@pytest.mark.parametrize(
    ("interval", "words"),
    [
        pytest.param(timedelta(hours=1), "24 credits a day, about $0.20", id="hour"),
        pytest.param(timedelta(days=1), "1 credit a day, about $0.01", id="day"),
        pytest.param(timedelta(minutes=15), "96 credits a day, about $0.77", id="quarter"),
        pytest.param(timedelta(0), "96 credits a day, about $0.77", id="never more often"),
        pytest.param(timedelta(days=7), "0.1 credits a day, about $0.01", id="week"),
        pytest.param(timedelta(days=365), "less than two credits a month", id="year"),
    ],
)
def test_the_cost_of_an_interval_is_said_in_words(interval, words):
    assert cost_in_words(interval, CENT) == words
