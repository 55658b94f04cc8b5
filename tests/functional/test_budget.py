"""What a report costs: told before the first request, kept to, and said on the page.

Twelve stories of twenty-five articles each, of seven where what it costs in all is of no matter;
the scripted server derives what it counts from the bytes that it gets and sends.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client

from patriot.ledger.models import Call
from reports.domain.extraction import ANALYST
from reports.gateways.claude import Claude
from reports.models import Briefing, Report
from reports.pipeline.writers import Writers
from tests import claude_server as say
from tests.claude_server import ClaudeServer
from tests.factories import a_briefing, a_fetch, a_source, a_story, an_article
from tests.hostile.events import event
from tests.reports.pipeline.producing import produce

pytestmark = pytest.mark.django_db

STORIES, ARTICLES, FEW, OUTLETS = 12, 25, 7, 5
DEAREST = Decimal("0.25")


@pytest.fixture
def server():
    with ClaudeServer() as server:
        yield server


@pytest.fixture
def busy_briefing() -> Briefing:
    """A briefing with twelve stories that three hundred articles tell."""
    return a_briefing_of_stories(told_by=ARTICLES)


@pytest.fixture
def briefing() -> Briefing:
    """A briefing with twelve stories that fewer articles tell."""
    return a_briefing_of_stories(told_by=FEW)


def a_briefing_of_stories(*, told_by: int) -> Briefing:
    sources = [a_source(f"Outlet {n}", slug=f"outlet-{n}") for n in range(OUTLETS)]
    for number in range(STORIES):
        told = event(number)
        # More of what happened there, so that the articles are as long as articles are.
        more = [p for other in range(3) for p in event(20 + 4 * number + other).paragraphs]
        a_story(
            [
                an_article(
                    sources[place % OUTLETS],
                    title=f"{told.title} ({place})" if place else told.title,
                    paragraphs=[*told.paragraphs, *more[place % 3 :]],
                    hours_ago=2 + place / 10,
                )
                for place in range(told_by)
            ]
        )
    for source in sources:
        a_fetch(source)
    return a_briefing(max_sections=STORIES)


def told(briefing: Briefing, server: ClaudeServer, *, daily: Decimal = Decimal(10)) -> Report:
    claude = Claude(api_key=say.KEY, base_url=server.url, deadline=timedelta(seconds=30))
    report, _ = produce(briefing, writers=Writers(claude=claude, daily_ceiling=daily))
    assert report.is_published, report.reason
    return report


def spent() -> Decimal:
    return Call.objects.all().spent()


def test_it_is_estimated_within_a_fifth_and_costs_less_than_a_quarter_of_a_dollar(
    busy_briefing, server
):
    report = told(busy_briefing, server)

    planned = report.current.budget
    purposes = [asked.purpose for asked in server.log]
    assert planned["rung"] == "full"
    assert purposes.count("analyze") == STORIES
    assert len(server.counts) == STORIES
    assert {section.analyst for section in report.current.sections.all()} == {
        busy_briefing.analyze_model
    }
    expected = Decimal(planned["expected_usd"])
    assert spent() * Decimal("0.8") <= expected <= spent() * Decimal("1.2")
    assert spent() < DEAREST


def test_who_knows_what_answers_cost_of_late_estimates_repairs_too(briefing, server):
    server.script = say.repairing
    told(briefing, server)
    first = spent()

    server.script = say.repairing
    briefing.pk, briefing.slug = None, "again"
    briefing.save()
    Call.objects.update(payer=f"briefing {briefing.pk}")
    report = told(briefing, server)

    expected = Decimal(report.current.budget["expected_usd"])
    second = spent() - first
    assert [asked.purpose for asked in server.log].count("repair") >= STORIES
    assert second * Decimal("0.8") <= expected <= second * Decimal("1.2")


def test_half_the_money_makes_a_shorter_report_that_says_so(briefing, server):
    expected = Decimal(told(briefing, server).current.budget["expected_usd"])
    before = spent()

    briefing.pk, briefing.slug = None, "half"
    briefing.save()
    report = told(briefing, server, daily=before + expected / 2)

    planned = report.current.budget
    assert planned["rung"] in ("fewer", "cheaper")
    assert 1 <= report.current.sections.count() == planned["max_sections"] < STORIES
    assert spent() - before <= expected / 2
    assert planned["sentence"] in Client().get(report.get_absolute_url()).content.decode()
    assert all(section.analyst != ANALYST for section in report.current.sections.all())


def test_without_money_every_story_is_told_by_the_local_analyst(briefing, server):
    report = told(briefing, server, daily=Decimal(0))

    planned = report.current.budget
    assert planned["rung"] == "extractive"
    assert report.current.sections.count() == STORIES
    assert {section.analyst for section in report.current.sections.all()} == {ANALYST}
    assert server.log == []
    assert planned["sentence"] in Client().get(report.get_absolute_url()).content.decode()
