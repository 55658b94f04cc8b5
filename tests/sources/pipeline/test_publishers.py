"""Who stands behind a feed, where anybody may claim it."""

from __future__ import annotations

import pytest

from sources.domain.entry import Entry, Feed
from sources.models import Publisher
from sources.pipeline.publishers import Served, byline_of, publishers_of
from tests.factories import a_publisher, a_source

pytestmark = pytest.mark.django_db

SHARED = "https://feeds.feedburner.com/somebody"
HERALD = Feed(
    title="The Herald",
    entries=tuple(Entry(url=f"https://www.herald.co.uk/{n}") for n in range(3)),
)


def a_feed_at(address, **fields):
    return a_source("Somebody", slug="somebody", url=address, **{"publisher": None} | fields)


def unknown(address):
    """Return a feed of which nobody has said yet whose it is."""
    source = a_feed_at(address, publisher=a_publisher("Herald", domain="herald.co.uk"))
    source.publisher = None
    source.save(update_fields=["publisher"])
    return source


def behind(*sources, feed=HERALD):
    found = publishers_of([Served(source, feed, source.url) for source in sources])
    return [found[source.pk].domain for source in sources]


def test_a_claim_is_believed_while_nothing_speaks_against_it():
    assert behind(unknown(SHARED)) == ["herald.co.uk"]


def test_a_claim_to_be_a_publisher_with_a_feed_of_its_own_is_not():
    somebody = unknown(SHARED)
    herald = Publisher.objects.get(domain="herald.co.uk")
    a_source("Herald", url="https://www.herald.co.uk/rss", publisher=herald)

    assert behind(somebody) == ["somebody.invalid"]


def test_once_it_is_a_publisher_of_its_own_it_stays_one():
    somebody = unknown(SHARED)
    herald = Publisher.objects.get(domain="herald.co.uk")
    a_source("Herald", url="https://www.herald.co.uk/rss", publisher=herald)
    somebody.publisher = publishers_of([Served(somebody, HERALD, SHARED)])[somebody.pk]
    somebody.save(update_fields=["publisher"])

    assert behind(somebody) == ["somebody.invalid"]


def test_what_an_editor_says_stands():
    herald = a_publisher("Herald", domain="herald.co.uk")
    somebody = a_feed_at(SHARED, publisher=herald)
    a_source("Herald", url="https://www.herald.co.uk/rss", publisher=herald)

    assert behind(somebody) == ["herald.co.uk"]


def test_a_host_of_one_house_speaks_for_it():
    feed = Feed(entries=(Entry(url="https://www.bbc.co.uk/news/1"),))
    source = unknown("https://feeds.bbci.co.uk/news/rss.xml")
    a_source("BBC", url="https://www.bbc.co.uk/rss", publisher=a_publisher("x", domain="bbc.co.uk"))

    assert behind(source, feed=feed) == ["bbc.co.uk"]


def test_a_newsroom_with_two_names_begins_in_one_family():
    feed = Feed(entries=(Entry(url="https://www.bbc.com/news/1"),))

    publisher = byline_of(feed)(feed.entries[0])

    assert (publisher.domain, publisher.family) == ("bbc.com", "bbc.co.uk")


def test_the_number_of_queries_does_not_grow_with_the_claims(django_assert_max_num_queries):
    sources = [
        a_source(f"Somebody {n}", slug=f"s{n}", url=f"{SHARED}{n}", publisher=a_publisher())
        for n in range(20)
    ]
    for source in sources:
        source.publisher_id = None

    with django_assert_max_num_queries(5):
        behind(*sources)
