from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patriot.ledger.first_prices import CLAUDE, TAVILY
from patriot.ledger.prices import Rates, Usage, cost, estimate, exact_dollars, rounded_dollars

SONNET = CLAUDE["claude-sonnet-5-5"]
HAIKU = CLAUDE["claude-haiku-5-5"]
COUNTS = st.integers(min_value=0, max_value=2_000_000)


@pytest.mark.parametrize(
    ("usage", "rates", "usd"),
    [
        pytest.param(Usage(), SONNET, "0", id="nothing"),
        pytest.param(Usage(input_tokens=1_000_000), SONNET, "2", id="a million read"),
        pytest.param(Usage(output_tokens=1_000), SONNET, "0.01", id="a thousand written"),
        pytest.param(
            Usage(output_tokens=1_000, thinking_tokens=900),
            SONNET,
            "0.01",
            id="thinking is part of the output",
        ),
        pytest.param(Usage(cache_write_5m_tokens=1_000_000), SONNET, "2.5", id="5-minute write"),
        pytest.param(Usage(cache_write_1h_tokens=1_000_000), SONNET, "4", id="1-hour write"),
        pytest.param(Usage(cache_read_tokens=1_000_000), SONNET, "0.2", id="cache read"),
        pytest.param(Usage(input_tokens=100_000), HAIKU, "0.01", id="up to the threshold"),
        pytest.param(
            Usage(input_tokens=100_001), HAIKU, "0.050001", id="beyond it all of it is dear"
        ),
        pytest.param(
            Usage(input_tokens=1, cache_read_tokens=100_000, output_tokens=1_000_000),
            HAIKU,
            "2.505001",
            id="what the cache holds counts towards the threshold",
        ),
        pytest.param(Usage(input_tokens=1), HAIKU, "0.000001", id="rounded up to a millionth"),
        pytest.param(Usage(credits=Decimal(2)), TAVILY["basic"], "0.016", id="two credits"),
    ],
)
def test_usage_times_price(usage, rates, usd):
    assert cost(usage, rates) == Decimal(usd)


@given(COUNTS, COUNTS, COUNTS)
def test_more_of_anything_never_costs_less(read, cached, written):
    usage = Usage(input_tokens=read, cache_read_tokens=cached, output_tokens=written)
    more = Usage(input_tokens=read + 1, cache_read_tokens=cached + 1, output_tokens=written + 1)

    assert cost(more, HAIKU) >= cost(usage, HAIKU) >= 0


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("The Old Bridge will close on Friday evening. " * 40, id="English"),
        pytest.param("Die Donaudampfschifffahrtsgesellschaft tagte am Freitag. " * 40, id="German"),
        pytest.param("東京で会議が開かれた。" * 80, id="Japanese"),
        pytest.param("4711 0815 3.14159 2026-06-09 " * 40, id="figures"),
    ],
)
def test_an_estimate_is_generous(text):
    usage = estimate(text, max_output_tokens=2_000)

    # A token is hardly ever fewer than three bytes long, averaged over a text.
    assert usage.input_tokens >= len(text.encode()) / 3
    assert usage.output_tokens == 2_000


def test_without_a_price_for_long_prompts_the_plain_one_holds():
    rates = Rates(input_usd=Decimal(1), threshold_tokens=10)

    assert cost(Usage(input_tokens=1_000_000), rates) == 1


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        pytest.param("10", "$10.00", id="whole"),
        pytest.param("1.5", "$1.50", id="tenths"),
        pytest.param("0.015000", "$0.015", id="less than cents"),
        pytest.param("1E+3", "$1,000.00", id="scientific"),
        pytest.param("0", "$0.00", id="nothing"),
    ],
)
def test_amounts_are_written_with_cents_and_without_loss(amount, words):
    assert exact_dollars(Decimal(amount)) == words


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        pytest.param("0", "$0.00", id="nothing"),
        pytest.param("0.000123", "less than $0.01", id="less than a cent"),
        pytest.param("0.236418", "$0.24", id="cents"),
        pytest.param("1234.5", "$1,234.50", id="thousands"),
    ],
)
def test_a_sum_is_told_to_the_cent(amount, expected):
    assert rounded_dollars(Decimal(amount)) == expected
