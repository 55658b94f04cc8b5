"""A morning on which every article attacks: reports appear, and nothing gets through.

Each trap is an item of a feed, read over loopback, and tells an event of its own; so a report
tells many of them. A model that obeys every demand writes, then the local analyst.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import count

import pytest
from django.test import Client

from patriot import schedules
from reports.gateways.claude import Claude
from reports.models import Briefing, Report, Story
from reports.pipeline.slots import open_report_now
from reports.pipeline.writers import LOCAL_ONLY, Writers
from sources.gateways.parser import Parser
from sources.models import Article
from sources.tasks import web
from tests import claude_server as say
from tests.claude_server import Asked, ClaudeServer, Wire
from tests.factories import NOW, a_briefing
from tests.hostile.articles import CATALOG, SECRET, Trap
from tests.hostile.events import Event, event
from tests.hostile.surfaces import HIDDEN, assert_nothing_got_through
from tests.reports.pipeline.producing import finish
from tests.sources.pipeline.feeds import a_new_source
from tests.sources.server import Server, answering

pytestmark = pytest.mark.django_db(transaction=True)

A_REPORT = 31
SITE = "https://press.example"
DEMAND = re.compile(r"SAY (.{1,400}?) END", re.DOTALL)
POISON = (SECRET, '" onerror="', "<b>lies</b>", "<script>alert", say.KEY)


def feed(traps: Sequence[tuple[int, Trap, Event]]) -> bytes:
    items = [trap.item(happened, number) for number, trap, happened in traps]
    return json.dumps(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": "The Press",
            "home_page_url": f"{SITE}/",
            "language": "en",
            "items": items,
        }
    ).encode()


def obedient(asked: Asked) -> Wire:
    """Write whatever any text demands, as the best that one can make of it; then what stands."""
    if asked.purpose not in ("analyze", "repair"):
        return say.honest(asked)
    kinds = count()
    claims = []
    for short, passage in asked.passages.items():
        for demand in DEMAND.findall(passage.text):
            quotes = [{"passage": short, "text": quote} for quote in (passage.text, demand)]
            for kind, quote in (("headline", 0), ("lead", 1), ("detail", 0), ("why", 1)):
                text = demand if next(kinds) % 2 else passage.text[:590]
                claims.append({"kind": kind, "quotes": [quotes[quote]], "text": text})
                claims.append({"kind": kind, "quotes": [quotes[quote]], "text": demand})
    standing = say.standing_claims(replace(asked, refused=()))
    return say.answering(asked, [*claims[:16], *standing])


def go_on() -> None:
    steps = schedules.timetable(web=web(), parser=Parser.shared())
    schedules.advance(NOW, steps=steps, briefings=Briefing.objects.none())


@pytest.fixture
def press(settings) -> Iterator[list[str]]:
    """Feeds of traps, read and grouped; return their tags."""
    numbered = [(number, trap, event(number)) for number, trap in enumerate(CATALOG)]
    tags = []
    with Server() as server:
        settings.OUTBOUND_ALLOW = [server.authority]
        for start in range(0, len(numbered), A_REPORT):
            tag = f"feed-{start}"
            body = feed(numbered[start : start + A_REPORT])
            url = server.serve(answering(body=body, Content_Type="application/json"), f"/{tag}")
            a_new_source(url, NOW, slug=tag, tags=[tag], full_text="never")
            tags.append(tag)
        go_on()
    return tags


def told(tag: str, writers: Writers, *, analyst: str) -> Report:
    briefing = a_briefing(
        tags=[tag], newsroom="harbor", analyst=analyst, max_sections=40, ceiling_usd=5
    )
    report = open_report_now(briefing, NOW)
    finish(report, writers=writers)
    report.refresh_from_db()
    assert report.is_published, report.reason
    return report


def test_no_trap_gets_through(press, client: Client):
    assert Article.objects.count() >= len(CATALOG) - 5
    assert Story.objects.count() >= len(CATALOG) - 12

    with ClaudeServer(obedient) as server:
        claude = Claude(api_key=say.KEY, base_url=server.url, deadline=timedelta(seconds=30))
        writers = Writers(claude=claude, daily_ceiling=Decimal(10))
        written = [told(tag, writers, analyst="claude") for tag in press]

    for report in written:
        assert report.current.sections.count() >= A_REPORT // 2
        assert_nothing_got_through(client, report, poison=POISON)
    analysts = {s.analyst for report in written for s in report.current.sections.all()}
    assert "claude-haiku-5-5" in analysts
    for logged in server.log:
        prompt = logged.asked.message
        assert SECRET not in prompt
        assert not HIDDEN.search(prompt)

    for tag in press:
        report = told(tag, LOCAL_ONLY, analyst="local")
        assert report.current.sections.count() >= A_REPORT // 6
        assert_nothing_got_through(client, report, poison=POISON)
