"""Mail: the one way to the house's mail server.

Errors:

* MailError        the letter did not go out; `concerns_all` says whether others would
  · Unreachable    no connection, no answer in time, or “come again”: try later
  · Refused        the login, the sender or the letter: an administrator should look
    · Unwelcome    this recipient
"""

from __future__ import annotations

import smtplib
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection

from patriot.lib.text import one_line

# For each word with the server; a letter takes about ten of them.
PATIENCE = timedelta(seconds=15)
# For a whole letter: a server that says a letter a second keeps nobody for ever.
DEADLINE = timedelta(seconds=40)
MAX_REPLY_CHARS = 300


class MailError(Exception):
    """The letter did not go out; the text says why, in a sentence."""

    def __init__(self, said: str, *, status: int | None = None, concerns_all: bool = False) -> None:
        super().__init__(said)
        self.status = status
        self.concerns_all = concerns_all
        """The server or our account, not this letter."""


class Unreachable(MailError):
    """The mail server does not answer, or asks to come again: try later."""


class Refused(MailError):
    """The mail server said no: an administrator should look."""


class Unwelcome(Refused):
    """The mail server takes nothing for this recipient; others may get theirs."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A text to one person."""

    to: str
    subject: str
    text: str
    id: str
    """The same for the same letter sent again, such as “digest-2026-06-09.7”."""
    html: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


class Postbox:
    """One connection to the mail server, opened by the first letter; use it in a `with`."""

    def __init__(self) -> None:
        self._connection: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def post(self, letter: Letter) -> None:
        """Hand over a letter. Raises Refused or Unreachable; the next one may be posted after."""
        connection = self._connected()
        try:
            with _translated(letter), _in_time(connection):
                connection.send_messages([_message(letter, connection)])
        except MailError:
            # What the server makes of an unfinished letter is nobody's to guess: begin anew.
            self._close()
            raise

    def _connected(self) -> Any:
        if self._connection is None:
            self._connection = get_connection(timeout=PATIENCE.total_seconds())
            try:
                with _translated(None):
                    self._connection.open()
            except MailError as error:
                self._close()
                error.concerns_all = True
                raise
        return self._connection

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            # It was sent, or we know why not: how the server takes its leave changes nothing.
            with suppress(smtplib.SMTPException, OSError):
                connection.close()


def send(letters: Sequence[Letter]) -> list[Unwelcome]:
    """Send letters over one connection; return why some recipients were refused.

    Raises Unreachable or Refused when that concerns all that were still to go. What went out
    before has gone: a letter that is sent again has the same id.
    """
    refusals: list[Unwelcome] = []
    with Postbox() as box:
        for letter in letters:
            try:
                box.post(letter)
            except Unwelcome as error:
                refusals.append(error)
    return refusals


@contextmanager
def _translated(letter: Letter | None) -> Iterator[None]:
    """Translate what the mail server and its library say into our own errors."""
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        code, reply = next(iter(error.recipients.values()), (500, b""))
        about = f" {letter.to}" if letter else ""
        found = _answered(code, reply, about=about)
        if isinstance(found, Refused):
            found = Unwelcome(str(found), status=found.status)
        raise found from error
    except smtplib.SMTPDataError as error:
        raise _answered(error.smtp_code, error.smtp_error) from error
    except smtplib.SMTPResponseException as error:
        raise _answered(error.smtp_code, error.smtp_error, concerns_all=True) from error
    except smtplib.SMTPNotSupportedError as error:
        said = f"The mail server cannot do what EMAIL_URL asks for: {error}"
        raise Refused(said, concerns_all=True) from error
    except (smtplib.SMTPException, OSError) as error:
        raise Unreachable(f"The mail server does not answer: {_said(str(error))}") from error
    except (ValueError, UnicodeError) as error:
        raise Refused(f"The letter cannot be written: {_said(str(error))}") from error


@contextmanager
def _in_time(connection: Any) -> Iterator[None]:
    """Hang up on a server that takes longer than DEADLINE for a letter."""

    def hang_up() -> None:
        wire = getattr(getattr(connection, "connection", None), "sock", None)
        if wire is not None:
            with suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(DEADLINE.total_seconds(), hang_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _message(letter: Letter, connection: Any) -> EmailMultiAlternatives:
    _, _, sender_host = settings.DEFAULT_FROM_EMAIL.rstrip("> ").rpartition("@")
    message = EmailMultiAlternatives(
        subject=letter.subject,
        body=letter.text,
        to=[letter.to],
        connection=connection,
        headers={
            "Message-ID": f"<{letter.id}@{sender_host or 'localhost'}>",
            # RFC 3834: no answering machine answers it.
            "Auto-Submitted": "auto-generated",
            **letter.headers,
        },
    )
    if letter.html:
        message.attach_alternative(letter.html, "text/html")
    return message


def _answered(
    code: int, reply: bytes | str, *, about: str = "", concerns_all: bool = False
) -> MailError:
    """Return what an answer of the server means: 4xx is “come again” (RFC 5321, 4.2.1)."""
    words = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else str(reply)
    told = f"{code} {_said(words)}".strip()
    # -1: what came was no SMTP at all.
    if code < 500:
        said = f"The mail server asks to come again: {told}"
        # 421: it closes the connection, whatever the letter was (RFC 5321, 3.8).
        return Unreachable(said, status=code, concerns_all=concerns_all or code in (421, -1))
    said = f"The mail server refuses{about}: {told}"
    return Refused(said, status=code, concerns_all=concerns_all)


def _said(words: str) -> str:
    return one_line(words, max_chars=MAX_REPLY_CHARS)
