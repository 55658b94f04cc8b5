"""Reading a response body piece by piece, never more of it than the limits allow."""

from __future__ import annotations

import zlib

from patriot.lib.outbound import Limits

_GZIP_MAGIC = b"\x1f\x8b"
_GZIP, _ZLIB, _RAW_DEFLATE = 31, 15, -15  # zlib's window bits


class TooMuch(Exception):
    """More bytes than the limits allow; the sentence says which."""


class Damaged(Exception):
    """The compressed body makes no sense."""


class Body:
    """A body that grows; decompressed as it comes, so that a bomb never unfolds."""

    def __init__(self, limits: Limits, encoding: str = "") -> None:
        """encoding: the value of Content-Encoding"""
        self._limits = limits
        self._raw_bytes = 0
        self._decoded = bytearray()
        self._encoding = encoding.strip().lower()
        self._decoder: zlib._Decompress | None = None
        if self._encoding in {"", "identity"}:
            self._encoding = ""
        elif self._encoding not in {"gzip", "x-gzip", "deflate"}:
            raise Damaged(f"The server compressed it in a way we did not ask for: {encoding[:40]}.")

    def add(self, chunk: bytes) -> None:
        """Take the next bytes from the wire. Raises TooMuch or Damaged."""
        if self._encoding and self._raw_bytes == 0:
            self._decoder = self._decoder_for(chunk)
        self._raw_bytes += len(chunk)
        if self._raw_bytes > self._limits.raw_bytes:
            raise TooMuch(f"The document is larger than {_megabytes(self._limits.raw_bytes)}.")
        if self._decoder is None:
            self._keep(chunk)
        else:
            self._decompress(chunk)

    def finish(self) -> bytes:
        """Return the whole body. Raises Damaged if the compressed stream is cut off."""
        if self._decoder is not None and not self._decoder.eof:
            raise Damaged("The compressed document ended in its middle.")
        return bytes(self._decoded)

    def _decoder_for(self, beginning: bytes) -> zlib._Decompress | None:
        """Return what can read the stream; None when the server says gzip and sends plain text."""
        if self._encoding != "deflate":
            is_gzip = beginning.startswith(_GZIP_MAGIC[: len(beginning)])
            return zlib.decompressobj(_GZIP) if is_gzip else None
        # "deflate" means zlib (RFC 9110 §8.4.1.2), but some servers send the bare stream. A zlib
        # header's first two bytes are a multiple of 31 (RFC 1950).
        looks_like_zlib = (
            beginning[0] & 0x0F == 8
            and (len(beginning) < 2 or int.from_bytes(beginning[:2], "big") % 31 == 0)
        )  # fmt: skip
        return zlib.decompressobj(_ZLIB if looks_like_zlib else _RAW_DEFLATE)

    def _decompress(self, chunk: bytes) -> None:
        while chunk and self._decoder is not None:
            room = self._limits.decoded_bytes - len(self._decoded)
            try:
                self._keep(self._decoder.decompress(chunk, room + 1))
            except zlib.error as error:
                raise Damaged("The compressed document is damaged.") from error
            chunk = self._decoder.unconsumed_tail
            if self._decoder.eof:
                chunk = self._decoder.unused_data
                if not chunk.startswith(_GZIP_MAGIC):
                    return  # padding
                self._decoder = zlib.decompressobj(_GZIP)  # the next member (RFC 1952 §2.2)

    def _keep(self, piece: bytes) -> None:
        if len(self._decoded) + len(piece) > self._limits.decoded_bytes:
            size = _megabytes(self._limits.decoded_bytes)
            raise TooMuch(f"The document unfolds to more than {size}.")
        self._decoded += piece


def _megabytes(count: int) -> str:
    return f"{count / 1_000_000:g} MB"
