"""Publishers: domains and names."""

from __future__ import annotations

import pytest

from sources.domain.publishers import (
    _FAMILIES,
    FEED_HOSTS,
    SHARED_HOSTS,
    commonest_domain,
    family_of,
    is_feed_host,
    is_of_this_house,
    is_shared_host,
    is_top_level,
    leads_elsewhere,
    may_speak_for,
    publisher_name,
    registrable_domain,
)


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        pytest.param("https://www.news.co.uk/x", "news.co.uk", id="two-part suffix"),
        pytest.param("https://news.example", "news.example", id="unknown suffix"),
        pytest.param("https://me.github.io/feed", "me.github.io", id="private suffix"),
        pytest.param("https://NEWS.Example.:8080/", "news.example", id="case, dot and port"),
        pytest.param("https://co.uk/", None, id="a suffix"),
        pytest.param("http://127.0.0.1:8000/", None, id="an address"),
        pytest.param("http://[::1]/", None, id="IPv6"),
        pytest.param("http://localhost/", None, id="this machine"),
        pytest.param("http://feeds.localhost/", None, id="below this machine"),
        pytest.param("http://printer.local/", None, id="this network"),
        pytest.param("http://courier.invalid/", None, id="nowhere"),
        pytest.param("/news", None, id="no host"),
        pytest.param("http://[", None, id="malformed"),
    ],
)
def test_a_registrable_domain_is_what_somebody_registered(url, domain):
    assert registrable_domain(url) == domain


def test_the_commonest_domain_wins_and_the_first_of_equals():
    urls = ["https://a.example/1", "https://www.b.example/1", "https://b.example/2", "x"]

    assert commonest_domain(urls) == "b.example"
    assert commonest_domain(urls[:2]) == "a.example"
    assert commonest_domain(["http://127.0.0.1/", ""]) is None


@pytest.mark.parametrize(
    ("title", "domain", "name"),
    [
        pytest.param("BBC News - Home", "bbc.co.uk", "BBC News", id="boilerplate after a dash"),
        pytest.param("Articles | Daily Sail", "dailysail.example", "Daily Sail", id="before a bar"),
        pytest.param(
            "The Harbor Courier World News",
            "harborcourier.example",
            "The Harbor Courier",
            id="spelled out",
        ),
        pytest.param("HCN > U.S. News", "hcnews.example", "HCN", id="initials"),
        pytest.param(
            "South Morning Herald - Latest",
            "smh.example",
            "South Morning Herald",
            id="domain of initials",
        ),
        pytest.param("Top Stories", "courier.example", "courier.example", id="only boilerplate"),
        pytest.param("California", "courier.example", "courier.example", id="a section"),
        pytest.param(
            "Courier.example - RSS Headlines", "courier.example", "Courier.example", id="itself"
        ),
        pytest.param("Courier Headlines", "courier.example", "Courier", id="tail"),
        pytest.param("Courier: World News", "courier.example", "Courier", id="colon"),
        pytest.param("", "courier.example", "courier.example", id="no title"),
        pytest.param("Courier " * 100, "courier.example", ("Courier " * 100)[:200], id="long"),
    ],
)
def test_a_publisher_has_the_name_that_readers_know(title, domain, name):
    assert publisher_name(title, domain) == name


def test_a_top_level_domain_is_known_in_any_case():
    labels = ["com", "Com", "UK", "РФ", "भारत", "js", "example", ""]

    assert [label for label in labels if is_top_level(label)] == ["com", "Com", "UK", "РФ", "भारत"]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        pytest.param("http://FeedBurner.com./x", True, id="itself"),
        pytest.param("https://feeds2.feedburner.com/x", True, id="below it"),
        pytest.param("https://feedproxy.google.com/x", True, id="a host"),
        pytest.param("https://news.google.com/x", False, id="beside it"),
        pytest.param("https://myfeedburner.com/", False, id="a longer name"),
        pytest.param("https://feedburner.com@blog.example/", False, id="a user name"),
        pytest.param("http://[", False, id="malformed"),
    ],
)
def test_a_feed_host_is_a_listed_one_or_below_it(url, expected):
    assert is_feed_host(url) is expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        pytest.param("http://127.0.0.1:8000/", True, id="loopback"),
        pytest.param("http://[::1]/", True, id="loopback, IPv6"),
        pytest.param("http://10.1.2.3/", True, id="private"),
        pytest.param("http://localhost/", True, id="by name"),
        pytest.param("http://feeds/", True, id="one label"),
        pytest.param("http://192.88.9.1/", False, id="a public address"),
        pytest.param("https://blog.example/", False, id="a public name"),
        pytest.param("", False, id="nothing"),
    ],
)
def test_what_only_this_machine_or_network_can_serve_is_of_this_house(url, expected):
    assert is_of_this_house(url) is expected


def test_links_lead_elsewhere_when_most_of_them_do():
    urls = ["https://a.example/1", "https://b.example/1", "https://c.example/1", "", "/x"]

    assert leads_elsewhere(urls, own={"a.example"}) == "b.example"
    assert leads_elsewhere(urls[:2], own={"a.example"}) == ""
    assert leads_elsewhere([], own={"a.example"}) == ""


# --- Who may speak for whom ---------------------------------------------------------------------

OWN = "https://www.herald.co.uk/rss"


@pytest.mark.parametrize(
    ("address", "feeds", "may"),
    [
        pytest.param("https://feeds.feedburner.com/x", [], True, id="nobody says otherwise"),
        pytest.param("https://feeds.feedburner.com/x", [OWN], False, id="it has its own feed"),
        pytest.param(
            "https://feeds.feedburner.com/x",
            ["https://feeds.feedburner.com/y"],
            True,
            id="all its feeds are at the shared host",
        ),
        pytest.param(
            "https://feeds.feedburner.com/x",
            ["https://herald.co.uk.blog.example/", "https://feeds.feedburner.com/?herald.co.uk"],
            True,
            id="addresses that only look like its own",
        ),
        pytest.param("https://feeds.bbci.co.uk/x", [OWN], True, id="a host of one house"),
        pytest.param(OWN, [OWN], True, id="itself"),
        pytest.param("https://rss.herald.co.uk/", [OWN], True, id="its own host"),
    ],
)
def test_a_shared_host_cannot_speak_for_whoever_has_a_voice(address, feeds, may):
    assert may_speak_for("herald.co.uk", address=address, feeds=feeds) is may


def test_a_shared_host_is_a_feed_host_and_a_house_of_its_own_is_not_shared():
    assert SHARED_HOSTS < FEED_HOSTS
    assert is_shared_host("https://FEEDS.feedburner.com/x")
    assert is_feed_host("https://feeds.bbci.co.uk/news")
    assert not is_shared_host("https://feeds.bbci.co.uk/news")
    assert not is_shared_host("http://[")


def test_a_newsroom_with_two_names_is_one_family():
    assert family_of("bbc.com") == family_of("bbc.co.uk") == "bbc.co.uk"
    assert family_of("herald.co.uk") == "herald.co.uk"


def test_the_table_of_families_names_domains_and_no_family_of_a_family():
    for domain, family in _FAMILIES.items():
        assert registrable_domain(f"https://{domain}/") == domain
        assert registrable_domain(f"https://{family}/") == family
        assert family_of(family) == family
