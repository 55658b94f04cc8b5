"""The exchanges that are going on: a thin layer over libcurl, and the only one that imports it.

Names are looked up outside libcurl: it would wait for a slow name server to the end, and let
others wait with it. What it dials is what was judged, and is judged again as the socket opens.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections import deque
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import pycurl  # noqa: TID251 (this is its door)

from patriot.lib import outbound
from patriot.lib.dialing import Lookup, judge
from patriot.lib.outbound import is_address, is_public
from sources.gateways.fetch_errors import FetchError, Forbidden, TooLarge, Unreachable
from sources.gateways.transfer import Request, Transfer, headers_too_large

# A batch is 50 feeds: with all of them at once it takes as long as its slowest server.
MAX_CONNECTIONS = 50
CONNECT_SECONDS = 10
LONGEST_WAIT = 0.2  # seconds between two looks at the deadlines
SHORTEST_WAIT = 0.01
# Bodies on their way may take this many bytes together; then large ones wait for one another.
MAX_HELD_BYTES = 64_000_000
LARGE_BYTES = 1_000_000
_CHUNK_BYTES = 65_536

_Ended = tuple[Transfer, FetchError | None]


class Switchboard:
    """Lets transfers speak with their servers, many at a time.

    It has a clock of its own, which goes only while we listen.
    """

    def __init__(self, *, user_agent: str) -> None:
        self._user_agent = user_agent
        self._multi = pycurl.CurlMulti()
        self._lines: dict[Any, _PhoneLine] = {}
        self._shelf = _Shelf()
        self._lookups: dict[str, Lookup] = {}
        self._looking: list[Transfer] = []
        self._clock = 0.0
        self._look_at = LONGEST_WAIT

    @property
    def is_busy(self) -> bool:
        return bool(self._lines or self._looking)

    @property
    def has_room(self) -> bool:
        return len(self._lines) + len(self._looking) < MAX_CONNECTIONS

    def start(self, transfer: Transfer) -> None:
        """Send a request as soon as its host's name is known."""
        transfer.on_start(self._clock)
        host = transfer.target.host
        if is_address(host):
            self._dial(transfer)
            return
        if host not in self._lookups:
            self._lookups[host] = Lookup(transfer.target)
        self._looking.append(transfer)

    def drive(self, *, at_most: float = LONGEST_WAIT) -> list[Transfer]:
        """Let the exchanges go on for a moment and return those that ended."""
        began, before = time.monotonic(), self._clock
        ended: list[_Ended] = []
        if self._looking:
            ended += self._look_up()
        self._shelf.let_go_on()
        self._multi.perform()
        ended += self._ended()
        if not ended:
            self._wait(min(at_most, SHORTEST_WAIT if self._looking else LONGEST_WAIT))
            self._multi.perform()
            ended += self._ended()
        self._clock = before + time.monotonic() - began
        for transfer, failure in ended:
            transfer.on_end(failure, at=self._clock)
        return [transfer for transfer, _ in ended] + self._late()

    def close(self) -> None:
        for curl in list(self._lines):
            self._hang_up(curl)
        self._multi.close()

    def _wait(self, seconds: float) -> None:
        """Wait until something happens. Without a connection there is only the clock."""
        if not self._lines:
            time.sleep(seconds)
        elif self._multi.select(seconds) < 0:
            time.sleep(min(seconds, SHORTEST_WAIT))

    def _look_up(self) -> list[_Ended]:
        """Dial for those whose host's name is known by now; return those that cannot be."""
        ended: list[_Ended] = []
        for transfer in [each for each in self._looking if self._lookups[each.target.host].is_done]:
            self._looking.remove(transfer)
            try:
                addresses = self._lookups[transfer.target.host].addresses
                judge(transfer.target, addresses)
            except OSError:
                sentence = f"The name {transfer.target.host} was not found."
                ended.append((transfer, Unreachable(sentence)))
            except outbound.Forbidden as error:
                ended.append((transfer, Forbidden(str(error))))
            else:
                self._dial(transfer, addresses=addresses)
        return ended

    def _dial(self, transfer: Transfer, *, addresses: Sequence[str] = ()) -> None:
        line = _idle.pop() if _idle else _PhoneLine()
        line.connect(transfer, user_agent=self._user_agent, addresses=addresses, shelf=self._shelf)
        self._lines[line.curl] = line
        self._multi.add_handle(line.curl)

    def _ended(self) -> list[_Ended]:
        ended: list[_Ended] = []
        while True:
            _, well, badly = self._multi.info_read()
            ended += [(self._hang_up(curl), None) for curl in well]
            for curl, code, message in badly:
                transfer = self._hang_up(curl)
                ended.append((transfer, failure_of(code, message, host=transfer.target.host)))
            if not well and not badly:
                return ended

    def _late(self) -> list[Transfer]:
        """Break off what took too long; look from time to time only."""
        if self._clock < self._look_at:
            return []
        self._look_at = self._clock + LONGEST_WAIT / 2
        late = [each for each in self._looking if each.is_late(self._clock)]
        self._looking = [each for each in self._looking if each not in late]
        for curl, line in list(self._lines.items()):
            if line.transfer is not None and line.transfer.is_late(self._clock):
                late.append(self._hang_up(curl))
        for transfer in late:
            transfer.on_end(transfer.lateness, at=self._clock)
        return late

    def _hang_up(self, curl: Any) -> Transfer:
        self._multi.remove_handle(curl)
        line = self._lines.pop(curl)
        transfer = line.disconnect()
        _idle.append(line)
        return transfer


class _Shelf:
    """Where the bodies that are not complete yet are kept: it must not break down."""

    def __init__(self) -> None:
        self.held_bytes = 0
        self.waiting: list[_PhoneLine] = []
        self.exempt: _PhoneLine | None = None
        """Goes on whether there is room or not, so that always one comes to its end."""

    @property
    def is_full(self) -> bool:
        return self.held_bytes >= MAX_HELD_BYTES

    def let_go_on(self) -> None:
        """Let those that wait for room go on; one of them in any case."""
        while self.waiting and not self.is_full:
            self.waiting.pop(0).go_on()
        if self.waiting and self.exempt is None:
            self.exempt = self.waiting.pop(0)
            self.exempt.go_on()

    def clear(self, line: _PhoneLine, held_bytes: int) -> None:
        """Forget a line that has ended."""
        self.held_bytes -= held_bytes
        if line in self.waiting:
            self.waiting.remove(line)
        if line is self.exempt:
            self.exempt = None


class _PhoneLine:
    """One of libcurl's handles, used for one exchange after the other.

    Nothing of one exchange is left for the next: no cookies, no credentials, no headers.
    """

    def __init__(self) -> None:
        self.transfer: Transfer | None = None
        self._shelf = _Shelf()
        self._held_bytes = 0
        self._knows_addresses = False
        self._sockets: list[socket.socket] = []
        self.curl = curl = pycurl.Curl()
        curl.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
        curl.setopt(pycurl.HTTP09_ALLOWED, 0)
        curl.setopt(pycurl.FOLLOWLOCATION, 0)
        curl.setopt(pycurl.PROXY, "")  # never from the environment
        curl.setopt(pycurl.NOPROXY, "*")
        curl.setopt(pycurl.NETRC, 0)
        curl.setopt(pycurl.NOSIGNAL, 1)
        curl.setopt(pycurl.PATH_AS_IS, 1)
        curl.setopt(pycurl.BUFFERSIZE, _CHUNK_BYTES)
        curl.setopt(pycurl.CONNECTTIMEOUT, CONNECT_SECONDS)
        curl.setopt(pycurl.SSL_VERIFYPEER, 1)
        curl.setopt(pycurl.SSL_VERIFYHOST, 2)
        for option, path in _trust_store():
            curl.setopt(option, path)
        # We decompress ourselves, so libcurl's own decoder stays off: bombs unfold nowhere.
        curl.setopt(pycurl.HTTP_CONTENT_DECODING, 0)
        curl.setopt(pycurl.HEADERFUNCTION, self._on_header)
        curl.setopt(pycurl.WRITEFUNCTION, self._on_body)
        curl.setopt(pycurl.OPENSOCKETFUNCTION, self._on_socket)

    def connect(
        self,
        transfer: Transfer,
        *,
        user_agent: str,
        addresses: Sequence[str],
        shelf: _Shelf,
    ) -> None:
        self.transfer = transfer
        self._shelf = shelf
        self._held_bytes = 0
        target = transfer.target
        self.curl.setopt(pycurl.URL, target.url)
        self.curl.setopt(pycurl.USERAGENT, user_agent)
        self.curl.setopt(pycurl.HTTPHEADER, _headers_for(transfer.request))
        if addresses or self._knows_addresses:
            dialed = ",".join(f"[{each}]" if ":" in each else each for each in addresses)
            known = [f"{target.host}:{target.port}:{dialed}"] if addresses else []
            self.curl.setopt(pycurl.RESOLVE, known)
            self._knows_addresses = bool(addresses)

    def go_on(self) -> None:
        """Listen again after a wait for room on the shelf."""
        self.curl.pause(pycurl.PAUSE_CONT)

    def disconnect(self) -> Transfer:
        """Return whose line it was. Closes our ends of its sockets; pycurl works on copies."""
        transfer, self.transfer = self.transfer, None
        self._shelf.clear(self, self._held_bytes)
        while self._sockets:
            self._sockets.pop().close()
        assert transfer is not None  # noqa: S101 (a line in use is somebody's)
        return transfer

    def _on_header(self, line: bytes) -> int | None:
        return self.transfer.on_header(line) if self.transfer else -1

    def _on_body(self, chunk: bytes) -> int:
        if self.transfer is None:
            return -1
        is_large = self._held_bytes > LARGE_BYTES and self._shelf.exempt is not self
        if is_large and self._shelf.is_full:
            self._shelf.waiting.append(self)
            return int(pycurl.WRITEFUNC_PAUSE)
        self._held_bytes += len(chunk)
        self._shelf.held_bytes += len(chunk)
        return self.transfer.on_body(chunk)

    def _on_socket(self, _purpose: int, address: Any) -> Any:
        """Open the socket to the very address that libcurl is about to dial, if we may."""
        transfer, ip = self.transfer, address.addr[0]
        if transfer is None or transfer.failure:
            return pycurl.SOCKET_BAD
        if not (transfer.target.is_allowed or is_public(ip)):
            sentence = f"{transfer.target.host} leads to {ip}, not a public address."
            transfer.failure = Forbidden(sentence)
            return pycurl.SOCKET_BAD
        try:
            opened = socket.socket(address.family, address.socktype, address.protocol)
        except OSError:  # such as IPv6 on a machine without it
            return pycurl.SOCKET_BAD
        self._sockets.append(opened)
        return opened


# Making a handle costs as much as asking with it. They hold no connection while they wait here.
_idle: deque[_PhoneLine] = deque(maxlen=MAX_CONNECTIONS)


def _headers_for(request: Request) -> list[bytes]:
    headers = [b"Accept-Encoding: gzip, deflate"]
    for name, value in (
        ("Accept", request.accept),
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


# Of libcurl's codes, two that pycurl does not name.
_WEIRD_REPLY = 8  # CURLE_WEIRD_SERVER_REPLY
_TOO_LARGE = 100  # CURLE_TOO_LARGE: a line of the headers
_SENTENCES = {
    pycurl.E_COULDNT_RESOLVE_HOST: "The name {host} was not found.",
    pycurl.E_COULDNT_CONNECT: "Nobody answers at {host}.",
    pycurl.E_INTERFACE_FAILED: "Nobody answers at {host}.",
    pycurl.E_OPERATION_TIMEDOUT: "{host} took too long to answer.",
    pycurl.E_PARTIAL_FILE: "{host} broke off in the middle of its answer.",
    pycurl.E_GOT_NOTHING: "{host} closed the connection without an answer.",
    pycurl.E_RECV_ERROR: "{host} broke off in the middle of its answer.",
    pycurl.E_SEND_ERROR: "{host} closed the connection before we had asked.",
    pycurl.E_UNSUPPORTED_PROTOCOL: "{host} does not speak HTTP as we know it.",
    _WEIRD_REPLY: "{host} does not speak HTTP as we know it.",
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
    if code == _TOO_LARGE:
        return headers_too_large(host)
    if code in _TLS:
        return Unreachable(f"The secure connection to {host} failed: {_brief(message)}.")
    sentence = _SENTENCES.get(code, f"The exchange with {{host}} failed: {_brief(message)}.")
    return Unreachable(sentence.replace("{host}", host))


def _brief(message: str) -> str:
    return " ".join(message.split())[:200].rstrip(".") or "no reason given"
