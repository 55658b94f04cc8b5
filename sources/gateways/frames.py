"""How the parser and its child talk: one request, one reply, over two pipes.

A message is a byte that says whether it is the speaker's last, the lengths of its two parts
in four bytes each, and the parts. Nobody speaks out of turn, so whoever listens may take all
that is there.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from dataclasses import dataclass

MAX_REPLY_BYTES = 32_000_000
"""A document of 15 MB in Latin letters, written as UTF-8, and a little more."""
MAX_MESSAGE_BYTES = 64_000_000

_HEAD = struct.Struct(">?II")
_AT_ONCE = 65_536


class Closed(Exception):
    """The other side is gone, or does not speak our language."""


@dataclass(frozen=True, slots=True)
class Message:
    """What one side says."""

    head: memoryview
    """JSON: what is asked, or the answer."""
    body: memoryview
    """The document that it is about."""
    is_last: bool


def head_of(head: bytes, *, body_length: int = 0, is_last: bool = False) -> bytes:
    """Return a message up to its body."""
    return _HEAD.pack(is_last, len(head), body_length) + head


def receive(pipe: int, *, wait: Callable[[], object] = lambda: None) -> Message:
    """Read the next message. Raises Closed.

    wait: called before each read; may raise
    """
    received = b""
    while len(received) < _HEAD.size:
        wait()
        piece = os.read(pipe, _AT_ONCE)
        if not piece:
            raise Closed
        received += piece
    is_last, head_length, body_length = _HEAD.unpack_from(received)
    if head_length + body_length > MAX_MESSAGE_BYTES:
        raise Closed
    parts = _parts(pipe, received, head_length + body_length, wait)
    return Message(parts[:head_length], parts[head_length:], is_last)


def _parts(pipe: int, received: bytes, length: int, wait: Callable[[], object]) -> memoryview:
    beginning = memoryview(received)[_HEAD.size :]
    if len(beginning) == length:
        return beginning
    parts = memoryview(bytearray(length))
    filled = len(beginning)
    parts[:filled] = beginning
    while filled < length:
        wait()
        count = os.readv(pipe, [parts[filled:]])
        if not count:
            raise Closed
        filled += count
    return parts
