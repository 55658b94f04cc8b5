"""Permits: which pages we may read, by the robots.txt of their servers, kept for a day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from patriot.lib.outbound import Limits
from sources.domain.robots import (
    CLOSED_FOR,
    FRESH_FOR,
    MAX_CHARS,
    PRODUCT,
    Access,
    access,
    authority_of,
    robots_url,
)
from sources.gateways.parser import Parser
from sources.gateways.unreadable import TooHard
from sources.gateways.web import Answer, Busy, FetchError, Request, Web
from sources.models import Host

# More than we read of one: the rest of a longer file does not count.
LIMITS = Limits(
    raw_bytes=2_000_000, decoded_bytes=2_000_000, deadline=timedelta(seconds=10), redirects=5
)
ACCEPT = "text/plain, */*;q=0.5"


@dataclass(frozen=True, slots=True)
class Permit:
    """Whether we may read one page."""

    refusal: str = ""
    """Why not, as a sentence; empty if we may."""
    delay: timedelta = timedelta(0)
    """The pause that its server asks for between two pages."""


@dataclass(frozen=True, slots=True)
class Doors:
    """Whom we ask outside."""

    web: Web
    parser: Parser
    may_visit: Callable[[str], bool]


def permits(urls: Iterable[str], *, doors: Doors, now: datetime) -> dict[str, Permit]:
    """Return a permit for each of these canonical addresses.

    There is none for those at whose host another worker is: ask again soon. A constant number
    of queries.
    """
    by_authority: defaultdict[str, list[str]] = defaultdict(list)
    for url in urls:
        by_authority[authority_of(url)].append(url)
    hosts = {host.authority: host for host in Host.objects.filter(authority__in=by_authority)}
    stale = [
        authority
        for authority in by_authority
        if authority not in hosts or hosts[authority].fresh_until <= now
    ]
    for authority, fresh in _ask(stale, hosts, doors=doors, now=now).items():
        if fresh is None:
            del by_authority[authority]
        else:
            hosts[authority] = fresh
    return {
        url: permit
        for authority, asked in by_authority.items()
        for url, permit in _permits_of(hosts[authority], asked, parser=doors.parser).items()
    }


def _ask(
    authorities: Sequence[str], known: dict[str, Host], *, doors: Doors, now: datetime
) -> dict[str, Host | None]:
    """Fetch these servers' robots.txt and remember what they said; None for those in use."""
    requests = {
        Request(robots_url(authority), accept=ACCEPT, limits=LIMITS): authority
        for authority in authorities
    }
    hosts: dict[str, Host | None] = {}
    for request, result in doors.web.fetch_all(list(requests), may_visit=doors.may_visit):
        authority = requests[request]
        is_busy = isinstance(result, Busy)
        hosts[authority] = None if is_busy else _host(authority, result, known, now=now)
    Host.objects.bulk_create(
        sorted((host for host in hosts.values() if host), key=lambda host: host.authority),
        update_conflicts=True,
        unique_fields=["authority"],
        update_fields=["robots", "status", "read_at", "fresh_until"],
    )
    return hosts


def _host(
    authority: str, result: Answer | FetchError, known: dict[str, Host], *, now: datetime
) -> Host:
    said = access(result.status)
    before = known.get(authority)
    if said is Access.CLOSED and before and access(before.status) is not Access.CLOSED:
        # What it said when it was well still counts (RFC 9309 §2.4).
        return Host(
            authority=authority,
            robots=before.robots,
            status=before.status,
            read_at=before.read_at,
            fresh_until=now + CLOSED_FOR,
        )
    robots = result.body.decode("utf-8-sig", errors="replace") if isinstance(result, Answer) else ""
    return Host(
        authority=authority,
        robots=robots[:MAX_CHARS].replace("\x00", ""),
        status=result.status,
        read_at=now,
        fresh_until=now + (CLOSED_FOR if said is Access.CLOSED else FRESH_FOR),
    )


def _permits_of(host: Host, urls: Sequence[str], *, parser: Parser) -> dict[str, Permit]:
    said = access(host.status)
    if said is Access.FREE:
        return dict.fromkeys(urls, Permit())
    name = host.authority.partition("://")[2]
    if said is Access.CLOSED:
        why = f"{name} did not say what may be read of it (robots.txt), so its page was not read."
        return dict.fromkeys(urls, Permit(why))
    try:
        rules = parser.rules(host.robots, urls)
    except TooHard:
        why = f"The robots.txt of {name} cannot be read, so its page was not read."
        return dict.fromkeys(urls, Permit(why))
    why = f"The robots.txt of {name} does not let {PRODUCT} read this page."
    return {
        url: Permit("" if rules.is_allowed.get(url, False) else why, rules.delay) for url in urls
    }
