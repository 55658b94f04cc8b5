"""A small HTTP server for feed documents, on this machine only."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Self
from urllib.parse import quote, unquote, urlsplit

from patriot.demo.press import Document

HOST = "127.0.0.1"
_NOT_FOUND = Document(b"There is no such feed.\n", "text/plain", "", HTTPStatus.NOT_FOUND)
# How often a running server looks whether it should stop: the longest wait at the end.
_STOP_CHECK_SECONDS = 0.02
_IDLE_SECONDS = 10


@dataclass(frozen=True)
class _Served:
    """A document and when it took its present form, as an HTTP date."""

    document: Document
    modified: str


class FeedServer:
    """Serve documents at `/<path>` while the `with` block lasts.

    Entering binds the port and raises OSError if it is taken; port 0 picks a free one.
    """

    def __init__(self, documents: Mapping[str, Document], *, port: int = 0) -> None:
        self._port = port
        self._served: dict[str, _Served] = {}
        self._server: _Server | None = None
        self._thread: Thread | None = None
        self.replace(documents)

    def replace(self, documents: Mapping[str, Document]) -> None:
        """Serve these documents from now on; an unchanged one keeps its Last-Modified."""
        now = formatdate(usegmt=True)
        old = self._served
        # One assignment, so that a request sees the old edition or the new one, never a mixture.
        self._served = {
            path: old[path]
            if path in old and old[path].document == document
            else _Served(document, now)
            for path, document in documents.items()
        }

    def find(self, path: str) -> _Served | None:
        return self._served.get(path)

    @property
    def address(self) -> str:
        """The root of everything served, without a slash at the end."""
        if self._server is None:
            raise RuntimeError("The feed server is not running: use it in a with block.")
        return f"http://{HOST}:{self._server.server_port}"

    def url(self, path: str) -> str:
        return f"{self.address}/{quote(path)}"

    def __enter__(self) -> Self:
        self._server = _Server((HOST, self._port), self)
        self._thread = Thread(
            target=self._server.serve_forever, args=(_STOP_CHECK_SECONDS,), daemon=True
        )
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._server and self._thread:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()
        self._server = self._thread = None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], feeds: FeedServer) -> None:
        self.feeds = feeds
        super().__init__(address, _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Stay quiet: a client that hangs up is its own business."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    server_version = "DemoFeeds"
    sys_version = ""
    timeout = _IDLE_SECONDS

    # The names are those the standard library looks for.
    def do_GET(self) -> None:
        self.wfile.write(self._answer())

    def do_HEAD(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: object) -> None:
        """Stay quiet: the terminal belongs to the command that runs us."""

    def _answer(self) -> bytes:
        """Send status and headers; return the body that belongs to them."""
        served = self.server.feeds.find(unquote(urlsplit(self.path).path).removeprefix("/"))
        document = served.document if served else _NOT_FOUND
        packed = _wants_gzip(self.headers.get("Accept-Encoding", ""))
        body = gzip.compress(document.body, mtime=0) if packed else document.body
        headers = {"Content-Type": document.content_type, "Vary": "Accept-Encoding"}
        if packed:
            headers["Content-Encoding"] = "gzip"
        status = document.status
        if served and status == HTTPStatus.OK:
            # A strong validator names the very bytes, so the packed form has one of its own
            # (RFC 9110, section 8.8.3).
            tag = f'"{hashlib.sha256(body).hexdigest()}"'
            headers |= {"ETag": tag, "Last-Modified": served.modified}
            if _matches(self.headers.get("If-None-Match", ""), tag):
                status, body = HTTPStatus.NOT_MODIFIED, b""
        if status != HTTPStatus.NOT_MODIFIED:
            headers["Content-Length"] = str(len(body))
        self._send(status, headers)
        return body

    def _send(self, status: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()


def _matches(if_none_match: str, tag: str) -> bool:
    known = {one.strip().removeprefix("W/") for one in if_none_match.split(",")}
    return "*" in known or tag in known


def _wants_gzip(accept_encoding: str) -> bool:
    for offer in accept_encoding.lower().split(","):
        coding, _, weight = offer.partition(";")
        if coding.strip() == "gzip":
            return weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False
