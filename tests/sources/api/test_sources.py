"""The API of sources, as a client sees it."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db


@time_machine.travel(NOW, tick=False)
def test_a_healthy_source_says_when_it_answered_and_what_it_brought(client: Client) -> None:
    source = factories.a_source(last_good_at=NOW - timedelta(minutes=12))
    factories.a_fetch(source, new_count=1, started_at=NOW - timedelta(days=1))
    factories.a_fetch(source, new_count=3, started_at=NOW - timedelta(minutes=12))

    body = client.get(f"/api/v1/sources/{source.pk}/").json()

    assert body["url"] == f"http://testserver/api/v1/sources/{source.pk}/"
    assert body["feed_url"] == source.url
    assert body["health"] == {
        "condition": "healthy",
        "in_words": "answered at 6:18 UTC, 3 new",
        "failures": 0,
        "ill_since": None,
        "last_good_at": "2026-06-09T06:18:00Z",
        "gone_at": None,
    }
    assert body["next_fetch_at"] == "2026-06-09T07:15:00Z"
    assert (body["articles_per_day"], body["interval_seconds"]) == (None, None)
    assert (body["full_text"], body["tags"]) == ("never", [])
    assert body["articles_url"] == f"http://testserver/api/v1/articles/?source={source.pk}"


def test_an_invented_domain_is_nobodys(client: Client) -> None:
    publisher = factories.a_publisher("Aster", domain="aster.invalid")
    source = factories.a_source(publisher=publisher, articles_per_day=3.14159)
    article = factories.an_article(source)

    body = client.get(f"/api/v1/sources/{source.pk}/").json()
    of_article = client.get(f"/api/v1/articles/{article.pk}/").json()["publisher"]

    assert body["articles_per_day"] == 3.14
    for told in (body["publisher"], of_article):
        assert (told["name"], told["domain"], told["family"]) == ("Aster", "", "")


def test_a_search_says_what_it_asks_and_has_no_address(client: Client) -> None:
    search = factories.a_search()

    body = client.get(f"/api/v1/sources/{search.pk}/").json()

    assert (body["kind"], body["name"]) == ("search", "Search for old bridge")
    assert (body["query"], body["feed_url"], body["publisher"]) == ("old bridge", "", None)
    assert body["health"]["condition"] == "unchecked"


@time_machine.travel(NOW, tick=False)
def test_a_search_that_was_not_asked_is_not_ill(client: Client) -> None:
    search = factories.a_search(last_good_at=NOW - timedelta(hours=2))
    factories.a_fetch(search, outcome="failed", error="It was not asked.")

    health = client.get(f"/api/v1/sources/{search.pk}/").json()["health"]

    assert health["condition"] == "healthy"
    assert health["in_words"] == (
        "last answered at 4:30 UTC: The search service has given no answer."
    )


@time_machine.travel(NOW, tick=False)
def test_an_ill_source_says_since_when_and_why(client: Client) -> None:
    source = factories.an_ill_source(
        error="HTTP 410: the feed is gone.", ill_since=datetime(2026, 5, 3, tzinfo=UTC)
    )

    health = client.get(f"/api/v1/sources/{source.pk}/").json()["health"]

    assert health["condition"] == "ill"
    assert health["in_words"] == "ill since 3 May: HTTP 410: the feed is gone."


@time_machine.travel(NOW, tick=False)
def test_a_source_that_is_gone_is_not_fetched_again(client: Client) -> None:
    source = factories.a_source(
        gone_at=NOW - timedelta(days=37), interval=timedelta(hours=2), articles_per_day=4.0
    )

    body = client.get(f"/api/v1/sources/{source.pk}/").json()

    assert body["health"]["condition"] == "gone"
    assert body["health"]["in_words"] == "gone since 3 May: HTTP 410"
    assert (body["next_fetch_at"], body["interval_seconds"]) == (None, 7200)
    assert body["articles_per_day"] == 4.0


def test_no_address_of_ours_and_no_setting_is_in_what_clients_are_told(client: Client) -> None:
    for search in (factories.a_search("a"), factories.a_search("b", failures=2)):
        factories.a_fetch(search, outcome="failed", error="TAVILY_API_KEY is refused (HTTP 401).")
    factories.an_ill_source(error="It leads to 10.0.0.1, not a public address.")
    factories.a_source(moved_to="http://10.0.0.2/feed", moves_seen=2)

    told = client.get("/api/v1/sources/").content.decode()

    assert "TAVILY" not in told
    assert "10.0.0." not in told


def test_a_list_costs_two_queries_for_2_and_for_20(client: Client) -> None:
    for _ in range(2):
        factories.a_fetch(factories.a_source())
    of_2 = queries(client, "/api/v1/sources/")
    for _ in range(18):
        factories.a_fetch(factories.a_source())

    of_20 = queries(client, "/api/v1/sources/")

    assert of_2 == of_20 == 2


def test_a_source_costs_two_queries_with_1_and_with_40_fetches_and_articles(client: Client) -> None:
    small, large = factories.a_source(), factories.a_source()
    for source, number in ((small, 1), (large, 40)):
        for minutes in range(number):
            factories.a_fetch(source, started_at=NOW - timedelta(minutes=minutes))
            factories.an_article(source)

    of_1 = queries(client, f"/api/v1/sources/{small.pk}/")
    of_40 = queries(client, f"/api/v1/sources/{large.pk}/")

    assert of_1 == of_40 == 2


def test_pages_of_sources_follow_each_other(client: Client) -> None:
    sources = [factories.a_source() for _ in range(3)]

    first = client.get("/api/v1/sources/", {"page_size": 2}).json()
    second = client.get(first["next"]).json()

    ids = [item["id"] for page in (first, second) for item in page["results"]]
    assert ids == [source.pk for source in sources]


def queries(client: Client, path: str) -> int:
    """Return how many queries a request takes: the throttle counts it with one of them."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)
