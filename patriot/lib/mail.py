"""Mail: the one way to the house's mail server.

Errors:

* MailError        the letter did not go out
  · Unreachable    no connection, no answer in time, or “come again”: try later
  · Refused        the login, the sender or the letter: an administrator should look
"""

from __future__ import annotations

import smtplib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from patriot.lib.text import one_line

# For each word with the server; a letter takes about ten of them.
PATIENCE = timedelta(seconds=15)
MAX_REPLY_CHARS = 300


class MailError(Exception):
    """The letter did not go out; the text says why, in a sentence."""


class Unreachable(MailError):
    """The mail server does not answer, or asks to come again: try later."""


class Refused(MailError):
    """The mail server said no: an administrator should look."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A text to one person."""

    to: str
    subject: str
    text: str
    id: str
    """The same for the same letter sent again, such as “digest-2026-06-09.7”."""


def send(letters: Sequence[Letter]) -> list[Refused]:
    """Send letters over one connection; return why some recipients were refused.

    Raises Unreachable or Refused when that concerns all that were still to go. What went out
    before has gone: a letter that is sent again has the same id.
    """
    refusals: list[Refused] = []
    with _connection() as connection:
        for letter in letters:
            try:
                connection.send_messages([_message(letter, connection)])
            except smtplib.SMTPRecipientsRefused as error:
                refusals.append(_refusal(letter, error))
    return refusals


@contextmanager
def _connection() -> Iterator[BaseEmailBackend]:
    """Return an open connection; what it raises inside is translated."""
    connection = get_connection(timeout=PATIENCE.total_seconds())
    try:
        connection.open()
        yield connection
    except MailError:
        raise
    except smtplib.SMTPResponseException as error:
        raise _answered(error.smtp_code, error.smtp_error) from error
    except smtplib.SMTPNotSupportedError as error:
        raise Refused(f"The mail server cannot do what EMAIL_URL asks for: {error}") from error
    except (smtplib.SMTPException, OSError) as error:
        raise Unreachable(f"The mail server does not answer: {_said(str(error))}") from error
    except (ValueError, UnicodeError) as error:
        raise Refused(f"The letter cannot be written: {_said(str(error))}") from error
    finally:
        # It was sent, or we know why not: how the server takes its leave changes nothing.
        with suppress(smtplib.SMTPException, OSError):
            connection.close()


def _message(letter: Letter, connection: BaseEmailBackend) -> EmailMessage:
    _, _, sender_host = settings.DEFAULT_FROM_EMAIL.rstrip("> ").rpartition("@")
    return EmailMessage(
        subject=letter.subject,
        body=letter.text,
        to=[letter.to],
        connection=connection,
        headers={
            "Message-ID": f"<{letter.id}@{sender_host or 'localhost'}>",
            # RFC 3834: no answering machine answers it.
            "Auto-Submitted": "auto-generated",
        },
    )


def _refusal(letter: Letter, error: smtplib.SMTPRecipientsRefused) -> Refused:
    """Return why one person's address was refused. Raises Unreachable if it is for now only."""
    code, reply = next(iter(error.recipients.values()), (500, b""))
    found = _answered(code, reply, about=f" {letter.to}")
    if isinstance(found, Refused):
        return found
    raise found from error


def _answered(code: int, reply: bytes | str, *, about: str = "") -> MailError:
    """Return what an answer of the server means: 4xx is “come again” (RFC 5321, 4.2.1)."""
    words = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else str(reply)
    told = f"{code} {_said(words)}".strip()
    # -1: what came was no SMTP at all.
    if code < 500:
        return Unreachable(f"The mail server asks to come again: {told}")
    return Refused(f"The mail server refuses{about}: {told}")


def _said(words: str) -> str:
    return one_line(words, max_chars=MAX_REPLY_CHARS)
