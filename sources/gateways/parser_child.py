"""The parser's child process: reads one document after the other, and nothing else.

Started by `sources.gateways.child` with an empty environment; `sources.gateways.frames` says how
they talk. The process ends when its parent closes the pipe, and, after a reply, when it has
read so much or so many that a fresh one is better.
"""

from __future__ import annotations

import gc
import os
import resource
import signal
import sys
from contextlib import suppress
from datetime import timedelta
from importlib import import_module
from typing import Any

import orjson

from sources.gateways.frames import MAX_REPLY_BYTES, Closed, head_of, receive
from sources.gateways.unreadable import WrongKind

SERVICES = {
    "feed": "sources.gateways.documents",
    "clean": "sources.gateways.cleaner",
    "page": "sources.gateways.page",
    "links": "sources.gateways.links",
    "outlines": "sources.gateways.opml",
    "robots": "sources.gateways.robots",
}
"""Each module's `serve(body, **particulars)` returns plain values or dataclasses of them."""

MAX_DOCUMENTS = 5_000
"""Leaks that we do not know of end with the process."""
MAX_UNSEEN_OBJECTS = 100_000
"""Made before the garbage collector looks at them."""
GROWN_BYTES = 150_000_000
"""Resident after a document: freed memory does not always go back."""

# Made before there is want of anything.
_NEEDS_MEMORY = orjson.dumps(
    {"error": "needs more memory than a document may", "needs_memory": True}
)
_TOO_LONG = orjson.dumps({"error": "gives more than we keep of a document"})


def main(*, cpu_seconds: int, memory_bytes: int) -> None:
    """Serve requests on standard input until it closes."""
    requests, replies = os.dup(0), os.dup(1)
    # Nothing that a library prints may get between the messages.
    os.dup2(2, 1)
    _set_limits(memory_bytes)
    # A document's values are many and hold no cycles: to look for some takes a tenth of the time.
    gc.set_threshold(MAX_UNSEEN_OBJECTS)
    memory = _Memory()
    for count in range(1, MAX_DOCUMENTS + 1):
        payload = _answer(requests, cpu_seconds)
        if payload is None:
            return
        # After want of memory nobody knows what a library has left half done.
        is_last = payload is _NEEDS_MEMORY or count == MAX_DOCUMENTS or memory.has_grown()
        _send(replies, payload, is_last=is_last)
        if is_last:
            return


def _answer(requests: int, cpu_seconds: int) -> bytes | None:
    """Read the next document and return the reply; None if nobody asks any more."""
    try:
        message = receive(requests)
        _allow_seconds(cpu_seconds)
        service, particulars = orjson.loads(message.head)
        body = bytes(message.body)
        del message  # a second copy of the document
        reply = _reply(service, particulars, body)
        payload = orjson.dumps(reply, default=_plain, option=orjson.OPT_NON_STR_KEYS)
    except Closed:
        return None
    except MemoryError:
        return _NEEDS_MEMORY
    return payload if len(payload) <= MAX_REPLY_BYTES else _TOO_LONG


def _set_limits(memory_bytes: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # ctrl-C is the parent's business
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    if sys.platform == "linux":  # elsewhere the limit refuses what is mapped already
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))


class _Memory:
    """How much of it this process holds; where nobody tells, it never grows."""

    def __init__(self) -> None:
        self._file = -1
        with suppress(OSError):
            # Kept open: asked after every document.
            self._file = os.open("/proc/self/statm", os.O_RDONLY)

    def has_grown(self) -> bool:
        if self._file < 0:
            return False
        pages = int(os.pread(self._file, 200, 0).split()[1])
        return pages * resource.getpagesize() > GROWN_BYTES


def _allow_seconds(seconds: int) -> None:
    """Move the limit of this process's CPU time; past it, the kernel ends us."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = int(usage.ru_utime + usage.ru_stime) + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (used + seconds, hard))


def _reply(service: str, particulars: dict[str, Any], body: bytes) -> dict[str, Any]:
    try:
        # Imported when first asked for: most children never need all of them.
        return {"result": import_module(SERVICES[service]).serve(body, **particulars)}
    except WrongKind as error:
        return {"wrong_kind": str(error)}
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 (parsers raise anything; the parent says so)
        return {"error": f"{type(error).__name__}: {error}"[:500]}


def _send(pipe: int, payload: bytes, *, is_last: bool) -> None:
    left = memoryview(head_of(payload, is_last=is_last))
    with suppress(BrokenPipeError):  # the parent has gone; its pipe to us ends, too
        while left:
            left = left[os.write(pipe, left) :]


def _plain(value: object) -> float:
    if isinstance(value, timedelta):
        return value.total_seconds()
    raise TypeError(type(value).__name__)
