"""Health: what a supervisor, a load balancer and an operator are told."""

import signal
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
import time_machine
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from patriot.operations import draining
from patriot.work.models import Heartbeat
from reports.models import Briefing, Report
from tests import factories
from tests.factories import NOW


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def a_heartbeat(*, seconds_ago: int = 40) -> Heartbeat:
    return Heartbeat.objects.create(name="tick", beat_at=NOW - timedelta(seconds=seconds_ago))


def a_briefing_since(moment: datetime, slug: str, **fields: Any) -> Briefing:
    """Return a briefing that exists since a moment: created_at is set by itself."""
    briefing = factories.a_briefing(slug=slug, **fields)
    Briefing.objects.filter(pk=briefing.pk).update(created_at=moment)
    return briefing


def an_old_briefing(slug: str = "dawn", **fields: Any) -> Briefing:
    """Return a briefing that has existed for a month."""
    return a_briefing_since(NOW - timedelta(days=30), slug, **fields)


def ready(client: Client) -> tuple[int, dict[str, dict[str, Any]]]:
    response = client.get("/readyz")
    assert response["Cache-Control"].startswith("max-age=0")
    return response.status_code, {check["name"]: check for check in response.json()["checks"]}


def test_a_process_lives_without_a_database(client: Client) -> None:
    response = client.get("/healthz")

    assert response.status_code == 200
    assert response.json() == {"status": "ok"}


@pytest.mark.django_db
def test_all_is_well(client: Client) -> None:
    a_heartbeat()
    factories.a_published_report(an_old_briefing(), sections=1)

    status, checks = ready(client)

    assert status == 200
    assert list(checks) == ["database", "migrations", "heartbeat", "reports"]
    assert all(check["ok"] and check["sentence"] for check in checks.values())


def test_without_a_database_nothing_else_is_asked(client: Client) -> None:
    with patch("patriot.operations.health.connection.cursor", side_effect=OperationalError):
        status, checks = ready(client)

    assert status == 503
    assert list(checks) == ["database"]
    assert checks["database"]["sentence"] == "The database does not answer."


@pytest.mark.django_db
def test_a_missing_migration_is_named(client: Client) -> None:
    a_heartbeat()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'reports' AND name > '0002'")

    status, checks = ready(client)

    assert status == 503
    assert "reports.0002" in checks["migrations"]["sentence"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("seconds_ago", "expected"),
    [
        pytest.param(180, True, id="three minutes"),
        pytest.param(181, False, id="longer"),
        pytest.param(-5, True, id="a clock that is ahead"),
    ],
)
def test_the_worker_must_have_ticked_lately(
    client: Client, seconds_ago: int, expected: bool
) -> None:
    a_heartbeat(seconds_ago=seconds_ago)

    _, checks = ready(client)

    assert checks["heartbeat"]["ok"] is expected


@pytest.mark.django_db
def test_a_worker_that_never_ticked_is_missing(client: Client) -> None:
    status, checks = ready(client)

    assert status == 503
    assert "never ticked" in checks["heartbeat"]["sentence"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("state", "expected"),
    [
        pytest.param(Report.State.PRODUCING, False, id="still in production"),
        pytest.param(Report.State.DRAFT, False, id="a draft nobody published"),
        pytest.param(Report.State.REVIEW, False, id="in review"),
        pytest.param(Report.State.HELD, True, id="held, and says why"),
        pytest.param(Report.State.SKIPPED, True, id="skipped, and says why"),
        pytest.param(Report.State.FAILED, True, id="failed, and says why"),
    ],
)
def test_the_newest_due_slot_must_have_its_report(
    client: Client, state: str, expected: bool
) -> None:
    a_heartbeat()
    factories.a_report(an_old_briefing(), state=state, reason="Because.")

    _, checks = ready(client)

    assert checks["reports"]["ok"] is expected


@pytest.mark.django_db
def test_a_missing_slot_is_told_by_briefing(client: Client) -> None:
    a_heartbeat()
    an_old_briefing("dawn")
    an_old_briefing("dusk", is_enabled=False)

    status, checks = ready(client)

    assert status == 503
    assert checks["reports"]["sentence"] == "The newest report is late of: dawn."


@pytest.mark.django_db
@pytest.mark.parametrize(("minutes", "expected"), [(90, False), (91, True)])
def test_each_briefing_has_its_own_grace(client: Client, minutes: int, expected: bool) -> None:
    a_heartbeat()
    # Its slot was at five o'clock UTC.
    factories.a_report(an_old_briefing(grace=timedelta(minutes=minutes)))

    _, checks = ready(client)

    assert checks["reports"]["ok"] is expected


@pytest.mark.django_db
def test_a_new_briefing_owes_nothing(client: Client) -> None:
    a_heartbeat()
    a_briefing_since(NOW - timedelta(hours=1), "brand-new")
    just_due = an_old_briefing("just-due", times=[(NOW + timedelta(hours=2)).time()])
    factories.a_published_report(
        just_due, local_date=(NOW - timedelta(days=1)).date(), slot=just_due.times[0], sections=1
    )

    _, checks = ready(client)

    assert checks["reports"]["ok"]


@pytest.fixture
def asked_to_stop() -> Iterator[list[int]]:
    """A process that was sent SIGTERM; what its server, gunicorn, heard of it."""
    heard: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: heard.append(number))
    draining.listen()
    signal.raise_signal(signal.SIGTERM)
    yield heard
    draining.forget()
    signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize("path", ["/readyz", "/readyz/web"])
def test_a_process_that_is_asked_to_stop_sends_requests_elsewhere(
    client: Client, asked_to_stop: list[int], path: str
) -> None:
    answer = client.get(path)

    assert answer.status_code == 503
    assert answer.json()["checks"][0]["name"] == "process"
    assert client.get("/healthz").status_code == 200
    assert asked_to_stop == [signal.SIGTERM]


@pytest.mark.django_db
def test_a_late_report_is_no_reason_to_send_readers_away(client: Client) -> None:
    an_old_briefing("dawn")

    answer = client.get("/readyz/web")

    assert answer.status_code == 200
    assert [check["name"] for check in answer.json()["checks"]] == ["database", "migrations"]


@pytest.mark.django_db
def test_many_briefings_cost_no_more_queries(client: Client) -> None:
    a_heartbeat()
    for n in range(2):
        an_old_briefing(f"early-{n}")
    of_2 = queries(client)
    for n in range(18):
        an_old_briefing(f"late-{n}")

    assert queries(client) == of_2


def queries(client: Client) -> int:
    with CaptureQueriesContext(connection) as captured:
        client.get("/readyz")
    return len(captured)
