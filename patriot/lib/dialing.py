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
from collections.abc import Collection
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
            connection = socket.create_connection(  # noqa: TID251 (this is its door)
                (address, target.port), timeout=wait
            )
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
    lookup = Lookup(target)
    if not lookup.wait(deadline.remaining()):
        raise Late(f"The name {target.host} was not found in time.")
    judge(target, lookup.addresses)
    return lookup.addresses


def judge(target: Target, addresses: Collection[str]) -> None:
    """Raise Forbidden unless all these addresses of a target may be dialed."""
    for address in addresses:
        if not (target.is_allowed or is_public(address)):
            raise Forbidden(f"{target.host} leads to {address}, not a public address.")


class Lookup:
    """A name that is being looked up, in a thread: the resolver knows no time-out of its own."""

    def __init__(self, target: Target) -> None:
        self._host = target.host
        self._port = target.port
        self._found: tuple[str, ...] | OSError | None = None
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self._thread.start()

    @property
    def is_done(self) -> bool:
        return self._found is not None

    def wait(self, seconds: float) -> bool:
        """Wait for the answer, but not for ever; return whether it came."""
        self._thread.join(seconds)
        return self.is_done

    @property
    def addresses(self) -> tuple[str, ...]:
        """Return what was found. Raises OSError if nothing was."""
        if isinstance(self._found, OSError):
            raise self._found
        return self._found or ()

    def _ask(self) -> None:
        try:
            found = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
            self._found = tuple(dict.fromkeys(str(entry[4][0]) for entry in found))
        except (OSError, UnicodeError) as error:
            self._found = OSError(f"{self._host} was not found: {error}")
