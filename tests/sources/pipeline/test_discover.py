"""Finding the feeds of whatever address somebody pasted."""

from __future__ import annotations

import json
import socket
from datetime import UTC, datetime, timedelta

import pytest

from patriot.lib.outbound import Limits
from sources.pipeline.discover import MAX_REQUESTS, Discovery, discover
from tests.sources.pipeline.feeds import item, many, rss, web_for
from tests.sources.server import Server, answering, never_ending


def page(*links: str, head: str = "", body: str = "") -> bytes:
    named = "".join(
        f'<link rel="alternate" type="application/rss+xml" href="{link}">' for link in links
    )
    return f"<!doctype html><html><head>{head}{named}</head><body>{body}</body></html>".encode()


def look(address: str, server: Server, parser, now, **options) -> Discovery:
    web = web_for(server, limits=options.pop("limits", None))
    return discover(address, web=web, parser=parser, now=now, **options)


def asked_paths(server: Server) -> list[str]:
    return [request.split(" ", 2)[1] for request in server.requests]


def test_a_feed_is_found_as_itself_and_nothing_else_is_asked(server, parser, now):
    dated = item(1, extra="<pubDate>Mon, 08 Jun 2026 10:00:00 GMT</pubDate>")
    url = server.serve(answering(body=rss(dated, item(2))))

    discovery = look(url, server, parser, now)

    [found] = discovery.found
    assert (found.url, found.where, found.format) == (url, "it is a feed itself", "RSS")
    assert (found.title, found.feed.entry_count) == ("The Courier - Latest News", 2)
    assert found.newest_at == datetime(2026, 6, 8, 10, tzinfo=UTC)
    assert found.headlines == ("Ferry number 1 leaves on time", "Ferry number 2 leaves on time")
    assert (discovery.failure, discovery.asked) == ("", 1)


def test_the_feeds_that_a_page_names_are_read(server, parser, now):
    server.serve(answering(body=many(3)), "/news.xml")
    other = rss(item(9), title="Sport")
    server.serve(answering(body=other), "/sport.xml")
    url = server.serve(answering(body=page("news.xml", "/sport.xml", "/gone.xml")), "/")

    discovery = look(url, server, parser, now)

    assert [(found.title, found.where) for found in discovery.found] == [
        ("The Courier - Latest News", "named by the page"),
        ("Sport", "named by the page"),
    ]
    assert asked_paths(server) == ["/", "/news.xml", "/sport.xml", "/gone.xml"]


def test_comments_come_after_the_news(server, parser, now):
    server.serve(answering(body=rss(item(5), title="Comments for The Courier")), "/comments/feed/")
    server.serve(answering(body=many(3)), "/feed/")
    url = server.serve(answering(body=page("/comments/feed/", "/feed/")), "/")

    discovery = look(url, server, parser, now)

    assert [found.is_comments for found in discovery.found] == [False, True]


def test_one_feed_under_two_addresses_is_found_once(server, parser, now):
    server.serve(answering(body=many(3)), "/rss.xml")
    server.serve(answering(body=many(3)), "/feed?type=rss")
    url = server.serve(answering(body=page("/rss.xml", "/feed?type=rss")), "/")

    [found] = look(url, server, parser, now).found

    assert found.url == server.url("/rss.xml")


def test_links_that_look_like_feeds_are_followed(server, parser, now):
    server.serve(answering(body=many(3)), "/data/courier.rss")
    body = page(body='<a href="/about">About</a> <a href="/data/courier.rss">Follow us</a>')
    url = server.serve(answering(body=body), "/")

    [found] = look(url, server, parser, now).found

    assert found.where == "linked from the page"


def test_a_page_that_lists_feeds_is_read_too(server, parser, now):
    server.serve(answering(body=many(3)), "/data/courier.xml")
    server.serve(answering(body=page(body='<a href="/data/courier.xml">News</a>')), "/rss-feeds")
    url = server.serve(answering(body=page(body='<a href="/rss-feeds">RSS</a>')), "/")

    [found] = look(url, server, parser, now).found

    assert found.url == server.url("/data/courier.xml")


def test_the_front_page_is_asked_for_an_article(server, parser, now):
    server.serve(answering(body=many(3)), "/all.xml")
    server.serve(answering(body=page("/all.xml")), "/")
    url = server.serve(answering(body=page()), "/news/1")

    [found] = look(url, server, parser, now).found

    assert found.where == "named by the site's front page"


def test_usual_paths_are_tried_until_one_is_a_feed(server, parser, now):
    server.serve(answering(body=many(3)), "/feed.xml")
    server.serve(answering(body=many(3)), "/atom.xml")
    url = server.serve(answering(body=page()), "/")

    [found] = look(url, server, parser, now).found

    assert (found.url, found.where) == (server.url("/feed.xml"), "usual path")
    assert "/atom.xml" not in asked_paths(server)


def test_what_a_site_is_made_with_tells_the_path(server, parser, now):
    server.serve(answering(body=many(3)), "/latest.rss")
    head = '<meta name="generator" content="Discourse 3.4">'
    url = server.serve(answering(body=page(head=head)), "/")

    [found] = look(url, server, parser, now).found

    assert found.url == server.url("/latest.rss")
    assert asked_paths(server) == ["/", "/latest.rss"]


def test_a_known_pattern_is_tried(server, parser, now):
    server.serve(answering(body=many(3)), "/@courier.rss")
    url = server.serve(answering(body=page()), "/@courier")

    [found] = look(url, server, parser, now).found

    assert found.where == "known pattern of Mastodon"


class WithoutTLS(Server):
    """Hangs up on who speaks TLS, instead of waiting for more."""

    def _secured(self, connection: socket.socket) -> socket.socket:
        if connection.recv(1, socket.MSG_PEEK) == b"\x16":  # a TLS handshake
            raise ConnectionResetError
        return super()._secured(connection)


def test_without_a_scheme_https_is_tried_before_http(parser, now):
    told: list[str] = []
    with WithoutTLS() as server:
        server.serve(answering(body=many(3)))

        [found] = look(f"{server.authority}/feed", server, parser, now, tell=told.append).found

        assert found.url == server.url()
        assert told[:2] == [f"Asking https://{server.authority}/feed", f"Asking {server.url()}"]


def test_a_page_that_sends_its_reader_on_is_followed(server, parser, now):
    server.serve(answering(body=many(3)), "/all.xml")
    server.serve(answering(body=page("/all.xml")), "/home")
    refresh = '<meta http-equiv="refresh" content="0; url=/home">'
    url = server.serve(answering(body=page(head=refresh)), "/")

    assert look(url, server, parser, now).found[0].url == server.url("/all.xml")


def test_a_redirect_for_good_gives_the_new_address(server, parser, now):
    server.serve(answering(body=many(3)), "/new.xml")
    url = server.serve(answering(301, Location="/new.xml"), "/old.xml")

    assert look(url, server, parser, now).found[0].url == server.url("/new.xml")


def test_a_redirect_for_now_does_not(server, parser, now):
    server.serve(answering(body=many(3)), "/new.xml")
    url = server.serve(answering(302, Location="/new.xml"), "/old.xml")

    assert look(url, server, parser, now).found[0].url == url


def test_a_feed_whose_page_is_closed_is_found(server, parser, now):
    server.serve(answering(body=many(3)), "/feed")
    url = server.serve(answering(403), "/")

    assert look(url, server, parser, now).found[0].where == "usual path"


# --- Nothing found ----------------------------------------------------------------------------


def test_to_find_nothing_is_an_outcome_with_a_sentence(server, parser, now):
    url = server.serve(answering(body=page()), "/")

    discovery = look(url, server, parser, now)

    assert discovery.found == ()
    others = discovery.asked - 1
    assert discovery.failure == (
        f"No feed was found at {url}, nor at {others} other addresses where one might be."
    )


@pytest.mark.parametrize(
    ("status", "words"),
    [
        pytest.param(403, "does not let us read it (HTTP 403)", id="forbidden"),
        pytest.param(404, "no document at this address (HTTP 404)", id="not there"),
        pytest.param(500, "has trouble of its own (HTTP 500)", id="broken"),
        pytest.param(429, "asks for patience (HTTP 429)", id="too often"),
    ],
)
def test_why_a_page_did_not_come_is_said(server, parser, now, status, words):
    url = server.serve(answering(status), "/")

    assert words in look(url, server, parser, now).failure


def test_a_host_that_refuses_again_and_again_is_left_alone(server, parser, now):
    refusing = answering(403)
    paths = ("", "feed", "rss.xml", "feed.xml", "atom.xml", "index.xml", "rss")
    for path in paths:
        server.serve(refusing, f"/{path}")

    discovery = look(server.url("/"), server, parser, now)

    assert discovery.asked == 5
    assert "No feed was found at 4 other addresses either." in discovery.failure


def test_a_host_that_asks_for_patience_is_asked_no_more(server, parser, now):
    url = server.serve(answering(429), "/")

    assert look(url, server, parser, now).asked == 1


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        pytest.param("", "This holds no address.", id="nothing"),
        pytest.param("good morning", "This holds no address.", id="words"),
        pytest.param("javascript:alert(1)", "This holds no address.", id="a script"),
        pytest.param("\x00\ud800" * 10_000, "This holds no address.", id="rubbish"),
        pytest.param("https://x.com/courier", "X offers no feeds", id="a closed site"),
        pytest.param("http://10.0.0.1/", "10.0.0.1 is not a public address.", id="a private place"),
        pytest.param("http://a.example:22/", "Port 22 is not one that we reach", id="a port"),
    ],
)
def test_what_cannot_be_asked_is_said_at_once(server, parser, now, address, sentence):
    discovery = look(address, server, parser, now)

    assert discovery.failure.startswith(sentence)
    assert server.requests == []


# --- Bounds ------------------------------------------------------------------------------------


def test_no_more_addresses_are_asked_than_allowed(server, parser, now):
    links = "".join(f'<a href="/{n}/rss">RSS</a>' for n in range(50))
    named = [f"/named/{n}.xml" for n in range(50)]
    head = '<meta name="generator" content="WordPress 6">'
    url = server.serve(answering(body=page(*named, head=head, body=links)), "/a/b")

    discovery = look(url, server, parser, now)

    assert len(server.requests) == discovery.asked == MAX_REQUESTS
    assert discovery.notes == (f"The search ended after {MAX_REQUESTS} addresses.",)


def test_no_address_is_asked_twice(server, parser, now):
    url = server.serve(answering(body=page("/", "/feed", "/feed", "/feed#top")), "/")

    look(url, server, parser, now)

    assert len(asked_paths(server)) == len(set(asked_paths(server)))


def test_a_host_is_visited_by_one_at_a_time(server, parser, now):
    url = server.serve(answering(body=page("/1.xml", "/2.xml", "/3.xml")), "/")

    look(url, server, parser, now)

    assert server.most_at_once == 1


def test_nobody_is_waited_for_longer_than_allowed_and_what_came_counts(server, parser, now):
    server.serve(answering(body=many(3)), "/1.xml")
    server.serve(never_ending(b"HTTP/1.1 200 OK\r\n\r\n", b" ", every=0.1), "/2.xml")
    url = server.serve(answering(body=page("/1.xml", "/2.xml")), "/")

    discovery = look(url, server, parser, now, patience=timedelta(seconds=1.5))

    assert [found.url for found in discovery.found] == [server.url("/1.xml")]
    assert discovery.notes == ("The search ended after 1.5 seconds.",)


def test_a_page_that_is_too_large_is_said_so(server, parser, now):
    url = server.serve(answering(body=b"x" * 5_000), "/")

    discovery = look(url, server, parser, now, limits=Limits(raw_bytes=1_000))

    assert discovery.failure.startswith("The document is larger than")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\x00" * 1_000, id="zeros"),
        pytest.param(b"<html>" + b"<div>" * 50_000, id="deep"),
        pytest.param(b"<html><a href='/feed'>" * 20_000, id="links without end"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, id="a picture"),
        pytest.param(json.dumps({"results": [{"feedUrl": 7}, None]}).encode(), id="JSON"),
        pytest.param("<html>\ud800".encode("utf-8", "surrogatepass"), id="surrogates"),
    ],
)
def test_hostile_pages_end_in_a_sentence(server, parser, now, body):
    url = server.serve(answering(body=body), "/page")

    discovery = look(url, server, parser, now)

    assert discovery.failure.startswith("No feed was found at")
