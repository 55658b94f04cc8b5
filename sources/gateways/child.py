"""One child process of the parser, seen from its parent.

Errors:

* Expired   it was not done in time
* Ended     it is gone; `has_begun` says whether it had looked at the document
"""

from __future__ import annotations

import array
import fcntl
import os
import select
import subprocess
import sys
import termios
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import IO

from sources.gateways.frames import Closed, Message, head_of, receive

PIPE_BYTES = 262_144
_ROOT = Path(__file__).resolve().parents[2]
# glibc would give memory back after each document, and ask for it, page by page, at the next. So
# it may keep a little; what that saves went from nothing to a third of the time.
_ALLOCATION = {
    "MALLOC_TRIM_THRESHOLD_": "16777216",
    "MALLOC_MMAP_THRESHOLD_": "1048576",
    "MALLOC_TOP_PAD_": "1048576",
}
_PROGRAM = (
    "import sys; from sources.gateways.parser_child import main; "
    "main(cpu_seconds=int(sys.argv[1]), memory_bytes=int(sys.argv[2]))"
)


class Expired(Exception):
    """The child was not done in time."""


class Ended(Exception):
    """The child is gone."""

    def __init__(self, *, has_begun: bool) -> None:
        super().__init__()
        self.has_begun = has_begun


class Child:
    """Reads one document after the other; belongs to one thread at a time."""

    def __init__(self, *, cpu_seconds: int, memory_bytes: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, str(cpu_seconds), str(memory_bytes)],
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            # Nothing of ours: no keys, no proxies, no database.
            env={
                "PYTHONPATH": str(_ROOT),
                "LC_ALL": "C.UTF-8",
                "PYTHONDONTWRITEBYTECODE": "1",
                **_ALLOCATION,
            },
        )
        self._requests, self._can_write = _prepared(self._process.stdin, select.POLLOUT)
        self._replies, self._can_read = _prepared(self._process.stdout, select.POLLIN)
        self.has_read = False
        """Whether it has read a document before."""

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def ask(self, request: bytes, body: bytes, *, seconds: float) -> Message:
        """Have it read a document. Raises Expired or Ended; then it must be ended, too."""
        until = time.monotonic() + seconds
        head = head_of(request, body_length=len(body))
        try:
            self._send(head, body, until=until)
            reply = receive(self._replies, wait=partial(_wait, self._can_read, until=until))
        except (Closed, BrokenPipeError, ConnectionResetError) as error:
            raise Ended(has_begun=self._unread_bytes() < len(head) + len(body)) from error
        self.has_read = True
        return reply

    def end(self) -> int:
        """Close its pipes, kill it if that does not end it, and return how it ended."""
        self._close_pipes()
        try:
            return self._process.wait(timeout=0.5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def kill(self) -> int:
        """End it at once, and return how it ended."""
        self._process.kill()
        return self.end()

    def forget(self) -> None:
        """After a fork: it is the parent's. Close our copies of its pipes, else it would outlive
        the parent.
        """
        self._close_pipes()
        self._process.returncode = 0  # not ours to wait for

    def _send(self, head: bytes, body: bytes, *, until: float) -> None:
        # A small document goes in one piece.
        whole = (head + body,) if len(body) < PIPE_BYTES else (head, body)
        for part in whole:
            left = memoryview(part)
            while left:
                try:
                    left = left[os.write(self._requests, left) :]
                except BlockingIOError:
                    _wait(self._can_write, until=until)

    def _unread_bytes(self) -> int:
        """Return how much of what we sent nobody has taken."""
        count = array.array("i", [0])
        with suppress(OSError):
            fcntl.ioctl(self._requests, termios.FIONREAD, count)
        return count[0]

    def _close_pipes(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()


def _prepared(stream: IO[bytes] | None, event: int) -> tuple[int, select.poll]:
    """Return a pipe that does not block, and what tells when it is ready."""
    if stream is None:
        raise Ended(has_begun=False)
    pipe = stream.fileno()
    os.set_blocking(pipe, False)
    if sys.platform == "linux":
        with suppress(OSError):  # there is a limit on what all of a user's pipes may hold
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    ready = select.poll()
    ready.register(pipe, event)
    return pipe, ready


def _wait(ready: select.poll, *, until: float) -> None:
    """Wait until a pipe is ready. Raises Expired."""
    milliseconds = (until - time.monotonic()) * 1000
    if milliseconds <= 0 or not ready.poll(milliseconds):
        raise Expired
