"""Looking for a second source survives the death of its worker anywhere, and is paid once."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.test import override_settings

from patriot import schedules
from patriot.ledger.models import Call
from patriot.work.models import Job
from reports.models import Briefing, Membership, Report, Section
from reports.pipeline import jobs
from reports.pipeline.slots import open_report_now
from sources import tasks
from sources.gateways.parser import Parser
from sources.gateways.tavily import Search
from sources.models import Article, Fetch, Source
from sources.pipeline.collect import LEASE
from sources.pipeline.searching import PaidSearch
from tests.factories import NOW, a_briefing, a_fetch, a_source, a_story, an_article
from tests.functional.test_kills import run_mortal, start_mortal
from tests.reports.pipeline.test_corroborate import TEXT, TITLE, told_by
from tests.tavily_server import KEY, TavilyServer, late, results

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

SOON, LATER = timedelta(seconds=6), LEASE + timedelta(minutes=1)
SLOT = NOW + timedelta(hours=12)


def advance(address: str, clock: datetime) -> None:
    """Move the whole belt, as a worker would; opens no slots."""
    with override_settings(SERVICES=["tavily"]):
        _advance(address, clock)


def _advance(address: str, clock: datetime) -> None:
    search = PaidSearch(Search(api_key=KEY, base_url=address), daily_ceiling=Decimal(10))
    steps = schedules.timetable(web=tasks.web(), parser=Parser.shared(), search=search)
    schedules.advance(clock, steps=steps, briefings=Briefing.objects.none())


@pytest.fixture
def server():
    with TavilyServer() as server:
        server.answer(results(told_by("herald.example")))
        yield server


@pytest.fixture
def report():
    source = a_source("Harbor Post")
    a_fetch(source)
    a_story([an_article(source, title=TITLE, paragraphs=[TEXT])])
    opened = open_report_now(a_briefing(max_sections=8), NOW)
    # There is time to wait for every lease of the dead.
    Report.objects.update(slot_at=SLOT)
    return opened


def assert_it_was_asked_once_and_the_section_says_what_came_of_it(server, report):
    report.refresh_from_db()
    assert report.state == Report.State.PUBLISHED, report.reason
    assert not Job.objects.exclude(state=Job.State.DONE).exists()
    assert len(server.asked) <= 1
    assert Call.objects.spent() <= Decimal("0.008")
    assert Call.objects.count() <= 1
    [search] = Source.objects.exclude(for_story=None)
    assert not search.is_enabled
    assert Fetch.objects.filter(source=search).count() <= 1
    section = Section.objects.get(revision=report.current)
    found = set(Membership.objects.filter(article__source=search).values_list("article", flat=True))
    said = section.corroboration
    # The worker may have died so often, or so late, that the report went on without an answer.
    if said["outcome"] == "found":
        assert set(said["articles"]) == found != set()
    else:
        assert said["articles"] == []
    assert section.independent_count == 1 + len(said["articles"])


@pytest.mark.parametrize("statements", [24, 44, 60, 90])
def test_a_worker_may_die_at_any_statement(server, report, statements):
    died = run_mortal(statements, server.address, NOW, module=__name__)
    for clock in (NOW + SOON, NOW + LATER, NOW + 2 * LATER, SLOT):
        advance(server.address, clock)

    assert died
    assert_it_was_asked_once_and_the_section_says_what_came_of_it(server, report)


def test_workers_may_die_one_after_the_other(server, report):
    clock, deaths = NOW, 0
    for statements in (30, 45, 60, 90):
        deaths += run_mortal(statements, server.address, clock, module=__name__)
        clock += LATER
    for _ in range(3):
        advance(server.address, clock)
        clock += LATER
    advance(server.address, SLOT)

    assert deaths >= 2
    assert_it_was_asked_once_and_the_section_says_what_came_of_it(server, report)


def test_two_workers_at_once_ask_once(server, report):
    server.answer(late(results(told_by("herald.example")), seconds=1.0))
    while due := list(
        Job.objects.due(NOW).filter(kind__in=["regroup", "select"]).values_list("pk", flat=True)
    ):
        with override_settings(SERVICES=["tavily"]):
            jobs.work(due, now=NOW)

    workers = [start_mortal(10**9, server.address, NOW, module=__name__) for _ in range(2)]
    codes = [worker.wait(300) for worker in workers]
    for clock in (NOW + SOON, NOW + LATER, SLOT):
        advance(server.address, clock)

    assert codes == [0, 0]
    assert len(server.asked) == 1
    assert Section.objects.get().corroboration["outcome"] == "found"
    assert Article.objects.exclude(source__for_story=None).count() == 1
    assert_it_was_asked_once_and_the_section_says_what_came_of_it(server, report)
