"""What it costs to mail a report to many: rendered, and handed to a mail server on loopback.

    python benchmarks/mailing.py [--letters 10000]

CPU time of this process, the belt included; the mail server is a process of its own. Ends with
an error if a letter is missing or comes twice, or if 10,000 of them cost more than a minute.
"""

from __future__ import annotations

import argparse
import multiprocessing
import socketserver
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from _house import NOW, a_database
from _record import record
from django.db import connection
from django.test import override_settings

from reports.channels import mailing
from reports.models import Delivery, Subscription
from reports.pipeline import deliver, publish
from tests import factories

BOUND_SECONDS_FOR_10_000 = 60
LOOK = 50


class _Session(socketserver.StreamRequestHandler):
    """Takes letters as fast as they come, and notes for whom."""

    def handle(self) -> None:
        self.wfile.write(b"220 bench\r\n")
        while line := self.rfile.readline():
            command = line[:4].upper()
            if command == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            if command == b"RCPT":
                self.server.recipients.append(line)  # type: ignore[attr-defined]
            if command == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                while self.rfile.readline() not in (b".\r\n", b""):
                    pass
            self.wfile.write(b"250 ok\r\n")


def _serve(pipe: Connection) -> None:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Session) as server:
        server.daemon_threads = True
        server.recipients = []  # type: ignore[attr-defined]
        server.timeout = 0.2
        pipe.send(server.server_address[1])
        while not pipe.poll():
            server.handle_request()
        recipients = server.recipients  # type: ignore[attr-defined]
        pipe.send((len(recipients), len(set(recipients))))


def _write_the_outbox(letters: int) -> None:
    draft = factories.a_draft_report()
    wanted = {"channel": "email", "state": "active", "created_at": NOW, "confirmed_at": NOW}
    Subscription.objects.bulk_create(
        [
            Subscription(briefing=draft.briefing, address=f"r{number}@readers.test", **wanted)
            for number in range(letters)
        ],
        batch_size=1_000,
    )
    publish.publish_report(draft, now=NOW)


def _deliver_all() -> float:
    """Return the seconds of CPU that all letters took."""
    began = time.process_time()
    ids = list(Delivery.objects.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(ids), LOOK):
        looked_at = ids[start : start + LOOK]
        deliver.deliver(looked_at, senders={"email": mailing.send}, now=NOW)
    return time.process_time() - began


def main() -> int:
    """Measure, print, and return what the shell is told."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--letters", type=int, default=10_000)
    letters = parser.parse_args().letters
    here, there = multiprocessing.Pipe()
    server = multiprocessing.Process(target=_serve, args=(there,))
    server.start()
    mail = {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": here.recv(),
        "DEFAULT_FROM_EMAIL": "desk@news.test",
    }
    try:
        with a_database(), override_settings(**mail):
            connection.ensure_connection()
            _write_the_outbox(letters)
            seconds = _deliver_all()
    finally:
        here.send("that is all")
    taken, different = here.recv()
    server.join()
    bound = BOUND_SECONDS_FOR_10_000 * letters / 10_000
    is_good = taken == different == letters and seconds <= bound
    record("mail", "letters", seconds, "s", size=f"{letters:,}", at_most=bound)
    print(f"{letters} letters: {taken} taken, {different} recipients")
    print(
        f"{seconds:.1f} s of CPU, {seconds / letters * 1_000:.2f} ms a letter; bound {bound:.0f} s"
    )
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
