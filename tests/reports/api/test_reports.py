"""The API of reports, as a client sees it."""

import hashlib
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db


def test_a_list_holds_the_published_reports_newest_first(client: Client) -> None:
    briefing = factories.a_briefing(slug="dawn")
    older = factories.a_published_report(briefing, local_date=date(2026, 6, 8), sections=1)
    newer = factories.a_published_report(briefing, sections=2)

    body = client.get("/api/v1/reports/").json()

    assert [item["id"] for item in body["results"]] == [newer.pk, older.pk]
    assert body["next"] is None
    first = body["results"][0]
    assert first["url"] == f"http://testserver/api/v1/reports/{newer.pk}/"
    assert first["html_url"] == "http://testserver/reports/dawn/2026-06-09/0700/"
    assert first["briefing"] == "dawn"
    assert first["state"] == "published"
    assert first["slot_at"] == "2026-06-09T05:00:00Z"
    assert first["counts"]["sections"] == 2


def test_counts_are_those_of_the_current_revision(client: Client) -> None:
    report = factories.a_published_report(sections=2)
    sections = list(report.current.sections.all())

    counts = client.get("/api/v1/reports/").json()["results"][0]["counts"]

    assert counts == {
        "sections": 2,
        "claims": sum(section.claims.count() for section in sections),
        "articles": sum(section.article_count for section in sections),
    }


@pytest.mark.parametrize("state", ["producing", "draft", "held", "skipped", "failed"])
def test_what_is_not_published_is_not_there(client: Client, state: str) -> None:
    report = factories.a_draft_report(sections=1, state=state, reason="It is not ready.")

    in_list = client.get("/api/v1/reports/").json()["results"]
    alone = client.get(f"/api/v1/reports/{report.pk}/")

    assert in_list == []
    assert alone.status_code == 404
    assert alone.json()["detail"] == f"There is no report {report.pk}."


def test_a_withdrawn_report_is_gone_and_says_why(client: Client) -> None:
    report = factories.a_withdrawn_report(reason="The herring figures were wrong.", sections=1)

    in_list = client.get("/api/v1/reports/").json()["results"]
    alone = client.get(f"/api/v1/reports/{report.pk}/")

    assert in_list == []
    assert alone.status_code == 410
    assert alone["Content-Type"] == "application/problem+json"
    assert alone.json()["code"] == "gone"
    assert alone.json()["detail"].endswith("The herring figures were wrong.")


def test_a_client_can_verify_every_sentence(client: Client) -> None:
    report = factories.a_published_report(sections=3)

    body = client.get(f"/api/v1/reports/{report.pk}/").json()

    claims = [claim for section in body["sections"] for claim in section["claims"]]
    evidence = [item for claim in claims for item in claim["evidence"]]
    assert claims
    assert all(claim["evidence"] for claim in claims)
    for item in evidence:
        passage = item["passage"]
        assert passage["text"][item["start"] : item["end"]] == item["quote"]
        assert hashlib.sha256(passage["text"].encode()).hexdigest() == passage["sha256"]


def test_a_section_tells_its_story_with_links(client: Client) -> None:
    report = factories.a_published_report(sections=1)
    section = report.current.sections.get()
    page = f"http://testserver{report.get_absolute_url()}"

    body = client.get(f"/api/v1/reports/{report.pk}/").json()

    told = body["sections"][0]
    headline = section.claims.get(kind="headline")
    assert told["headline"] == headline.text
    assert told["permalink"] == f"{page}#{section.anchor}"
    assert told["story"]["url"] == f"http://testserver/api/v1/stories/{section.story_id}/"
    assert told["counts"]["outlets"] == section.outlet_count
    assert told["claims"][0]["permalink"] == f"{page}#{headline.anchor}"
    evidence = told["claims"][0]["evidence"][0]
    assert evidence["article"]["url"].startswith("http://testserver/api/v1/articles/")
    assert evidence["article"]["link"].startswith("https://")
    assert evidence["publisher"]["name"]


def test_the_summary_is_the_claims_of_the_box_in_its_order(client: Client) -> None:
    report = factories.a_published_report(sections=3)
    claims = report.current.sections.values_list(
        "claims__summary_position", "claims__pk", named=True
    )
    chosen = sorted(
        (row for row in claims if row.claims__summary_position is not None),
        key=lambda row: row.claims__summary_position,
    )

    summary = client.get(f"/api/v1/reports/{report.pk}/").json()["summary"]

    assert [claim["id"] for claim in summary] == [row.claims__pk for row in chosen]
    assert len(summary) == 3


def test_a_report_says_how_it_came_about(client: Client) -> None:
    report = factories.a_published_report(
        sections=1,
        reason="This report is late.",
        revision={
            "coverage": {
                "watched": 9,
                "answered": 8,
                "articles": 64,
                "newest_article_at": "2026-06-09T04:41:00Z",
            }
        },
    )

    body = client.get(f"/api/v1/reports/{report.pk}/").json()

    assert body["coverage"] == {
        "watched": 9,
        "answered": 8,
        "articles": 64,
        "newest_article_at": "2026-06-09T04:41:00Z",
    }
    assert body["analyst"] == "local analyst"
    assert body["revision"] == 1
    assert body["note"] == "This report is late."
    assert body["left_out"][0]["reason"] == "the report was full"


@pytest.mark.parametrize(
    ("stored", "points", "parts"),
    [
        pytest.param(
            {"freshness": 61, "soft news": -50, "independent reports": 158},
            169,
            [("independent reports", 158), ("freshness", 61), ("soft news", -50)],
            id="as it is",
        ),
        pytest.param(
            {"freshness": 0.333, "outlets": 0.5},
            0.833,
            [("outlets", 0.5), ("freshness", 0.333)],
            id="of an old report",
        ),
        pytest.param({"x": "1", "y": None, "z": True}, 0, [], id="odd"),
        pytest.param([1], 0, [], id="no mapping"),
    ],
)
def test_a_section_says_why_it_stands_where_it_does(client: Client, stored, points, parts) -> None:
    draft = factories.a_draft_report(sections=1)
    draft.revisions.get().sections.update(score=stored)
    report = factories.publish(draft)

    score = client.get(f"/api/v1/reports/{report.pk}/").json()["sections"][0]["score"]

    assert score["points"] == points
    assert [(part["part"], part["points"]) for part in score["parts"]] == parts


def test_a_report_says_who_wrote_it_and_after_which_prompts(client: Client) -> None:
    draft = factories.a_draft_report(sections=2)
    revision = draft.revisions.get()
    revision.prompts.create(
        purpose="analyze", number=3, text="Write.", note="First.", created_at=NOW
    )
    revision.sections.update(analyst="claude-sonnet-5-5")
    revision.sections.filter(position=2).update(analyst="local analyst", fallback="No time.")
    report = factories.publish(draft)

    body = client.get(f"/api/v1/reports/{report.pk}/").json()

    assert body["prompts"] == [{"purpose": "analyze", "number": 3}]
    assert body["provenance_url"] == f"http://testserver{report.get_provenance_url()}"
    assert [(section["analyst"], section["fallback"]) for section in body["sections"]] == [
        ("claude-sonnet-5-5", ""),
        ("local analyst", "No time."),
    ]


def test_a_list_can_be_cut_by_briefing(client: Client) -> None:
    wanted = factories.a_published_report(factories.a_briefing(slug="dawn"), sections=1)
    factories.a_published_report(factories.a_briefing(slug="dusk"), sections=1)

    body = client.get("/api/v1/reports/", {"briefing": "dawn"}).json()

    assert [item["id"] for item in body["results"]] == [wanted.pk]


@pytest.mark.parametrize(
    ("span", "found"),
    [
        pytest.param({"since": "2026-06-09T05:00:00Z"}, True, id="since includes its moment"),
        pytest.param({"since": "2026-06-09T05:00:01Z"}, False, id="later than that"),
        pytest.param({"until": "2026-06-09T05:00:00Z"}, False, id="until excludes its moment"),
        pytest.param({"until": "2026-06-09T07:00:01+02:00"}, True, id="any offset"),
        pytest.param({"since": "2026-06-09", "until": "2026-06-10"}, True, id="a day in UTC"),
    ],
)
def test_a_list_can_be_cut_in_time(client: Client, span: dict[str, str], found: bool) -> None:
    factories.a_published_report(sections=1)

    body = client.get("/api/v1/reports/", span).json()

    assert bool(body["results"]) is found


def test_pages_follow_each_other_without_gap_or_repeat_while_reports_are_added(
    client: Client,
) -> None:
    briefing = factories.a_briefing()
    days = [date(2026, 6, 9) - timedelta(days=n) for n in range(5)]
    reports = [
        factories.a_published_report(briefing, local_date=day, number=n, sections=1)
        for n, day in enumerate(days, start=1)
    ]

    first = client.get("/api/v1/reports/", {"page_size": 2}).json()
    factories.a_published_report(briefing, local_date=date(2026, 6, 10), number=9, sections=1)
    second = client.get(first["next"]).json()
    third = client.get(second["next"]).json()

    pages = [item["id"] for page in (first, second, third) for item in page["results"]]
    assert pages == [report.pk for report in reports]
    assert third["next"] is None


def test_reports_of_one_moment_are_paged_by_id(client: Client) -> None:
    reports = [factories.a_published_report(sections=1) for _ in range(3)]

    first = client.get("/api/v1/reports/", {"page_size": 1}).json()
    second = client.get(first["next"]).json()

    ids = [first["results"][0]["id"], second["results"][0]["id"]]
    assert ids == [reports[2].pk, reports[1].pk]


def test_a_list_costs_the_same_queries_for_2_and_20(client: Client) -> None:
    briefing = factories.a_briefing()
    days = [NOW.date() - timedelta(days=n) for n in range(20)]
    for n, day in enumerate(days[:2], start=1):
        factories.a_published_report(briefing, local_date=day, number=n, sections=1)
    of_2 = queries(client, "/api/v1/reports/")
    for n, day in enumerate(days[2:], start=3):
        factories.a_published_report(briefing, local_date=day, number=n, sections=1)

    of_20 = queries(client, "/api/v1/reports/")

    assert of_2 == of_20 == 2


def test_a_report_costs_the_same_queries_for_1_and_6_sections(client: Client) -> None:
    short = factories.a_published_report(sections=1)
    long = factories.a_published_report(sections=6)

    of_1 = queries(client, f"/api/v1/reports/{short.pk}/")
    of_6 = queries(client, f"/api/v1/reports/{long.pk}/")

    assert of_1 == of_6 == 10
    assert queries(client, f"/api/v1/reports/{long.pk}/") == 3


def queries(client: Client, path: str) -> int:
    """Return how many queries a request takes: the throttle counts it with one of them."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)
