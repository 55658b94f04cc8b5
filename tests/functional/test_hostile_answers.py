"""Every bad answer that we could think of: reports appear, and nothing gets through.

A report tells as many stories as it may, and of each the scripted server answers badly in
another way, at the first asking and at every other.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client

from patriot.ledger.models import Call
from reports.domain.extraction import ANALYST
from reports.gateways.claude import Claude
from reports.models import Report
from reports.pipeline.writers import Writers
from tests import claude_server as say
from tests.claude_server import Asked, ClaudeServer, Wire
from tests.factories import a_briefing, a_fetch, a_source, a_story, an_article
from tests.hostile.answers import CATALOG, FOR_ALL, POISON, SENTENCES, SERVICE, SHAPES, Fault
from tests.hostile.events import Event, event
from tests.hostile.surfaces import assert_nothing_got_through
from tests.reports.pipeline.producing import produce

pytestmark = pytest.mark.django_db

A_REPORT = 36


def a_morning_of(events: Sequence[Event], *, tag: str) -> None:
    """Put a story of two outlets into the house for each event."""
    sources = [
        a_source(name, slug=f"{tag}-{n}", tags=[tag]) for n, name in enumerate(("One", "Two"))
    ]
    for each in events:
        lead, rest = each.paragraphs
        a_story(
            [
                an_article(sources[0], title=each.title, paragraphs=[lead, rest]),
                an_article(sources[1], title=f"Later in {each.title}", paragraphs=[rest]),
            ]
        )
    for source in sources:
        a_fetch(source)


def produced(faults: Sequence[Fault], server: ClaudeServer) -> Report:
    """Return a report in which each story meets another fault, whenever it is asked about."""
    events = [event(number) for number in range(len(faults))]
    by_town = {each.town: fault for each, fault in zip(events, faults, strict=True)}

    def behave(asked: Asked) -> Wire:
        if asked.purpose not in ("analyze", "repair"):
            return say.honest(asked)
        town = next(town for town in by_town if town in asked.message)
        return by_town[town].behave(asked)

    server.script = behave
    tag = f"tag-{Report.objects.count()}"
    a_morning_of(events, tag=tag)
    claude = Claude(api_key=say.KEY, base_url=server.url, deadline=timedelta(seconds=1))
    briefing = a_briefing(tags=[tag], max_sections=40, ceiling_usd=50)
    report, _ = produce(briefing, writers=Writers(claude=claude, daily_ceiling=Decimal(100)))
    assert report.state == Report.State.PUBLISHED, report.reason
    return report


def assert_the_ledger_knows_all(server: ClaudeServer) -> None:
    """Assert that each request is one call, and each call is over."""
    calls = Call.objects.exclude(outcome="running")
    assert calls.count() == Call.objects.count() == len(server.log)
    assert all(call.cost_usd > 0 for call in calls if call.outcome == "answered")


def test_the_catalog_is_as_long_as_it_says():
    assert len({fault.name for fault in CATALOG}) == len(CATALOG) >= 100


@pytest.mark.parametrize("name", ["sentences", "shapes", "service"])
def test_nothing_gets_through_and_every_report_appears(name, client: Client):
    faults = {"sentences": SENTENCES, "shapes": SHAPES, "service": SERVICE}[name]

    with ClaudeServer() as server:
        for start in range(0, len(faults), A_REPORT):
            some = faults[start : start + A_REPORT]
            report = produced(some, server)

            assert report.current.sections.count() >= len(some) * 3 // 4
            assert_nothing_got_through(client, report, poison=[*POISON, say.KEY])
    assert_the_ledger_knows_all(server)


@pytest.mark.parametrize("fault", FOR_ALL, ids=lambda fault: fault.name)
def test_what_ails_the_whole_house_costs_few_requests(fault, client: Client):
    with ClaudeServer() as server:
        report = produced([fault] * 3, server)

    sections = list(report.current.sections.all())
    assert len(sections) == 3
    assert {section.analyst for section in sections} == {ANALYST}
    assert all(section.fallback for section in sections)
    assert len(server.log) <= 12
    assert_nothing_got_through(client, report, poison=[*POISON, say.KEY])
    assert_the_ledger_knows_all(server)
