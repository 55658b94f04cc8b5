"""What a receiver's answer to a posted message means."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from reports.domain.delivering import Deferred, Outcome, Refused, Sent

GONE = 410
LATER = frozenset({408, 409, 423, 425, 429})
MAX_SECONDS = 86_400


def outcome_of(
    status: int, said: str, *, retry_after: str, seconds: float, now: datetime
) -> Outcome:
    """Return what became of a message, by the status of the answer.

    2xx is taken; 410 wants nothing more, ever; a redirect is not followed, and everything else is
    tried again for a day: receivers that are being mended answer all kinds of things.
    Source: Standard Webhooks, "Deliverability and reliability".
    """
    words = f"{status} {said}".strip()
    if 200 <= status < 300:
        return Sent(said=words, status=status, seconds=seconds)
    if status == GONE:
        told = f"The receiver is gone: {words}"
        return Refused(told, status, seconds, ends_subscription=True)
    if 300 <= status < 400:
        told = f"It answers with a redirect, which is not followed: {words}"
        return Deferred(told, status, seconds)
    asked = wait_asked(retry_after, now=now) if status in LATER or status >= 500 else None
    return Deferred(f"The receiver answers {words}", status, seconds, asked)


def wait_asked(value: str, *, now: datetime) -> timedelta | None:
    """Read Retry-After (RFC 9110 §10.2.3), seconds or a date: up to a day, None for neither."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return timedelta(seconds=min(int(value[:9]), MAX_SECONDS))
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    wait = moment - now
    return min(wait, timedelta(seconds=MAX_SECONDS)) if wait > timedelta(0) else None
