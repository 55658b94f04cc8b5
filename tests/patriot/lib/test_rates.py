"""A rate is written as 120/min."""

from datetime import timedelta

import pytest

from patriot.lib.rates import Rate


def test_a_rate_is_an_amount_in_a_period():
    assert Rate.parse("120/min") == Rate(120, timedelta(minutes=1))
    assert Rate.parse("120/min").step == timedelta(milliseconds=500)


@pytest.mark.parametrize("amount", [1, 3, 7, 11, 999_999])
def test_the_whole_amount_fits_into_the_period(amount):
    rate = Rate.parse(f"{amount}/s")

    assert timedelta(0) < rate.step * rate.amount <= rate.period


@pytest.mark.parametrize(
    "text", ["", "120", "0/min", "-1/min", "1.5/s", "120/min ", "9999999/s", "1/year", "١/min"]
)
def test_anything_else_is_refused_by_name(text):
    with pytest.raises(ValueError, match="must be a rate such as 120/min"):
        Rate.parse(text)
