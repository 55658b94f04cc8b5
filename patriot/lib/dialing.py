"""Open a connection to an address that the outbound policy judged, in what time is left.

The name is resolved once, and the very IP address that passed is dialed: a name server that
answers differently the next time changes nothing.

Errors:

* Forbidden     (of outbound) a name that leads to an address which is not public
* Late          the deadline passed
* OSError       nobody answers there
"""

from __future__ import annotations

import socket
import threading
import time
from datetime import timedelta

from patriot.lib.outbound import Forbidden, Target, is_public

LONGEST_DIAL = 10.0
"""Seconds for one IP address, so that time is left for the next one."""


class Late(TimeoutError):
    """The deadline passed. Raised again by whoever asks after it."""


class Deadline:
    """How long one exchange may still take, whatever it is doing."""

    def __init__(self, allowed: timedelta) -> None:
        self._allowed = allowed
        self._ends = time.monotonic() + allowed.total_seconds()

    def remaining(self) -> float:
        """Return the seconds that are left, more than 0. Raises Late."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise Late(str(self))
        return left

    def __str__(self) -> str:
        return f"No answer within {self._allowed.total_seconds():g} seconds."


def dial(target: Target, *, deadline: Deadline) -> socket.socket:
    """Return a connected socket. Raises Forbidden, Late or OSError."""
    failure = OSError(f"{target.host} has no address.")
    for address in resolve(target, deadline=deadline):
        wait = min(deadline.remaining(), LONGEST_DIAL)
        try:
            connection = socket.create_connection((address, target.port), timeout=wait)
        except OSError as error:
            failure = error
            continue
        # A request is written in several pieces, none of which should wait for the next.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection
    deadline.remaining()  # a dial that took all the time is late, not refused
    raise failure


def resolve(target: Target, *, deadline: Deadline) -> tuple[str, ...]:
    """Return the IP addresses of a target. Raises Forbidden unless all of them may be dialed."""
    addresses = _look_up(target, deadline)
    for address in addresses:
        if not (target.is_allowed or is_public(address)):
            raise Forbidden(f"{target.host} leads to {address}, not a public address.")
    return addresses


def _look_up(target: Target, deadline: Deadline) -> tuple[str, ...]:
    """Ask the resolver, but no longer than we have: it knows no time-out of its own."""
    results: list[tuple[str, ...] | OSError] = []

    def ask() -> None:
        try:
            found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
            results.append(tuple(dict.fromkeys(str(entry[4][0]) for entry in found)))
        except (OSError, UnicodeError) as error:
            results.append(OSError(f"{target.host} was not found: {error}"))

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(deadline.remaining())
    if not results:
        raise Late(f"The name {target.host} was not found in time.")
    if isinstance(results[0], OSError):
        raise results[0]
    return results[0]
