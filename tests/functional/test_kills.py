"""A worker may die at any moment: the report appears, and appears once.

The child process kills itself with SIGKILL at a chosen SQL statement, which is the finest cut
that the database can see: between any two steps, and in the middle of each.
"""

from __future__ import annotations

import signal
from datetime import datetime, timedelta

import pytest
from django.db import connection

from patriot import schedules
from patriot.demo import newsroom
from patriot.demo.production import NEWSROOM, _newsroom_briefing, _register, watch
from patriot.demo.server import FeedServer
from patriot.work.models import Job
from reports.models import Briefing, Claim, Membership, Report
from reports.pipeline.slots import open_report_now
from sources import tasks as sources_tasks
from sources.gateways.parser import Parser
from sources.models import Article, Source
from tests.functional import mortal

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

# More than the longest lease: whatever a killed worker held is free again.
LEASES_END = timedelta(minutes=10)


def advance(address: str, clock: datetime) -> None:
    steps = schedules.timetable(
        web=sources_tasks.web(allow=[address.removeprefix("http://")]),
        parser=Parser.shared(),
        sources=Source.objects.filter(newsroom=NEWSROOM),
    )
    schedules.advance(clock, steps=steps, briefings=Briefing.objects.none())


def start_mortal(
    statements: int, address: str, clock: datetime, *, module: str = __name__
) -> mortal.Mortal:
    """Start the belt, on this test's database, in a child that dies at the n-th statement."""
    return mortal.start(statements, module, address, clock, connection.settings_dict["NAME"])


def run_mortal(statements: int, address: str, clock: datetime, *, module: str = __name__) -> bool:
    """Run the belt in a child that dies at the n-th statement; whether it died."""
    code = start_mortal(statements, address, clock, module=module).wait(300)
    assert code in {0, -signal.SIGKILL}
    return code != 0


def assert_the_report_appeared_once(report: Report) -> None:
    report.refresh_from_db()
    assert report.state == Report.State.PUBLISHED, report.reason
    assert Report.objects.count() == 1
    assert report.revisions.filter(published_at__isnull=False).count() == 1
    assert Membership.objects.count() == Article.objects.count()
    assert not Claim.objects.filter(evidence=None).exists()
    assert not Job.objects.exclude(state=Job.State.DONE).exists()
    sentences = list(
        Claim.objects.filter(section__revision=report.current).values_list(
            "section", "kind", "text"
        )
    )
    assert len(sentences) == len(set(sentences))


def at_each(few: list[int], *, step: int) -> list[object]:
    """Return a few statements to die at, and many between them for `make prove`."""
    between = set(range(few[0], few[-1], step)) - set(few)
    return [*few, *(pytest.param(n, marks=pytest.mark.prove) for n in sorted(between))]


@pytest.fixture
def feeds(now):
    documents = newsroom.documents(newsroom.load(), anchor=now)
    few = dict(sorted(documents.items())[:4])
    with FeedServer(few) as server:
        _register(few, NEWSROOM, address=server.address, now=now)
        watch()
        yield server.address


def test_a_worker_that_dies_every_few_statements_still_gets_there(feeds, now):
    report = open_report_now(_newsroom_briefing(), now)
    clock, statements, deaths = now, 6, 0

    # Each life gets a little further than the last, so that every stage sees deaths
    # and no row is started more often than its attempts allow.
    while run_mortal(statements, feeds, clock):
        deaths += 1
        clock += LEASES_END
        statements += 25
        assert deaths < 40

    assert deaths >= 3
    assert_the_report_appeared_once(report)


@pytest.mark.parametrize("statements", at_each([30, 60, 90, 120, 150, 200], step=10))
def test_a_worker_that_dies_once_anywhere_loses_nothing(feeds, now, statements):
    report = open_report_now(_newsroom_briefing(), now)

    died = run_mortal(statements, feeds, now)
    advance(feeds, now + LEASES_END)

    assert died
    assert_the_report_appeared_once(report)


def test_two_workers_at_once_make_one_report(feeds, now):
    report = open_report_now(_newsroom_briefing(), now)
    workers = [start_mortal(10**9, feeds, now) for _ in range(2)]

    codes = [worker.wait(300) for worker in workers]
    advance(feeds, now + LEASES_END)

    assert codes == [0, 0]
    assert_the_report_appeared_once(report)


def test_two_schedulers_open_a_slot_once(now):
    briefing = Briefing.objects.create(slug="morning", title="Morning", is_enabled=True)
    Briefing.objects.update(created_at=now - timedelta(days=3))
    due = now + timedelta(minutes=30)

    opened = [schedules.slots.open_due_reports(due) for _ in range(2)]

    assert [len(reports) for reports in opened] == [1, 0]
    assert Job.objects.filter(kind="select").count() == 1
    assert Report.objects.get(state=Report.State.PRODUCING).briefing == briefing
    # The slots of the days before, when nothing ran, are recorded once each too.
    missed = Report.objects.filter(state=Report.State.SKIPPED, occasion=Report.Occasion.MISSED)
    assert missed.count() == Report.objects.count() - 1
