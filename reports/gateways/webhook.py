"""Post to addresses that others gave us: webhooks, chats, watchdogs.

Errors:

* NotReached     nobody answered, or not in time: try again
  · NotAllowed   the outbound policy does not let us go there: somebody should look
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from patriot.lib.outbound import Forbidden
from patriot.lib.redaction import without_secrets_of
from patriot.lib.text import one_line

DEADLINE = timedelta(seconds=15)
# Of an answer only its beginning is kept, and nothing longer is read.
MAX_ANSWER_BYTES = 64_000
MAX_SAID_CHARS = 300
USER_AGENT = "Patriot (webhook)"


class NotReached(Exception):
    """Nobody answered, or not in time; the text says which, in a sentence."""


class NotAllowed(NotReached):
    """The address is none that this house reaches."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a receiver said."""

    status: int
    said: str
    """Its first words, on one line, without what is secret of the address."""
    retry_after: str
    seconds: float


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    allow: Collection[str],
    method: str = "POST",
) -> Answer:
    """Send a request and return the answer, whatever its status; redirects are not followed.

    allow: "host:port" pairs that may be reached although they are not public
    Raises NotReached or NotAllowed.
    """

    def said(words: str) -> str:
        # Before it is cut, so that no part of a key is left.
        hidden = without_secrets_of(url, words, also=headers.get("Authorization", ""))
        return one_line(hidden, max_chars=MAX_SAID_CHARS)

    # A quarter of a second to import, and only the worker posts.
    from patriot.lib import transports  # noqa: PLC0415

    began = time.monotonic()
    client = transports.client(
        allow=allow, deadline=DEADLINE, max_bytes=MAX_ANSWER_BYTES, user_agent=USER_AGENT
    )
    try:
        with client, client.stream(method, url, content=body, headers=dict(headers)) as answer:
            return Answer(
                status=answer.status_code,
                said=said(_first_words(answer.iter_bytes())),
                retry_after=answer.headers.get("Retry-After", ""),
                seconds=time.monotonic() - began,
            )
    except Forbidden as error:
        raise NotAllowed(said(str(error))) from error
    except transports.BadAddress as error:
        raise NotAllowed(f"This is no address: {said(str(error))}") from error
    except transports.TooLate as error:
        raise NotReached(f"No answer within {DEADLINE.seconds} seconds.") from error
    except (transports.BrokenOff, ValueError) as error:
        raise NotReached(f"The exchange broke off: {said(str(error))}") from error


def _first_words(pieces: Iterable[bytes]) -> str:
    """Return how an answer begins; how it ends, or whether it does, changes nothing."""
    for piece in pieces:
        if piece.strip():
            return piece[: MAX_SAID_CHARS * 4].decode("utf-8", "replace")
    return ""
