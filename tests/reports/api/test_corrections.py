"""The API of corrections, as a client sees it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from reports.models import Claim, Correction, Report
from reports.pipeline.correct import publish_correction
from reports.pipeline.drafting import next_text
from reports.pipeline.publish import publish_report, withdraw_report
from tests.factories import NOW, a_briefing, a_draft_report, a_staff_user

pytestmark = pytest.mark.django_db


def corrected(slug: str, *, hours: int = 1) -> Report:
    """Return a report whose last sentence was taken out."""
    report = a_draft_report(a_briefing(slug=slug), sections=1)
    publish_report(report, now=NOW)
    report.refresh_from_db()
    at = NOW + timedelta(hours=hours)
    text = next_text(report.current, editor=None, edits="", now=at)
    Claim.objects.filter(section__revision=text).order_by("pk").last().delete()
    publish_correction(
        report, text, kind="correction", reason=f"{slug}: wrong.", author=a_staff_user(), now=at
    )
    return report


def test_corrections_are_listed_with_what_they_changed(client: Client) -> None:
    report = corrected("dawn")
    gone = Claim.objects.filter(section__revision__number=1).order_by("pk").last()

    body = client.get("/api/v1/corrections/").json()

    page = f"http://testserver{report.get_absolute_url()}"
    assert body == {
        "next": None,
        "results": [
            {
                "id": Correction.objects.get().pk,
                "kind": "correction",
                "reason": "dawn: wrong.",
                "created_at": "2026-06-09T07:30:00Z",
                "revision": 2,
                "replaced_revision": 1,
                "html_url": f"{page}revisions/#revision-2",
                "briefing": "dawn",
                "report": report.pk,
                "report_url": f"http://testserver/api/v1/reports/{report.pk}/",
                "changes": {
                    "title": None,
                    "sentences": [
                        {
                            "kind": "dropped",
                            "before": gone.text,
                            "after": None,
                            "language": gone.language,
                            "permalink": None,
                        }
                    ],
                    "moved_stories": [],
                    "is_summary_changed": gone.summary_position is not None,
                    "is_short_changed": False,
                },
            }
        ],
    }


def test_a_report_tells_its_corrections(client: Client) -> None:
    report = corrected("dawn")

    body = client.get(f"/api/v1/reports/{report.pk}/").json()

    assert body["revision"] == 2
    assert [one["reason"] for one in body["corrections"]] == ["dawn: wrong."]
    assert body["corrections"][0]["changes"]["sentences"][0]["kind"] == "dropped"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param("", ["dusk", "dawn"], id="newest first"),
        pytest.param("?briefing=dawn", ["dawn"], id="by briefing"),
        pytest.param("?report={dusk}", ["dusk"], id="by report"),
        pytest.param("?since=2026-06-09T08:30:00Z", ["dusk"], id="since"),
        pytest.param("?until=2026-06-09T08:30:00Z", ["dawn"], id="until"),
        pytest.param("?page_size=1", ["dusk"], id="a page"),
    ],
)
def test_corrections_can_be_chosen(client: Client, query: str, found: list[str]) -> None:
    corrected("dawn", hours=1)
    dusk = corrected("dusk", hours=2)

    body = client.get(f"/api/v1/corrections/{query.format(dusk=dusk.pk)}").json()

    assert [one["briefing"] for one in body["results"]] == found


@pytest.mark.parametrize("query", ["?page_size=26", "?report=x", "?report=-1", "?kind=update"])
def test_what_cannot_be_asked_is_refused_by_name(client: Client, query: str) -> None:
    assert client.get(f"/api/v1/corrections/{query}").status_code == 400


def test_of_a_withdrawn_report_the_words_are_not_told(client: Client) -> None:
    withdraw_report(corrected("dawn"), reason="A hoax.", now=NOW)

    (one,) = client.get("/api/v1/corrections/").json()["results"]

    assert one["changes"] is None


def test_a_list_takes_so_many_queries_however_long(client, django_assert_num_queries) -> None:
    corrected("dawn")
    with django_assert_num_queries(4):
        client.get("/api/v1/corrections/")

    corrected("dusk")
    with django_assert_num_queries(4):
        client.get("/api/v1/corrections/")
