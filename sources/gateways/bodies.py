"""Reading a response body piece by piece, never more of it than the limits allow."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

from patriot.lib.outbound import Limits

_GZIP_MAGIC = b"\x1f\x8b"
_GZIP, _ZLIB, _RAW_DEFLATE = 31, 15, -15  # zlib's window bits
_PIECE = 65_536
# Who compresses in parts makes them of 64 kB or more; more parts than this are a trap.
MAX_MEMBERS = 1_000
_COMPRESSED = {"gzip", "x-gzip", "deflate"}
# What we did not ask for and cannot read. Any other word is no compression at all: some servers
# write "none", "utf-8" or "binary".
_UNWANTED = {"br", "zstd", "compress", "x-compress", "dcb", "dcz", "bzip2", "xz"}


class TooMuch(Exception):
    """More bytes than the limits allow; the sentence says which."""


class Damaged(Exception):
    """The compressed body makes no sense."""


class Body:
    """A body that grows; decompressed at its end, so that many at once take little memory.

    Kept in pieces of one size: one growing block for each of many bodies tears the heap apart.
    """

    def __init__(self, limits: Limits, encoding: str = "", *, announced: str = "") -> None:
        """
        encoding:  the value of Content-Encoding
        announced: the value of Content-Length, in bytes on the wire
        """
        self._limits = limits
        self._pieces: list[bytes] = []
        self._latest = bytearray()
        self._raw_bytes = 0
        self._encoding = _encoding_of(encoding)
        announced = announced[:20]
        if announced.isascii() and announced.isdigit() and int(announced) > limits.raw_bytes:
            raise _larger_than(limits.raw_bytes)

    def add(self, chunk: bytes) -> None:
        """Take the next bytes from the wire. Raises TooMuch."""
        self._raw_bytes += len(chunk)
        if self._raw_bytes > self._limits.raw_bytes:
            raise _larger_than(self._limits.raw_bytes)
        self._latest += chunk
        if len(self._latest) >= _PIECE:
            self._pieces.append(bytes(self._latest))
            self._latest.clear()

    def finish(self) -> bytes:
        """Return the whole body. Raises TooMuch, or Damaged if its compression makes no sense."""
        pieces, self._pieces = [*self._pieces, bytes(self._latest)], []
        limit = self._limits.decoded_bytes
        # Some servers compress without saying so, and some say so and do not.
        if pieces[0].startswith(_GZIP_MAGIC):
            return _unzipped(pieces, limit=limit)
        if self._encoding == "deflate" and self._raw_bytes:
            bits = _ZLIB if _looks_like_zlib(pieces[0]) else _RAW_DEFLATE
            return _unzipped(pieces, limit=limit, bits=bits)
        if self._raw_bytes > limit:
            raise _larger_than(limit)
        return b"".join(pieces)


def _encoding_of(value: str) -> str:
    """Return how a body is compressed, "" if it is not. Raises Damaged."""
    words = {word.strip() for word in value.lower().split(",")}
    layers = [word for word in value.lower().split(",") if word.strip() in _COMPRESSED]
    if words & _UNWANTED or len(layers) > 1:
        raise Damaged(f"The server compressed it in a way we did not ask for: {value[:40]}.")
    return layers[0].strip() if layers else ""


def _looks_like_zlib(raw: bytes) -> bool:
    """Tell zlib's header, two bytes that are a multiple of 31 (RFC 1950 §2.2), from none.

    "deflate" means zlib (RFC 9110 §8.4.1.2), but some servers send the bare stream.
    """
    return raw[0] & 0x0F == 8 and int.from_bytes(raw[:2], "big") % 31 == 0


def _unzipped(pieces: Iterable[bytes], *, limit: int, bits: int = _GZIP) -> bytes:
    """Decompress, no further than the limit: a bomb never unfolds."""
    decoded: list[bytes] = []
    room = limit
    members = _Members(bits)
    for piece in pieces:
        members.rest = piece
        while decompressed := members.next_part():
            decoded.append(decompressed)
            room -= len(decompressed)
            if room < 0:
                raise TooMuch(f"The document unfolds to more than {_megabytes(limit)}.")
    if not members.is_complete:
        raise Damaged("The compressed document ended in its middle.")
    return b"".join(decoded)


class _Members:
    """A compressed stream: of gzip, one member after the other (RFC 1952 §2.2)."""

    def __init__(self, bits: int) -> None:
        self.rest = b""
        """What was received and is not decompressed yet."""
        self._bits = bits
        self._decoder = zlib.decompressobj(bits)
        self._count = 1
        self._has_ended = False

    @property
    def is_complete(self) -> bool:
        return self._decoder.eof

    def next_part(self) -> bytes:
        """Return the next bytes; none when the rest is used up. Raises Damaged."""
        while True:
            if self._decoder.eof and not self._begin_next():
                return b""
            try:
                part = self._decoder.decompress(self.rest, _PIECE)
            except zlib.error as error:
                raise Damaged("The compressed document is damaged.") from error
            self.rest = self._decoder.unused_data or self._decoder.unconsumed_tail
            if part or not self.rest:
                return part

    def _begin_next(self) -> bool:
        """Turn to the next member; False if there is only padding."""
        if not self.rest or self._has_ended:
            return False
        beginning = _GZIP_MAGIC[: len(self.rest)]
        self._has_ended = self._bits != _GZIP or not self.rest.startswith(beginning)
        if self._has_ended:
            return False
        self._count += 1
        if self._count > MAX_MEMBERS:
            raise Damaged(f"The document is compressed in more than {MAX_MEMBERS:,} parts.")
        self._decoder = zlib.decompressobj(_GZIP)
        return True


def _larger_than(limit: int) -> TooMuch:
    return TooMuch(f"The document is larger than {_megabytes(limit)}.")


def _megabytes(count: int) -> str:
    return f"{count / 1_000_000:g} MB"
