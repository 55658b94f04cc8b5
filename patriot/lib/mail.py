"""Mail: the one way to the house's mail server.

Errors:

* MailError        the letter did not go out; `concerns_all` says whether others would
  · Unreachable    no connection, no answer in time, or “come again”: try later
  · Refused        the login, the sender or the letter: an administrator should look
    · Unwelcome    this recipient
"""

from __future__ import annotations

import re
import smtplib
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from email.header import Header
from email.message import Message
from email.quoprimime import body_encode
from functools import lru_cache
from http import HTTPStatus
from types import TracebackType
from typing import Any, BinaryIO, Self

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.smtp import EmailBackend
from django.core.mail.message import SafeMIMEMultipart

from patriot.lib.text import one_line

# For each word with the server; a letter takes about ten of them.
PATIENCE = timedelta(seconds=15)
# For a whole letter: a server that says a letter a second keeps nobody for ever.
DEADLINE = timedelta(seconds=40)
TO_LEAVE = timedelta(seconds=5)
DJANGOS, OURS = "django.core.mail.backends.smtp.EmailBackend", "patriot.lib.mail.Backend"
MAX_REPLY_CHARS = 300
# Of one reply: servers say a few lines.
MAX_REPLY_BYTES = 100_000


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
    fill: Mapping[str, str] = field(default_factory=dict)
    """What stands in place of marks in the texts, which many letters share."""


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
            with _translated(letter), _in_time(connection, DEADLINE):
                connection.send_messages([_message(letter, connection)])
        except MailError:
            # What the server makes of an unfinished letter is nobody's to guess: begin anew.
            self._close()
            raise

    def _connected(self) -> Any:
        if self._connection is None:
            is_smtp = settings.EMAIL_BACKEND == DJANGOS
            self._connection = get_connection(
                OURS if is_smtp else None, timeout=PATIENCE.total_seconds()
            )
            try:
                with _translated(None), _in_time(self._connection, DEADLINE):
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
            with suppress(smtplib.SMTPException, OSError), _in_time(connection, TO_LEAVE):
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
        with _translated_service():
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
def _translated_service() -> Iterator[None]:
    """Translate what a mail service says, where one is set instead of a server of our own."""
    if not settings.EMAIL_PROVIDER:
        yield
        return
    from anymail import exceptions  # noqa: PLC0415 (half a second, only where it is used)

    try:
        yield
    except (exceptions.AnymailRecipientsRefused, exceptions.AnymailInvalidAddress) as error:
        raise Unwelcome(f"The mail service refuses it: {_said(str(error))}") from error
    except exceptions.AnymailAPIError as error:
        raise _answered_by_service(error.status_code, str(error)) from error
    except exceptions.AnymailError as error:
        raise Refused(f"The letter cannot be written: {_said(str(error))}") from error


def _answered_by_service(status: int | None, words: str) -> MailError:
    """Return what a service's answer means; without a status it never came."""
    if status is None or status == HTTPStatus.TOO_MANY_REQUESTS or status >= 500:
        said = f"The mail service does not take letters now: {_said(words)}"
        return Unreachable(said, status=status, concerns_all=True)
    # A key that is refused, an account without credit: for an administrator.
    is_ours = status in (401, 402, 403)
    said = f"The mail service refuses: {_said(words)}"
    return Refused(said, status=status, concerns_all=is_ours)


@contextmanager
def _in_time(connection: Any, deadline: timedelta) -> Iterator[None]:
    """Hang up on a server that takes longer than this: one that drips never is late for a word."""

    def hang_up() -> None:
        # Under TLS the first socket is an empty shell.
        wires = (getattr(getattr(connection, "connection", None), "sock", None), connection.wire)
        for wire in wires:
            if wire is not None:
                with suppress(OSError):
                    wire.shutdown(socket.SHUT_RDWR)

    if not isinstance(connection, Backend):
        yield
        return
    timer = threading.Timer(deadline.total_seconds(), hang_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


class BoundedLines:
    """What the server says, by lines: of one reply only so much, or the connection is given up."""

    def __init__(self, wire: BinaryIO) -> None:
        self._wire = wire
        self.left = MAX_REPLY_BYTES

    def readline(self, limit: int) -> bytes:
        """Return a line. Raises SMTPServerDisconnected where a reply does not end."""
        line = self._wire.readline(limit)
        self.left -= len(line)
        if self.left < 0:
            raise smtplib.SMTPServerDisconnected(
                f"its reply is longer than {MAX_REPLY_BYTES} bytes"
            )
        return line

    def close(self) -> None:
        """Hang up."""
        self._wire.close()


class Backend(EmailBackend):
    """Django's, whose socket can be got at while the server is still being greeted."""

    wire: Any = None

    @property
    def connection_class(self) -> Any:
        """Return the class of the connection, which shows its socket as soon as there is one."""
        backend = self
        usual: Any = smtplib.SMTP_SSL if self.use_ssl else smtplib.SMTP

        class Seen(usual):  # type: ignore[misc]
            file: Any

            def getreply(self) -> Any:
                # Read by lines: without a file of its own the library makes an endless one.
                if self.file is None:
                    self.file = BoundedLines(self.sock.makefile("rb"))
                self.file.left = MAX_REPLY_BYTES
                return super().getreply()

            def _get_socket(self, *args: Any) -> Any:
                backend.wire = smtplib.SMTP._get_socket(self, *args)  # type: ignore[attr-defined]
                if backend.use_ssl:
                    raw = backend.wire
                    backend.wire = self.context.wrap_socket(raw, server_hostname=self._host)
                return backend.wire

        return Seen


def _message(letter: Letter, connection: Any) -> EmailMultiAlternatives:
    _, _, sender_host = settings.DEFAULT_FROM_EMAIL.rstrip("> ").rpartition("@")
    message = _Message(
        subject=letter.subject,
        body=_filled(letter.text, letter.fill),
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
        message.attach_alternative(_filled(letter.html, letter.fill), "text/html")
    message.letter = letter
    return message


class _Message(EmailMultiAlternatives):
    """A message whose text is encoded once, however many get it.

    To encode a long text for each recipient took half of the time that a letter costs.
    """

    letter: Letter | None = None

    def message(self, **options: Any) -> Any:
        """Return the message with its subject encoded once, too."""
        subject, self.subject = str(self.subject), ""
        try:
            message = super().message(**options)
        finally:
            self.subject = subject
        del message["Subject"]
        # Past Django's check, which knows no folded lines; a line end in a subject is none here.
        Message.__setitem__(message, "Subject", _encoded_subject(" ".join(subject.split())))
        return message

    def _create_message(self, msg: Any) -> Any:
        """Return the body: what Django makes of it, from parts that were encoded before."""
        letter = self.letter
        if letter is None or not letter.html:
            return super()._create_message(msg)  # type: ignore[misc] # Django's own, untyped
        # No encoded text holds “=_”: it can be no boundary by chance (RFC 2045, 6.7).
        body = SafeMIMEMultipart(
            _subtype="alternative", boundary=f"=_{letter.id}", encoding="utf-8"
        )
        body.attach(_part("plain", letter.text, letter.fill))
        body.attach(_part("html", letter.html, letter.fill))
        return body


@lru_cache(maxsize=16)
def _encoded_subject(subject: str) -> str:
    """Return a subject as it stands in a header: encoded words, folded (RFC 2047)."""
    # Words that look encoded are encoded themselves: nobody hides anything in a headline.
    is_plain = subject.isascii() and "=?" not in subject
    return Header(subject, "ascii" if is_plain else "utf-8").encode()


def _part(kind: str, text: str, fill: Mapping[str, str]) -> Message:
    part = Message()
    part["MIME-Version"] = "1.0"
    part["Content-Type"] = f'text/{kind}; charset="utf-8"'
    part["Content-Transfer-Encoding"] = "quoted-printable"
    pieces = _encoded_pieces(text, tuple(fill))
    # Each filling stands on a line of its own, between soft line ends, which readers drop.
    part.set_payload("".join(f"=\n{_encoded(fill[p])}=\n" if p in fill else p for p in pieces))
    return part


@lru_cache(maxsize=16)
def _encoded_pieces(text: str, marks: tuple[str, ...]) -> tuple[str, ...]:
    """Return a text in quoted-printable, cut at its marks, which stay as they are."""
    if not marks:
        return (_encoded(text),)
    cut = re.split(f"({'|'.join(map(re.escape, marks))})", text)
    return tuple(piece if piece in marks else _encoded(piece) for piece in cut)


def _encoded(text: str) -> str:
    """Return a text in quoted-printable (RFC 2045, 6.7), of its UTF-8 bytes."""
    return body_encode(text.encode().decode("latin-1"))


def _filled(text: str, fill: Mapping[str, str]) -> str:
    for mark, filling in fill.items():
        text = text.replace(mark, filling)
    return text


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
