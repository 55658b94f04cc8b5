"""Signatures as bytes: what a worker reads back instead of reading the articles again.

The form has a number. Bytes of another form are not read; whoever has them signs the article anew.
"""

from __future__ import annotations

import dataclasses
import zlib
from array import array
from base64 import b64decode, b64encode
from datetime import datetime
from typing import Any

import orjson

from reports.domain.copies import Sketch
from reports.domain.signatures import Signature

FORM = b"\x02"
"""To be raised whenever a field of a signature, or what it means, changes."""

MAX_BYTES = 200_000
"""Far more than any signature has, unpacked."""

_FIELDS = [field.name for field in dataclasses.fields(Signature)]


class OtherForm(ValueError):
    """These bytes are not a signature, or one of another form."""


def pack(signature: Signature) -> bytes:
    """Return a signature as bytes: about 1 KB for an article with a text."""
    fields: dict[str, Any] = {name: getattr(signature, name) for name in _FIELDS}
    written = fields.pop("written")
    # Most terms are written as they are: to say so for each would be half of all bytes.
    fields["written"] = {term: word for term, word in written.items() if word != term}
    sketch = signature.sketch
    fields["sketch"] = [sketch.whole, sketch.words, b64encode(sketch.runs.tobytes()).decode()]
    return FORM + zlib.compress(orjson.dumps(fields), 1)


def unpack(packed: bytes) -> Signature:
    """Return the signature that `pack` was given. Raises OtherForm."""
    if packed[:1] != FORM:
        raise OtherForm(f"The form is {packed[:1]!r}, not {FORM!r}.")
    try:
        unzipped = zlib.decompressobj().decompress(packed[1:], MAX_BYTES)
        return _signature(orjson.loads(unzipped))
    except (zlib.error, TypeError, KeyError, ValueError) as error:
        raise OtherForm(str(error)) from error


def _signature(fields: dict[str, Any]) -> Signature:
    whole, words, runs = fields.pop("sketch")
    written = fields.pop("written")
    return Signature(
        **fields
        | {
            "published_at": datetime.fromisoformat(fields["published_at"]),
            "figures": tuple(fields["figures"]),
            "written": {term: written.get(term, term) for term in fields["terms"]},
            "sketch": Sketch(whole, words, array("I", b64decode(runs))),
        }
    )
