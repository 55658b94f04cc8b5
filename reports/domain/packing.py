"""Signatures as bytes: what a worker reads back instead of reading the articles again.

The form has a number. Bytes of another form are not read; whoever has them signs the article anew.
"""

from __future__ import annotations

import dataclasses
from array import array
from datetime import datetime
from typing import Any

import orjson

from reports.domain.copies import Sketch
from reports.domain.signatures import Signature

FORM = b"\x01"
"""To be raised whenever a field of a signature, or what it means, changes."""


_FIELDS = [field.name for field in dataclasses.fields(Signature)]


class OtherForm(ValueError):
    """These bytes are not a signature, or one of another form."""


def pack(signature: Signature) -> bytes:
    """Return a signature as bytes: about 2 KB for an article with a text."""
    fields: dict[str, Any] = {name: getattr(signature, name) for name in _FIELDS}
    sketch = signature.sketch
    fields["sketch"] = [sketch.whole, sketch.words, sketch.runs.tolist()]
    return FORM + orjson.dumps(fields)


def unpack(packed: bytes) -> Signature:
    """Return the signature that `pack` was given. Raises OtherForm."""
    if packed[:1] != FORM:
        raise OtherForm(f"The form is {packed[:1]!r}, not {FORM!r}.")
    try:
        return _signature(orjson.loads(packed[1:]))
    except (orjson.JSONDecodeError, TypeError, KeyError, ValueError) as error:
        raise OtherForm(str(error)) from error


def _signature(fields: dict[str, Any]) -> Signature:
    whole, words, runs = fields.pop("sketch")
    return Signature(
        **fields
        | {
            "published_at": datetime.fromisoformat(fields["published_at"]),
            "figures": tuple(fields["figures"]),
            "sketch": Sketch(whole, words, array("I", runs)),
        }
    )
