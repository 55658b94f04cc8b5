"""Making sources of feeds that somebody chose."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sources.domain.adding import NewFeed
from sources.models import Source
from sources.pipeline.adding import add_feeds, watched
from tests.factories import a_search, a_source

pytestmark = pytest.mark.django_db


def feed(number: int, **fields) -> NewFeed:
    return NewFeed(f"https://paper-{number}.example/feed", **{"name": f"Paper {number}"} | fields)


def test_a_new_feed_becomes_a_source_that_is_due_at_once(now):
    added = add_feeds(
        [
            NewFeed(
                "https://courier.example/feed",
                name="The\u202e  Courier\x00",
                site_url="https://courier.example/",
                tags=("World news",),
                language="EN-gb",
                full_text="short",
            )
        ],
        tags=["morning", "world-news"],
        now=now,
    )

    source = Source.objects.get()
    assert added.sources == (source,)
    assert (source.name, source.slug) == ("The Courier", "the-courier")
    assert (source.url, source.site_url) == (
        "https://courier.example/feed",
        "https://courier.example/",
    )
    assert (source.tags, source.language) == (["morning", "world-news"], "en-gb")
    assert (source.full_text, source.interval, source.is_enabled) == ("short", None, True)
    assert source.not_before == now
    source.full_clean()


def test_a_feed_without_a_name_that_makes_a_slug_is_called_by_its_host(now):
    feeds = [NewFeed("https://www.courier.example/a"), NewFeed("https://nichi.example/b", "日報")]

    add_feeds(feeds, now=now)

    assert list(Source.objects.order_by("pk").values_list("name", "slug")) == [
        ("courier.example", "courier-example"),
        ("日報", "nichi-example"),
    ]


def test_the_same_address_is_not_added_twice(now):
    a_source(url="http://PAPER-1.example:80/feed?")
    again = NewFeed("https://paper-2.example/feed#top", name="Once more")

    added = add_feeds([feed(1), feed(2), again], now=now)

    assert [source.name for source in added.sources] == ["Paper 2"]
    assert added.known == (feed(1), again)
    assert Source.objects.count() == 2


def test_newsrooms_do_not_know_of_each_other(now):
    add_feeds([feed(1)], now=now)

    added = add_feeds([feed(1)], newsroom="demo", now=now)

    assert [(source.newsroom, source.slug) for source in added.sources] == [("demo", "paper-1")]


def test_feeds_of_one_name_get_slugs_of_their_own(now):
    a_source(slug="news")

    added = add_feeds([feed(1, name="News"), feed(2, name="News!")], now=now)

    assert [source.slug for source in added.sources] == ["news-2", "news-3"]


def test_what_is_no_address_is_refused(now):
    bad = NewFeed("javascript:alert(1)", name="Bad")

    added = add_feeds([bad, feed(1)], now=now)

    assert added.refused == (bad,)
    assert len(added.sources) == 1


def test_an_unknown_wish_for_full_text_is_never(now):
    [source] = add_feeds([feed(1, full_text="sometimes")], now=now).sources

    assert source.full_text == "never"


def test_watched_feeds_are_found_by_their_address_and_searches_are_none():
    source = a_source(url="https://Courier.example/feed")
    a_search()

    assert watched() == {"courier.example/feed": source}


def test_two_thousand_feeds_take_as_many_queries_as_two(now, django_assert_num_queries):
    a_source()
    with django_assert_num_queries(9):  # savepoints, the lock, who is there, the slugs, ids, COPY
        add_feeds([feed(1), feed(2)], now=now)

    with django_assert_num_queries(9):
        added = add_feeds([feed(number) for number in range(3, 2_003)], now=now)

    moments = {source.not_before for source in added.sources}
    assert len(moments) == 2_000
    assert max(moments) < now + timedelta(minutes=15)
