"""The API of briefings, stories and articles, as a client sees it."""

from collections.abc import Callable
from datetime import date, time, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from reports.api.serializers import EXCERPT_CHARS, excerpt
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db


# --- Briefings --------------------------------------------------------------------
@time_machine.travel(NOW, tick=False)
def test_a_briefing_tells_its_schedule_and_its_next_slot(client: Client) -> None:
    dawn = factories.a_briefing(slug="dawn")
    newest = factories.a_published_report(dawn, sections=1)
    factories.a_published_report(dawn, sections=1, local_date=date(2026, 6, 8))
    factories.a_draft_report(dawn, sections=0, local_date=date(2026, 6, 10))

    body = client.get("/api/v1/briefings/dawn/").json()

    assert body["url"] == "http://testserver/api/v1/briefings/dawn/"
    assert body["schedule"] == {
        "in_words": "Every day at 07:00, Europe/Berlin time",
        "timezone": "Europe/Berlin",
        "times": ["07:00"],
        "weekdays": [1, 2, 3, 4, 5, 6, 7],
    }
    assert body["next_slot_at"] == "2026-06-10T05:00:00Z"
    assert body["report_count"] == 2
    assert body["newest_report_url"] == f"http://testserver/api/v1/reports/{newest.pk}/"
    assert (body["is_paused"], body["paused_until"], body["grace_seconds"]) == (False, None, 900)
    assert body["reports_url"] == "http://testserver/api/v1/reports/?briefing=dawn"


@time_machine.travel(NOW, tick=False)
@pytest.mark.parametrize(
    ("pause", "is_paused"),
    [
        pytest.param({"is_enabled": False}, True, id="switched off"),
        pytest.param({"paused_until": date(2026, 6, 10)}, True, id="until tomorrow"),
        pytest.param({"paused_until": date(2026, 6, 9)}, False, id="until today"),
    ],
)
def test_a_paused_briefing_says_so(client: Client, pause, is_paused) -> None:
    factories.a_briefing(slug="dawn", times=[time(7), time(18, 30)], **pause)

    body = client.get("/api/v1/briefings/dawn/").json()

    assert (body["is_paused"], body["newest_report_url"]) == (is_paused, None)
    assert (body["next_slot_at"] is None) is ("is_enabled" in pause)


def test_an_unknown_briefing_is_not_there(client: Client) -> None:
    response = client.get("/api/v1/briefings/nowhere/")

    assert response.status_code == 404
    assert response.json()["detail"] == "There is no briefing nowhere."


# --- Stories ----------------------------------------------------------------------
def test_a_story_says_why_each_article_is_in_it_and_what_repeats_what(client: Client) -> None:
    original = factories.an_article(title="Old Bridge to close", hours_ago=5)
    copy = factories.an_article(factories.a_source("Echo"), hours_ago=3)
    story = factories.a_story([original], copies=[copy])

    body = client.get(f"/api/v1/stories/{story.pk}/").json()

    assert body["title"] == "Old Bridge to close"
    first, second = body["articles"]
    assert first["article"]["id"] == original.pk
    assert first["copy_of_url"] is None
    assert second["copy_of_url"] == f"http://testserver/api/v1/articles/{original.pk}/"
    assert second["why"]["names"] == ["Old Bridge"]
    assert second["why"]["hours_apart"] == 2.0


def test_a_story_names_the_published_reports_that_told_it(client: Client) -> None:
    report = factories.a_published_report(sections=1)
    story = report.current.sections.get().story
    draft = factories.a_draft_report(sections=0)
    factories.a_section(draft.revisions.get(), story)

    body = client.get(f"/api/v1/stories/{story.pk}/").json()

    assert [telling["report_url"] for telling in body["told_in"]] == [
        f"http://testserver/api/v1/reports/{report.pk}/"
    ]


def test_stories_with_the_newest_articles_come_first(client: Client) -> None:
    old = factories.a_story([factories.an_article(hours_ago=9)])
    new = factories.a_story([factories.an_article(hours_ago=1)])

    body = client.get("/api/v1/stories/").json()

    assert [item["id"] for item in body["results"]] == [new.pk, old.pk]


# --- Articles ---------------------------------------------------------------------
def test_an_article_is_described_but_its_text_stays_with_its_publisher(client: Client) -> None:
    text = "The Old Bridge will close on Friday evening. " * 40
    article = factories.an_article(paragraphs=[text, "The end of the matter."])
    story = factories.a_story([article])

    response = client.get(f"/api/v1/articles/{article.pk}/")

    body = response.json()
    assert body["link"] == article.url
    assert body["url"] == f"http://testserver/api/v1/articles/{article.pk}/"
    assert body["source_url"] == f"http://testserver/api/v1/sources/{article.source_id}/"
    assert body["passage_count"] == 3
    assert body["story"]["id"] == story.pk
    assert body["copy_of_url"] is None
    assert len(body["excerpt"]) <= EXCERPT_CHARS
    assert "The end of the matter" not in response.content.decode()


def test_an_article_without_a_story_has_none(client: Client) -> None:
    article = factories.an_article(state="enriched")

    body = client.get(f"/api/v1/articles/{article.pk}/").json()

    assert body["story"] is None
    assert body["copy_of_url"] is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", "", id="nothing"),
        pytest.param("Short.\n\nAnd sweet.", "Short. And sweet.", id="short and flat"),
        pytest.param("x" * 900, "x" * 299 + "…", id="one word without end"),
        pytest.param("word, " * 100, "word, " * 48 + "word…", id="cut between words"),
    ],
)
def test_an_excerpt_is_bounded(text: str, expected: str) -> None:
    assert excerpt(text) == expected
    assert len(excerpt(text)) <= EXCERPT_CHARS


@pytest.mark.parametrize("name", ["source", "story", "language"])
def test_articles_can_be_cut_by(client: Client, name: str) -> None:
    wanted = factories.an_article(factories.a_source("Echo", language="de"))
    other = factories.an_article(factories.a_source("Post", language="en"))
    story = factories.a_story([wanted])
    factories.a_story([other])
    values = {"source": wanted.source_id, "story": story.pk, "language": "de"}

    body = client.get("/api/v1/articles/", {name: values[name]}).json()

    assert [item["id"] for item in body["results"]] == [wanted.pk]


# --- Cost -------------------------------------------------------------------------
def more_briefings() -> None:
    factories.a_briefing()


def more_articles() -> None:
    factories.a_story([factories.an_article(factories.a_source())])


@pytest.mark.parametrize(
    ("path", "add", "cost"),
    [
        pytest.param("/api/v1/briefings/", more_briefings, 2, id="briefings"),
        pytest.param("/api/v1/stories/", more_articles, 3, id="stories"),
        pytest.param("/api/v1/articles/", more_articles, 2, id="articles"),
    ],
)
def test_a_list_costs_the_same_queries_for_2_and_for_20(
    client: Client, path: str, add: Callable[[], None], cost: int
) -> None:
    for _ in range(2):
        add()
    of_2 = queries(client, path)
    for _ in range(18):
        add()

    of_20 = queries(client, path)

    assert of_2 == of_20 == cost


def test_a_story_costs_the_same_queries_for_2_and_20_articles(client: Client) -> None:
    small = factories.a_story([article_of(n) for n in range(2)])
    large = factories.a_story([article_of(n) for n in range(20)])

    of_2 = queries(client, f"/api/v1/stories/{small.pk}/")
    of_20 = queries(client, f"/api/v1/stories/{large.pk}/")

    assert of_2 == of_20 == 5


def test_an_article_costs_the_same_queries_alone_and_in_a_crowd(client: Client) -> None:
    alone = factories.an_article(paragraphs=["The bridge closes."])
    factories.a_story([alone])
    crowded = factories.an_article(paragraphs=[f"Day {day} of the bridge." for day in range(40)])
    factories.a_story([crowded], copies=[factories.an_article() for _ in range(12)])

    of_1 = queries(client, f"/api/v1/articles/{alone.pk}/")
    of_40 = queries(client, f"/api/v1/articles/{crowded.pk}/")

    assert of_1 == of_40 == 2


def test_a_briefing_costs_the_same_queries_for_1_and_12_reports(client: Client) -> None:
    for slug, number in (("small", 1), ("large", 12)):
        briefing = factories.a_briefing(slug=slug)
        for n in range(number):
            day = NOW.date() - timedelta(days=n)
            factories.a_published_report(briefing, local_date=day, number=n + 1, sections=1)

    of_1 = queries(client, "/api/v1/briefings/small/")
    of_12 = queries(client, "/api/v1/briefings/large/")

    assert of_1 == of_12 == 3


def article_of(n: int) -> object:
    moment = NOW - timedelta(hours=n)
    return factories.an_article(factories.a_source(), published_at=moment)


def queries(client: Client, path: str) -> int:
    """Return how many queries a request takes: the throttle counts it with one of them."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


def test_a_story_says_who_really_reported_it(client: Client) -> None:
    original = article_of(1)
    story = factories.a_story([original], copies=[article_of(2)], copy_count=1, outlet_count=2)
    story.memberships.update(agency="Reuters")

    listed = client.get("/api/v1/stories/").json()["results"][0]
    alone = client.get(f"/api/v1/stories/{story.pk}/").json()

    assert alone["independence"] == listed["independence"]
    assert "Reuters" in alone["independence"]
