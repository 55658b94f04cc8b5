"""What a request costs: usage times price. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal

MILLION = Decimal(1_000_000)
MICRO_DOLLAR = Decimal("0.000001")
ONE_CENT = Decimal("0.01")
# English text has about four bytes to a token; names, figures and other scripts have fewer.
BYTES_PER_TOKEN = 3


@dataclass(frozen=True, slots=True)
class Usage:
    """What one request consumed, as the service counted it."""

    input_tokens: int = 0
    """Neither written to nor read from a cache."""
    cache_write_5m_tokens: int = 0
    cache_write_1h_tokens: int = 0
    cache_read_tokens: int = 0
    output_tokens: int = 0
    """All that was written, thinking included."""
    thinking_tokens: int = 0
    """The part of the output that nobody reads."""
    credits: Decimal = Decimal(0)
    """Of a search."""

    @property
    def prompt_tokens(self) -> int:
        """All that was read, by whatever price."""
        written = self.cache_write_5m_tokens + self.cache_write_1h_tokens
        return self.input_tokens + written + self.cache_read_tokens


@dataclass(frozen=True, slots=True)
class Rates:
    """USD per million tokens by kind, and per credit."""

    input_usd: Decimal = Decimal(0)
    output_usd: Decimal = Decimal(0)
    cache_write_5m_usd: Decimal = Decimal(0)
    cache_write_1h_usd: Decimal = Decimal(0)
    cache_read_usd: Decimal = Decimal(0)
    credit_usd: Decimal = Decimal(0)
    threshold_tokens: int | None = None
    """Prompts longer than this have the higher prices."""
    long_input_usd: Decimal | None = None
    long_output_usd: Decimal | None = None


def cost(usage: Usage, rates: Rates) -> Decimal:
    """Return what a request costs in USD, rounded up to a millionth.

    Beyond the threshold every kind of input is dearer by the factor by which plain input is.
    """
    is_long = rates.threshold_tokens is not None and usage.prompt_tokens > rates.threshold_tokens
    factor = Decimal(1)
    output_usd = rates.output_usd
    if is_long and rates.long_input_usd is not None and rates.input_usd:
        factor = rates.long_input_usd / rates.input_usd
    if is_long and rates.long_output_usd is not None:
        output_usd = rates.long_output_usd
    read = (
        usage.input_tokens * rates.input_usd
        + usage.cache_write_5m_tokens * rates.cache_write_5m_usd
        + usage.cache_write_1h_tokens * rates.cache_write_1h_usd
        + usage.cache_read_tokens * rates.cache_read_usd
    )
    tokens = (read * factor + usage.output_tokens * output_usd) / MILLION
    total = tokens + usage.credits * rates.credit_usd
    return total.quantize(MICRO_DOLLAR, rounding=ROUND_UP)


def exact_dollars(amount: Decimal) -> str:
    """Return such as “$1.00” or “$0.015”: cents at least, and no digit lost."""
    digits = max(2, -int(amount.normalize().as_tuple().exponent))
    return f"${amount:,.{digits}f}"


def rounded_dollars(amount: Decimal) -> str:
    """Return a sum to the cent, such as “$1,204.50”; of less it says only that."""
    return "less than $0.01" if 0 < amount < ONE_CENT else f"${amount:,.2f}"


def estimate(prompt: str, *, max_output_tokens: int) -> Usage:
    """Return what a request may use at most, before it is sent: a generous guess."""
    return Usage(
        input_tokens=math.ceil(len(prompt.encode()) / BYTES_PER_TOKEN),
        output_tokens=max_output_tokens,
    )
