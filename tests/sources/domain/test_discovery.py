"""What people paste, where feeds may be, and which of them are worth most."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.domain.discovery import (
    FoundFeed,
    Guess,
    Link,
    Origin,
    addresses_of,
    feed_link,
    format_of,
    front_page,
    looks_like_feed,
    named_guesses,
    ranked,
    usual_paths,
)
from sources.domain.entry import Entry, Feed

BOTH = ("https://news.courier.example/x", "http://news.courier.example/x")
HTTPS = ("https://courier.example/x",)


@pytest.mark.parametrize(
    ("pasted", "addresses"),
    [
        pytest.param("https://courier.example/x", HTTPS, id="an address"),
        pytest.param("HTTPS://Courier.Example/x", HTTPS, id="capitals"),
        pytest.param("  https://courier.example/x\n", HTTPS, id="white space"),
        pytest.param("<https://courier.example/x>", HTTPS, id="brackets"),
        pytest.param("“https://courier.example/x”", HTTPS, id="quotation marks"),
        pytest.param("[News](https://courier.example/x)", HTTPS, id="Markdown"),
        pytest.param('<a href="https://courier.example/x">News</a>', HTTPS, id="HTML"),
        pytest.param("Read https://courier.example/x, please.", HTTPS, id="a sentence"),
        pytest.param("https://courier.example/x#top", HTTPS, id="a fragment"),
        pytest.param("https://bob:secret@courier.example/x", HTTPS, id="a password is dropped"),
        pytest.param(
            "http://courier.example/x",
            ("http://courier.example/x", *HTTPS),
            id="http may have moved",
        ),
        pytest.param("feed:https://courier.example/x", HTTPS, id="feed:https:"),
        pytest.param("feed://news.courier.example/x", BOTH, id="feed:"),
        pytest.param("pcast://news.courier.example/x", BOTH, id="pcast:"),
        pytest.param("news.courier.example/x", BOTH, id="no scheme"),
        pytest.param("//news.courier.example/x", BOTH, id="only slashes"),
        pytest.param("see news.courier.example/x.", BOTH, id="no scheme in a sentence"),
        pytest.param("https:/courier.example/x", HTTPS, id="one slash"),
        pytest.param("https//courier.example/x", HTTPS, id="no colon"),
        pytest.param("http://https://courier.example/x", HTTPS, id="two schemes"),
        pytest.param(
            "courier.example/x",
            (*HTTPS, "http://courier.example/x", "https://www.courier.example/x"),
            id="two parts may need www",
        ),
        pytest.param(
            "https://a.example/w_(x)", ("https://a.example/w_(x)",), id="brackets of its own"
        ),
        pytest.param("(https://a.example/w)", ("https://a.example/w",), id="brackets around"),
        pytest.param(
            "https://a.example/?a=1&amp;b=2", ("https://a.example/?a=1&b=2",), id="escaped"
        ),
        pytest.param(
            "https://a.example\nhttps://b.example", ("https://a.example",), id="the first of two"
        ),
        pytest.param(
            "https://grün.example/ä", ("https://xn--grn-ioa.example/%C3%A4",), id="international"
        ),
        pytest.param(
            "courier.example:8080",
            (
                "https://courier.example:8080",
                "http://courier.example:8080",
                "https://www.courier.example:8080",
            ),
            id="a port",
        ),
        pytest.param(
            "127.0.0.1:8000/x",
            ("https://127.0.0.1:8000/x", "http://127.0.0.1:8000/x"),
            id="a number",
        ),
        pytest.param(
            "@bob@social.example", ("https://social.example/@bob",), id="a name of the fediverse"
        ),
        pytest.param(
            "@bob.bsky.social",
            ("https://bsky.app/profile/bob.bsky.social",),
            id="a name of Bluesky",
        ),
        pytest.param("r/harbors", ("https://www.reddit.com/r/harbors/",), id="a subreddit"),
    ],
)
def test_whatever_is_pasted_is_read_as_addresses(pasted, addresses):
    assert addresses_of(pasted) == addresses


@pytest.mark.parametrize(
    "pasted",
    ["", " ", "good morning", "harbor", "javascript:alert(1)", "ftp://courier.example/", "1.2.3",
     "mailto:bob@courier.example", "bob@courier.example", "file:///etc/passwd", "http://", "\x00"],
)  # fmt: skip
def test_what_names_no_address_gives_none(pasted):
    assert addresses_of(pasted) == ()


@given(st.text(max_size=300))
def test_nothing_that_is_pasted_breaks_it(pasted):
    assert all(url.startswith(("https://", "http://")) for url in addresses_of(pasted))


@pytest.mark.parametrize(
    "pasted",
    ["a." * 50_000, "http:" * 50_000, "(" * 100_000, "feed:" * 50_000, "https://" + ")" * 100_000,
     "a-" * 100_000, "<" * 100_000 + "a.example", "@a" * 50_000],
)  # fmt: skip
def test_reading_is_linear(pasted):
    began = time.process_time()

    addresses_of(pasted)
    looks_like_feed(pasted, pasted)
    feed_link(pasted, base="https://a.example/")

    assert time.process_time() - began < 5


# --- Where feeds may be --------------------------------------------------------------------------


def test_usual_paths_begin_below_the_page_s_folder():
    urls = [guess.url for guess in usual_paths("https://courier.example/news/today.html")]

    assert urls[:2] == ["https://courier.example/news/feed", "https://courier.example/news/rss.xml"]
    assert "https://courier.example/feed" in urls
    assert len(urls) == len(set(urls))


@pytest.mark.parametrize(
    ("software", "first"),
    [
        pytest.param(
            "WordPress 6.5",
            ["https://courier.example/blog/feed/", "https://courier.example/feed/"],
            id="WordPress",
        ),
        pytest.param("Ghost 5", ["https://courier.example/rss/"], id="Ghost"),
        pytest.param(
            "Hugo 0.126",
            ["https://courier.example/blog/index.xml", "https://courier.example/index.xml"],
            id="Hugo",
        ),
        pytest.param("Jekyll v4.3", ["https://courier.example/feed.xml"], id="Jekyll"),
        pytest.param("Blogger", ["https://courier.example/feeds/posts/default"], id="Blogger"),
        pytest.param("phpBB", ["https://courier.example/app.php/feed"], id="phpBB"),
        pytest.param(
            "MediaWiki 1.42",
            ["https://courier.example/index.php?title=Special:RecentChanges&feed=atom"],
            id="MediaWiki",
        ),
        pytest.param("Squarespace", ["https://courier.example/blog/?format=rss"], id="Squarespace"),
    ],
)
def test_what_a_page_was_made_with_comes_first(software, first):
    urls = [guess.url for guess in usual_paths("https://courier.example/blog", software=software)]

    assert urls[: len(first)] == first


def test_a_page_that_is_a_usual_path_itself_is_not_tried_again():
    urls = [guess.url for guess in usual_paths("https://courier.example/feed/")]

    assert "https://courier.example/feed" not in urls


@pytest.mark.parametrize(
    ("url", "front"),
    [
        ("https://courier.example/news/1?a=b", "https://courier.example/"),
        ("https://courier.example/?lang=de", "https://courier.example/"),
        ("https://courier.example/", ""),
        ("https://courier.example", ""),
    ],
)
def test_a_page_has_a_front_page(url, front):
    assert front_page(url) == front


def test_comments_are_asked_last():
    links = [
        Link("https://a.example/comments/feed/", "x"),
        Link("https://a.example/story/feed/", "A story Comments Feed"),
        Link("https://a.example/feed/"),
        Link("https://a.example/harbor/"),
    ]

    guesses = named_guesses(links, origin=Origin.NAMED, limit=3)

    assert [guess.url for guess in guesses] == [
        "https://a.example/feed/",
        "https://a.example/harbor/",
        "https://a.example/comments/feed/",
    ]


# --- What was found ------------------------------------------------------------------------------


def found(url: str, *titles: str, title: str = "News", origin: Origin = Origin.NAMED) -> FoundFeed:
    entries = tuple(Entry(title=each, url=f"https://courier.example/{each}") for each in titles)
    feed = Feed(title=title, site_url="https://courier.example/", entries=entries)
    return FoundFeed(f"https://courier.example/{url}", Guess(url, origin), feed, "RSS")


def order(*feeds: FoundFeed) -> list[str]:
    return [each.url.rpartition("/")[2] for each in ranked(feeds, page="https://courier.example/")]


def test_comments_and_empty_feeds_come_last():
    empty = found("empty", title="Empty")
    comments = found("talk", "a", title="Comments for Courier")

    assert order(empty, comments, found("news", "b")) == ["news", "talk", "empty"]


def test_surer_finds_come_first_and_else_the_publisher_s_order():
    linked = found("linked", "a", title="A", origin=Origin.LINKED)
    pattern = found("pattern", "b", title="B", origin=Origin.PATTERN)

    assert order(linked, pattern, found("two", "c", title="C"), found("one", "d", title="D")) == [
        "two",
        "one",
        "pattern",
        "linked",
    ]


def test_one_feed_in_two_formats_is_kept_once():
    assert order(found("rss", "a", "b", "c"), found("atom", "a", "b")) == ["rss"]


def test_feeds_of_one_title_with_other_news_are_two():
    assert order(found("world", "a", "b", "c"), found("sport", "c", "d", "e")) == ["world", "sport"]


def test_http_and_https_of_one_address_are_one():
    one, two = found("feed", "a"), found("feed/", "b", title="Other")

    assert order(one, two) == ["feed"]


def test_a_feed_without_a_title_is_called_by_its_site_or_its_host():
    nameless = found("feed", "a", title="")

    assert nameless.title == "courier.example"
    assert (
        FoundFeed(nameless.url, nameless.guess, nameless.feed, "RSS", site="Courier").title
        == "Courier"
    )


@pytest.mark.parametrize(
    ("body", "name"),
    [
        pytest.param(b'<?xml version="1.0"?><rss version="2.0"><channel>', "RSS", id="RSS"),
        pytest.param(
            b'<!-- an <rss> --><feed xmlns="http://www.w3.org/2005/Atom">', "Atom", id="Atom"
        ),
        pytest.param(b"<rdf:RDF xmlns='http://purl.org/rss/1.0/'>", "RSS 1.0", id="RDF"),
        pytest.param(b'\xef\xbb\xbf {"version": "x"}', "JSON Feed", id="JSON"),
        pytest.param('<feed xmlns="x">'.encode("utf-16"), "Atom", id="UTF-16"),
        pytest.param(b"<channel>", "RSS", id="a piece"),
        pytest.param(b"", "feed", id="nothing"),
    ],
)
def test_a_document_has_a_format(body, name):
    assert format_of(body) == name
