"""Reading what comes from outside where it cannot hurt: in a bounded child process.

The child is started when it is first needed and reused; one per process, also after a fork.
It has no environment, no secrets, and limits on CPU, memory and wall time; when it breaks one,
it is replaced, and the document is recorded as unreadable. What it can do are the services of
`sources.gateways.parser_child`; each has a module of its own.
"""

from __future__ import annotations

import atexit
import os
import signal
import struct
import subprocess
import sys
import threading
import weakref
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson

from sources.domain.entry import Cleaned, Entry, Feed
from sources.gateways.unreadable import TooHard, WrongKind

CPU_SECONDS = 5
WALL_SECONDS = 15.0
MEMORY_BYTES = 400_000_000
MAX_REPLY_BYTES = 64_000_000

_LENGTH = struct.Struct(">I")
_ROOT = Path(__file__).resolve().parents[2]


class Parser:
    """Reads documents in a child process. May be shared by threads and survives forks."""

    def __init__(
        self,
        *,
        cpu_seconds: int = CPU_SECONDS,
        wall_seconds: float = WALL_SECONDS,
        memory_bytes: int = MEMORY_BYTES,
    ) -> None:
        self._cpu_seconds = cpu_seconds
        self._wall_seconds = wall_seconds
        self._memory_bytes = memory_bytes
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        _parsers.add(self)

    @staticmethod
    def shared() -> Parser:
        """Return this process's own parser."""
        return _shared()

    def parse(self, body: bytes, *, url: str = "", content_type: str = "") -> Feed:
        """Read a feed. Raises WrongKind or TooHard.

        url:          where it came from, for relative links
        content_type: the HTTP header, for its charset
        """
        return _feed(self.ask("feed", body, url=url, content_type=content_type))

    def clean(self, bodies: Sequence[str]) -> list[Cleaned]:
        """Return what is to read of each of these HTML texts. Raises TooHard."""
        if not bodies:
            return []
        return [Cleaned(**each) for each in self.ask("clean", orjson.dumps(list(bodies)))]

    def ask(self, service: str, body: bytes, **particulars: Any) -> Any:
        """Have a service of the child read a document; return its reply as plain values.

        Raises WrongKind or TooHard.
        """
        request = orjson.dumps([service, particulars])
        with self._lock:
            reply = self._ask(request, body)
        if "wrong_kind" in reply:
            raise WrongKind(reply["wrong_kind"])
        if "error" in reply:
            raise TooHard(f"The document broke the reader ({reply['error']}).")
        return reply["result"]

    def close(self) -> None:
        """End the child; the next document starts another."""
        with self._lock:
            self._end_child()

    @property
    def child_pid(self) -> int | None:
        """The child's process id, for tests and metrics; None if there is none."""
        return self._child.pid if self._child else None

    def _ask(self, request: bytes, body: bytes) -> dict[str, Any]:
        child = self._running_child()
        expired = threading.Event()

        def expire() -> None:
            expired.set()
            child.kill()

        timer = threading.Timer(self._wall_seconds, expire)
        timer.daemon = True
        timer.start()
        try:
            payload = _exchange(child, request, body)
        finally:
            timer.cancel()
        if payload is not None and not expired.is_set():
            reply: dict[str, Any] = orjson.loads(payload)
            return reply
        sentence = self._why_it_ended(expired.is_set())
        raise TooHard(sentence)

    def _running_child(self) -> subprocess.Popen[bytes]:
        if self._child is not None and self._child.poll() is not None:
            self._end_child()  # died while nobody was looking
        if self._child is None:
            self._child = subprocess.Popen(
                [sys.executable, "-c", _PROGRAM, str(self._cpu_seconds), str(self._memory_bytes)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd="/",
                # Nothing of ours: no keys, no proxies, no database.
                env={"PYTHONPATH": str(_ROOT), "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"},
            )
        return self._child

    def _why_it_ended(self, has_expired: bool) -> str:
        """End what is left of the child and say, for an editor, why it could not go on."""
        code = self._end_child()
        if has_expired:
            return f"Reading the document took more than {self._wall_seconds:g} seconds."
        if code == -signal.SIGXCPU:
            return f"Reading the document took more than {self._cpu_seconds} seconds of computing."
        return f"Reading the document ended the reader (code {code})."

    def _end_child(self) -> int:
        """Kill the child if it still runs, and return how it ended."""
        child, self._child = self._child, None
        if child is None:
            return 0
        _close_pipes(child)
        try:
            return child.wait(timeout=0.5)
        except subprocess.TimeoutExpired:
            child.kill()
            return child.wait()

    def _forget_child(self) -> None:
        """After a fork: the child is the parent's. Close our copies of its pipes, else it would
        outlive the parent.
        """
        child, self._child = self._child, None
        self._lock = threading.Lock()
        if child is not None:
            _close_pipes(child)
            child.returncode = 0  # not ours to wait for


_PROGRAM = (
    "import sys; from sources.gateways.parser_child import main; "
    "main(cpu_seconds=int(sys.argv[1]), memory_bytes=int(sys.argv[2]))"
)
_parsers: weakref.WeakSet[Parser] = weakref.WeakSet()


@lru_cache(maxsize=1)
def _shared() -> Parser:
    parser = Parser()
    atexit.register(parser.close)
    return parser


def _after_fork() -> None:
    for parser in list(_parsers):
        parser._forget_child()


os.register_at_fork(after_in_child=_after_fork)


def _exchange(child: subprocess.Popen[bytes], request: bytes, body: bytes) -> bytes | None:
    """Send a request and return the reply; None if the child went away."""
    if child.stdin is None or child.stdout is None:
        return None
    try:
        for frame in (request, body):
            child.stdin.write(_LENGTH.pack(len(frame)))
            child.stdin.write(frame)
        child.stdin.flush()
        header = child.stdout.read(_LENGTH.size)
        if len(header) < _LENGTH.size:
            return None
        (length,) = _LENGTH.unpack(header)
        payload = child.stdout.read(length) if length <= MAX_REPLY_BYTES else b""
    except OSError:  # the pipe broke
        return None
    return payload if len(payload) == length else None


def _close_pipes(child: subprocess.Popen[bytes]) -> None:
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            try:
                pipe.close()
            except OSError:  # unsent bytes to a dead child
                continue


def _feed(fields: dict[str, Any]) -> Feed:
    ttl = fields.pop("ttl")
    entries = tuple(_entry(entry) for entry in fields.pop("entries"))
    several: dict[str, Any] = {
        name: tuple(fields.pop(name)) for name in ("notes", "skip_hours", "skip_days")
    }
    return Feed(
        **fields,
        **several,
        entries=entries,
        ttl=None if ttl is None else timedelta(seconds=ttl),
    )


def _entry(fields: dict[str, Any]) -> Entry:
    published_at = fields.pop("published_at")
    return Entry(
        **fields,
        published_at=None if published_at is None else datetime.fromisoformat(published_at),
    )
