"""What a server's robots.txt means for us (RFC 9309)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from urllib.parse import urlsplit

PRODUCT = "Patriot"
"""Our product token: what a group of rules for us is addressed to (RFC 9309 §2.2.1)."""
MAX_CHARS = 512_000
"""Of the file, that are read: at least 500 KiB (RFC 9309 §2.5)."""
FRESH_FOR = timedelta(hours=24)
"""A day at most (RFC 9309 §2.4)."""
CLOSED_FOR = timedelta(hours=1)
"""A server that is ill is asked again sooner."""
LONGEST_DELAY = timedelta(seconds=10)
"""We read few pages of a server; who wishes for longer pauses gets these."""


class Access(Enum):
    """What a server's answer to the request for its robots.txt means."""

    BY_RULES = "by rules"
    FREE = "free"
    """It has none: everything is allowed (RFC 9309 §2.3.1.3)."""
    CLOSED = "closed"
    """It is ill or silent: nothing is allowed for now (RFC 9309 §2.3.1.4)."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a robots.txt says to us about some addresses."""

    is_allowed: dict[str, bool]
    delay: timedelta = timedelta(0)
    """The pause that it asks for between two pages, within bounds."""


def access(status: int | None) -> Access:
    """Say what the status of the answer means; None for none at all.

    Whoever redirects without end has no file either (RFC 9309 §2.3.1.2). Too many requests is no
    word about the file (429).
    """
    if status is not None and 200 <= status < 300:
        return Access.BY_RULES
    if status is not None and 300 <= status < 500 and status != 429:
        return Access.FREE
    return Access.CLOSED


def authority_of(url: str) -> str:
    """Return scheme, host and port of a canonical address: what one robots.txt is good for."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def robots_url(authority: str) -> str:
    """Return where a server's robots.txt is."""
    return f"{authority}/robots.txt"


def bounded_delay(seconds: float | None) -> timedelta:
    """Return the pause to make between two pages, given what is asked for."""
    if seconds is None or not seconds > 0:  # a NaN is not, either
        return timedelta(0)
    return min(timedelta(seconds=min(seconds, 86_400)), LONGEST_DELAY)
