"""The public list of who we read."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from sources.gateways.opml import read_outlines
from tests.factories import NOW, a_search, a_source

pytestmark = pytest.mark.django_db


def test_readers_get_the_feeds_that_we_read_and_no_others(client: Client) -> None:
    a_source("Courier & Sons", url="https://courier.example/rss", tags=["news"], language="de")
    a_source("Paused", is_enabled=False)
    a_source("Gone", gone_at=NOW)
    a_source("Demonstration", newsroom="demo")
    a_source("Of this house", url="http://127.0.0.1:8123/rss")
    a_search("old bridge")

    answer = client.get("/sources.opml")

    assert answer["Content-Type"] == "text/x-opml; charset=utf-8"
    (feed,) = read_outlines(answer.content).feeds
    assert (feed.name, feed.url) == ("Courier & Sons", "https://courier.example/rss")
    assert (feed.language, feed.folders) == ("de", ("news",))


def test_whoever_has_the_list_is_not_sent_it_again(client: Client) -> None:
    source = a_source()

    first = client.get("/sources.opml")
    same = client.get("/sources.opml", headers={"If-None-Match": first["ETag"]})
    source.name = "Another"
    source.save(update_fields=["name"])
    other = client.get("/sources.opml", headers={"If-None-Match": first["ETag"]})

    assert "public" in first["Cache-Control"]
    assert (same.status_code, same.content) == (304, b"")
    assert other.status_code == 200


@pytest.mark.parametrize("number", [0, 1, 60])
def test_the_list_takes_one_query(
    client: Client, django_assert_num_queries: Any, number: int
) -> None:
    for place in range(number):
        a_source(f"Gazette {place}")

    with django_assert_num_queries(1):
        client.get("/sources.opml")
