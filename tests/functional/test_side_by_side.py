"""Two workers ask about the stories of one report at the same time, and mind each other."""

from __future__ import annotations

import threading
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection

from patriot.ledger.models import Call
from patriot.work.models import Job
from reports.gateways.claude import Claude
from reports.models import Briefing, Report
from reports.pipeline import jobs
from reports.pipeline.slots import open_report_now
from reports.pipeline.writers import Writers
from tests import claude_server as say
from tests.claude_server import ClaudeServer
from tests.factories import NOW
from tests.reports.pipeline.producing import a_newsy_morning, finish, produce

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
CHEAP = "claude-haiku-5-5"
# What is told of a budget is rounded.
A_BIT = Decimal("0.000001")
STORIES, WORKERS = 6, 2


class Patient(ClaudeServer):
    """Answers the first requests for a message only when so many are there at once."""

    def __init__(self, together: int) -> None:
        super().__init__()
        self.barriers = [threading.Barrier(WORKERS) for _ in range(together)]
        self._arriving = threading.Lock()
        self._arrived = 0

    def answer(self, path, headers, body):
        if path == "/v1/messages":
            with self._arriving:
                turn = self._arrived // WORKERS
                self._arrived += 1
            if turn < len(self.barriers):
                self.barriers[turn].wait(60)
        return super().answer(path, headers, body)


@pytest.fixture
def briefing() -> Briefing:
    return a_newsy_morning(stories=STORIES, max_sections=STORIES, compose_model=CHEAP)


def writers(server: ClaudeServer, **ceilings: Decimal) -> Writers:
    return Writers(claude=Claude(api_key=say.KEY, base_url=server.url), **ceilings)


def stories_of(briefing: Briefing, *, writers: Writers) -> tuple[Report, list[int]]:
    """Open a report; return it and its jobs, as soon as only those of its stories are left."""
    report = open_report_now(briefing, NOW)
    due = Job.objects.due(NOW).filter(subject=report.subject)
    while first := due.exclude(kind="analyze"):
        jobs.work([job.pk for job in first], now=NOW, writers=writers)
    return report, sorted(due.values_list("pk", flat=True))


def work_side_by_side(ids: list[int], *, writers: Writers) -> None:
    def work(mine: list[int]) -> None:
        try:
            jobs.work(mine, now=NOW, writers=writers)
        finally:
            connection.close()

    workers = [
        threading.Thread(target=work, args=(ids[place::WORKERS],)) for place in range(WORKERS)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def test_stories_are_asked_about_at_the_same_time(briefing):
    with Patient(together=STORIES // WORKERS) as server:
        _, ids = stories_of(briefing, writers=writers(server))

        work_side_by_side(ids, writers=writers(server))

        assert not any(barrier.broken for barrier in server.barriers)
    assert [asked.purpose for asked in server.log] == ["analyze"] * STORIES
    assert Call.objects.filter(outcome=Call.Outcome.ANSWERED).count() == STORIES


def test_nobody_asks_while_the_service_wants_patience(briefing):
    with Patient(together=1) as server:
        _, ids = stories_of(briefing, writers=writers(server))
        Report.objects.update(slot_at=NOW + timedelta(hours=12))
        server.script = say.rate_limited(600)

        work_side_by_side(ids, writers=writers(server))

    assert len(server.log) == WORKERS
    waiting = Job.objects.filter(kind="analyze", state=Job.State.WAITING)
    assert waiting.count() == STORIES
    assert min(waiting.values_list("not_before", flat=True)) >= NOW + timedelta(seconds=600)


def test_what_one_worker_reserves_does_not_end_what_the_other_may_ask(briefing):
    with Patient(together=0) as server:
        probe, _ = produce(briefing, writers=writers(server))
        planned = probe.current.budget
        reserve = max(Call.objects.values_list("estimated_usd", flat=True))
        enough = Call.objects.all().spent() + Decimal(planned["at_most_usd"]) + A_BIT
        assert Decimal(planned["at_most_usd"]) < 2 * reserve
        tight = writers(server, daily_ceiling=enough)
        briefing.pk, briefing.slug = None, "again"
        briefing.save()
        report, ids = stories_of(briefing, writers=tight)

        work_side_by_side(ids, writers=tight)
        finish(report, writers=tight)

    report.refresh_from_db()
    assert report.current.budget["rung"] == "full"
    assert {section.analyst for section in report.current.sections.all()} == {CHEAP}
    assert Call.objects.all().spent() <= enough
