"""Hosts: one worker at a time asks a host, however many machines there are.

An advisory lock of the database per host, held by the worker's own connection: it ends with the
worker, however that ends. A pool that hands a connection from one client to the next (PgBouncer
in transaction mode) would lose them: the worker needs a direct connection.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from django.db import connection

# The first of the two numbers of our locks; PostgreSQL keeps one space for all applications.
_CLASS = 0x5041
_LOCK = (
    "SELECT host, pg_try_advisory_lock(%s, number)"
    " FROM unnest(%s::text[], %s::int[]) AS asked(host, number)"
)
_UNLOCK = "SELECT pg_advisory_unlock(%s, number) FROM unnest(%s::int[]) AS held(number)"


@contextmanager
def visiting(hosts: Iterable[str]) -> Iterator[Callable[[str], bool]]:
    """Take the locks of these hosts, those that are free; give them back in the end.

    Yields a function that tells whether we may ask a host. For one that is not among `hosts`,
    where a redirect leads, it takes the lock when asked.
    """
    held = _take(hosts)

    def may_visit(host: str) -> bool:
        if host not in held:
            held.update(_take([host]))
        return held[host]

    try:
        yield may_visit
    finally:
        _give_back(host for host, is_ours in held.items() if is_ours)


def _take(hosts: Iterable[str]) -> dict[str, bool]:
    # In one order, although a try never waits: two workers then share what they both want.
    wanted = sorted(set(hosts))
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [_CLASS, wanted, [_number(host) for host in wanted]])
        return dict(cursor.fetchall())


def _give_back(hosts: Iterable[str]) -> None:
    numbers = [_number(host) for host in hosts]
    if numbers:
        with connection.cursor() as cursor:
            cursor.execute(_UNLOCK, [_CLASS, numbers])


def _number(host: str) -> int:
    """Return the second number: 32 bits of a hash. Two hosts with the same wait in vain."""
    return int.from_bytes(hashlib.sha256(host.encode()).digest()[:4], "big", signed=True)
