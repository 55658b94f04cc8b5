"""The polite HTTP client: the only module that imports pycurl.

Obeys the outbound policy: every address is checked before it is asked, every IP address at the
moment it is dialed, and redirects are followed by hand with the same checks.

Errors:

* FetchError        the document did not arrive
  · Unreachable     DNS, TCP, TLS, timeout, 5xx: try again later
  · Refused         401, 403, 404, 410 and the like: an editor should look
  · RateLimited     429 or 503: wait as long as `asked`
  · TooLarge        more than the limits allow
  · Busy            another worker is at that host: nobody was asked
  · Forbidden       the policy does not let us go there
"""

from __future__ import annotations

import socket
import ssl
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import pycurl

from patriot.lib import outbound
from patriot.lib.outbound import Limits, Target, check_redirect, check_url, is_public
from sources.gateways.bodies import Body, Damaged, TooMuch

MAX_CONNECTIONS = 20
CONNECT_SECONDS = 10
MAX_HEADERS = 200
LONGEST_WAIT = 0.2  # seconds between two looks at the deadlines
SHORTEST_WAIT = 0.01
ACCEPT = (
    "application/atom+xml, application/rss+xml, application/rdf+xml, application/feed+json, "
    "application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.5"
)

_REDIRECTS = {301, 302, 303, 307, 308}
_PERMANENT = {301, 308}
_TRY_LATER = {408, 421, 425}
_RATE_LIMITED = {429, 503}
_UNCHANGED = 304


class FetchError(Exception):
    """The document did not arrive; the sentence is for an editor."""

    def __init__(self, sentence: str, *, status: int | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.took = timedelta(0)
        self.was_sent = True
        """False if nobody was asked: another document of its host told us to wait."""


class Unreachable(FetchError):
    """Nobody answered, or not to the end: try again later."""


class Refused(FetchError):
    """The server answered no: an editor should look."""


class RateLimited(FetchError):
    """The server asked for patience: `asked` is how much, if it said."""

    def __init__(
        self, sentence: str, *, status: int | None = None, asked: timedelta | None = None
    ) -> None:
        super().__init__(sentence, status=status)
        self.asked = asked


class TooLarge(FetchError):
    """More bytes than we are ready to read."""


class Busy(FetchError):
    """Another worker is at that host: nobody was asked."""


class Forbidden(FetchError):
    """The outbound policy does not let us go there."""


@dataclass(frozen=True, slots=True)
class Request:
    """What to fetch, and what we already have of it (byte for byte as it was told to us)."""

    url: str
    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    url: str
    """Where it came from in the end."""
    body: bytes
    """Decompressed; empty when the status is 304."""
    headers: dict[str, str] = field(default_factory=dict)
    """Names in lower case; values of the same name joined by commas."""
    moved_permanently_to: str = ""
    """Where permanent redirects, and only such, led from the address that we asked."""
    took: timedelta = timedelta(0)

    @property
    def is_unchanged(self) -> bool:
        return self.status == _UNCHANGED

    @property
    def etag(self) -> str:
        return self.headers.get("etag", "")

    @property
    def last_modified(self) -> str:
        return self.headers.get("last-modified", "")


class Web:
    """Fetches documents, several at a time, never two from one host at once."""

    def __init__(
        self, *, user_agent: str, allow: Collection[str] = (), limits: Limits | None = None
    ) -> None:
        """allow: "host:port" pairs that may be reached although they are not public"""
        self._allow = frozenset(allow)
        self._user_agent = user_agent
        self._limits = limits or Limits()

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

        may_visit: asked before the first request to a host; False makes a Busy of those to it
        on_idle:   called while nothing has finished, a few times a second

        The deadlines count only the time spent in here: a caller that takes long over one
        answer does not make the others late.
        """
        line = _Line()
        for request in requests:
            try:
                target = check_url(request.url, allow=self._allow)
            except outbound.Forbidden as error:
                yield request, Forbidden(str(error))
            else:
                line.join(_Transfer(request, target, limits=self._limits))
        with closing(_Switchboard(self._user_agent)) as switchboard:
            while line.is_waiting or switchboard.is_busy:
                while switchboard.has_room and (transfer := line.next()):
                    switchboard.start(transfer)
                ended = switchboard.drive()
                if not ended:
                    on_idle()
                for transfer in ended:
                    line.leave(transfer.target.host)
                    result = self._next_step(transfer)
                    if result is None:
                        line.join(transfer)
                    else:
                        yield transfer.request, result

    def _next_step(self, transfer: _Transfer) -> Answer | FetchError | None:
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
        return failure


class _Line:
    """Transfers that wait until nobody else is at their host."""

    def __init__(self) -> None:
        self._waiting: dict[str, deque[_Transfer]] = {}
        self._busy: set[str] = set()
        self._free: deque[str] = deque()  # hosts with somebody waiting and nobody there

    @property
    def is_waiting(self) -> bool:
        return bool(self._waiting)

    def join(self, transfer: _Transfer) -> None:
        host = transfer.target.host
        if host not in self._waiting:
            self._waiting[host] = deque()
            if host not in self._busy:
                self._free.append(host)
        self._waiting[host].append(transfer)

    def next(self) -> _Transfer | None:
        if not self._free:
            return None
        host = self._free.popleft()
        self._busy.add(host)
        transfer = self._waiting[host].popleft()
        if not self._waiting[host]:
            del self._waiting[host]
        return transfer

    def leave(self, host: str) -> None:
        self._busy.remove(host)
        if host in self._waiting:
            self._free.append(host)


class _Transfer:
    """One request on its way, over all its redirects."""

    def __init__(self, request: Request, target: Target, *, limits: Limits) -> None:
        self.request = request
        self.target = target
        self.failure: FetchError | None = None
        self._limits = limits
        self._seconds = 0.0
        self._redirects = 0
        self._moved_permanently_to = ""
        self._is_permanent = True
        self._sockets: list[socket.socket] = []
        self._reset()

    def _reset(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self._body: Body | None = None

    # --- What the switchboard tells us -------------------------------------------------------

    def on_header(self, line: bytes) -> None:
        if line.startswith(b"HTTP/"):  # again after 100 Continue and the like
            self._reset()
            digits = line.split(b" ", 2)[1][:3] if b" " in line else b""
            self.status = int(digits) if digits.isdigit() else 0
            return
        name, colon, value = line.decode("latin-1").partition(":")
        name, value = name.strip().lower(), value.strip()
        if colon and (name in self.headers or len(self.headers) < MAX_HEADERS):
            self.headers[name] = f"{self.headers[name]}, {value}" if name in self.headers else value

    def on_body(self, chunk: bytes) -> int:
        """Take a piece of the body; what is not its length makes libcurl give up."""
        if self.is_redirected:
            return -1  # we know where to go; its page does not matter
        try:
            if self._body is None:
                self._body = Body(self._limits, self.headers.get("content-encoding", ""))
            self._body.add(chunk)
        except TooMuch as error:
            self.failure = TooLarge(str(error), status=self.status)
            return -1
        except Damaged as error:
            self.failure = Unreachable(str(error), status=self.status)
            return -1
        return len(chunk)

    def on_socket(self, _purpose: int, address: Any) -> Any:
        """Open the socket to the very address that libcurl is about to dial, if we may."""
        ip = address.addr[0]
        if self.failure or not (self.target.is_allowed or is_public(ip)):
            self.failure = Forbidden(f"{self.target.host} leads to {ip}, not a public address.")
            return pycurl.SOCKET_BAD
        opened = socket.socket(address.family, address.socktype, address.protocol)
        self._sockets.append(opened)
        return opened

    def close_sockets(self) -> None:
        """Close our ends of what `on_socket` opened; pycurl works on copies of them."""
        while self._sockets:
            self._sockets.pop().close()

    def spend(self, seconds: float) -> None:
        """Count time that went by while we listened."""
        self._seconds += seconds

    @property
    def is_late(self) -> bool:
        return self._seconds >= self._limits.deadline.total_seconds()

    def on_late(self) -> None:
        """Hear that the exchange was broken off because its time was up."""
        allowed = self._limits.deadline.total_seconds()
        self.failure = self.failure or Unreachable(
            f"{self.target.host} did not finish within {allowed:g} seconds."
        )

    def on_end(self, code: int, message: str) -> None:
        """Hear how the exchange ended: libcurl's code, 0 for well."""
        if code and not self.failure and not (self.is_redirected and self.headers.get("location")):
            self.failure = failure_of(code, message, host=self.target.host)

    @property
    def took(self) -> timedelta:
        return timedelta(seconds=self._seconds)

    # --- What it means --------------------------------------------------------------------------

    @property
    def is_redirected(self) -> bool:
        return self.status in _REDIRECTS and bool(self.headers.get("location"))

    def follow(self, *, allow: Collection[str]) -> None:
        """Turn to the address that we were sent to."""
        self._redirects += 1
        if self._redirects > self._limits.redirects:
            raise Unreachable(
                f"More than {self._limits.redirects} redirects, last to {self.target.host}.",
                status=self.status,
            )
        location = _utf8_if_possible(self.headers["location"])
        self.target = check_redirect(location, base=self.target, allow=allow)
        self._is_permanent = self._is_permanent and self.status in _PERMANENT
        if self._is_permanent:
            self._moved_permanently_to = self.target.url
        self._reset()

    def answer(self) -> Answer:
        """Return what came, or raise the FetchError that the status means."""
        if self.status != _UNCHANGED and not 200 <= self.status < 300:
            raise error_of(self.status, self.headers, host=self.target.host)
        try:
            body = self._body.finish() if self._body and self.status != _UNCHANGED else b""
        except Damaged as error:
            raise Unreachable(str(error), status=self.status) from error
        return Answer(
            self.status,
            self.target.url,
            body,
            self.headers,
            self._moved_permanently_to,
            took=self.took,
        )


class _Switchboard:
    """The exchanges that are going on: a thin layer over libcurl's multi interface."""

    def __init__(self, user_agent: str) -> None:
        self._user_agent = user_agent
        self._multi = pycurl.CurlMulti()
        self._active: dict[Any, _Transfer] = {}

    @property
    def is_busy(self) -> bool:
        return bool(self._active)

    @property
    def has_room(self) -> bool:
        return len(self._active) < MAX_CONNECTIONS

    def start(self, transfer: _Transfer) -> None:
        curl = _curl_for(transfer, user_agent=self._user_agent)
        self._active[curl] = transfer
        self._multi.add_handle(curl)

    def drive(self) -> list[_Transfer]:
        """Let the exchanges go on for a moment and return those that ended."""
        going_on = list(self._active.values())
        began = time.monotonic()
        self._multi.perform()
        ended = self._ended()
        if not ended and self._active:
            if self._multi.select(LONGEST_WAIT) < 0:  # nothing to wait for yet, such as a name
                time.sleep(SHORTEST_WAIT)
            self._multi.perform()
            ended = self._ended()
        spent = time.monotonic() - began
        for transfer in going_on:
            transfer.spend(spent)
        for curl in [curl for curl, transfer in self._active.items() if transfer.is_late]:
            self._active[curl].on_late()
            ended.append(self._remove(curl))
        return ended

    def _ended(self) -> list[_Transfer]:
        ended = []
        while True:
            _, well, badly = self._multi.info_read()
            for curl, code, message in [(curl, 0, "") for curl in well] + badly:
                self._active[curl].on_end(code, message)
                ended.append(self._remove(curl))
            if not well and not badly:
                return ended

    def _remove(self, curl: Any) -> _Transfer:
        transfer = self._active.pop(curl)
        self._multi.remove_handle(curl)
        curl.close()
        transfer.close_sockets()
        return transfer

    def close(self) -> None:
        for curl in list(self._active):
            self._remove(curl)
        self._multi.close()


def _curl_for(transfer: _Transfer, *, user_agent: str) -> Any:
    curl = pycurl.Curl()
    curl.setopt(pycurl.URL, transfer.target.url)
    curl.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
    curl.setopt(pycurl.FOLLOWLOCATION, 0)
    curl.setopt(pycurl.PROXY, "")  # never from the environment
    curl.setopt(pycurl.NOPROXY, "*")
    curl.setopt(pycurl.NETRC, 0)
    curl.setopt(pycurl.NOSIGNAL, 1)
    curl.setopt(pycurl.PATH_AS_IS, 1)
    curl.setopt(pycurl.CONNECTTIMEOUT, CONNECT_SECONDS)
    curl.setopt(pycurl.SSL_VERIFYPEER, 1)
    curl.setopt(pycurl.SSL_VERIFYHOST, 2)
    for option, path in _trust_store():
        curl.setopt(option, path)
    curl.setopt(pycurl.USERAGENT, user_agent)
    # We decompress ourselves, so libcurl's own decoder stays off and its bombs unfold nowhere.
    curl.setopt(pycurl.HTTPHEADER, _headers_for(transfer.request))
    curl.setopt(pycurl.HEADERFUNCTION, transfer.on_header)
    curl.setopt(pycurl.WRITEFUNCTION, transfer.on_body)
    curl.setopt(pycurl.OPENSOCKETFUNCTION, transfer.on_socket)
    return curl


def _headers_for(request: Request) -> list[bytes]:
    headers = [f"Accept: {ACCEPT}".encode(), b"Accept-Encoding: gzip, deflate"]
    for name, value in (
        ("If-None-Match", request.etag),
        ("If-Modified-Since", request.last_modified),
    ):
        if value and value.isprintable():
            headers.append(f"{name}: {value}".encode("latin-1", "ignore"))
    return headers


@lru_cache(maxsize=1)
def _trust_store() -> list[tuple[int, str]]:
    """Return where this machine keeps the certificates it trusts.

    The wheels of pycurl carry their own libcurl, which does not know.
    """
    paths = ssl.get_default_verify_paths()
    if paths.cafile:
        return [(pycurl.CAINFO, paths.cafile)]
    common = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt")
    for bundle in (*common, "/etc/ssl/cert.pem"):
        if Path(bundle).is_file():
            return [(pycurl.CAINFO, bundle)]
    return [(pycurl.CAPATH, paths.capath)] if paths.capath else []


_SENTENCES = {
    pycurl.E_COULDNT_RESOLVE_HOST: "The name {host} was not found.",
    pycurl.E_COULDNT_CONNECT: "Nobody answers at {host}.",
    pycurl.E_INTERFACE_FAILED: "Nobody answers at {host}.",
    pycurl.E_OPERATION_TIMEDOUT: "{host} took too long to answer.",
    pycurl.E_PARTIAL_FILE: "{host} broke off in the middle of its answer.",
    pycurl.E_GOT_NOTHING: "{host} closed the connection without an answer.",
    pycurl.E_RECV_ERROR: "{host} broke off in the middle of its answer.",
    pycurl.E_SEND_ERROR: "{host} closed the connection before we had asked.",
}
_TLS = {
    pycurl.E_SSL_CONNECT_ERROR,
    pycurl.E_PEER_FAILED_VERIFICATION,
    pycurl.E_SSL_CERTPROBLEM,
    pycurl.E_SSL_CIPHER,
    pycurl.E_SSL_CACERT_BADFILE,
    pycurl.E_SSL_ISSUER_ERROR,
    pycurl.E_SSL_PINNEDPUBKEYNOTMATCH,
    pycurl.E_SSL_INVALIDCERTSTATUS,
}


def failure_of(code: int, message: str, *, host: str) -> FetchError:
    """Return what one of libcurl's error codes means for an editor."""
    if code == pycurl.E_FILESIZE_EXCEEDED:
        return TooLarge(f"The answer of {host} is too large.")
    if code in _TLS:
        return Unreachable(f"The secure connection to {host} failed: {_brief(message)}.")
    sentence = _SENTENCES.get(code, f"The exchange with {{host}} failed: {_brief(message)}.")
    return Unreachable(sentence.replace("{host}", host))


def error_of(status: int, headers: dict[str, str], *, host: str) -> FetchError:
    """Return what an HTTP status that brings no document means for an editor."""
    if status in _RATE_LIMITED:
        return RateLimited(
            f"{host} asks for patience (HTTP {status}).",
            status=status,
            asked=_retry_after(headers),
        )
    if status in _TRY_LATER or status >= 500 or status < 200:
        return Unreachable(f"{host} has trouble of its own (HTTP {status}).", status=status)
    sentences = {
        401: f"{host} wants a password (HTTP 401).",
        403: f"{host} does not let us read it (HTTP 403).",
        404: f"{host} has no document at this address (HTTP 404).",
        410: f"{host} says that the document is gone for good (HTTP 410).",
        451: f"{host} may not show it for legal reasons (HTTP 451).",
    }
    sentence = sentences.get(status, f"{host} refuses the document (HTTP {status}).")
    return Refused(sentence, status=status)


def _retry_after(headers: dict[str, str]) -> timedelta | None:
    """Read Retry-After: seconds, or a date, compared with the server's own clock."""
    value = headers.get("retry-after", "").strip()[:40]
    if value.isascii() and value.isdigit():
        return timedelta(seconds=min(int(value), 10**8))
    try:
        wait = parsedate_to_datetime(value) - parsedate_to_datetime(headers.get("date", "")[:40])
    except (ValueError, TypeError):
        return None
    return wait if wait > timedelta(0) else None


def _utf8_if_possible(value: str) -> str:
    """Return a header's value as the UTF-8 that it may be; headers arrive as Latin-1."""
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value


def _brief(message: str) -> str:
    return " ".join(message.split())[:200].rstrip(".") or "no reason given"
