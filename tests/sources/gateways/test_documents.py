"""Feed formats: each document beside what it should become."""

from __future__ import annotations

import base64
import dataclasses
import json
from html import escape
from pathlib import Path

import pytest

from sources.domain.entry import Feed
from sources.gateways import tolerant_feeds
from sources.gateways.documents import MAX_ENTRIES, finish, read_document
from sources.gateways.unreadable import WrongKind

FOLDER = Path(__file__).parents[2] / "data" / "feeds"
URL = "https://feeds.example/dir/feed"


def plain(feed: Feed) -> dict:
    """Return a feed as JSON has it, without what is empty."""

    def without_empty(fields):
        return {name: value for name, value in fields.items() if value}

    fields = dataclasses.asdict(feed)
    fields["entries"] = [without_empty(entry) for entry in fields["entries"]]
    text = json.dumps(
        without_empty(fields),
        default=lambda v: v.isoformat() if hasattr(v, "isoformat") else v.total_seconds(),
    )
    return json.loads(text)


def read(body: bytes, **more: str) -> Feed:
    return read_document(body, url=URL, **more)


def rss(inside: str) -> bytes:
    return f"<rss version='2.0'><channel><title>T</title>{inside}</channel></rss>".encode()


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, id=path.stem)
        for path in sorted(FOLDER.iterdir())
        if not path.name.endswith(".expected.json")
    ],
)
def test_a_document_becomes_what_it_should(path):
    expected = json.loads(path.with_name(path.name + ".expected.json").read_text())

    assert plain(read(path.read_bytes())) == expected


@pytest.mark.parametrize("name", ["rss_2.0", "rss_1.0", "atom_1.0", "atom_0.3", "feedburner"])
def test_the_tolerant_reader_finds_the_same_articles(name):
    body = (FOLDER / f"{name}.xml").read_bytes()

    fast = read(body)
    tolerant = finish(tolerant_feeds.read_broken(body), url=URL)

    # feedparser resolves against xml:base itself and knows nothing of base64.
    assert [(e.raw_id, e.title, e.published_at) for e in tolerant.entries] == [
        (e.raw_id, e.title, e.published_at) for e in fast.entries
    ]
    assert tolerant.entry_count == fast.entry_count


@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param(b"", "is empty", id="nothing"),
        pytest.param(b"\xef\xbb\xbf \n", "is empty", id="white space"),
        pytest.param(b"<!DOCTYPE html><title>x</title>", "web page", id="a page"),
        pytest.param(b"<html xmlns='http://www.w3.org/1999/xhtml'/>", "web page", id="XHTML"),
        pytest.param(b"<?xml version='1.0'?>\n<html/>", "web page", id="XHTML as XML"),
        pytest.param(b"<opml version='2.0'/>", "begins with <opml>", id="OPML"),
        pytest.param(b"<urlset/>", "begins with <urlset>", id="a sitemap"),
        pytest.param(b"Service unavailable", "not a feed", id="text"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "not a feed", id="a picture"),
        pytest.param(b'{"items": 1}', "not a JSON Feed", id="other JSON"),
        pytest.param(b'[{"id": 1}]', "not a JSON Feed", id="a JSON list"),
        pytest.param(b'{"items": [', "malformed", id="half a JSON Feed"),
        pytest.param(b'{"items":' + b"[" * 100_000, "malformed", id="deep JSON"),
        pytest.param(b'{"items": [], "x": ' + b"9" * 5_000 + b"}", "malformed", id="long number"),
    ],
)
def test_what_is_no_feed_is_an_error_with_a_sentence(body, words):
    with pytest.raises(WrongKind, match=words):
        read(body)


def test_a_web_page_tells_where_its_feeds_are():
    page = b"""<!doctype html><link rel="stylesheet" href="/x.css">
        <link rel=alternate type=application/rss+xml href=/rss.xml>
        <link rel="alternate" type="application/atom+xml" href="../atom?a=1&amp;b=2">
        <link rel="alternate" type="application/rss+xml" href="javascript:alert(1)">"""

    with pytest.raises(WrongKind) as caught:
        read(page)

    assert "https://feeds.example/rss.xml, https://feeds.example/atom?a=1&b=2" in str(caught.value)
    assert "javascript" not in str(caught.value)


def test_an_empty_channel_is_a_feed():
    feed = read(rss(""))

    assert (feed.title, feed.entry_count) == ("T", 0)


def test_of_too_many_entries_the_newest_are_kept_and_the_others_counted():
    items = "".join(
        f"<item><title>{n}</title><pubDate>{1_700_000_000 + n}</pubDate></item>"
        for n in range(MAX_ENTRIES + 5)
    )

    feed = read(rss(items))

    assert len(feed.entries) == MAX_ENTRIES
    assert feed.skipped == {"beyond the newest 1,000": 5}
    assert feed.entries[0].title == "5"


@pytest.mark.parametrize(
    ("content_type", "body", "title"),
    [
        pytest.param(
            "text/xml; charset=koi8-r", "<t>Мост</t>".encode("koi8-r"), "Мост", id="HTTP says"
        ),
        pytest.param("text/xml", "<t>Мост</t>".encode(), "Мост", id="nobody says"),
        pytest.param(
            "text/xml; charset=iso-8859-1", "<t>Мост</t>".encode(), "Мост", id="HTTP is wrong"
        ),
        pytest.param("text/xml; charset=nonsense", b"<t>x</t>", "x", id="HTTP talks nonsense"),
        pytest.param("text/xml; charset=utf-16", b"<t>x</t>", "x", id="HTTP lies"),
    ],
)
def test_the_letters_come_out_right(content_type, body, title):
    body = body.replace(b"t>", b"title>")

    feed = read(b"<rss><channel>" + body + b"</channel></rss>", content_type=content_type)

    assert feed.title == title


@pytest.mark.parametrize(
    ("link", "url"),
    [
        pytest.param("https://a.example/1", "https://a.example/1", id="absolute"),
        pytest.param("1", "https://feeds.example/dir/1", id="relative"),
        pytest.param("//b.example/1", "https://b.example/1", id="without scheme"),
        pytest.param("HTTPS://A.example:443/1", "https://a.example/1", id="canonical host"),
        pytest.param("javascript:alert(1)", "", id="javascript"),
        pytest.param("data:text/html,x", "", id="data"),
        pytest.param("mailto:a@b.example", "", id="mail"),
        pytest.param("https://a.example/1?a=1&amp;amp;b=2", "https://a.example/1?a=1&b=2", id="&"),
        pytest.param("http://[", "", id="malformed"),
    ],
)
def test_links_lead_to_the_web_or_nowhere(link, url):
    feed = read(rss(f"<item><title>x</title><link>{link}</link></item>"))

    assert feed.entries[0].url == url


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"<rss><channel>" + b"<a>" * 5_000, id="deep nesting"),
        pytest.param(rss("<item><title>x</title><link>http://[</link></item>"), id="bad link"),
        pytest.param(rss("<item><title>" + "x" * 1_000_000 + "</title></item>"), id="long title"),
        pytest.param(rss("<item><title>a&#0;b&#xD800;c</title></item>"), id="bad references"),
        pytest.param(
            b"<!DOCTYPE r [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'>"
            b"<!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;'>]>"
            + rss("<item><title>&c;</title></item>"),
            id="entity bomb",
        ),
        pytest.param(
            b"<!DOCTYPE r [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"
            + rss("<item><title>&x;</title></item>"),
            id="a file as an entity",
        ),
        pytest.param(rss("<item><title/></item>" * 5_000), id="empty items"),
        pytest.param(rss(f"<item {' '.join(f'a{n}=' for n in range(9))}/>"), id="bad attributes"),
    ],
)
def test_a_hostile_document_ends_and_reads_nothing_that_it_should_not(body):
    try:
        feed = read(body)
    except WrongKind:
        return
    for entry in feed.entries:
        assert len(entry.title) <= 1_000
        assert "root:" not in entry.title
        assert "a" * 50 not in entry.title
        assert "\x00" not in entry.title


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param(b"\x7f", id="delete"),
        pytest.param(b"\xc2\x81", id="a control of Latin-1"),
        pytest.param(b"\xef\xb7\x90", id="no character"),
        pytest.param(b"&#127;", id="a reference to delete"),
        pytest.param(b"&#0129;", id="a reference with a zero"),
        pytest.param(b"&#x81;", id="a hexadecimal reference"),
        pytest.param(b"&#x0081;", id="a hexadecimal reference with zeros"),
        pytest.param(b"&#64976;", id="a reference to no character"),
        pytest.param(b"&#xFDD0;", id="a hexadecimal reference to no character"),
        pytest.param(b"&#129;&nbsp;", id="in a document that is mended"),
    ],
)
def test_no_text_holds_what_must_not_be_stored(odd):
    body = rss("<item><title>1</title><description>ab</description></item>")

    feed = read(body.replace(b"ab", b"a" + odd + b"b"))

    assert feed.entries[0].html.replace("\xa0", "") == "ab"


def test_what_was_base64_holds_no_odd_letters_either():
    content = base64.b64encode(b"<p>a\x00\x7fb</p>").decode()

    feed = read(
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry>'
        f'<content type="text/html" mode="base64">{content}</content></entry></feed>'.encode()
    )

    assert feed.entries[0].html == "<p>ab</p>"


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param("<title>a & b</title>", id="a bare ampersand"),
        pytest.param("<title>a &nbsp;&eacute; b</title>", id="HTML's entities"),
        pytest.param("<title>a \x0b b</title>", id="a control"),
        pytest.param("<title>a &#1; b &#38; &#60;i></title>", id="references to nothing"),
        pytest.param('<media:thumbnail url="/a?b=1&c=2"/>', id="an attribute"),
        pytest.param("<description><![CDATA[a &amp; b]]> & c</description>", id="beside CDATA"),
        pytest.param("<title>a & b<item><title>c</title></item></title>", id="an item in an item"),
        pytest.param("<link>https://a.example/?a&b<guid>c</guid></link>", id="an id in a link"),
    ],
)
def test_faulty_letters_are_mended_alike_with_and_without_faulty_tags(broken):
    item = f"<item>{broken}</item>"

    alone = read(rss(item))
    among_faulty_tags = read(rss(item + "<item><title>x</b></title></item>"))

    assert alone.entries == among_faulty_tags.entries[: len(alone.entries)]
    assert alone.notes == among_faulty_tags.notes


@pytest.mark.parametrize(
    ("bodies", "html"),
    [
        pytest.param(["abc", "<b><i>ab</i></b>"], "abc", id="not the one with more markup"),
        pytest.param(["<p>abc</p>", "abcd"], "abcd", id="not the first"),
        pytest.param(["abc", "<p>abc</p>"], "<p>abc</p>", id="of two alike the one with markup"),
        pytest.param(["abc", "<p " + "x" * 900 + ">ab</p>"], "abc", id="an endless tag"),
        pytest.param(["abc", "   " * 900 + "<p>ab</p>"], "abc", id="much white space"),
    ],
)
def test_the_body_with_most_to_read_is_the_text(bodies, html):
    first, second = map(escape, bodies)
    item = f"<description>{first}</description><content:encoded>{second}</content:encoded>"

    feed = read(rss(f"<item>{item}</item>"))

    assert feed.entries[0].html == html
