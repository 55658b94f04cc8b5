"""The record of a published text: written the one way in which it can be hashed, and compared.

Whoever has the record can check its hash with any JSON library: it is written as RFC 8785 (JSON
Canonicalization Scheme) has it. Fractions, the one thing that libraries write differently, are
kept as strings.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from itertools import islice
from typing import Any, TypeAlias

JSON: TypeAlias = "dict[str, JSON] | list[JSON] | str | int | None"

MAX_INTEGER = 2**53 - 1
"""Beyond it, not every JSON library tells two whole numbers apart (RFC 8785 §3.2.2.3)."""

MAX_DIFFERENCES = 20
MAX_COUNTED = 1_000
MAX_SHOWN_CHARS = 120
# What the parts of a list are called, in the words of the product.
ONE_OF = {"sections": "section", "sentences": "sentence", "evidence": "quotation"}


def canonical(record: JSON) -> bytes:
    """Return the bytes of a record: keys in order, no spaces, UTF-8. Expects what `plain` makes."""
    return json.dumps(
        record, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def sha256_of(record: JSON) -> str:
    """Return the SHA-256 of a record, as hexadecimal digits."""
    return hashlib.sha256(canonical(record)).hexdigest()


def sha256_of_list(hashes: Sequence[str]) -> str:
    """Return one hash for several: that of their hexadecimal digits, one a line."""
    return hashlib.sha256("\n".join(hashes).encode()).hexdigest()


def plain(value: Any) -> JSON:
    """Return a value as every JSON library writes it: fractions and moments become strings."""
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, Sequence):
        return [plain(part) for part in value]
    if isinstance(value, int) and abs(value) <= MAX_INTEGER:
        return value
    return _in_words(value)


def _in_words(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, date | time) else str(value)


def differences(recorded: JSON, stored: JSON) -> list[str]:
    """Return in sentences where two records differ, at most MAX_DIFFERENCES and how many more."""
    found = list(islice(_differences(recorded, stored, ""), MAX_COUNTED))
    more = len(found) - MAX_DIFFERENCES
    return found if more <= 0 else [*found[:MAX_DIFFERENCES], f"And {more} more differences."]


def _differences(recorded: JSON, stored: JSON, where: str) -> Iterator[str]:
    if isinstance(recorded, dict) and isinstance(stored, dict):
        for key in sorted(recorded.keys() | stored.keys()):
            place = f"{where}, {key}" if where else key
            if key not in recorded or key not in stored:
                yield _said(place, recorded.get(key), stored.get(key))
            else:
                yield from _differences(recorded[key], stored[key], place)
    elif isinstance(recorded, list) and isinstance(stored, list):
        if len(recorded) != len(stored):
            yield f"{_capital(where)}: {len(recorded)} recorded, {len(stored)} stored."
        name = _one_of(where)
        for number, (one, other) in enumerate(zip(recorded, stored, strict=False), start=1):
            yield from _differences(one, other, f"{name} {number}")
    elif recorded != stored or type(recorded) is not type(stored):
        yield _said(where, recorded, stored)


def _one_of(where: str) -> str:
    """Return such as “text, section” for “text, sections”."""
    before, comma, last = where.rpartition(", ")
    return f"{before}{comma}{ONE_OF.get(last, last)}"


def _said(where: str, recorded: JSON, stored: JSON) -> str:
    return f"{_capital(where)}: recorded {_shown(recorded)}, stored {_shown(stored)}."


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _shown(value: JSON) -> str:
    if value is None:
        return "nothing"
    said = value if isinstance(value, str) else canonical(value).decode()
    return f"“{said[:MAX_SHOWN_CHARS]}{'…' * (len(said) > MAX_SHOWN_CHARS)}”"
