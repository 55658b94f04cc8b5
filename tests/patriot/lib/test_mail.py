"""Mail as it goes over the wire, and what servers answer."""

import contextlib
import socketserver
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from email.header import decode_header, make_header
from typing import Any

import pytest

from patriot.lib import mail
from patriot.lib.mail import Letter, Refused, Unreachable, send
from tests.mail_server import MailServer

LETTER = Letter("ann@news.test", "Sources: 1 ill", "The Echo is ill.\n", "digest-2026-06-09.1")
OTHER = Letter("bob@news.test", "Sources: 1 ill", "The Echo is ill.\n", "digest-2026-06-09.2")


@pytest.fixture
def server(settings: Any) -> Iterator[MailServer]:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.DEFAULT_FROM_EMAIL = "Patriot <desk@news.test>"
    with MailServer() as running:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", running.port
        yield running


def test_each_gets_a_letter_over_one_connection(server: MailServer) -> None:
    refusals = send([LETTER, OTHER])

    first, second = server.letters
    assert refusals == []
    assert (first["To"], second["To"]) == (LETTER.to, OTHER.to)
    assert first["From"] == "Patriot <desk@news.test>"
    assert first["Subject"] == LETTER.subject
    assert first["Message-ID"] == "<digest-2026-06-09.1@news.test>"
    assert first["Auto-Submitted"] == "auto-generated"
    assert first.get_payload().replace("\r\n", "\n") == LETTER.text
    assert sum(words.lower().startswith(("ehlo", "helo")) for words in server.said) == 1


def test_one_refused_address_does_not_keep_the_others_waiting(server: MailServer) -> None:
    server.script["RCPT TO:<ann"] = "550 no such person"

    (refusal,) = send([LETTER, OTHER])

    assert str(refusal) == "The mail server refuses ann@news.test: 550 no such person"
    assert [letter["To"] for letter in server.letters] == [OTHER.to]


@pytest.mark.parametrize(
    ("line", "reply", "error", "sentence"),
    [
        pytest.param(
            "MAIL FROM",
            "550 not from you",
            Refused,
            "The mail server refuses: 550 not from you",
            id="the sender",
        ),
        pytest.param(
            "MAIL FROM",
            "451 later",
            Unreachable,
            "The mail server asks to come again: 451 later",
            id="the sender, for now",
        ),
        pytest.param(
            "RCPT TO",
            "450 greylisted",
            Unreachable,
            "The mail server asks to come again: 450 greylisted",
            id="the recipient, for now",
        ),
        pytest.param(
            ".", "554 spam", Refused, "The mail server refuses: 554 spam", id="the letter"
        ),
        pytest.param(
            "MAIL FROM", "hang up", Unreachable, "The mail server does not answer", id="hung up"
        ),
        pytest.param(".", "hang up", Unreachable, "The mail server does not answer", id="half way"),
    ],
)
def test_what_a_server_answers_is_told_in_a_sentence(
    server: MailServer, line: str, reply: str, error: type[Exception], sentence: str
) -> None:
    server.script[line] = reply

    with pytest.raises(error) as raised:
        send([LETTER])

    assert str(raised.value).startswith(sentence)
    assert not server.letters


@pytest.mark.parametrize(
    ("greeting", "error"),
    [
        pytest.param("554 go away", Refused, id="refused at the door"),
        pytest.param("421 busy", Unreachable, id="busy"),
        pytest.param("HTTP/1.1 400 Bad Request", Unreachable, id="no mail server"),
    ],
)
def test_a_server_that_greets_otherwise(
    server: MailServer, greeting: str, error: type[Exception]
) -> None:
    server.greeting = greeting

    with pytest.raises(error):
        send([LETTER])


def test_nobody_at_the_address(server: MailServer, settings: Any) -> None:
    with MailServer() as gone:
        settings.EMAIL_PORT = gone.port

    with pytest.raises(Unreachable, match="does not answer"):
        send([LETTER])


def test_a_server_without_tls_is_not_spoken_to_in_the_clear(
    server: MailServer, settings: Any
) -> None:
    settings.EMAIL_USE_TLS = True

    with pytest.raises(Refused, match="cannot do what EMAIL_URL asks for"):
        send([LETTER])

    assert not server.letters


def test_a_line_end_in_an_address_goes_nowhere(server: MailServer) -> None:
    forged = Letter("ann@news.test\nBcc: all@news.test", "s", "t", "i")

    with pytest.raises(Refused, match="cannot be written"):
        send([forged])

    assert not server.letters


class Dripper(socketserver.BaseRequestHandler):
    """Says a letter now and then, and never a word."""

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                self.request.sendall(b"2")
                time.sleep(0.05)


def test_a_server_that_drips_its_greeting_keeps_nobody(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "DEADLINE", timedelta(seconds=0.3))
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Dripper) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        settings.EMAIL_BACKEND = mail.DJANGOS
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address[:2]

        with pytest.raises(Unreachable) as raised:
            send([LETTER])

        server.shutdown()
    assert raised.value.concerns_all


class Talker(socketserver.BaseRequestHandler):
    """Greets without end."""

    said = 0

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                self.request.sendall(b"220-welcome\r\n" * 1_000)
                Talker.said += 13_000


def test_a_server_whose_reply_has_no_end_is_left(settings: Any) -> None:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Talker) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        settings.EMAIL_BACKEND = mail.DJANGOS
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address[:2]

        with pytest.raises(Unreachable, match="its reply is longer than 100000 bytes"):
            send([LETTER])

        server.shutdown()
    # What the wire holds beside what was read is the system's.
    assert Talker.said < 50_000_000


@pytest.mark.parametrize(
    "subject",
    [
        pytest.param("=?utf-8?q?=E2=80=AEevil?=", id="encoded by somebody else"),
        pytest.param("Zürich: “so”", id="not ASCII"),
        pytest.param("Plain words", id="plain"),
    ],
)
def test_a_subject_reads_as_it_was_written(server: MailServer, subject: str) -> None:
    send([Letter("ann@news.test", subject, "t", "i")])

    (letter,) = server.letters
    assert str(make_header(decode_header(letter["Subject"]))) == subject
