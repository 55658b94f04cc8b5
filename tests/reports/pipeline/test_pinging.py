"""A briefing's watchdog is called when its report is out."""

from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from reports.models import Report
from reports.pipeline import pinging
from tests.factories import NOW, TODAY, a_briefing, a_published_report, a_report

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


class Watchdog(HTTPServer):
    """A watchdog on loopback that answers as it is told, and remembers who called."""

    status = 200

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Bell)
        self.calls: list[str] = []
        self.authority = f"127.0.0.1:{self.server_port}"
        self.url = f"http://{self.authority}/ping/abc"


class Bell(BaseHTTPRequestHandler):
    server: Watchdog

    def do_GET(self) -> None:
        self.server.calls.append(f"{self.command} {self.path}")
        self.send_response(self.server.status)
        self.send_header("Location", self.server.url)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"Sorry")

    def log_message(self, *words: object) -> None:
        pass


@pytest.fixture
def watchdog() -> Iterator[Watchdog]:
    with Watchdog() as server:
        Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        yield server
        server.shutdown()


def ping(watchdog: Watchdog, now=NOW) -> None:
    ids = list(pinging.due(now).values_list("pk", flat=True))
    pinging.ping(ids, allow=[watchdog.authority], now=now)


def test_a_watchdog_is_called_once_when_the_report_is_out(watchdog):
    report = a_published_report(a_briefing(ping_url=watchdog.url))

    ping(watchdog)
    ping(watchdog, NOW + MINUTE)

    report.refresh_from_db()
    assert watchdog.calls == ["GET /ping/abc"]
    assert report.pinged_at == NOW


@pytest.mark.parametrize(
    ("status", "said"),
    [
        pytest.param(500, "The watchdog answered 500 and said “Sorry”.", id="ill"),
        pytest.param(
            302,
            "The watchdog answered 302 and said “Sorry”. Redirects are not followed.",
            id="redirect",
        ),
    ],
)
def test_a_watchdog_that_does_not_take_it_is_called_again_ever_later(watchdog, status, said):
    report = a_published_report(a_briefing(ping_url=watchdog.url))
    watchdog.status = status

    ping(watchdog)
    report.refresh_from_db()
    waits = report.ping_after - NOW
    ping(watchdog, NOW + waits - MINUTE / 2)
    watchdog.status = 204
    ping(watchdog, NOW + waits)

    assert report.ping_said == said
    assert MINUTE <= waits <= 60 * MINUTE
    report.refresh_from_db()
    assert len(watchdog.calls) == 2
    assert report.ping_said == ""
    assert report.pinged_at == NOW + waits


def test_private_space_is_never_called(watchdog):
    report = a_published_report(a_briefing(ping_url=watchdog.url))

    pinging.ping([report.pk], allow=[], now=NOW)

    report.refresh_from_db()
    assert watchdog.calls == []
    assert "PATRIOT_OUTBOUND_ALLOW" in report.ping_said


@pytest.mark.parametrize(
    ("fields", "is_called"),
    [
        pytest.param({"state": "skipped", "occasion": "holiday"}, True, id="a holiday"),
        pytest.param({"state": "skipped", "occasion": "pause"}, True, id="a pause"),
        pytest.param({"state": "skipped"}, True, id="nothing to tell"),
        pytest.param({"state": "skipped", "occasion": "missed"}, False, id="missed"),
        pytest.param({"state": "held"}, False, id="held"),
        pytest.param({"state": "failed"}, False, id="failed"),
        pytest.param(
            {"state": "skipped", "local_date": TODAY - timedelta(days=2)}, False, id="long ago"
        ),
    ],
)
def test_days_without_a_report_by_plan_do_not_raise_the_alarm(fields, is_called):
    a_report(a_briefing(ping_url="https://watchdog.example/1"), reason="So.", **fields)

    assert pinging.due(NOW).exists() == is_called


def test_a_worker_that_died_while_calling_calls_again(watchdog):
    report = a_published_report(a_briefing(ping_url=watchdog.url))
    Report.objects.filter(pk=report.pk).update(ping_after=NOW + pinging.LEASE)

    ping(watchdog)
    ping(watchdog, NOW + pinging.LEASE)

    assert len(watchdog.calls) == 1
