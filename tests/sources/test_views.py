"""The public page of who we read."""

from datetime import timedelta

import pytest
import time_machine

from tests.factories import NOW, a_publisher, a_search, a_source, an_article, an_ill_source

pytestmark = pytest.mark.django_db


def page_of(client) -> str:
    return " ".join(client.get("/sources/").content.decode().split())


def test_a_site_without_sources_says_so(client):
    assert "No source has been chosen yet" in page_of(client)


@time_machine.travel(NOW, tick=False)
def test_sources_stand_under_their_publisher_with_their_figures(client):
    publisher = a_publisher("Radio Valmere", country="FR")
    first = a_source("Radio Valmere News", publisher=publisher)
    a_source("Radio Valmere Islands", publisher=publisher, language="de")
    an_article(first)
    an_article(first, hours_ago=8 * 24)

    page = page_of(client)

    assert page.count("<h2>Radio Valmere</h2>") == 1
    assert "1 article in 7 days, the newest of" in page
    assert ", France" in page
    assert "German" in page
    assert "We watch 2 sources. All that were asked have answered." in page


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        pytest.param({}, "In good health, last read", id="well"),
        pytest.param({"is_enabled": False}, "Paused: we do not read it", id="paused"),
        pytest.param({"last_good_at": None}, "Not read yet.", id="new"),
    ],
)
def test_health_is_said_in_plain_words(client, fields, said):
    a_source(**fields)

    assert said in page_of(client)


def test_gone_and_silent_sources_are_said_to_be(client):
    a_source("Gone", gone_at=NOW)
    a_source("Calm", newest_entry_at=NOW - timedelta(days=9, hours=1), articles_per_day=4.0)

    page = page_of(client)

    assert "Gone since <time" in page
    assert "Silent for 9 days.</strong> Usually it brings 4 articles a day." in page
    assert "1 says that it is gone for good." in page
    assert "1 has brought nothing new for longer than usual." in page


def test_many_sources_are_found_by_letter_and_language(client):
    for number in range(31):
        a_source(f"Gazette {number}", language="de-AT" if number % 2 else "en")
    a_source("24 Hours", language="fr")

    everything = page_of(client)
    german = client.get("/sources/?language=de&letter=G")
    others = client.get("/sources/?letter=%23")
    nonsense = client.get("/sources/?letter=%00&language=%27&page=x")

    assert '<a href="?language=de">German</a> 15' in everything
    assert 'aria-label="Others, 1 source">#</a>' in everything
    assert german.context["page"].paginator.count == 15
    assert others.context["page"].paginator.count == 1
    assert nonsense.context["page"].paginator.count == 32


def test_an_ill_source_says_since_when_and_why(client):
    an_ill_source(error="The server answered 503 (service unavailable).")

    page = page_of(client)

    assert '<time datetime="2026-06-08T21:30+00:00">' in page
    assert "The server answered 503 (service unavailable)." in page
    assert "1 of them does not answer as it should" in page


def test_a_source_whose_publisher_is_not_known_yet_is_listed(client):
    source = a_source("A New Feed")
    source.publisher = None
    source.save(update_fields=["publisher"])

    page = page_of(client)

    assert "Publisher not known yet" in page
    assert "A New Feed" in page


def test_feeds_whose_publishers_nobody_knows_stand_together_and_show_no_invented_domain(client):
    for name in ("Aster", "Zinnia"):
        publisher = a_publisher(name, domain=f"{name.lower()}.invalid")
        a_source(f"{name} News", publisher=publisher, site_url="")
    for name in ("Mallow", "Borage"):
        source = a_source(name)
        source.publisher = None
        source.save(update_fields=["publisher"])
    a_source("Courier")
    a_search("ferries")

    page = page_of(client)

    assert page.count("<h2>Publisher not known yet</h2>") == 1
    assert ".invalid" not in page
    names = ("<h2>Courier", "<h2>Publisher not", "Aster", "Borage", "Mallow", "Zinnia", "Searches<")
    places = [page.index(name) for name in names]
    assert places == sorted(places)


def test_it_is_said_how_many_feeds_the_list_leaves_out(client):
    a_source("Courier")
    a_search("ferries")
    everything = page_of(client)
    a_source("Paused", is_enabled=False)
    a_source("Gone", gone_at=NOW)
    a_source("Demo", newsroom="demo")
    for place, host in enumerate(("127.0.0.1:8000", "10.0.0.7", "[::1]", "wiki", "news.local")):
        a_source(f"House {place}", url=f"http://{host}/feed.xml")
    for place, host in enumerate(("20minutes.example", "8.8.8.8", "a.b.example")):
        a_source(f"World {place}", url=f"https://{host}/feed.xml")

    page = page_of(client)

    listed = client.get("/sources.opml").content.decode().count("xmlUrl=")
    assert "All feeds as OPML</a>, for your own feed reader." in everything
    assert listed == 4
    assert "Feeds as OPML</a>, for your own feed reader, without 8 that are paused or gone" in page


@pytest.mark.parametrize("number", [1, 6])
def test_the_page_takes_four_queries_whatever_it_lists(client, django_assert_num_queries, number):
    for name in range(number):
        an_ill_source(f"Gazette {name}", error="No answer.")

    with django_assert_num_queries(4):
        client.get("/sources/")


def test_searches_stand_together_after_the_feeds_and_say_what_they_ask(client):
    a_search("old <bridge>")
    a_search("ferries", time_range="week")
    unknown = a_source("A New Feed")
    unknown.publisher = None
    unknown.save(update_fields=["publisher"])

    page = page_of(client)

    assert page.count("<h2>Searches</h2>") == 1
    assert page.index("A New Feed") < page.index("<h2>Searches</h2>")
    assert "We search for “old &lt;bridge&gt;” in news of the last day;" in page
    assert "We search for “ferries” in news of the last week;" in page


def test_readers_hear_that_a_search_is_ill_and_not_which_setting_is_missing(client):
    a_search(failures=1, ill_since=NOW, last_error="Searches are off: TAVILY_API_KEY is not set.")

    page = page_of(client)

    assert "The search service has given no answer." in page
    assert "TAVILY" not in page


def test_readers_hear_of_the_outlet_and_not_of_its_machine(client):
    source = an_ill_source(
        "Harbor Post",
        error="127.0.0.1 has trouble of its own (HTTP 500).",
        url="http://127.0.0.1:8123/feed.xml",
    )

    page = page_of(client)
    told = client.get("/api/v1/sources/").json()["results"][0]["health"]["in_words"]

    for text in (page, told):
        assert f"{source.name} has trouble of its own (HTTP 500)." in text
        assert "127.0.0.1" not in text
