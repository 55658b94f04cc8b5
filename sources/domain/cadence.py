"""When to look at a source again."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import islice

SHORTEST = timedelta(minutes=15)
LONGEST = timedelta(days=1)

UNKNOWN = timedelta(hours=1)
"""How often we look at a source whose rhythm nobody knows yet."""
SLOWEST = timedelta(hours=6)
"""How seldom we look at a source that hardly ever brings anything; news may break there too."""

# We look about three times for each entry: it is then a sixth of the usual gap old on average.
_LOOKS_PER_ENTRY = 3
# Sources that began together drift apart, so that they do not all come due in one minute.
_SPREAD = 0.1

_MAX_HEADER_CHARS = 1_000
_MAX_DATE_CHARS = 64
_MAX_MOMENTS = 1_000
# RFC 9111 §5.2: a name, and perhaps a value, with or without quotation marks.
_DIRECTIVE = re.compile(r"([\w!#$%&'*+.^`|~-]+)[ \t]*(?:=[ \t]*(\"[^\"]*\"|[^\s,\"]*))?")
_SECONDS = re.compile(r"[0-9]{1,9}\Z")


def next_fetch_at(
    now: datetime,
    *,
    usual: timedelta | None,
    per_day: float | None = None,
    asked: timedelta | None = None,
    failures: int = 0,
    chance: float = 0.5,
    skip_hours: Collection[int] = (),
    skip_days: Collection[int] = (),
    longest: timedelta = LONGEST,
) -> datetime:
    """Return when to fetch next: 15 minutes to 1 day from now, a day more where hours are skipped.

    usual:      the editor's interval, kept to the second; None for one by the source's rhythm
    per_day:    that rhythm, entries per day, if it is known
    asked:      the publisher's wish, if any: Retry-After (RFC 9110 §10.2.3),
                max-age (RFC 9111 §5.2.2.1) or RSS <ttl>. It can slow us down,
                never speed us up.
    failures:   consecutive failures so far; each doubles the wait
    chance:     0 to 1, drawn by the caller; spreads what the editor did not fix by a tenth
    skip_hours: hours of the day (UTC) in which the publisher wants nobody
    skip_days:  the same for days of the week, 0 is Monday
    longest:    more than a day, where each look costs money
    """
    base = min(max(_by_rhythm(per_day) if usual is None else usual, SHORTEST), longest)
    # What nothing may shorten: a wish, an interval that an editor chose.
    least = min(max(asked or SHORTEST, SHORTEST if usual is None else base), longest)
    wait = max(_backed_off(base, failures=failures, longest=longest), least)
    if usual is None or failures > 0:
        wait = _spread(wait, chance=chance, least=least, longest=longest)
    return _outside(now + wait, hours=frozenset(skip_hours), days=frozenset(skip_days))


def rhythm_of(moments: Iterable[datetime], *, now: datetime) -> float | None:
    """Return how many entries a day a source brings, by the dates of its newest ones.

    The silence since the newest counts, so that a source that stopped slows down. None where
    the dates tell nothing: fewer than two, or all the same.
    """
    newest = sorted((min(moment, now) for moment in islice(moments, _MAX_MOMENTS)), reverse=True)
    if len(newest) < 2 or newest[0] == newest[-1]:
        return None
    # Without the oldest quarter: one entry pinned for years would hide today's rhythm.
    kept = newest[: max(2, -(-3 * len(newest) // 4))]
    if kept[0] == kept[-1]:
        kept = newest
    span = max(now - kept[-1], timedelta(hours=1))
    return (len(kept) - 1) * (timedelta(days=1) / span)


def wish_of(
    headers: Mapping[str, str], *, now: datetime, ttl: timedelta | None = None
) -> timedelta | None:
    """Return how long a publisher says that what it sent stays fresh, at most a day.

    None if it does not say. Of what the headers say and what the document says, the longer.

    headers: with lower-case names
    now:     our clock, for an answer that tells its end (Expires) but not its date
    ttl:     of the document itself
    """
    wishes = (_freshness(headers, now=now), ttl)
    asked = max((wish for wish in wishes if wish), default=timedelta(0))
    return min(asked, LONGEST) if asked > timedelta(0) else None


def _by_rhythm(per_day: float | None) -> timedelta:
    if per_day is None or math.isnan(per_day):
        return UNKNOWN
    a_day = timedelta(days=1)
    return a_day / min(max(per_day * _LOOKS_PER_ENTRY, a_day / SLOWEST), a_day / SHORTEST)


def _backed_off(base: timedelta, *, failures: int, longest: timedelta) -> timedelta:
    # Bounded at each step: a long interval doubled ten times is more than a timedelta holds.
    wait = base
    for _ in range(min(failures, 10)):
        wait = min(wait * 2, longest)
    return wait


def _spread(wait: timedelta, *, chance: float, least: timedelta, longest: timedelta) -> timedelta:
    """Return a wait a tenth shorter to a tenth longer, within what is allowed."""
    earliest = max(wait * (1 - _SPREAD), least)
    # Compared first: a tenth more than a very long wait is more than a timedelta holds.
    latest = longest if wait >= longest / (1 + _SPREAD) else wait * (1 + _SPREAD)
    return earliest + max(latest - earliest, timedelta(0)) * min(max(chance, 0.0), 1.0)


def _outside(moment: datetime, *, hours: Collection[int], days: Collection[int]) -> datetime:
    """Return the same minute of the first hour that nobody asked us to skip, within a day.

    The same minute, so that sources which all skip the night do not all come on the hour.
    """
    hours = () if set(range(24)) <= set(hours) else hours
    days = () if set(range(7)) <= set(days) else days
    for later in range(24):
        candidate = (moment + timedelta(hours=later)).astimezone(UTC)
        if candidate.hour not in hours and candidate.weekday() not in days:
            return moment + timedelta(hours=later)
    return moment + timedelta(days=1)


def _freshness(headers: Mapping[str, str], *, now: datetime) -> timedelta | None:
    """Return how long an answer stays fresh for a private cache (RFC 9111 §4.2.1).

    Private, although many read what we make of it: s-maxage speaks to the publisher's own
    caches, which it can purge; ours it cannot, and a CDN's year would silence its feed.
    """
    directives = _directives(headers.get("cache-control", ""))
    if directives.keys() & {"no-cache", "no-store"}:
        return None
    lifetime = _seconds(directives.get("max-age", ""))
    if lifetime is None:
        lifetime = _until_expiry(headers, now=now)
    age = _seconds(headers.get("age", "").partition(",")[0]) or timedelta(0)
    return lifetime - age if lifetime is not None else None


def _directives(value: str) -> dict[str, str]:
    """Return the directives of Cache-Control; of one that is there twice, the first."""
    found: dict[str, str] = {}
    for match in _DIRECTIVE.finditer(value[:_MAX_HEADER_CHARS]):
        found.setdefault(match[1].lower(), (match[2] or "").strip('"'))
    return found


def _seconds(value: str) -> timedelta | None:
    value = value.strip()
    return timedelta(seconds=int(value)) if _SECONDS.match(value) else None


def _until_expiry(headers: Mapping[str, str], *, now: datetime) -> timedelta | None:
    """Return the time from Date, the server's own clock, to Expires (RFC 9111 §5.3)."""
    expires = _date(headers.get("expires", ""))
    sent = _date(headers.get("date", "")) or now
    return expires - sent if expires else None


def _date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value[:_MAX_DATE_CHARS])
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
    # RFC 5322 calls "-0000" a time of unknown place; HTTP knows only GMT.
    return date if date.tzinfo else date.replace(tzinfo=UTC)
