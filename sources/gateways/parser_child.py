"""The parser's child process: reads one document after the other, and nothing else.

Started by `sources.gateways.parser` with an empty environment. A request is two frames, the
service with its particulars (JSON) and the document; the reply is one frame of JSON. A frame is
its length in four bytes, then that many. The process ends when its parent closes the pipe.
"""

from __future__ import annotations

import os
import resource
import signal
import struct
import sys
from datetime import timedelta
from importlib import import_module
from typing import Any, BinaryIO

import orjson

from sources.gateways.unreadable import WrongKind

SERVICES = {
    "feed": "sources.gateways.documents",
    "clean": "sources.gateways.cleaner",
    "page": "sources.gateways.page",
    "links": "sources.gateways.links",
    "outlines": "sources.gateways.opml",
}
"""Each module's `serve(body, **particulars)` returns plain values or dataclasses of them."""

_LENGTH = struct.Struct(">I")


def main(*, cpu_seconds: int, memory_bytes: int) -> None:
    """Serve requests on standard input until it closes."""
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb")
    # Nothing that a library prints may get between the frames.
    os.dup2(2, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # ctrl-C is the parent's business
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    if sys.platform == "linux":  # elsewhere the limit refuses what is mapped already
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    while (request := _receive(requests)) is not None:
        body = _receive(requests)
        if body is None:
            return
        _allow_seconds(cpu_seconds)
        service, particulars = orjson.loads(request)
        _send(replies, _reply(service, particulars, body))


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
        return {"error": "needs more memory than a document may"}
    except Exception as error:  # noqa: BLE001 (parsers raise anything; the parent says so)
        return {"error": f"{type(error).__name__}: {error}"[:500]}


def _receive(stream: BinaryIO) -> bytes | None:
    header = stream.read(_LENGTH.size)
    if len(header) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(header)
    payload = stream.read(length)
    return payload if len(payload) == length else None


def _send(stream: BinaryIO, reply: dict[str, Any]) -> None:
    payload = orjson.dumps(reply, default=_plain, option=orjson.OPT_NON_STR_KEYS)
    stream.write(_LENGTH.pack(len(payload)) + payload)
    stream.flush()


def _plain(value: object) -> float:
    if isinstance(value, timedelta):
        return value.total_seconds()
    raise TypeError(type(value).__name__)
