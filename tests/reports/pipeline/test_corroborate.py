"""Second sources: asked of a scripted search service over real HTTP, through the real SDK."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from patriot import schedules
from patriot.ledger.models import Call
from patriot.work.models import Job
from reports.domain.corroboration import Outcome
from reports.models import Briefing, Membership, Report, Section
from reports.pipeline import jobs
from reports.pipeline.corroborate import NO_ANSWER, PATIENCE, open_searches
from reports.pipeline.slots import open_report_now
from sources import tasks
from sources.gateways.parser import Parser
from sources.gateways.tavily import Search
from sources.models import Article, Fetch, Source
from sources.pipeline.collect import collect
from sources.pipeline.searching import PaidSearch
from tests.factories import (
    NOW,
    a_briefing,
    a_fetch,
    a_publisher,
    a_source,
    a_story,
    an_article,
)
from tests.tavily_server import HOSTILE, KEY, html, late, refused, result, results

pytestmark = pytest.mark.django_db

TITLE = "Mayor Ana Silva closes the Old Harbor pier after a crack"
TEXT = (
    "Mayor Ana Silva closed the Old Harbor pier on Tuesday after divers found a crack of two "
    "meters in a pillar. Ferries to Gull Island leave from Northport until the pier is mended."
)
ALSO = (
    "Divers have found a crack in a pillar of the Old Harbor pier. Mayor Ana Silva ordered it "
    "closed at once; ferries to Gull Island go from Northport, the port authority said."
)
SEARCH = "Mayor Ana Silva closes Old Harbor pier crack"


def told_by(
    domain,
    number=1,
    *,
    title="Old Harbor pier closed: Mayor Ana Silva acts on crack",
    text=ALSO,
    **fields,
):
    """Return a search result in which another outlet tells the story."""
    return result(
        number,
        **{
            "url": f"https://{domain}/news/{number}",
            "title": title,
            "content": text,
            "raw_content": text,
        }
        | fields,
    )


@pytest.fixture(autouse=True)
def _searches_are_on(settings):
    settings.SERVICES = ["tavily"]


@pytest.fixture(scope="module")
def parser():
    own = Parser()
    yield own
    own.close()


@pytest.fixture
def told():
    """A briefing, and a story that one outlet alone tells it."""
    source = a_source("Harbor Post")
    a_fetch(source)
    return a_story([an_article(source, title=TITLE, paragraphs=[TEXT])])


@pytest.fixture
def briefing(told):
    return a_briefing(max_sections=8)


@pytest.fixture
def produce(tavily_server, parser):
    """Produce a report as workers would; return it with its first section."""

    def do(briefing, *, clock=NOW, ceiling="10", search=...):
        gateway = Search(
            api_key=KEY,
            base_url=tavily_server.address,
            allow=[tavily_server.authority],
            deadline=timedelta(seconds=2),
        )
        paid = PaidSearch(gateway, daily_ceiling=Decimal(ceiling)) if search is ... else search
        report = open_report_now(briefing, clock)
        steps = schedules.timetable(web=tasks.web(), parser=parser, search=paid)
        schedules.advance(clock, steps=steps, briefings=Briefing.objects.none())
        schedules.advance(clock + PATIENCE, steps=steps, briefings=Briefing.objects.none())
        report.refresh_from_db()
        return report, report.revisions.get().sections.order_by("position").first()

    return do


# --- What a search brings -----------------------------------------------------------


def test_a_second_source_is_found_counted_and_told(tavily_server, produce, briefing, told):
    a_publisher("Island Herald", domain="herald.example")
    tavily_server.answer(results(told_by("herald.example")))

    report, section = produce(briefing)

    [asked] = tavily_server.asked
    assert asked.question["query"] == SEARCH
    assert asked.question["exclude_domains"] == ["harbor-post.example"]
    assert (asked.question["topic"], asked.question["time_range"]) == ("news", "day")
    found = Article.objects.get(publisher__domain="herald.example")
    assert found.membership.story == told
    assert section.corroboration == {
        "query": SEARCH,
        "reason": "One outlet tells this.",
        "asked_at": NOW.isoformat(),
        "outcome": Outcome.FOUND,
        "sentence": "One outlet tells this. "
        "We searched for a second source: Island Herald tells it too.",
        "error": "",
        "articles": [found.pk],
        "publishers": ["Island Herald"],
        "source": found.source_id,
    }
    assert (section.article_count, section.outlet_count, section.independent_count) == (2, 2, 2)
    assert set(found.passages.values_list("pk", flat=True)) & set(section.given)
    assert report.state == Report.State.PUBLISHED
