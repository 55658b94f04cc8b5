"""The prices that a new house knows: as their services published them in October 2026.

They stand for all time before the first change, which is a new row with its own day.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from patriot.ledger.models import Price, Service
from patriot.ledger.prices import Rates

ALWAYS = date(2000, 1, 1)


def _plain(input_usd: str, output_usd: str, **long: Any) -> Rates:
    """Writing to the cache costs 1.25 × (5 minutes) or 2 × (an hour) the input, reading a tenth."""
    price = Decimal(input_usd)
    return Rates(
        input_usd=price,
        output_usd=Decimal(output_usd),
        cache_write_5m_usd=price * Decimal("1.25"),
        cache_write_1h_usd=price * 2,
        cache_read_usd=price / 10,
        **long,
    )


CLAUDE = {
    "claude-haiku-5-5": _plain(
        "0.10",
        "0.50",
        threshold_tokens=100_000,
        long_input_usd=Decimal("0.50"),
        long_output_usd=Decimal("2.50"),
    ),
    "claude-sonnet-5-5": _plain("2", "10"),
    "claude-opus-5-5": _plain("4", "20"),
}
# Pay as you go: https://docs.tavily.com/documentation/api-credits
TAVILY = {depth: Rates(credit_usd=Decimal("0.008")) for depth in ("basic", "advanced")}


def load_first_prices(**signal: Any) -> None:
    """Fill an empty price table; one that staff have touched is theirs."""
    if Price.objects.exists():
        return
    Price.objects.bulk_create(
        Price(
            service=service,
            model=model,
            valid_from=ALWAYS,
            **{name: getattr(rates, name) for name in Rates.__slots__},
        )
        for service, prices in ((Service.CLAUDE, CLAUDE), (Service.TAVILY, TAVILY))
        for model, rates in prices.items()
    )
