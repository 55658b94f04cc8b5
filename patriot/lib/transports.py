"""The outbound policy for SDKs that speak httpx2: hand them `client(…)`.

Import this module inside functions: httpx2 takes a quarter of a second.

Every request has a connection of its own, to an address that the policy judged, and one
deadline from the first look at the name to the last byte of the body. Nothing is shared
between requests, so nothing is inherited over a fork.

Errors (an SDK may wrap them: look at __cause__):

* Forbidden               (of outbound) the policy does not let us go there
* httpx2.RequestError     the exchange broke off
  · TimeoutException      the deadline passed
  · TooLarge              more bytes than we are ready to read
  · DecodingError         compressed in a way that we cannot read
"""

from __future__ import annotations

import socket
import ssl
import zlib
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cached_property
from typing import Any

import httpcore2  # noqa: TID251 (this is its door)
import httpx2  # noqa: TID251 (this is its door)

from patriot.lib.dialing import Deadline, Late, dial
from patriot.lib.outbound import Target, check_url

MAX_BYTES = 5_000_000
# What we undo under a limit; asked for, so that a server has no reason to send anything else.
ACCEPT_ENCODING = "gzip"
_GZIP = zlib.MAX_WBITS | 16
_PIECE = 65_536


BrokenOff = httpx2.RequestError
"""What a body raises while it is read, where no SDK wraps it."""

BadAddress = httpx2.InvalidURL
"""What no request can be sent to, although it looks like an address."""

TooLate = httpx2.TimeoutException
"""The deadline passed."""


class TooLarge(httpx2.TransportError):
    """The answer is longer than we are ready to read."""


def was_sent(error: BaseException | None) -> bool:
    """Tell whether a request whose exchange ended in this error may have been heard."""
    return not isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout)


def client(
    *,
    allow: Collection[str],
    deadline: timedelta,
    max_bytes: int = MAX_BYTES,
    user_agent: str = "",
) -> httpx2.Client:
    """Return a client for an SDK that goes only where the policy lets it go.

    allow:     "host:port" pairs that may be reached although they are not public
    deadline:  for a whole request, whatever time-outs the SDK sets
    max_bytes: of one answer, as it comes over the wire and, again, decompressed

    It follows no redirects, keeps no cookies and reads no proxy from the environment.
    """
    return httpx2.Client(
        transport=Transport(allow=allow, deadline=deadline, max_bytes=max_bytes),
        follow_redirects=False,
        trust_env=False,
        headers={"User-Agent": user_agent} if user_agent else None,
        timeout=deadline.total_seconds(),
    )


class Transport(httpx2.BaseTransport):
    """Sends each request over a connection of its own, under the policy."""

    def __init__(self, *, allow: Collection[str], deadline: timedelta, max_bytes: int) -> None:
        self._allow = frozenset(allow)
        self._deadline = deadline
        self._max_bytes = max_bytes

    @cached_property
    def _certificates(self) -> ssl.SSLContext:
        """What the machine trusts, or SSL_CERT_FILE: the same as for feeds."""
        return httpx2.create_ssl_context()

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request; the body of the answer is read by the caller, under the same limits."""
        target = check_url(str(request.url), allow=self._allow)
        backend = _Backend(target, Deadline(self._deadline), self._max_bytes)
        connection = httpcore2.HTTPConnection(
            httpcore2.Origin(target.scheme.encode(), target.host.encode(), target.port),
            ssl_context=self._certificates if target.scheme == "https" else None,
            network_backend=backend,
        )
        try:
            with _as_httpx2():
                answer = connection.handle_request(_for_core(request, target))
            body = _Body(answer, connection, self._max_bytes)
            return httpx2.Response(
                answer.status,
                headers=_kept(answer.headers),
                stream=body,
                extensions={"http_version": b"HTTP/1.1"},
            )
        except BaseException:
            connection.close()
            raise


def _for_core(request: httpx2.Request, target: Target) -> httpcore2.Request:
    """Return the request as it goes to the judged host, and to no other reading of its URL."""
    request.headers["Accept-Encoding"] = ACCEPT_ENCODING
    request.headers["Connection"] = "close"
    return httpcore2.Request(
        method=request.method.encode("ascii"),
        url=httpcore2.URL(
            scheme=target.scheme.encode(),
            host=target.host.encode(),
            port=target.port,
            target=request.url.raw_path,
        ),
        headers=request.headers.raw,
        content=request.stream,
        # Of the SDK's wishes (other names for TLS, shorter time-outs) we grant none.
        extensions={},
    )


def _kept(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Return the headers that still hold for the decompressed body; cookies are not for us."""
    dropped = (b"content-encoding", b"content-length", b"transfer-encoding", b"set-cookie")
    return [(name, value) for name, value in headers if name.lower() not in dropped]


class _Body(httpx2.SyncByteStream):
    """The body of an answer, decompressed and counted."""

    def __init__(
        self, answer: httpcore2.Response, connection: httpcore2.HTTPConnection, max_bytes: int
    ) -> None:
        self._answer = answer
        self._connection = connection
        self._left = max_bytes
        self._encoding = _encoding(answer.headers)

    def __iter__(self) -> Iterator[bytes]:
        with _as_httpx2():
            for piece in self._decoded(self._answer.iter_stream()):
                self._left -= len(piece)
                if self._left < 0:
                    raise TooLarge("The answer is too large once it is decompressed.")
                yield piece

    def _decoded(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        if self._encoding in ("", "identity"):
            yield from pieces
        elif self._encoding in ("gzip", "x-gzip"):
            yield from _inflated(pieces)
        else:
            raise httpx2.DecodingError("The answer is compressed in a way that we did not ask for.")

    def close(self) -> None:
        self._connection.close()


def _encoding(headers: Iterable[tuple[bytes, bytes]]) -> str:
    named = [value for name, value in headers if name.lower() == b"content-encoding"]
    return b", ".join(named).decode("latin-1").strip().lower()


def _inflated(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield what the pieces hold, a little at a time: a small piece may hold a thousandfold."""
    inflater = zlib.decompressobj(_GZIP)
    try:
        for piece in pieces:
            rest = piece
            while rest and not inflater.eof:
                yield inflater.decompress(rest, _PIECE)
                rest = inflater.unconsumed_tail
        while not inflater.eof and (rest := inflater.decompress(b"", _PIECE)):
            yield rest
    except zlib.error as error:
        raise httpx2.DecodingError("The compressed answer is damaged.") from error
    if not inflater.eof:
        raise httpx2.RemoteProtocolError("The compressed answer ends too early.")


class _Backend(httpcore2.NetworkBackend):
    """Connects to the judged target, whatever it is asked for."""

    def __init__(self, target: Target, deadline: Deadline, max_bytes: int) -> None:
        self._target = target
        self._deadline = deadline
        self._max_bytes = max_bytes

    def connect_tcp(self, *_: Any, **__: Any) -> httpcore2.NetworkStream:
        with _as_core(self._deadline, httpcore2.ConnectTimeout, httpcore2.ConnectError):
            connection = dial(self._target, deadline=self._deadline)
        return _Stream(connection, self._deadline, self._max_bytes)


class _Stream(httpcore2.NetworkStream):
    """A socket on which every operation has only the time that is left.

    The time-outs of HTTP clients are for one read each: a server that drips a byte now and
    then outlives them for ever.
    """

    def __init__(self, connection: socket.socket, deadline: Deadline, max_bytes: int) -> None:
        self._socket = connection
        self._deadline = deadline
        self._max_bytes = max_bytes
        self._left = max_bytes

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with _as_core(self._deadline, httpcore2.ReadTimeout, httpcore2.ReadError):
            self._socket.settimeout(self._deadline.remaining())
            piece = self._socket.recv(max_bytes)
        self._left -= len(piece)
        if self._left < 0:
            raise TooLarge(f"The answer is longer than {self._max_bytes:,} bytes.")
        return piece

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        view = memoryview(buffer)
        with _as_core(self._deadline, httpcore2.WriteTimeout, httpcore2.WriteError):
            while view:
                self._socket.settimeout(self._deadline.remaining())
                view = view[self._socket.send(view) :]

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        try:
            with _as_core(self._deadline, httpcore2.ConnectTimeout, httpcore2.ConnectError):
                self._socket.settimeout(self._deadline.remaining())
                secured = ssl_context.wrap_socket(self._socket, server_hostname=server_hostname)
        except BaseException:
            self.close()
            raise
        return _Stream(secured, self._deadline, self._max_bytes)

    def close(self) -> None:
        self._socket.close()

    def get_extra_info(self, info: str) -> Any:
        """Return the only thing that a connection of HTTP/1.1 asks for once it stands: nothing."""
        return None


@contextmanager
def _as_core(deadline: Deadline, late: type[Exception], broken: type[Exception]) -> Iterator[None]:
    """Say it in the words that the HTTP protocol code acts upon."""
    try:
        yield
    except Late as error:
        raise late(str(error)) from error
    except TimeoutError as error:
        raise late(str(deadline)) from error
    except OSError as error:
        raise broken(str(error)) from error


@contextmanager
def _as_httpx2() -> Iterator[None]:
    """Say it in the words that SDKs know: httpx2 has an error of each name of httpcore2."""
    try:
        yield
    except tuple(CORE_ERRORS) as error:
        raise CORE_ERRORS[type(error)](str(error)) from error


CORE_ERRORS: dict[type[Exception], type[httpx2.TransportError]] = {
    httpcore2.ConnectError: httpx2.ConnectError,
    httpcore2.ConnectTimeout: httpx2.ConnectTimeout,
    httpcore2.ConnectionNotAvailable: httpx2.NetworkError,
    httpcore2.LocalProtocolError: httpx2.LocalProtocolError,
    httpcore2.NetworkError: httpx2.NetworkError,
    httpcore2.PoolTimeout: httpx2.PoolTimeout,
    httpcore2.ProtocolError: httpx2.ProtocolError,
    httpcore2.ProxyError: httpx2.ProxyError,
    httpcore2.ReadError: httpx2.ReadError,
    httpcore2.ReadTimeout: httpx2.ReadTimeout,
    httpcore2.RemoteProtocolError: httpx2.RemoteProtocolError,
    httpcore2.TimeoutException: httpx2.TimeoutException,
    httpcore2.UnsupportedProtocol: httpx2.UnsupportedProtocol,
    httpcore2.WriteError: httpx2.WriteError,
    httpcore2.WriteTimeout: httpx2.WriteTimeout,
}
