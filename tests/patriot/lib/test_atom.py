"""Atom documents, whatever the texts hold."""

from datetime import UTC, datetime, timedelta, timezone

import feedparser
import pytest
from lxml import etree

from patriot.lib import atom
from patriot.lib.syndication import Entry, Feed

MOMENT = datetime(2026, 6, 9, 5, 0, 30, 999_999, tzinfo=UTC)


def an_entry(**fields: object) -> Entry:
    defaults: dict[str, object] = {
        "id": "urn:uuid:0",
        "title": "Old Bridge to close",
        "url": "https://site.example/1/",
        "language": "de",
        "category": "The Morning",
        "published_at": MOMENT,
        "updated_at": MOMENT,
        "summary": "It closes.",
        "html": "<p>It closes <b>on Friday</b>.</p>",
    }
    return Entry(**defaults | fields)


def a_feed(*entries: Entry, **fields: object) -> Feed:
    defaults: dict[str, object] = {
        "id": "urn:uuid:1",
        "title": "The Morning",
        "subtitle": "",
        "author": "Patriot",
        "language": "en",
        "url": "https://site.example/",
        "self_url": "https://site.example/feed.atom",
        "updated_at": MOMENT,
    }
    return Feed(entries=entries, **defaults | fields)


def test_what_is_written_is_read_back():
    read = feedparser.parse(atom.document(a_feed(an_entry(), subtitle="For the region")))

    assert not read.bozo
    assert read.feed.subtitle == "For the region"
    entry = read.entries[0]
    assert (entry.id, entry.link, entry.title) == (
        "urn:uuid:0",
        "https://site.example/1/",
        "Old Bridge to close",
    )
    assert entry.content[0].value == "<p>It closes <b>on Friday</b>.</p>"
    assert entry.content[0].type == "text/html"
    assert entry.content[0].language == "de"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a\x00b\x08c\x1fd\x7f", id="controls"),
        pytest.param("]]></content></entry>&amp;&#0;", id="markup of the document"),
        pytest.param('"><script>alert(1)</script>', id="markup of a page"),
        pytest.param("a\ud800b\ufffe\uffff", id="no characters"),
        pytest.param("\u202eoverride \U0001f600\r\n\ttabs", id="odd but lawful"),
    ],
)
def test_no_text_can_break_the_document(text: str):
    entry = an_entry(title=text, html=text, summary=text, category=text)

    root = etree.fromstring(atom.document(a_feed(entry, title=text, author=text)))

    assert [child.tag for child in root if child.tag.endswith("entry")] == [
        f"{{{atom.NAMESPACE}}}entry"
    ]
    assert not root.xpath("//*[local-name()='script']")
    assert "\x00" not in "".join(root.itertext())


def test_moments_are_told_in_utc_to_the_second():
    east = timezone(timedelta(hours=2))
    entry = an_entry(updated_at=MOMENT.astimezone(east))

    assert b"<updated>2026-06-09T05:00:30Z</updated>" in atom.document(a_feed(entry))
