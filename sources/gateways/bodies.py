"""Reading a response body piece by piece, never more of it than the limits allow."""

from __future__ import annotations

import zlib

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
    """A body that grows; decompressed at its end, so that many at once take little memory."""

    def __init__(self, limits: Limits, encoding: str = "", *, announced: str = "") -> None:
        """
        encoding:  the value of Content-Encoding
        announced: the value of Content-Length, in bytes on the wire
        """
        self._limits = limits
        self._raw = bytearray()
        self._encoding = _encoding_of(encoding)
        announced = announced[:20]
        if announced.isascii() and announced.isdigit() and int(announced) > limits.raw_bytes:
            raise self._too_much()

    def add(self, chunk: bytes) -> None:
        """Take the next bytes from the wire. Raises TooMuch."""
        if len(self._raw) + len(chunk) > self._limits.raw_bytes:
            raise self._too_much()
        self._raw += chunk

    def finish(self) -> bytes:
        """Return the whole body. Raises TooMuch, or Damaged if its compression makes no sense."""
        raw, self._raw = bytes(self._raw), bytearray()
        # Some servers compress without saying so, and some say so and do not.
        if raw.startswith(_GZIP_MAGIC):
            return _unzipped(raw, limit=self._limits.decoded_bytes)
        if self._encoding == "deflate" and raw:
            bits = _ZLIB if _looks_like_zlib(raw) else _RAW_DEFLATE
            return _unzipped(raw, limit=self._limits.decoded_bytes, bits=bits)
        if len(raw) > self._limits.decoded_bytes:
            raise TooMuch(f"The document is larger than {_megabytes(self._limits.decoded_bytes)}.")
        return raw

    def _too_much(self) -> TooMuch:
        return TooMuch(f"The document is larger than {_megabytes(self._limits.raw_bytes)}.")


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


def _unzipped(raw: bytes, *, limit: int, bits: int = _GZIP) -> bytes:
    """Decompress, member by member, no further than the limit: a bomb never unfolds."""
    decoded = bytearray()
    decoder = zlib.decompressobj(bits)
    members, at = 1, 0
    while at < len(raw):
        piece = raw[at : at + _PIECE]
        at += len(piece)
        try:
            decoded += decoder.decompress(piece, limit + 1 - len(decoded))
        except zlib.error as error:
            raise Damaged("The compressed document is damaged.") from error
        if len(decoded) > limit:
            raise TooMuch(f"The document unfolds to more than {_megabytes(limit)}.")
        at -= len(decoder.unconsumed_tail)
        if decoder.eof:
            at -= len(decoder.unused_data)
            if bits != _GZIP or not raw.startswith(_GZIP_MAGIC, at):
                break  # padding
            members += 1
            if members > MAX_MEMBERS:
                raise Damaged(f"The document is compressed in more than {MAX_MEMBERS:,} parts.")
            decoder = zlib.decompressobj(_GZIP)  # the next member (RFC 1952 §2.2)
    if not decoder.eof:
        raise Damaged("The compressed document ended in its middle.")
    return bytes(decoded)


def _megabytes(count: int) -> str:
    return f"{count / 1_000_000:g} MB"
