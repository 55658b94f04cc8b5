"""A budget takes a report down the ladder no further than it must."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.domain.budgeting import Cost, Offer, Rung, in_words, plan

ZERO = Decimal(0)


def an_offer(stories: int, *, expected: str = "0.01", at_most: str = "0.02", whole: str = "0.01"):
    story = Cost(Decimal(expected), Decimal(at_most))
    return Offer([story] * stories, Cost(Decimal(whole), Decimal(at_most)), ZERO)


OWN, CHEAP = an_offer(12), an_offer(12, expected="0.001", at_most="0.002", whole="0.001")


@pytest.mark.parametrize(
    ("available", "rung", "stories"),
    [
        pytest.param(None, Rung.FULL, 12, id="as much as you like"),
        pytest.param("1", Rung.FULL, 12, id="plenty"),
        pytest.param("0.1595", Rung.FULL, 12, id="just enough"),
        pytest.param("0.1594", Rung.FEWER, 11, id="a little less"),
        pytest.param("0.08", Rung.FEWER, 5, id="half"),
        pytest.param("0.06", Rung.CHEAPER, 12, id="less than a third of the stories"),
        pytest.param("0.008", Rung.CHEAPER, 5, id="little"),
        pytest.param("0.002", Rung.EXTRACTIVE, 12, id="too little for one"),
        pytest.param("0", Rung.EXTRACTIVE, 12, id="nothing"),
        pytest.param("-1", Rung.EXTRACTIVE, 12, id="less than nothing"),
    ],
)
def test_the_ladder(available, rung, stories):
    taken = plan(OWN, CHEAP, available=available and Decimal(available))

    assert (taken.rung, taken.stories) == (rung, stories)


def test_where_cheaper_models_reach_no_further_the_briefings_own_write():
    taken = plan(OWN, OWN, available=Decimal("0.04"))

    assert (taken.rung, taken.stories) == (Rung.FEWER, 1)


@pytest.mark.parametrize(
    ("for_one", "rung", "stories"),
    [
        pytest.param("0.02", Rung.FULL, 12, id="as dear as one is at most"),
        pytest.param("0.019", Rung.CHEAPER, 12, id="only cheaper models stay below it"),
        pytest.param("0.001", Rung.EXTRACTIVE, 12, id="none does"),
    ],
)
def test_what_one_request_may_cost_bounds_the_models(for_one, rung, stories):
    taken = plan(OWN, CHEAP, available=None, for_one=Decimal(for_one))

    assert (taken.rung, taken.stories) == (rung, stories)


def test_nobody_is_asked_to_compose_a_single_story():
    alone, two = an_offer(1), an_offer(2)

    assert (alone.expected(1), two.expected(2)) == (Decimal("0.01"), Decimal("0.03"))


def test_a_report_without_stories_costs_nothing():
    taken = plan(an_offer(0), an_offer(0), available=Decimal(1))

    assert (taken.rung, taken.expected, taken.at_most) == (Rung.EXTRACTIVE, ZERO, ZERO)


money = st.decimals(0, 1, places=4)
costs = st.builds(lambda expected, more: Cost(expected, expected + more), money, money)
offers = st.integers(1, 12).flatmap(
    lambda count: st.tuples(
        *[
            st.builds(Offer, st.lists(costs, min_size=count, max_size=count), costs, money)
            for _ in range(2)
        ]
    )
)


@given(offers, st.decimals(0, 20, places=4))
def test_no_plan_needs_more_than_there_is(two, available):
    own, cheap = two

    taken = plan(own, cheap, available=available)

    assert taken.at_most <= available
    assert taken.expected <= available
    assert 1 <= taken.stories <= len(own.stories)


@pytest.mark.parametrize(
    ("available", "said"),
    [
        pytest.param("1", "", id="full"),
        pytest.param("0.08", "this report tells 5 of the 12 stories that were chosen.", id="fewer"),
        pytest.param("0.06", "was written by a cheaper model.", id="cheaper"),
        pytest.param("0.008", "cheaper model and tells 5 of the 12 stories", id="both"),
        pytest.param("0", "did not reach for a model", id="none"),
    ],
)
def test_readers_are_told_what_the_budget_meant(available, said):
    words = in_words(plan(OWN, CHEAP, available=Decimal(available)), wanted=12)

    assert said in words
    assert bool(words) is bool(said)
