"""When to look at a source again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

SHORTEST = timedelta(minutes=15)
LONGEST = timedelta(days=1)

_MAX_AGE = re.compile(r"(?:^|[\s,])(?:s-maxage|max-age)\s*=\s*\"?(\d{1,9})", re.IGNORECASE)
_NOT_KEPT = re.compile(r"(?:^|[\s,])(?:no-cache|no-store)(?:[\s,=]|$)", re.IGNORECASE)


def next_fetch_at(
    now: datetime,
    *,
    usual: timedelta,
    asked: timedelta | None = None,
    failures: int = 0,
    longest: timedelta = LONGEST,
) -> datetime:
    """Return when to fetch next: 15 minutes to 1 day from now.

    usual:    the editor's interval for this source
    asked:    the publisher's wish, if any: Retry-After (RFC 9110 §10.2.3),
              max-age (RFC 9111 §5.2.2.1) or RSS <ttl>. It can slow us down,
              never speed us up.
    failures: consecutive failures so far; each doubles the wait
    longest:  more than a day, where each look costs money
    """
    # Bounded first: a long interval doubled ten times is more than a timedelta holds.
    wait = min(max(usual, asked or usual, SHORTEST), longest)
    for _ in range(min(failures, 10)):
        wait = min(wait * 2, longest)
    return now + wait


def wish_of(headers: Mapping[str, str], *, ttl: timedelta | None = None) -> timedelta | None:
    """Return how long a publisher says that what it sent stays fresh; None if it does not say.

    headers: with lower-case names
    ttl:     of the document itself
    """
    control = headers.get("cache-control", "")
    age = None if _NOT_KEPT.search(control) else _MAX_AGE.search(control)
    wishes = [timedelta(seconds=int(age[1]))] if age else []
    if ttl:
        wishes.append(ttl)
    return max(wishes, default=None)
