"""The parser's child process: reads one document after the other, and nothing else.

Started by `sources.gateways.feed_parser` with an empty environment. A request is two frames,
the particulars (JSON) and the document; the reply is one frame of JSON. A frame is its length
in four bytes, then that many. The process ends when its parent closes the pipe.
"""

from __future__ import annotations

import dataclasses
import json
import os
import resource
import signal
import struct
import sys
from datetime import datetime, timedelta
from typing import Any, BinaryIO

from sources.gateways.documents import NotAFeed, read_document

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
    while (particulars := _receive(requests)) is not None:
        body = _receive(requests)
        if body is None:
            return
        _allow_seconds(cpu_seconds)
        _send(replies, _reply(json.loads(particulars), body))


def _allow_seconds(seconds: int) -> None:
    """Move the limit of this process's CPU time; past it, the kernel ends us."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = int(usage.ru_utime + usage.ru_stime) + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (used + seconds, hard))


def _reply(particulars: dict[str, str], body: bytes) -> dict[str, Any]:
    try:
        feed = read_document(body, url=particulars["url"], content_type=particulars["content_type"])
    except NotAFeed as error:
        return {"not_a_feed": str(error)}
    except MemoryError:
        return {"error": "needs more memory than a document may"}
    except Exception as error:  # noqa: BLE001 (feedparser raises anything; the parent says so)
        return {"error": f"{type(error).__name__}: {error}"[:500]}
    return {"feed": dataclasses.asdict(feed)}


def _receive(stream: BinaryIO) -> bytes | None:
    header = stream.read(_LENGTH.size)
    if len(header) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(header)
    payload = stream.read(length)
    return payload if len(payload) == length else None


def _send(stream: BinaryIO, reply: dict[str, Any]) -> None:
    payload = json.dumps(reply, default=_plain, separators=(",", ":")).encode()
    stream.write(_LENGTH.pack(len(payload)) + payload)
    stream.flush()


def _plain(value: object) -> str | float:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    raise TypeError(type(value).__name__)
