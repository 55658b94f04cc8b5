"""A report is promised what is left, and no report counts on what another was promised."""

from __future__ import annotations

from decimal import Decimal

import pytest

from patriot.ledger import book
from patriot.ledger.models import Call, Service
from patriot.ledger.prices import Usage
from patriot.work.models import Job
from reports.domain.extraction import ANALYST
from reports.gateways.claude import Claude
from reports.models import Report
from reports.pipeline import budget as step
from reports.pipeline import jobs
from reports.pipeline.asking import A_MOMENT
from reports.pipeline.slots import open_report_now
from reports.pipeline.writers import Writers
from tests import claude_server as say
from tests.claude_server import ClaudeServer
from tests.factories import NOW
from tests.reports.pipeline.producing import STORIES, a_newsy_morning, finish, produce

pytestmark = pytest.mark.django_db
CHEAP = "claude-haiku-5-5"
# What is told of a budget is rounded.
A_BIT = Decimal("0.000001")


@pytest.fixture
def server():
    with ClaudeServer() as server:
        yield server


def writers(server: ClaudeServer, **ceilings: str) -> Writers:
    amounts = {name: Decimal(amount) for name, amount in ceilings.items()}
    return Writers(claude=Claude(api_key=say.KEY, base_url=server.url), **amounts)


def plan_only(report: Report, *, writers: Writers) -> None:
    """Work on a report until its stories could be asked of a model."""
    while due := Job.objects.due(NOW).filter(subject=report.subject).exclude(kind="analyze"):
        jobs.work([job.pk for job in due], now=NOW, writers=writers)


def test_reports_of_one_morning_do_not_count_on_the_same_money(server):
    briefing = a_newsy_morning(compose_model=CHEAP)
    probe, _ = produce(briefing, writers=writers(server))
    enough = Call.objects.all().spent() + Decimal(probe.current.budget["at_most_usd"]) + A_BIT
    tight = writers(server, daily_ceiling=str(enough))
    reports = []
    for slug in ("first", "second"):
        briefing.pk, briefing.slug = None, slug
        briefing.save()
        reports.append(open_report_now(briefing, NOW))

    for report in reports:
        plan_only(report, writers=tight)
    for report in reports:
        finish(report, writers=tight)
        report.refresh_from_db()

    first, second = (report.current for report in reports)
    assert first.budget["rung"] == "full"
    assert second.budget["rung"] != "full"
    assert second.budget["sentence"]
    assert {section.analyst for section in first.sections.all()} == {CHEAP}
    assert Call.objects.all().spent() <= enough


def test_what_is_in_flight_is_waited_for_and_not_done_without(server):
    report = open_report_now(a_newsy_morning(), NOW)
    plan_only(report, writers=writers(server))
    elsewhere = book.Plan(
        Service.CLAUDE, "verdict", CHEAP, "verdicts", "", Usage(output_tokens=20_000)
    )
    flying = book.reserve(elsewhere, ceilings=book.Ceilings(daily=None), now=NOW)
    tight = writers(server, daily_ceiling=str(flying.estimated_usd))
    mine = Job.objects.filter(kind="analyze")

    jobs.work([job.pk for job in mine], now=NOW, writers=tight)

    assert {(job.state, job.attempts) for job in mine.all()} == {("waiting", 0)}
    assert {job.not_before for job in mine.all()} == {NOW + A_MOMENT}
    assert server.log == []
    book.settle(flying, book.Settlement(Call.Outcome.UNAVAILABLE), now=NOW)
    jobs.work([mine.first().pk], now=NOW + A_MOMENT, writers=tight)
    assert len(server.log) == 1


def test_what_one_request_may_cost_sends_a_report_down_the_ladder(server):
    report, _ = produce(a_newsy_morning(), writers=writers(server, call_ceiling="0.002"))

    assert report.current.budget["rung"] == "extractive"
    assert report.current.budget["sentence"]
    assert {section.analyst for section in report.current.sections.all()} == {ANALYST}
    assert {section.fallback for section in report.current.sections.all()} == {
        "The ceiling of $0.002 for one request would be crossed."
    }
    assert server.log == []


@pytest.mark.parametrize(
    "briefing",
    [
        pytest.param({}, id="three short stories"),
        pytest.param({"is_judged": True}, id="each read a second time"),
        pytest.param({"max_sections": 1}, id="a single one, which nobody composes"),
    ],
)
def test_who_never_saw_an_answer_estimates_it_by_the_sentences_of_the_articles(server, briefing):
    report, _ = produce(a_newsy_morning(**briefing), writers=writers(server))

    expected, spent = Decimal(report.current.budget["expected_usd"]), Call.objects.all().spent()
    assert spent * Decimal("0.8") <= expected <= spent * Decimal("1.2")


def test_a_service_that_counts_slowly_is_asked_no_further(server, monkeypatch):
    monkeypatch.setattr(step, "COUNTING", -step.COUNTING)

    report, _ = produce(a_newsy_morning(), writers=writers(server))

    assert len(server.counts) == 1
    assert report.current.budget["rung"] == "full"
    assert report.current.sections.count() == STORIES
