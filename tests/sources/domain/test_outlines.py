"""Lists of feeds as values: addresses, tags, duplicates, and our own list."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patriot.lib.text import one_line
from sources.domain.outlines import (
    MAX_TAG_CHARS,
    MAX_TAGS,
    OurFeed,
    Outline,
    asked_address,
    firsts,
    merged,
    tag_of,
    tags_of,
    unspelled,
    written,
)
from sources.gateways.opml import read_outlines


@pytest.mark.parametrize(
    ("says", "means"),
    [
        pytest.param("https://a.example/f", "https://a.example/f", id="an address"),
        pytest.param("  https://a.example/f\n", "https://a.example/f", id="white space"),
        pytest.param("feed://a.example/f", "http://a.example/f", id="feed://"),
        pytest.param("feed:https://a.example/f", "https://a.example/f", id="feed:https"),
        pytest.param("itpc://a.example:8080/f", "http://a.example:8080/f", id="with a port"),
        pytest.param("//a.example/f", "https://a.example/f", id="no scheme"),
        pytest.param("www.a.example/f", "https://www.a.example/f", id="only a host"),
        pytest.param("a.example:443/f", "https://a.example:443/f", id="host and port"),
        pytest.param(
            "http://a.example/?a=1&amp;b=2", "http://a.example/?a=1&b=2", id="escaped twice"
        ),
        pytest.param("ftp://a.example/f", "ftp://a.example/f", id="another scheme"),
        pytest.param("/feed.xml", "/feed.xml", id="only a path"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_what_a_list_says_is_read_as_what_it_means(says: str, means: str) -> None:
    assert asked_address(says) == means


@pytest.mark.parametrize(
    ("folder", "tag"),
    [
        pytest.param("World News", "world-news", id="words"),
        pytest.param("Wirtschaft & Börse", "wirtschaft-borse", id="marks"),
        pytest.param("Straße Łódź Ærø", "strasse-lodz-aero", id="letters of their own"),
        pytest.param("Новости", "novosti", id="Cyrillic"),
        pytest.param("Ειδήσεις", "eidiseis", id="Greek"),
        pytest.param("新闻", "folder-d39567b2", id="no spelling of ours"),
        pytest.param("新闻 IT", "folder-bdb48a25", id="partly"),
        pytest.param(" ★ ", "", id="no letter"),
        pytest.param("a" * 50, "a" * MAX_TAG_CHARS, id="long"),
    ],
)
def test_a_folder_becomes_a_tag(folder: str, tag: str) -> None:
    assert tag_of(folder) == tag


@given(st.text())
def test_a_tag_is_a_slug_whatever_the_folder_is_called(folder: str) -> None:
    tag = tag_of(folder)

    assert len(tag) <= MAX_TAG_CHARS
    assert all(char.isascii() and (char.isalnum() or char in "-_") for char in tag)
    assert tag_of(tag) == tag


def test_folders_that_lose_their_names_are_told() -> None:
    feeds = [Outline("https://a.example/", folders=("News", "新闻"), categories=("★",))]

    assert unspelled(feeds) == {"★": "", "新闻": "folder-d39567b2"}


def test_a_feed_in_several_folders_has_the_tags_of_all() -> None:
    feeds = [
        Outline("https://a.example/f", folders=("News",)),
        Outline("https://b.example/f"),
        Outline("http://A.example:80/f#x", folders=("Islands", "News"), categories=("local",)),
    ]

    first = firsts([feed.url for feed in feeds])
    one, _, twin = merged(feeds, first)

    assert first == [0, 1, 0]
    assert tags_of(one) == ("local", "news", "islands")
    assert twin == feeds[2]


def test_a_feed_has_no_more_tags_than_a_page_can_show() -> None:
    feed = Outline("https://a.example/", folders=tuple(f"f{n}" for n in range(50)))

    assert len(tags_of(feed)) == MAX_TAGS


# --- Our own list -------------------------------------------------------------------
names = (
    st.text(min_size=1, max_size=60).map(lambda text: one_line(text, max_chars=200)).filter(bool)
)
tags = st.from_regex(r"[a-z0-9]+(?:-[a-z0-9]+)?", fullmatch=True).map(
    lambda tag: tag[:40].rstrip("-")
)
paths = st.from_regex(r"[a-zA-Z0-9/?&=;,.'%~+-]{0,40}", fullmatch=True)
our_feeds = st.lists(
    st.builds(
        OurFeed,
        url=paths.filter(lambda path: "&amp;" not in path).map(
            lambda path: f"https://a.example/{path}"
        ),
        name=names,
        site_url=st.sampled_from(["", "https://a.example/?a=1&b=2"]),
        language=st.sampled_from(["", "en", "pt-br"]),
        tags=st.lists(tags, max_size=5, unique=True).map(tuple),
    ),
    max_size=6,
)


@given(our_feeds.filter(bool))
def test_our_list_read_again_gives_the_same_feeds(feeds: list[OurFeed]) -> None:
    found = read_outlines(written(feeds, title="Feeds & more <now>").encode())

    again = [
        OurFeed(feed.url, feed.name, feed.site_url, feed.language, tags_of(feed))
        for feed in found.feeds
    ]
    assert sorted(again, key=repr) == sorted(feeds, key=repr)
    assert found.title == "Feeds & more <now>"
    assert not found.notes


def test_our_list_is_xml_whatever_the_names_hold() -> None:
    feed = OurFeed(
        "https://a.example/?a=1&b=2", '<b>"It\'s"</b> \x00\x1f\ud800\uffff & so', tags=("news",)
    )

    root = ElementTree.fromstring(written([feed], title="]]> & <").encode())  # noqa: S314 (ours)

    (folder,) = root.findall("./body/outline")
    (outline,) = folder
    assert outline.attrib == {
        "type": "rss",
        "text": '<b>"It\'s"</b>  & so',
        "title": '<b>"It\'s"</b>  & so',
        "xmlUrl": "https://a.example/?a=1&b=2",
        "category": "news",
    }


def test_our_list_has_a_folder_for_each_first_tag_and_none_for_none() -> None:
    feeds = [
        OurFeed("https://a.example/", "A"),
        OurFeed("https://b.example/", "B", tags=("world", "islands")),
        OurFeed("https://c.example/", "C", tags=("islands",)),
    ]

    root = ElementTree.fromstring(written(feeds, title="Feeds").encode())  # noqa: S314 (ours)

    told = [
        (top.get("text"), [each.get("text") for each in top]) for top in next(root.iter("body"))
    ]
    assert told == [("islands", ["C"]), ("world", ["B"]), ("A", [])]
