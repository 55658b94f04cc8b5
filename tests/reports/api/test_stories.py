"""The list of stories can be cut by what they are about and whom they name."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from reports.models import Membership, Story
from tests.factories import a_story, an_article

pytestmark = pytest.mark.django_db


def a_described_story(**fields: Any) -> Story:
    described = {
        "topics": ["politics", "economy"],
        "people": ["Angela Forster", "Émile Dubois"],
        "places": ["Peru"],
        "organizations": ["World Health Organization"],
        "sentiment": "negative",
        "is_described": True,
    }
    return a_story([an_article()], **described | fields)


def another() -> Story:
    return a_described_story(
        topics=["sport"],
        people=["Angela"],
        places=["New Peru"],
        organizations=["Health"],
        sentiment="neutral",
    )


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("topic=politics", id="first topic"),
        pytest.param("topic=economy", id="another topic"),
        pytest.param("person=Angela%20Forster", id="person"),
        pytest.param("person=angela%20FORSTER", id="in any case"),
        pytest.param("person=%20Angela%20%20Forster%20", id="with spaces"),
        pytest.param("place=peru", id="place"),
        pytest.param("organization=world%20health%20organization", id="organization"),
        pytest.param("sentiment=negative", id="sentiment"),
        pytest.param("topic=economy&person=Angela%20Forster&place=Peru", id="all together"),
    ],
)
def test_stories_are_found_by_what_they_are_about(client: Client, query: str) -> None:
    wanted = a_described_story()
    another()

    body = client.get(f"/api/v1/stories/?{query}").json()

    assert [story["id"] for story in body["results"]] == [wanted.pk]


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("person=Forster", id="half a name"),
        pytest.param("person=Angela%20Forster&topic=sport", id="another topic"),
        pytest.param("place=%25", id="a pattern"),
        pytest.param("person=%7BAngela%20Forster%7D", id="an array"),
        pytest.param("organization=Angela%20Forster", id="of another kind"),
        pytest.param("sentiment=positive", id="nobody is glad"),
    ],
)
def test_only_whole_names_are_found(client: Client, query: str) -> None:
    a_described_story()

    assert client.get(f"/api/v1/stories/?{query}").json()["results"] == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        pytest.param("topic=gossip", "topic", id="an unknown topic"),
        pytest.param("topic=", "topic", id="an empty topic"),
        pytest.param("sentiment=angry", "sentiment", id="an unknown sentiment"),
        pytest.param("person=", "person", id="an empty name"),
        pytest.param("person=%E2%80%8B", "person", id="nothing that one can see"),
        pytest.param(f"place={'x' * 121}", "place", id="a long name"),
        pytest.param("organization=%00", "organization", id="NUL"),
        pytest.param("people=Angela", "people", id="a plural"),
    ],
)
def test_a_wrong_filter_is_refused_by_name(client: Client, query: str, field: str) -> None:
    response = client.get(f"/api/v1/stories/?{query}")

    assert response.status_code == 400
    assert {error["field"] for error in response.json()["errors"]} == {field}


def test_a_story_tells_what_it_is_about_and_what_it_continues(client: Client) -> None:
    first = a_described_story()
    second = a_described_story(continues=first, beginning=first, copy_count=3)
    Membership.objects.filter(story=second).update(
        agency="Reuters", sentiment="negative", sentiment_confidence=0.7
    )

    body = client.get(f"/api/v1/stories/{second.pk}/").json()
    beginning = client.get(f"/api/v1/stories/{first.pk}/").json()

    assert body["topics"] == ["politics", "economy"]
    assert body["people"] == ["Angela Forster", "Émile Dubois"]
    assert (body["places"], body["sentiment"]) == (["Peru"], "negative")
    assert body["organizations"] == ["World Health Organization"]
    assert (body["copy_count"], body["storyline_id"]) == (3, first.pk)
    assert body["continues_id"] == first.pk
    assert body["continues_url"] == f"http://testserver/api/v1/stories/{first.pk}/"
    assert beginning["storyline_id"] == first.pk
    assert (beginning["continues_id"], beginning["continues_url"]) == (None, None)
    member = body["articles"][0]
    assert (member["agency"], member["sentiment"]) == ("Reuters", "negative")
    assert member["sentiment_confidence"] == 0.7


def test_a_filtered_list_costs_three_queries(client: Client) -> None:
    first = a_described_story()
    for _ in range(5):
        a_described_story(continues=first, beginning=first)

    with CaptureQueriesContext(connection) as queries:
        body = client.get("/api/v1/stories/?topic=politics&person=angela%20forster").json()

    assert len(body["results"]) == 6
    assert len(queries) == 3


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        pytest.param({"topic": "politics"}, "story_topics", id="topic"),
        pytest.param({"person": "Angela Forster"}, "story_names", id="person"),
        pytest.param({"place": "Peru"}, "story_names", id="place"),
        pytest.param({"organization": "UNESCO"}, "story_names", id="organization"),
    ],
)
def test_filters_are_answered_by_an_index(asked: dict[str, str], index: str) -> None:
    found = Story.objects.about(**asked)

    with connection.cursor() as cursor:
        # Whether an index can answer, not whether a table of nothing is worth one.
        cursor.execute("SET LOCAL enable_seqscan = off")

    assert index in found.explain()
