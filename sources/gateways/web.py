"""The polite HTTP client: what asks the world for documents.

Obeys the outbound policy: every address is checked before it is asked, every IP address that its
name leads to before one is dialed, and redirects are followed by hand with the same checks.
One host has one visitor at a time, and a pause after each.

Errors:

* FetchError        the document did not arrive
  · Unreachable     DNS, TCP, TLS, timeout, 5xx: try again later
  · Refused         401, 403, 404, 410 and the like: an editor should look
  · RateLimited     429 or 503: wait as long as `asked`
  · TooLarge        more than the limits allow
  · Forbidden       the policy does not let us go there
  · Busy            another worker is at that host: try again soon
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing
from datetime import timedelta

from patriot.lib import outbound
from patriot.lib.outbound import Limits, Target, check_url
from sources.gateways.fetch_errors import (
    Busy,
    FetchError,
    Forbidden,
    RateLimited,
    Refused,
    TooLarge,
    Unreachable,
    busy,
    kept_at_home,
)
from sources.gateways.line import Line
from sources.gateways.switchboard import LONGEST_WAIT, MAX_CONNECTIONS, Switchboard
from sources.gateways.transfer import ACCEPT_FEED, ACCEPT_PAGE, Answer, Request, Transfer

__all__ = [
    "ACCEPT_FEED",
    "ACCEPT_PAGE",
    "MAX_CONNECTIONS",
    "Answer",
    "Busy",
    "FetchError",
    "Forbidden",
    "RateLimited",
    "Refused",
    "Request",
    "TooLarge",
    "Unreachable",
    "Web",
]

PAUSE = timedelta(seconds=0.5)
"""Between two requests to one host."""


def polite_pause(target: Target) -> timedelta:
    """Return how long to leave a host alone after a visit; what the operator listed is ours."""
    return timedelta(0) if target.is_allowed else PAUSE


class Web:
    """Fetches documents, several at a time, never two from one host at once."""

    def __init__(
        self,
        *,
        user_agent: str,
        allow: Collection[str] = (),
        limits: Limits | None = None,
        pause: Callable[[Target], timedelta] = polite_pause,
    ) -> None:
        """
        allow: "host:port" pairs that may be reached although they are not public
        pause: how long to leave a host alone after each visit
        """
        self._allow = frozenset(allow)
        self._user_agent = user_agent
        self._limits = limits or Limits()
        self._pause = pause

    @property
    def allow(self) -> frozenset[str]:
        """The "host:port" pairs that may be reached although they are not public."""
        return self._allow

    def fetch(self, request: Request) -> Answer:
        """Fetch one document or raise a FetchError."""
        [(_, result)] = self.fetch_all([request])
        if isinstance(result, FetchError):
            raise result
        return result

    def fetch_all(
        self,
        requests: Sequence[Request],
        *,
        may_visit: Callable[[str], bool] | None = None,
        on_idle: Callable[[], None] = lambda: None,
    ) -> Iterator[tuple[Request, Answer | FetchError]]:
        """Yield each request with its answer or error, in the order in which they finish.

        may_visit: asked once for each host, right before the first request to it; if it says
                   no, another worker is there, and what leads to that host is Busy
        on_idle:   called while nothing has finished, a few times a second: the caller may write
                   down what it has

        The deadlines count only the time spent in here: a caller that takes long over one
        answer does not make the others late. Once a host has asked for patience, what still
        waits in line for it is not sent, and gets the same answer.
        """
        line: Line[Transfer] = Line()
        hosts = _Hosts(may_visit)
        for request in requests:
            try:
                target = check_url(request.url, allow=self._allow)
            except outbound.Forbidden as error:
                yield request, Forbidden(str(error))
            else:
                limits = request.limits or self._limits
                line.join(target.host, Transfer(request, target, limits=limits))
        with closing(Switchboard(user_agent=self._user_agent)) as switchboard:
            while line.is_waiting or switchboard.is_busy:
                yield from self._send(line, hosts=hosts, switchboard=switchboard)
                ended = switchboard.drive(at_most=_until_next_turn(line))
                if not ended:
                    on_idle()
                for transfer in ended:
                    self._leave(transfer, line=line)
                    result = self._next_step(transfer)
                    if result is None:
                        line.join(transfer.target.host, transfer)
                    else:
                        hosts.hear(transfer.target.host, result)
                        yield transfer.request, result

    def _send(
        self, line: Line[Transfer], *, hosts: _Hosts, switchboard: Switchboard
    ) -> Iterator[tuple[Request, FetchError]]:
        """Send those whose turn it is; yield those that had better stay at home."""
        while switchboard.has_room and (transfer := line.next(at=time.monotonic())):
            host = transfer.target.host
            refusal = hosts.refusal(host, was_sent=transfer.was_sent)
            if refusal is None:
                switchboard.start(transfer)
            else:
                line.leave(host)
                refusal.took = transfer.took
                yield transfer.request, refusal

    def _leave(self, transfer: Transfer, *, line: Line[Transfer]) -> None:
        pause = self._pause(transfer.target).total_seconds()
        line.leave(transfer.target.host, rest_until=time.monotonic() + pause if pause else 0.0)

    def _next_step(self, transfer: Transfer) -> Answer | FetchError | None:
        """Return the result of a finished exchange; None if it goes on at another address."""
        try:
            if transfer.failure:
                raise transfer.failure
            if transfer.is_redirected:
                transfer.follow(allow=self._allow)
                return None
            return transfer.answer()
        except FetchError as error:
            failure = error
        except outbound.Forbidden as error:
            failure = Forbidden(f"It redirects to where we do not go: {error}")
        failure.took = transfer.took
        # Where it was raised holds the whole body, and would for as long as the error lives.
        failure.__traceback__ = failure.__cause__ = failure.__context__ = None
        return failure


class _Hosts:
    """What became known about the hosts on the way."""

    def __init__(self, may_visit: Callable[[str], bool] | None) -> None:
        self._may_visit = may_visit
        self._is_ours: dict[str, bool] = {}
        self._impatient: dict[str, RateLimited] = {}

    def refusal(self, host: str, *, was_sent: bool) -> FetchError | None:
        """Return why a request to a host had better not be sent, None if it may be."""
        if host in self._impatient:
            return kept_at_home(self._impatient[host], host=host)
        if self._may_visit is None:
            return None
        if host not in self._is_ours:
            self._is_ours[host] = self._may_visit(host)
        return None if self._is_ours[host] else busy(host, was_sent=was_sent)

    def hear(self, host: str, result: Answer | FetchError) -> None:
        if isinstance(result, RateLimited):
            self._impatient[host] = result


def _until_next_turn(line: Line[Transfer]) -> float:
    """Return for how many seconds nobody in line can begin, as far as we know."""
    turn = line.next_turn()
    return LONGEST_WAIT if turn is None else max(turn - time.monotonic(), 0.0)
