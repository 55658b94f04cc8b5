"""Documents that want to hurt: each ends, within its limits, and leaves nothing bad behind."""

from __future__ import annotations

import dataclasses
import re
import time

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sources.domain.entry import Feed
from sources.gateways.documents import MAX_ENTRIES, read_document
from sources.gateways.packing import pack, unpack
from sources.gateways.unreadable import WrongKind

NEVER_STORED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
SECONDS = 10.0


def rss(inside: bytes) -> bytes:
    return b"<rss version='2.0'><channel><title>T</title>" + inside + b"</channel></rss>"


def texts_of(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if dataclasses.is_dataclass(value):
        return [text for each in dataclasses.astuple(value) for text in texts_of(each)]
    if isinstance(value, dict):
        return [text for each in value.items() for text in texts_of(each)]
    if isinstance(value, tuple | list):
        return [text for each in value for text in texts_of(each)]
    return []


def read(body: bytes) -> Feed | None:
    try:
        return read_document(body, url="https://feeds.example/feed")
    except WrongKind:
        return None


LAUGHS = b"".join(
    b"<!ENTITY %c '%s'>" % (98 + level, b"&%c;" % (97 + level) * 10) for level in range(9)
)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"<rss><channel>" + b"<a>" * 100_000, id="deep nesting"),
        pytest.param(rss(b"<item>" + b"<b>" * 50_000 + b"</b>" * 50_000), id="deep and closed"),
        pytest.param(rss(b"<item><title>" + b"<" * 300_000), id="nothing but <"),
        pytest.param(rss(b"<item><title>" + b"&" * 300_000), id="nothing but &"),
        pytest.param(rss(b"<item><title>" + b"&#" * 150_000), id="half references"),
        pytest.param(
            rss(b"<item %s/>" % b" ".join(b"a%d='x'" % n for n in range(20_000))), id="attributes"
        ),
        pytest.param(rss(b"<item " + b"a='x' " * 50_000 + b"/>"), id="the same attribute"),
        pytest.param(rss(b'<item><a b="' * 10_000), id="open quotes"),
        pytest.param(rss(b"<!--" * 100_000), id="open comments"),
        pytest.param(b"<!--" * 100_000 + rss(b""), id="open comments before"),
        pytest.param(rss(b"<!-- - -- " * 50_000 + b"-->"), id="dashes"),
        pytest.param(rss(b"<?a" * 100_000), id="open instructions"),
        pytest.param(rss(b"<!x" * 100_000), id="open declarations"),
        pytest.param(rss(b"<item><title><![CDATA[" * 20_000), id="open sections"),
        pytest.param(rss(b"<item><title>x" + b"]]>" * 100_000), id="closed sections"),
        pytest.param(rss(b"<item><title>" + b"x" * 11_000_000 + b"</title></item>"), id="giant"),
        pytest.param(rss(b"<item><" + b"x" * 1_000_000 + b">"), id="giant name"),
        pytest.param(b"<!DOCTYPE l [<!ENTITY a 'ha'>" + LAUGHS + b"]>" + rss(b"&j;"), id="bomb"),
        pytest.param(
            b"<!DOCTYPE l [<!ENTITY a '" + b"x" * 190 + b"'>]>"
            + rss(b"<item><title>" + b"&a;" * 100_000 + b"</title></item>"),
            id="quadratic bomb",
        ),
        pytest.param(rss(b"<item><title>x</title></item>" * 26_000), id="many items"),
        pytest.param(rss(b"<item><title>x<item>" * 10_000), id="items in items"),
        pytest.param(rss(b"<item><title>x</title>" + b"</x>" * 100_000), id="ends of nothing"),
        pytest.param(rss(b"<item>x</item>") * 5_000, id="many documents in one"),
        pytest.param(b'{"items":' + b"[" * 500_000, id="deep JSON"),
        pytest.param(b'{"items":[' + b"{}," * 100_000 + b"{}]}", id="empty JSON items"),
        pytest.param(b"\x00" * 1_000_000, id="zeros"),
        pytest.param(bytes(range(256)) * 2_000, id="every byte"),
        pytest.param(rss(b"<item><author>" + b"a@" * 500_000 + b"</author></item>"), id="author"),
        pytest.param(rss(b"<item><pubDate>" + b"1" * 500_000 + b"</pubDate></item>"), id="date"),
    ],
)  # fmt: skip
def test_a_hostile_document_ends_in_time(body):
    started = time.process_time()

    feed = read(body)

    assert time.process_time() - started < SECONDS
    if feed is not None:
        assert len(feed.entries) <= MAX_ENTRIES
        assert max(map(len, texts_of(feed)), default=0) <= 300_000


def test_a_bomb_of_entities_stays_what_is_written():
    body = b"<!DOCTYPE l [<!ENTITY a 'ha'>" + LAUGHS + b"]>"
    feed = read(body + rss(b"<item><title>&a; &j;</title></item>"))

    assert feed is not None
    assert feed.entries[0].title == "ha &j;"


def test_no_file_becomes_an_entity():
    body = b"<!DOCTYPE l [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"
    feed = read(body + rss(b"<item><title>a &x;</title></item>"))

    assert feed is not None
    assert feed.entries[0].title == "a &x;"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            rss(b"<item><title>a&#0;b&#xD800;&#x1;&#xFFFE;c&#x110000;&#99999999999;</title></item>"),
            id="references",
        ),
        pytest.param(rss(b"<item><title>a\x00\x1fb</title><guid>\x00x</guid></item>"), id="raw"),
        pytest.param(
            b'{"items":[{"id":"a\\u0000b","title":"x\\ud800y\\u0001","content_text":"\\u0000z",'
            b'"tags":["\\u0000t"],"authors":[{"name":"\\ud800n"}],"date_published":"\\u0000"}]}',
            id="JSON",
        ),
    ],
)  # fmt: skip
def test_what_must_not_be_stored_is_gone(body):
    feed = read(body)

    assert feed is not None
    assert feed.entries
    assert not [text for text in texts_of(feed) if NEVER_STORED.search(text)]


def test_references_to_controls_mean_the_letters_of_windows():
    feed = read(rss(b"<item><title>&#147;a&#148; &#x96; b&#133;</title></item>"))

    assert feed is not None
    assert feed.entries[0].title == "“a” – b…"


PIECES = (
    b"<rss>", b"</rss>", b"<channel>", b"<item>", b"</item>", b"<entry>", b"</entry>", b"<title>",
    b"</title>", b"<link>", b"<link href='x'/>", b"</link>", b"<guid>", b"<description>", b"<b>",
    b"</description>", b"<![CDATA[", b"]]>", b"<!--", b"-->", b"&", b"&amp;", b"&#0;", b"&nbsp;",
    b"<", b">", b"'", b'"', b"\x00", b"\xff", b"\xed\xa0\x80", b"<?xml version='1.0'?>", b"\xc3",
    b"<feed xmlns='http://www.w3.org/2005/Atom'>", b"<content type='xhtml'>", b"text", b" a=b ",
    b"<media:group>", b"<rdf:RDF>", b"<!DOCTYPE x [<!ENTITY y 'z'>]>", b"&y;", b"\x1b$B", b"<p ",
    b"<content type='application/octet-stream'>", b"<pubDate>", b"2026-06-09", b"xml:base='//['",
    b'{"items":[', b'{"id":"\\ud800"}', b"]}", b"\xef\xbb\xbf", b"\xff\xfe", b"http://[", b"</p>",
)  # fmt: skip


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.sampled_from(PIECES), max_size=40).map(b"".join)
    | st.lists(st.sampled_from(PIECES), max_size=20).map(lambda pieces: rss(b"".join(pieces)))
    | st.binary(max_size=200)
)
def test_no_document_breaks_the_reader(body):
    feed = read(body)

    if feed is not None:
        assert not [text for text in texts_of(feed) if NEVER_STORED.search(text)]
        assert dataclasses.asdict(unpack_as_sent(feed)) == dataclasses.asdict(feed)


def unpack_as_sent(feed: Feed) -> Feed:
    return unpack(orjson.loads(orjson.dumps(pack(feed))))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"<" * 4_900_000, id="nothing but <"),
        pytest.param(b"< " * 2_400_000, id="nothing but < and spaces"),
        pytest.param(b"<a>" + b"<" * 4_900_000, id="an element, and nothing but <"),
        pytest.param(b"<a" * 2_400_000, id="tags without an end"),
    ],
)
def test_what_names_no_feed_is_refused_at_once(body):
    began = time.process_time()

    with pytest.raises(WrongKind, match="not a feed"):
        read_document(body)

    assert time.process_time() - began < 3


@pytest.mark.parametrize("junk", [b"Warning: x <b>y</b>\n", b"< " * 30_000], ids=["short", "long"])
def test_a_feed_behind_junk_is_still_read(junk):
    feed = read_document(junk + rss(b"<item><title>One & two</title></item>"))

    assert feed.entry_count == 1


@pytest.mark.parametrize("value", [b"{}", b"[]"], ids=["objects", "lists"])
def test_json_of_very_many_values_is_refused_at_once(value):
    with pytest.raises(WrongKind, match="more than we read"):
        read_document(b'{"items":[' + b",".join([value] * 1_600_000) + b"]}")
