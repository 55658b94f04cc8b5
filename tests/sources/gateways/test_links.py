"""What a web page says of feeds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.domain.discovery import Link, PageLinks
from sources.gateways.links import MAX_LINKED, MAX_NAMED, read_links
from sources.gateways.parser import Parser
from sources.gateways.unreadable import WrongKind

# ruff: noqa: E501 (a table is read across)
PAGE = "https://courier.example/news/today.html"
FEED = "https://courier.example/feed"


def read(html: str | bytes, *, url: str = PAGE, content_type: str = "text/html") -> PageLinks:
    body = html if isinstance(html, bytes) else html.encode()
    return read_links(body, url=url, content_type=content_type)


def named(html: str, **options: str) -> list[str]:
    return [link.url for link in read(html, **options).named]


def linked(html: str) -> list[str]:
    return [link.url for link in read(html).linked]


@pytest.mark.parametrize(
    "html",
    [
        pytest.param(
            '<link rel="alternate" type="application/rss+xml" href="/feed">', id="as it should be"
        ),
        pytest.param('<LINK REL=Alternate TYPE=Application/Atom+XML HREF=/feed>', id="capitals"),
        pytest.param("<link rel='alternate' type='application/feed+json' href='/feed'>", id="JSON"),
        pytest.param('<link rel="alternate" type="application/rdf+xml" href="/feed">', id="RDF"),
        pytest.param('<link rel="alternate" type="text/xml" href="/feed">', id="as XML"),
        pytest.param('<link rel="alternate" type="application/json" href="/feed">', id="as JSON"),
        pytest.param('<link rel="alternate" type="application/rss" href="/feed">', id="sloppy"),
        pytest.param('<link rel="alternate" type="text/html" href="/feed">', id="a wrong type"),
        pytest.param('<link rel="alternate" href="/feed">', id="no type"),
        pytest.param('<link type="application/rss+xml" href="/feed">', id="no rel"),
        pytest.param('<link rel="feed" href="/feed">', id="rel feed"),
        pytest.param('<link rel="home alternate" type="application/rss+xml; charset=utf-8" href="/feed">', id="more words"),
        pytest.param('<link rel="alternate" type="application/rss+xml" href="../feed">', id="relative"),
        pytest.param('<link rel="alternate" type="application/rss+xml" href="//courier.example/feed">', id="no scheme"),
        pytest.param('<link rel="alternate" type="application/rss+xml" href="feed://courier.example/feed">', id="feed:"),
        pytest.param('<link rel="alternate" type="application/rss+xml" href="feed:https://courier.example/feed">', id="feed:https:"),
        pytest.param('<link rel="alternate" type="application/rss+xml" href=" \n/fe\ned ">', id="white space"),
        pytest.param('<link rel="alternate" type="application/rss+xml" href="/feed#top">', id="a fragment"),
        pytest.param('<base href="/a/b/"><link rel="alternate" type="application/rss+xml" href="../../feed">', id="a base"),
        pytest.param('<base href="/a/"><base href="/b/c/"><link rel="feed" href="../feed">', id="the first base"),
        pytest.param('<body><p><link rel="alternate" type="application/rss+xml" href="/feed">', id="in the body"),
        pytest.param('<body><a type="application/rss+xml" href="/feed">News</a>', id="a link with a type"),
        pytest.param('<noscript><link rel="feed" href="/feed"></noscript>', id="without scripts"),
        pytest.param('<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><link rel="feed" href="/feed"/></head></html>', id="XHTML"),
    ],
)  # fmt: skip
def test_a_feed_is_named_in_many_ways(html):
    assert named(html) == [FEED]


@pytest.mark.parametrize(
    "html",
    [
        pytest.param('<link rel="alternate" hreflang="de" href="/de/feed">', id="another language"),
        pytest.param('<link rel="alternate" media="handheld" href="/m/rss">', id="a small screen"),
        pytest.param('<link rel="alternate" type="application/json+oembed" href="/feed">', id="oEmbed"),
        pytest.param('<link rel="alternate" type="application/json" href="/wp-json/wp/v2/pages/2">', id="an API"),
        pytest.param('<link rel="alternate" type="text/xml" href="/sitemap.xml">', id="a map"),
        pytest.param('<link rel="alternate" type="text/html" href="/about">', id="a page"),
        pytest.param('<link rel="stylesheet" type="text/css" href="/rss.css">', id="a style"),
        pytest.param('<link rel="alternate stylesheet" href="/feed">', id="another style"),
        pytest.param('<link rel="alternate" type="application/rss+xml">', id="no address"),
        pytest.param('<link rel="alternate" type="application/rss+xml" href="">', id="an empty one"),
        pytest.param('<link rel="alternate" type="application/rss+xml" href="javascript:x">', id="a script"),
        pytest.param('<link rel="alternate" type="application/rss+xml" href="file:///etc/x">', id="a file"),
        pytest.param('<p><!-- <link rel="alternate" type="application/rss+xml" href="/feed"> -->', id="a comment"),
        pytest.param("<script>'<link rel=feed href=/feed>'</script>", id="in a script"),
    ],
)  # fmt: skip
def test_what_is_no_feed_is_not_named(html):
    assert named(html) == []


def test_a_query_is_decoded_once_or_twice():
    html = '<link rel=feed href="/f?a=1&amp;b=2"><link rel=feed href="/f?a=1&amp;amp;b=3">'

    assert named(html) == ["https://courier.example/f?a=1&b=2", "https://courier.example/f?a=1&b=3"]


def test_a_feed_has_the_page_s_name_for_it_on_one_line():
    [link] = read('<link rel=feed href=/feed title="News\n of\u202e &amp; the day">').named

    assert link == Link(FEED, "News of & the day")


def test_feeds_come_in_the_page_s_order_and_once():
    html = "".join(f"<link rel=feed href=/{name}>" for name in ("b", "a", "b"))

    assert named(html) == ["https://courier.example/b", "https://courier.example/a"]


# --- Links that look like feeds ----------------------------------------------------------------


@pytest.mark.parametrize(
    "html",
    [
        pytest.param('<a href="/feed">x</a>', id="by its path"),
        pytest.param('<a href="/news.rss">x</a>', id="by its ending"),
        pytest.param('<a href="/x?format=rss">x</a>', id="by its query"),
        pytest.param('<a href="https://feeds.courier.example/x">x</a>', id="by its host"),
        pytest.param('<a href="/x">RSS</a>', id="by its words"),
        pytest.param('<a href="/x"><b>RSS</b> feed</a>', id="by words in markup"),
        pytest.param('<a href="/x" title="Atom feed"><i></i></a>', id="by its title"),
        pytest.param('<a href="/x"><img src="i.png" alt="RSS"></a>', id="by its picture"),
        pytest.param('<map><area href="/feed"></map>', id="in a picture"),
    ],
)
def test_a_link_may_look_like_a_feed(html):
    assert len(linked(html)) == 1


@pytest.mark.parametrize(
    "html",
    [
        pytest.param('<a href="/feedback">Feedback</a>', id="feedback"),
        pytest.param('<a href="/grass">Grass</a>', id="grass"),
        pytest.param('<a href="/newsfeedback.pdf">RSS</a>', id="a document"),
        pytest.param('<a href="https://feedly.com/i/subscription/feed/x">RSS</a>', id="a reader"),
        pytest.param('<a href="mailto:feed@courier.example">feed</a>', id="mail"),
        pytest.param("<a>RSS</a>", id="no address"),
    ],
)
def test_what_does_not_look_like_a_feed_is_not_followed(html):
    assert linked(html) == []


def test_links_of_the_own_host_come_first():
    html = '<a href="https://other.example/rss">x</a><a href="/y">RSS</a><a href="/z/rss">x</a>'

    assert linked(html) == [
        "https://courier.example/z/rss",
        "https://other.example/rss",
        "https://courier.example/y",
    ]


# --- What else a page says -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("html", "software"),
    [
        pytest.param('<meta name="generator" content="WordPress 6.5">', "WordPress 6.5", id="said"),
        pytest.param('<meta property="og:platform" content="PeerTube">', "PeerTube", id="platform"),
        pytest.param('<html id="XF">', "XenForo", id="an id"),
        pytest.param('<body id="phpbb">', "phpBB", id="an id of the body"),
        pytest.param('<script src="/wp-content/a.js"></script>', "WordPress", id="a trace"),
        pytest.param('<link rel="https://api.w.org/" href="/x">', "WordPress", id="a relation"),
        pytest.param("<p>WordPress</p>", "", id="only a word"),
    ],
)
def test_a_page_says_what_it_was_made_with(html, software):
    assert read(html).software == software


@pytest.mark.parametrize(
    ("html", "title"),
    [
        pytest.param("<title>Today\n &amp; then</title>", "Today & then", id="its title"),
        pytest.param('<title>A</title><meta property="og:site_name" content="B">', "B", id="site"),
        pytest.param("<p>None</p>", "", id="none"),
    ],
)
def test_a_page_has_a_title(html, title):
    assert read(html).title == title


@pytest.mark.parametrize(
    "html",
    [
        pytest.param('<meta http-equiv="refresh" content="0; url=/home">', id="refresh"),
        pytest.param('<meta http-equiv="Refresh" content="5;URL=\'/home\'">', id="quoted"),
        pytest.param('<frameset><frame src="/home"></frameset>', id="a frame"),
    ],
)
def test_a_page_may_send_its_reader_on(html):
    assert read(html).refresh == "https://courier.example/home"


def test_a_refresh_of_the_same_page_leads_nowhere():
    assert read('<meta http-equiv="refresh" content="300">').refresh == ""


CHANNEL = "UCabcdefghijklmnopqrstuv"


@pytest.mark.parametrize(
    "html",
    [
        pytest.param(f'<link rel="canonical" href="/channel/{CHANNEL}">', id="canonical"),
        pytest.param(f'<script>var x = {{"externalId":"{CHANNEL}"}}</script>', id="a channel"),
        pytest.param(
            f'<script>{{"browseId":"UC{"x" * 22}","channelId": "{CHANNEL}"}}</script>', id="a film"
        ),
    ],
)
def test_a_page_of_youtube_says_whose_it_is(html):
    page = read(html, url="https://www.youtube.com/@courier")

    assert page.canonical == f"https://www.youtube.com/channel/{CHANNEL}"


def test_no_other_page_is_asked_for_a_channel():
    assert read(f'<script>{{"externalId":"{CHANNEL}"}}</script>').canonical == ""


def test_soundcloud_s_users_have_a_feed():
    html = '<meta property="al:ios:url" content="soundcloud://users:12345">'

    assert named(html) == ["https://feeds.soundcloud.com/users/soundcloud:users:12345/sounds.rss"]


def test_a_directory_s_reply_names_feeds():
    reply = '{"results": [{"feedUrl": "https://cast.example/f", "collectionName": "Tides"}, {}, 7]}'

    assert read(reply).named == [Link("https://cast.example/f", "Tides")]


# --- Writing and hostility -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        pytest.param("<title>Größe</title>".encode(), "text/html", id="UTF-8 undeclared"),
        pytest.param("<title>Größe</title>".encode("latin-1"), "text/html; charset=ISO-8859-1", id="header"),
        pytest.param('<meta charset="windows-1252"><title>Größe</title>'.encode("cp1252"), "", id="meta"),
        pytest.param("\ufeff<title>Größe</title>".encode(), "text/html; charset=iso-8859-1", id="mark"),
    ],
)  # fmt: skip
def test_a_page_is_read_in_its_encoding(body, content_type):
    assert read(body, content_type=content_type).title == "Größe"


@pytest.mark.parametrize(
    "body", [pytest.param(b"", id="empty"), pytest.param(b"\x00\x00", id="zeros"), b"{x", b"  "]
)
def test_what_is_no_page_is_said(body):
    with pytest.raises(WrongKind):
        read(body)


def test_no_more_links_are_kept_than_allowed():
    html = "".join(f"<link rel=feed href=/{n}><a href=/{n}/rss>x</a>" for n in range(500))

    page = read(html)

    assert len(page.named) == MAX_NAMED
    assert len(page.linked) == MAX_LINKED


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"<div>" * 500_000, id="deep"),
        pytest.param(b"<a href=/rss>" * 200_000, id="links in links"),
        pytest.param(b"<a " + b"x=1 " * 500_000 + b"href=/rss>", id="attributes"),
        pytest.param(b"<title>" + b"a" * 4_000_000, id="a long title"),
        pytest.param(b"<p>" + b"&#x110000;" * 200_000, id="references out of range"),
        pytest.param(b"<!--" * 500_000, id="comments"),
        pytest.param(b'<!DOCTYPE x [<!ENTITY a "aaa">]><p>&a;', id="an entity"),
        pytest.param(b"<base href='http://['><link rel=feed href=/feed>", id="a broken base"),
        pytest.param(b"[" * 100_000, id="deep JSON"),
    ],
)
def test_hostile_pages_are_read_or_refused_in_the_child(parser: Parser, body):
    try:
        reply = parser.ask("links", body, url=PAGE)
    except WrongKind:
        return

    assert len(reply["linked"]) <= MAX_LINKED


@given(
    st.binary(max_size=400)
    | st.text(max_size=400).map(lambda t: f"<a href='{t}'>".encode("utf-8", "replace"))
)
def test_no_bytes_break_the_reader(body):
    try:
        page = read(body)
    except WrongKind:
        return

    assert all(link.url.startswith(("http://", "https://")) for link in page.named + page.linked)
