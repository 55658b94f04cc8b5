"""What became of a try to deliver, and when to try again.

A recipient has a day: what nobody could take in by then is given up, and people see it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

A_DAY = timedelta(days=1)
SHORTEST = timedelta(seconds=30)
LONGEST = timedelta(hours=6)
# How far a wait may be off, so that many recipients of one host do not come back at once.
JITTER = 0.2
MAX_SAID_CHARS = 500


@dataclass(frozen=True, slots=True)
class Sent:
    """It was taken."""

    said: str = ""
    status: int | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Deferred:
    """It will be taken later: a greylist, a rate limit, a server in trouble."""

    said: str
    status: int | None = None
    seconds: float | None = None
    asked: timedelta | None = None
    """How long the receiver wants us to wait."""


@dataclass(frozen=True, slots=True)
class Unreachable:
    """Nobody answered, or not in time: try again."""

    said: str
    status: int | None = None
    seconds: float | None = None
    concerns_all: bool = False
    """The channel itself is down, such as our own mail server: nobody else need try."""


@dataclass(frozen=True, slots=True)
class Refused:
    """It will never be taken."""

    said: str
    status: int | None = None
    seconds: float | None = None
    ends_subscription: bool = False
    """The receiver wants nothing more at all: gone, unknown."""


Outcome = Sent | Deferred | Unreachable | Refused


def next_try_at(
    now: datetime,
    *,
    first_at: datetime,
    tries: int,
    asked: timedelta | None = None,
    seed: int = 0,
) -> datetime | None:
    """Return when to try again, 30 seconds to 6 hours from now; None once a day has gone by.

    first_at: when the first try could have been made
    tries:    how many there were, at least 1; each doubles the wait
    asked:    the receiver's wish (Retry-After): it can slow us down, never speed us up
    seed:     of the jitter, such as the row's id
    """
    if now - first_at >= A_DAY:
        return None
    wait = SHORTEST * (1 << min(tries - 1, 12))
    wait = min(max(wait, asked or SHORTEST), LONGEST)
    # Random, but the same for the same row and try.
    spread = 1 + JITTER * Random(seed * 1_000 + tries).random()  # noqa: S311 (no secret)
    # The last try is made at the end of the day, not after it.
    return max(min(now + wait * spread, first_at + A_DAY), now + SHORTEST)
