"""One request on its way: what is asked, what the wire tells, what it means."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta

from patriot.lib.outbound import Limits, Target, check_redirect
from sources.gateways.bodies import Body, Damaged, TooMuch
from sources.gateways.fetch_errors import REDIRECTS, FetchError, TooLarge, Unreachable, error_of

MAX_HEADERS = 200
MAX_HEADER_BYTES = 100_000
ACCEPT_FEED = (
    "application/atom+xml, application/rss+xml, application/rdf+xml, application/feed+json, "
    "application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.5"
)
ACCEPT_PAGE = "text/html, application/xhtml+xml, */*;q=0.5"

_UNCHANGED = 304
_PERMANENT = {301, 308}
_STATUS = re.compile(rb"HTTP/[\d.]+ +(\d{3})(?!\d)")


@dataclass(frozen=True, slots=True)
class Request:
    """What to fetch, and what we already have of it (byte for byte as it was told to us)."""

    url: str
    etag: str = ""
    last_modified: str = ""
    accept: str = ACCEPT_FEED
    limits: Limits | None = None
    """None for those of the client."""


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
    """Where it was in the end, if every redirect on the way was a permanent one."""
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


class Transfer:
    """One request on its way, over all its redirects."""

    def __init__(self, request: Request, target: Target, *, limits: Limits) -> None:
        self.request = request
        self.target = target
        self.failure: FetchError | None = None
        self.was_sent = False
        self._limits = limits
        self._deadline = limits.deadline.total_seconds()
        self._seconds = 0.0
        self._since: float | None = None
        self._redirects = 0
        self._is_permanent = True
        self._header_bytes = 0
        self._reset()

    def _reset(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self._has_headers = False
        self._body: Body | None = None

    # --- What the switchboard tells us, on its clock -----------------------------------------

    def on_start(self, at: float) -> None:
        self.was_sent = True
        self._since = at

    def on_header(self, line: bytes) -> int | None:
        """Take a line of the headers; what is not None makes libcurl give up."""
        self._header_bytes += len(line)
        if self._header_bytes > MAX_HEADER_BYTES:
            self.failure = headers_too_large(self.target.host)
            return -1
        if self._body is not None:
            return None  # a trailer: too late to say anything about the body
        if line.startswith(b"HTTP/"):  # again after 100 Continue and the like
            self._reset()
            found = _STATUS.match(line)
            self.status = int(found[1]) if found else 0
            return None
        name, colon, value = line.decode("latin-1").partition(":")
        if colon:
            self._keep(name.rstrip().lower(), value.strip())
        elif not name.strip():
            self._has_headers = True
        return None

    def _keep(self, name: str, value: str) -> None:
        if name not in self.headers:
            if len(self.headers) < MAX_HEADERS:
                self.headers[name] = value
        elif name != "location":  # twice the same place; libcurl refuses two places
            self.headers[name] += f", {value}"

    def on_body(self, chunk: bytes) -> int:
        """Take a piece of the body; what is not its length makes libcurl give up."""
        if not 200 <= self.status < 300:
            return -1  # the status says it all
        try:
            if self._body is None:
                self._body = Body(
                    self._limits,
                    self.headers.get("content-encoding", ""),
                    announced=self.headers.get("content-length", ""),
                )
            self._body.add(chunk)
        except TooMuch as error:
            self.failure = TooLarge(str(error), status=self.status)
            return -1
        except Damaged as error:
            self.failure = Unreachable(str(error), status=self.status)
            return -1
        return len(chunk)

    def on_end(self, failure: FetchError | None, *, at: float) -> None:
        """Hear that the exchange is over, and what went wrong."""
        if self._since is not None:
            self._seconds += at - self._since
            self._since = None
        if not self._is_decided:
            self.failure = self.failure or failure

    @property
    def _is_decided(self) -> bool:
        """Whether the status was all that we wanted to hear."""
        return self._has_headers and self.status >= 300

    def is_late(self, at: float) -> bool:
        return self._since is not None and self._seconds + at - self._since >= self._deadline

    @property
    def lateness(self) -> FetchError:
        return Unreachable(f"{self.target.host} did not finish within {self._deadline:g} seconds.")

    @property
    def took(self) -> timedelta:
        """How long we listened, over all redirects."""
        return timedelta(seconds=self._seconds)

    # --- What it means --------------------------------------------------------------------------

    @property
    def is_redirected(self) -> bool:
        return self.status in REDIRECTS and bool(self.headers.get("location"))

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
        self._header_bytes = 0
        self._reset()

    def answer(self) -> Answer:
        """Return what came, or raise the FetchError that the status means."""
        if self.status != _UNCHANGED and not 200 <= self.status < 300:
            raise error_of(self.status, self.headers, host=self.target.host)
        body, self._body = self._body, None
        try:
            content = body.finish() if body else b""
        except TooMuch as error:
            raise TooLarge(str(error), status=self.status) from error
        except Damaged as error:
            raise Unreachable(str(error), status=self.status) from error
        has_moved = self._redirects > 0 and self._is_permanent
        return Answer(
            self.status,
            self.target.url,
            content,
            self.headers,
            moved_permanently_to=self.target.url if has_moved else "",
            took=self.took,
        )


def headers_too_large(host: str) -> TooLarge:
    return TooLarge(f"The headers of {host} are longer than {MAX_HEADER_BYTES / 1_000:g} kB.")


def _utf8_if_possible(value: str) -> str:
    """Return a header's value as the UTF-8 that it may be; headers arrive as Latin-1."""
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value
