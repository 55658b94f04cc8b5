"""Moments as text, in one way for every program that reads us."""

from __future__ import annotations

from datetime import UTC, datetime


def rfc3339(at: datetime, *, timespec: str = "auto") -> str:
    """Return a moment in UTC as RFC 3339 §5.6 writes it, such as “2026-06-09T06:30:00Z”.

    timespec: how exact, as `datetime.isoformat` has it
    """
    return at.astimezone(UTC).isoformat(timespec=timespec).replace("+00:00", "Z")
