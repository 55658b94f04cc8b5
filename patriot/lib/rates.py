"""Rates: how much of something is allowed in which time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

PERIODS = {
    "s": timedelta(seconds=1),
    "min": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
}
WRITTEN = re.compile(rf"([1-9][0-9]{{0,5}})/({'|'.join(PERIODS)})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Rate:
    """So many in a period: all of them at once, or spread over it."""

    amount: int
    period: timedelta

    @classmethod
    def parse(cls, text: str) -> Rate:
        """Read a rate such as "120/min". Raises ValueError."""
        found = WRITTEN.fullmatch(text)
        if found is None:
            raise ValueError(f"is {text!r}, must be a rate such as 120/min (s, min, hour, day)")
        return cls(int(found[1]), PERIODS[found[2]])

    @property
    def step(self) -> timedelta:
        """How long it takes until one more is allowed, in whole microseconds.

        Rounded down: rounded up, the last one of the amount would not fit into the period.
        """
        return self.period // self.amount
