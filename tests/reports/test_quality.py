"""The quality page and its API: figures that anybody can recount."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from lxml import etree

from patriot.ledger.models import Call
from reports.models import Claim, Correction, ErrorReport, Report, Revision
from reports.pages.quality import _longest, quality
from reports.pipeline.drafting import next_text
from tests.factories import (
    NOW,
    a_briefing,
    a_draft_report,
    a_report,
    a_source,
    a_staff_user,
    publish,
    sha256,
)

pytestmark = pytest.mark.django_db
DAY, WEEK = timedelta(days=1), timedelta(days=7)
CHECKS = {
    "ground": {"held": 40, "refused": 8},
    "repair": {"held": 5, "refused": 3},
    "judge": {"held": 44, "refused": 1},
}


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    cache.clear()
    with time_machine.travel(NOW, tick=False):
        yield


def an_old_report(briefing: Any, *, days: int, checks: Any = None) -> Report:
    """Return a report that was published so many days ago, with a record if it has checks."""
    at = NOW - days * DAY
    fields = {"slot_at": at, "local_date": at.date(), "window_end": at}
    draft = a_draft_report(briefing, sections=2, window_start=at - DAY, **fields)
    if checks is None:
        return publish(draft)
    text = draft.revisions.get()
    text.record, text.sha256 = {"checks": checks}, sha256(f"{briefing} {days}")
    text.published_at = draft.published_at = at
    text.save(update_fields=["record", "sha256", "published_at"])
    draft.current, draft.state = text, Report.State.PUBLISHED
    draft.number = Report.objects.filter(briefing=briefing).count()
    draft.save(update_fields=["current", "published_at", "state", "number"])
    return draft


@pytest.fixture
def quarter() -> dict[str, Report]:
    """Three reports of this week and the last, one far too old, a slot that nothing came for."""
    briefing = a_briefing()
    made = {
        "new": an_old_report(briefing, days=1, checks=CHECKS),
        "bare": an_old_report(briefing, days=7),
        "older": an_old_report(briefing, days=8, checks=CHECKS),
        "old": an_old_report(briefing, days=100, checks=CHECKS),
    }
    at = NOW - 6 * DAY
    fields = {"slot_at": at, "local_date": at.date(), "window_end": at}
    a_report(briefing, state="failed", reason="No.", window_start=at - DAY, **fields)
    reader = {"claim": Claim.objects.filter(section__revision=made["new"].current).first()}
    ErrorReport.objects.create(text="A goat.", created_at=NOW - DAY, **reader)
    call = {"service": "claude", "model": "m", "purpose": "analyze", "estimated_usd": 1}
    call |= {"outcome": "answered", "started_at": NOW - DAY, "finished_at": NOW}
    Call.objects.create(subject=made["new"].subject, cost_usd=Decimal("0.75"), **call)
    Call.objects.create(subject="API key 3", cost_usd=9, **call)
    a_source("Fjordposten", language="nb-NO")
    return made


def test_each_week_counts_what_was_stored_for_it(quarter):
    found = quality(NOW)

    last, this = found.weeks[-2:]
    assert len(found.weeks) == 12
    assert (this.printed.reports, last.printed.reports) == (1, 2)
    assert (this.sentences.proposed, this.sentences.dropped) == (48, 4)
    assert (last.printed.recorded, last.sentences.proposed) == (1, 48)
    assert (last.slots.promised, last.slots.on_time, last.slots.missing) == (3, 2, 1)
    assert (this.cost.usd, this.cost.requests) == (Decimal("0.75"), 1)
    assert (this.corrected.told, this.corrected.open) == (1, 1)
    assert this.stories.told == 2
    assert found.printed.reports == 3


def test_a_correction_counts_when_it_came_and_a_withdrawn_report_is_told(quarter):
    report = quarter["older"]
    text = next_text(report.current, editor=None, edits="", now=NOW)
    Revision.objects.filter(pk=text.pk).update(published_at=NOW)
    Correction.objects.create(
        revision=text,
        replaced=report.current,
        reason="A name was wrong.",
        author=a_staff_user(),
        created_at=NOW,
    )
    bare = quarter["bare"]
    bare.state, bare.reason = Report.State.WITHDRAWN, "It named a wrong town."
    bare.save(update_fields=["state", "reason"])

    found = quality(NOW)

    assert [week.corrected.total for week in found.weeks[-2:]] == [0, 1]
    assert [week.printed.withdrawn for week in found.weeks[-2:]] == [1, 0]


def test_the_page_tells_the_figures_and_where_they_end(client, quarter):
    page = " ".join(client.get("/quality/").content.decode().split())

    assert "96 sentences were proposed; 91.7 % stood." in page
    assert "8 were dropped, 2 of them after a second reading; 10 mended." in page
    assert "1 report without a record is left out." in page
    assert "4 reports were due; 3 of 4 came on time, 1 not at all." in page
    assert "$0.75 for 1 request to models and searches, $0.25 a report." in page
    assert "Readers reported 1 error; 1 not answered yet." in page
    assert "Norwegian" in page


def test_every_chart_has_a_title_a_description_and_a_table(client, quarter):
    page = client.get("/quality/").content.decode()

    drawings = [etree.fromstring(f"<svg{part}</svg>") for part in svgs_of(page)]
    named = [one for one in drawings if one.get("role") == "img"]
    assert len(named) == 4
    for drawing in named:
        title, said = drawing.get("aria-labelledby", "").split()
        assert drawing.find(f"title[@id='{title}']").text
        assert drawing.find(f"desc[@id='{said}']").text
        assert "<text" not in etree.tostring(drawing, encoding="unicode")
    assert page.count("As a table") == len(named)


def svgs_of(page: str) -> list[str]:
    return [part.partition("</svg>")[0] for part in page.split("<svg")[1:]]


def test_a_house_without_reports_has_a_page_that_says_so(client):
    page = client.get("/quality/").content.decode()

    assert "No report was due." in page
    assert "No story was told." in page
    assert "no model and no search was used" in page
    assert "<svg" not in page


def test_programs_get_the_same_figures(client, quarter):
    response = client.get("/api/v1/quality/")

    found = response.json()
    assert response["Cache-Control"] == "public, max-age=60"
    assert [week["week"] for week in found["weeks"][-2:]] == ["2026-W23", "2026-W24"]
    assert found["weeks"][-1]["is_complete"] is False
    assert found["weeks"][-1]["starts_on"] == "2026-06-08"
    assert found["total"]["proposed"]["grounded"] == 88
    assert found["total"]["slots"]["on_time_share"] == 0.75
    assert found["weeks"][0]["proposed"]["grounded_share"] is None
    assert {"code": "nb", "name": "Norwegian Bokmal", "feeds": 1} in found["read"]["languages"]
    assert client.get("/api/v1/quality/?week=2").status_code == 400


def test_the_figures_are_counted_once_a_minute(client, quarter):
    client.get("/quality/")
    with CaptureQueriesContext(connection) as asked:
        client.get("/quality/")
        client.get("/api/v1/quality/")
    assert len([query for query in asked if "reports_" in query["sql"]]) == 0

    with time_machine.travel(NOW + timedelta(seconds=61), tick=False):
        an_old_report(a_briefing(slug="evening"), days=0)
        page = client.get("/quality/").content.decode()
    assert "in 4 published reports" in page


def test_the_figures_cost_the_same_whatever_there_is(quarter, django_assert_num_queries):
    with django_assert_num_queries(9):
        quality(NOW)
    for days in range(10, 16):
        an_old_report(quarter["new"].briefing, days=days, checks=CHECKS)

    with django_assert_num_queries(9):
        assert quality(NOW).printed.reports == 9


def test_small_shelves_stand_together_and_the_unknown_apart():
    counts = {f"c{n:02}": 40 - n for n in range(20)} | {"": 3}

    shelves = _longest(counts, str.upper)

    assert [shelf.sources for shelf in shelves[:2]] == [40, 39]
    assert [(shelf.name, shelf.sources) for shelf in shelves[-2:]] == [
        ("others", sum(40 - n for n in range(15, 20))),
        ("not known", 3),
    ]
    assert sum(shelf.sources for shelf in shelves) == sum(counts.values())
