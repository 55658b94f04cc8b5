"""A worker may die while it pays: at most the one request in flight is paid for twice.

A child with the real pipeline, gateway and SDK kills itself at a chosen SQL statement, or is
killed while a scripted server keeps it waiting.
"""

from __future__ import annotations

import signal
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from patriot.ledger import book
from patriot.ledger.models import Call
from patriot.work.models import Job
from reports.gateways.claude import Claude
from reports.models import Report
from reports.pipeline.slots import open_report_now
from reports.pipeline.writers import Writers
from tests.claude_server import KEY, ClaudeServer, honest, repairing
from tests.factories import NOW
from tests.functional.launching import wait_for
from tests.functional.test_kills import LEASES_END, at_each, run_mortal, start_mortal
from tests.reports.pipeline.producing import STORIES, a_newsy_morning, finish

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

MODEL = "claude-haiku-5-5"
# One for each story, and one that composes the report.
NEEDED = STORIES + 1


def advance(address: str, clock: datetime) -> None:
    """Work on the one report there is, as a worker would."""
    claude = Claude(api_key=KEY, base_url=address)
    finish(Report.objects.get(), writers=Writers(claude, Decimal(10)), clock=clock)


@pytest.fixture
def server():
    with ClaudeServer() as server:
        yield server


@pytest.fixture
def report():
    opened = open_report_now(a_newsy_morning(), NOW)
    # There is time to wait for every lease of the dead.
    Report.objects.update(slot_at=NOW + timedelta(hours=12))
    return opened


def assert_at_most_one_was_paid_twice(server, report, *, deaths, needed=NEEDED):
    report.refresh_from_db()
    book.write_off(NOW + timedelta(days=1))
    calls = Call.objects.order_by("pk")
    assert report.state == Report.State.PUBLISHED, report.reason
    assert {section.analyst for section in report.current.sections.all()} == {MODEL}
    assert not Job.objects.exclude(state=Job.State.DONE).exists()
    assert needed <= len(server.log) <= needed + deaths
    # Every request is in the ledger: its answer by its id, or the call of the dead.
    answered = list(
        calls.filter(outcome=Call.Outcome.ANSWERED).values_list("request_id", flat=True)
    )
    lost = calls.filter(outcome=Call.Outcome.LOST)
    assert set(answered) <= {asked.request_id for asked in server.log}
    assert len(answered) == len(set(answered)) == needed
    assert len(server.log) - needed <= lost.count() <= deaths
    assert calls.count() == len(answered) + lost.count()
    for call in lost:
        assert call.cost_usd == call.estimated_usd > 0


@pytest.mark.parametrize("statements", at_each([30, 55, 80, 105, 130, 155], step=5))
def test_a_worker_that_dies_once_anywhere_pays_at_most_one_request_twice(
    server, report, statements
):
    died = run_mortal(statements, server.url, NOW, module=__name__)
    finish_as_another_worker(server, report)

    assert died
    assert_at_most_one_was_paid_twice(server, report, deaths=1)


@pytest.mark.parametrize("statements", at_each([110, 150, 190], step=10))
def test_a_worker_that_dies_over_a_repair_pays_at_most_one_request_twice(
    server, report, statements
):
    server.script = repairing

    died = run_mortal(statements, server.url, NOW, module=__name__)
    finish_as_another_worker(server, report)

    assert died
    assert {asked.purpose for asked in server.log} == {"analyze", "repair", "compose"}
    assert_at_most_one_was_paid_twice(server, report, deaths=1, needed=2 * STORIES + 1)


def test_a_worker_that_dies_while_it_waits_for_the_answer_pays_that_one_twice(server, report):
    server.script = lambda asked: replace(honest(asked), pause=120.0)
    child = start_mortal(10**9, server.url, NOW, module=__name__)
    wait_for(lambda: server.log, within=120, what="a request")
    child.send_signal(signal.SIGKILL)
    child.wait(60)

    server.script = honest
    finish_as_another_worker(server, report)

    assert len(server.log) == NEEDED + 1
    assert Call.objects.filter(outcome=Call.Outcome.LOST).count() == 1
    assert_at_most_one_was_paid_twice(server, report, deaths=1)


def finish_as_another_worker(server, report):
    claude = Claude(api_key=KEY, base_url=server.url)
    finish(report, writers=Writers(claude, Decimal(10)), clock=NOW + LEASES_END)
