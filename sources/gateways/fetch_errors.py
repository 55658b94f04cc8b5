"""Why a document did not arrive, in sentences for an editor. Drawn in `sources.gateways.web`."""

from __future__ import annotations

import time
from datetime import timedelta
from email.utils import parsedate_to_datetime

LONGEST_ASKED = timedelta(seconds=10**8)

REDIRECTS = {301, 302, 303, 307, 308}

_TRY_LATER = {408, 421, 425}
_RATE_LIMITED = {429, 503}


class FetchError(Exception):
    """The document did not arrive; the sentence is for an editor."""

    was_sent = True
    """False if the request stayed at home because of what others met at its host: then it says
    nothing about its document, and nobody was troubled."""

    def __init__(self, sentence: str, *, status: int | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.took = timedelta(0)


class Unreachable(FetchError):
    """Nobody answered, or not to the end: try again later."""


class Refused(FetchError):
    """The server answered no: an editor should look."""


class RateLimited(FetchError):
    """The server asked for patience: `asked` is how much, if it said."""

    def __init__(
        self, sentence: str, *, status: int | None = None, asked: timedelta | None = None
    ) -> None:
        super().__init__(sentence, status=status)
        self.asked = asked


class TooLarge(FetchError):
    """More bytes than we are ready to read."""


class Forbidden(FetchError):
    """The outbound policy does not let us go there."""


class Busy(FetchError):
    """Another worker is at the host: try again soon. Nobody is ill."""


def error_of(status: int, headers: dict[str, str], *, host: str) -> FetchError:
    """Return what an HTTP status that brings no document means for an editor."""
    if status in _RATE_LIMITED:
        sentence = f"{host} asks for patience (HTTP {status})."
        return RateLimited(sentence, status=status, asked=_retry_after(headers))
    if not status:
        return Unreachable(f"{host} does not speak HTTP as we know it.")
    if status in _TRY_LATER or status >= 500 or status < 200:
        return Unreachable(f"{host} has trouble of its own (HTTP {status}).", status=status)
    sentences = {
        401: f"{host} wants a password (HTTP 401).",
        403: f"{host} does not let us read it (HTTP 403).",
        404: f"{host} has no document at this address (HTTP 404).",
        410: f"{host} says that the document is gone for good (HTTP 410).",
        451: f"{host} may not show it for legal reasons (HTTP 451).",
    }
    # One that says where to is followed.
    nowhere = f"{host} redirects us, but names no other address (HTTP {status})."
    sentences |= dict.fromkeys(REDIRECTS, nowhere)
    sentence = sentences.get(status, f"{host} refuses the document (HTTP {status}).")
    return Refused(sentence, status=status)


def kept_at_home(asked_before: RateLimited, *, host: str) -> RateLimited:
    """Return what becomes of a request that waited in line while its host lost patience."""
    error = RateLimited(
        f"{host} asked for patience (HTTP {asked_before.status}) before it was this one's turn.",
        asked=asked_before.asked,
    )
    error.was_sent = False
    return error


def busy(host: str, *, was_sent: bool) -> Busy:
    error = Busy(f"Another worker is at {host}.")
    error.was_sent = was_sent
    return error


def _retry_after(headers: dict[str, str]) -> timedelta | None:
    """Read Retry-After (RFC 9110 §10.2.3): seconds, or a date.

    A date is compared with the server's own clock, if it shows one; else with ours.
    """
    value = headers.get("retry-after", "").strip()[:40]
    if value.isascii() and value.isdigit():
        return min(timedelta(seconds=min(int(value), 10**9)), LONGEST_ASKED)
    until = _timestamp(value)
    if until is None:
        return None
    current = _timestamp(headers.get("date", "")[:40])
    seconds = until - (time.time() if current is None else current)
    return min(timedelta(seconds=seconds), LONGEST_ASKED) if seconds > 0 else None


def _timestamp(value: str) -> float | None:
    try:
        return parsedate_to_datetime(value).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
