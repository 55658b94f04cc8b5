"""A loopback server that speaks Tavily's API to the real SDK, as it is told: well, badly, late."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

KEY = "tvly-test-key"


@dataclass(frozen=True)
class Asked:
    """One request as it came in, and what the server charged for it."""

    path: str
    headers: dict[str, str]
    question: dict[str, Any]
    credits: Decimal


@dataclass(frozen=True)
class Reply:
    """What to answer. A 200 is charged for, whatever it says."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    after: float = 0.0
    """Seconds until the first byte; the search is paid by then."""


class TavilyServer:
    """Answers each search with the next of its replies; the last one stays."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self._replies: list[Reply] = [results()]
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True

    def __enter__(self) -> Self:
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._http.shutdown()
        self._http.server_close()

    @property
    def authority(self) -> str:
        return f"127.0.0.1:{self._http.server_port}"

    @property
    def address(self) -> str:
        return f"http://{self.authority}"

    @property
    def credits(self) -> Decimal:
        """What all requests so far cost."""
        return sum((asked.credits for asked in self.asked), Decimal(0))

    def answer(self, *replies: Reply) -> None:
        """Give these answers, in this order, from now on."""
        self._replies = list(replies)

    def _reply_to(self, path: str, headers: dict[str, str], body: bytes) -> Reply:
        with self._lock:
            reply = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
            if path != "/search":
                reply = refused(404, "Not Found")
            elif headers.get("authorization") != f"Bearer {KEY}" and reply.status == 200:
                reply = refused(401, "Unauthorized: missing or invalid API key.")
            cost = Decimal(1 if reply.status == 200 else 0)
            self.asked.append(Asked(path, headers, json.loads(body), cost))
        return reply

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                body = self.rfile.read(int(headers.get("content-length", "0")))
                reply = server._reply_to(self.path, headers, body)
                if server._closing.wait(reply.after):
                    return
                try:
                    self.send_response(reply.status)
                    for name, value in reply.headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(reply.body)))
                    self.end_headers()
                    self.wfile.write(reply.body)
                except OSError:
                    return  # the client had enough

            def log_message(self, *_: object) -> None:
                """Keep the tests' output clean."""

        return Handler


# --- Replies ----------------------------------------------------------------------------------


def result(number: int = 0, **fields: Any) -> dict[str, Any]:
    """Return a result as the news search gives it; None leaves a field out."""
    made: dict[str, Any] = {
        "url": f"https://courier.example/news/{number}",
        "title": f"Ferry number {number} leaves on time",
        "content": f"Ferry {number} left the old harbor.",
        "score": 0.71,
        "published_date": "Tue, 09 Jun 2026 05:12:00 GMT",
        "raw_content": f"Ferry {number} left the old harbor at noon.\n\nIt was full.",
    } | fields
    return {name: value for name, value in made.items() if value is not None}


def results(*found: Any, **fields: Any) -> Reply:
    """Answer with these results, and with what else a reply holds."""
    made = {
        "query": "ferries",
        "answer": None,
        "images": [],
        "results": list(found),
        "response_time": 0.84,
        "usage": {"credits": 1},
        "request_id": "123e4567-e89b-12d3-a456-426614174111",
    } | fields
    return as_json({name: value for name, value in made.items() if value is not ...})


def as_json(value: Any, status: int = 200, **headers: str) -> Reply:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Reply(json.dumps(value).encode(), status, {"Content-Type": "application/json"} | named)


def refused(status: int, sentence: str, **headers: str) -> Reply:
    """Refuse as the API does."""
    return as_json({"detail": {"error": sentence}}, status, **headers)


def html(status: int = 200) -> Reply:
    """Answer as a proxy in between does."""
    page = b"<!doctype html><title>Just a moment</title>"
    return Reply(page, status, {"Content-Type": "text/html"})


def late(reply: Reply, *, seconds: float) -> Reply:
    return Reply(reply.body, reply.status, reply.headers, seconds)


HOSTILE: dict[str, dict[str, Any]] = {
    "a script": {"url": "javascript:alert(1)"},
    "a file": {"url": "file:///etc/passwd"},
    "another scheme": {"url": "ftp://courier.example/1"},
    "an address of this machine": {"url": "http://127.0.0.1:8000/admin/"},
    "a name of this machine": {"url": "http://localhost/admin/"},
    "a private address": {"url": "http://10.0.0.7/news/1"},
    "the cloud's metadata": {"url": "http://169.254.169.254/latest/meta-data/"},
    "an address written as a number": {"url": "http://2130706433/1"},
    "a name of the house": {"url": "https://intranet.internal/1"},
    "an address that is no text": {"url": ["https://courier.example/1"]},
    "no address": {"url": None},
    "an endless address": {"url": "https://courier.example/" + "a" * 10_000},
    "a bracket": {"url": "https://[::1/1"},
}
"""Fields of results that name no page of the public web."""
