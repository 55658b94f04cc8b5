"""The API of storylines, as a client sees it."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client

from reports.models import Claim, Report, Story
from reports.pages.storylines import newest_stories
from tests.factories import (
    NOW,
    TODAY,
    a_briefing,
    a_claim,
    a_draft_report,
    a_section,
    a_source,
    a_story,
    an_article,
    publish,
)

pytestmark = pytest.mark.django_db

NEWS = "A jury in Port Averil found the banker Otis Fenn guilty of fraud."


@pytest.fixture(autouse=True)
def clock(settings):
    settings.KEPT_PAGE_SECONDS = 0
    with time_machine.travel(NOW, tick=False):
        yield


def told(story: Story, briefing, *, days_ago: int) -> Report:
    """Publish a report that told the story by its title, and what changed."""
    day = TODAY - timedelta(days=days_ago)
    report = a_draft_report(briefing, sections=0, local_date=day)
    section = a_section(report.revisions.get(), story, status="developing")
    a_claim(section, quotes=[story.title], kind=Claim.Kind.HEADLINE)
    a_claim(section, quotes=[NEWS], kind=Claim.Kind.CHANGED)
    return publish(report)


@pytest.fixture
def line() -> tuple[list[Story], list[Report]]:
    """A trial that two more stories continued, told twice; and a story of its own."""
    source, briefing = a_source(), a_briefing(slug="dawn")
    stories: list[Story] = []
    for number in range(3):
        title = f"Trial of Otis Fenn, day {number + 1}"
        article = an_article(source, title=title, paragraphs=[NEWS], hours_ago=72 - number * 24)
        why = {"names": ["Otis Fenn"], "terms": ["fraud"], "hours_apart": 24}
        linked = {"continues": stories[-1], "beginning": stories[0]} if stories else {}
        stories.append(a_story([article], continues_why=why, **linked))
    a_story([an_article(source, title="A bridge opens", hours_ago=1)])
    return stories, [told(stories[n], briefing, days_ago=2 - n) for n in range(2)]


def test_a_list_holds_what_goes_on(client: Client, line) -> None:
    (first, *_), (_, newest) = line

    body = client.get("/api/v1/storylines/").json()

    assert body == {
        "next": None,
        "results": [
            {
                "id": first.pk,
                "url": f"http://testserver/api/v1/storylines/{first.pk}/",
                "html_url": f"http://testserver/storylines/{first.pk}/",
                "title": "Trial of Otis Fenn, day 2",
                "language": "en",
                "status": "developing",
                "first_article_at": "2026-06-06T06:30:00Z",
                "last_article_at": "2026-06-08T06:30:00Z",
                "story_count": 3,
                "article_count": 3,
                "last_told_at": "2026-06-08T05:00:00Z",
                "last_told_url": f"http://testserver/api/v1/reports/{newest.pk}/",
            }
        ],
    }


def test_one_storyline_has_its_stories_and_what_was_told(client: Client, line) -> None:
    stories, (older, newer) = line

    body = client.get(f"/api/v1/storylines/{stories[0].pk}/").json()

    assert [part["id"] for part in body["stories"]] == [story.pk for story in stories]
    assert body["stories"][0]["why"] == ""
    assert "Otis Fenn" in body["stories"][1]["why"]
    assert [told["report_url"] for told in body["told_in"]] == [
        f"http://testserver/api/v1/reports/{report.pk}/" for report in (newer, older)
    ]
    newest = body["told_in"][0]
    page = f"http://testserver{newer.get_absolute_url()}"
    changed = Claim.objects.get(section__revision__report=newer, kind="changed")
    assert newest["permalink"] == f"{page}#story-{stories[1].pk}"
    assert (newest["briefing"], newest["story"]) == ("dawn", stories[1].pk)
    assert newest["headline"]["text"] == body["title"] == stories[1].title
    assert newest["changed"] == [
        {"text": NEWS, "language": "en", "permalink": f"{page}#{changed.anchor}"}
    ]


def test_any_story_leads_to_its_storyline(client: Client, line) -> None:
    (first, middle, last), _ = line
    Story.objects.filter(pk=middle.pk).update(merged_into=last)
    alone = Story.objects.get(title="A bridge opens")

    found = [client.get(f"/api/v1/storylines/{story.pk}/") for story in (middle, last, alone)]

    assert [answer.json()["id"] for answer in found] == [first.pk, first.pk, alone.pk]
    assert found[2].json()["told_in"] == []
    missing = client.get("/api/v1/storylines/999999/")
    assert missing.status_code == 404
    assert missing.json()["detail"] == "There is no story 999999."


def test_only_public_reports_tell(client: Client, line) -> None:
    (first, *_), (older, newer) = line
    for report in (older, newer):
        Report.objects.filter(pk=report.pk).update(state="withdrawn", reason="Wrong.")

    listed = client.get("/api/v1/storylines/").json()["results"][0]
    alone = client.get(f"/api/v1/storylines/{first.pk}/").json()

    assert (listed["last_told_at"], listed["last_told_url"], alone["told_in"]) == (None, None, [])
    assert listed["title"] == "Trial of Otis Fenn, day 3"
    assert listed["status"] == "developing"


@pytest.mark.parametrize(
    ("query", "count"),
    [
        pytest.param("since=2026-06-08T06:30:00Z", 1, id="since its newest article"),
        pytest.param("since=2026-06-08T06:30:01Z", 0, id="since later"),
        pytest.param("until=2026-06-08T06:30:00Z", 0, id="until then"),
        pytest.param("ordering=oldest&fields=id", 1, id="order and fields"),
    ],
)
def test_storylines_are_cut_in_time(client: Client, line, query, count) -> None:
    assert len(client.get(f"/api/v1/storylines/?{query}").json()["results"]) == count


def test_every_storyline_is_on_one_page(client: Client) -> None:
    for hours in (5, 3, 9):
        first = a_story([an_article(hours_ago=20)])
        a_story([an_article(hours_ago=hours)], continues=first, beginning=first)

    def walked(ordering: str) -> list[str]:
        moments, address = [], f"/api/v1/storylines/?page_size=1&ordering={ordering}"
        while address:
            page = client.get(address).json()
            moments += [row["last_article_at"] for row in page["results"]]
            address = page["next"]
        return moments

    assert walked("newest") == sorted(walked("oldest"), reverse=True)
    assert len(set(walked("newest"))) == 3


def test_the_first_story_may_be_the_one_that_grows(client: Client) -> None:
    first = a_story([an_article(hours_ago=9)], last_article_at=NOW)
    merged = a_story([an_article(hours_ago=1)], beginning=first, continues=first)
    for _ in range(2):
        a_story([an_article(hours_ago=4)], beginning=first, continues=first)
    Story.objects.filter(pk=merged.pk).update(merged_into=first)

    (line,) = client.get("/api/v1/storylines/").json()["results"]

    assert (line["id"], line["story_count"]) == (first.pk, 3)
    assert line["last_article_at"] == "2026-06-09T06:30:00Z"


def test_storylines_are_read_in_the_order_of_an_index() -> None:
    page = newest_stories().order_by("-last_article_at", "-pk")[:26]

    with connection.cursor() as cursor:
        # Whether an index can answer, not whether a table of nothing is worth one.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
        plan = page.explain()
    assert "story_newest" in plan
    assert "Sort" not in plan


def test_storylines_cost_few_queries(client: Client, line, django_assert_num_queries) -> None:
    for number in range(4):
        first = a_story([an_article(hours_ago=20 + number)])
        a_story([an_article(hours_ago=number)], continues=first, beginning=first)

    # The throttle's, the page, their stories, the tellings, what these said.
    with django_assert_num_queries(5):
        assert len(client.get("/api/v1/storylines/").json()["results"]) == 5
    with django_assert_num_queries(5):
        client.get(f"/api/v1/storylines/{line[0][0].pk}/")
