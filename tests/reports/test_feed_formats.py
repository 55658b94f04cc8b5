"""One feed in three formats: what one reader sees, all see."""

from __future__ import annotations

import io
import json
import re
from datetime import datetime
from typing import Any

import feedparser
import pytest

from patriot.lib import json_feed, rss
from patriot.lib.syndication import Feed
from reports.models import Report
from tests.factories import a_briefing, a_published_report, a_withdrawn_report
from tests.patriot.lib.test_atom import a_feed, an_entry

HOSTILE = "A\x00 \x0b]]> <b>&amp; \ud7ff\ufffe \U0001f600"


def parsed(body: bytes) -> Any:
    return feedparser.parse(io.BytesIO(body), response_headers={"content-type": rss.CONTENT_TYPE})


def problems_of(told: Any) -> list[str]:
    """Return what JSON Feed 1.1 would find wrong, by the words of its specification."""
    found = []
    if told.get("version") != "https://jsonfeed.org/version/1.1":
        found.append("version")
    found += [name for name in ("title",) if not isinstance(told.get(name), str)]
    found += [
        name
        for name in ("home_page_url", "feed_url")
        if not str(told.get(name, "")).startswith("http")
    ]
    ids = [item.get("id") for item in told.get("items", [None])]
    if len(set(ids)) != len(ids) or not all(isinstance(one, str) and one for one in ids):
        found.append("items have ids of their own")
    for item in told["items"]:
        if "content_html" not in item and "content_text" not in item:
            found.append("an item has content")
        if not str(item["url"]).startswith("http"):
            found.append("url")
        for name in ("date_published", "date_modified"):
            datetime.fromisoformat(item[name])
        if not all(isinstance(tag, str) for tag in item["tags"]):
            found.append("tags")
    return found


@pytest.fixture
def reports(db: None) -> list[Report]:
    briefing = a_briefing(slug="morning")
    return [
        a_published_report(briefing, sections=2),
        a_published_report(a_briefing(slug="evening"), sections=1),
    ]


@pytest.mark.parametrize("room", ["reports", "reports/morning"])
def test_the_three_formats_say_the_same_under_the_same_ids(client, reports, room):
    atom, really_simple, as_json = (
        client.get(f"/{room}/feed.{kind}") for kind in ("atom", "rss", "json")
    )

    told = json.loads(as_json.content)
    assert problems_of(told) == []
    entries = parsed(atom.content).entries
    items = parsed(really_simple.content).entries
    assert [e.id for e in entries] == [i.id for i in items] == [j["id"] for j in told["items"]]
    assert [e.title for e in entries] == [i.title for i in items]
    assert [e.link for e in entries] == [j["url"] for j in told["items"]]
    for entry, item, other in zip(entries, items, told["items"], strict=True):
        assert entry.content[0].value == item.content[0].value
        assert len(other["content_html"]) > 500
        assert item.published_parsed == entry.published_parsed
    assert really_simple["Content-Type"].startswith("application/rss+xml")
    assert as_json["Content-Type"].startswith("application/feed+json")


def test_rss_is_sound_by_feedparser_and_says_what_it_must(client, reports):
    found = parsed(client.get("/reports/feed.rss").content)

    assert not found.bozo
    assert found.version == "rss20"
    assert found.feed.title
    assert found.feed.description
    assert found.feed.links[1].rel == "self"
    assert all(not entry.guidislink for entry in found.entries)


def test_each_format_answers_304_to_its_own_etag_and_not_to_anothers(client, reports):
    tags = {kind: client.get(f"/reports/feed.{kind}")["ETag"] for kind in ("atom", "rss", "json")}

    assert len(set(tags.values())) == 3
    for kind, tag in tags.items():
        answer = client.get(f"/reports/feed.{kind}", headers={"If-None-Match": tag})
        assert answer.status_code == 304


def test_pages_name_all_three(client, reports):
    for address in ("/", "/reports/morning/", reports[0].get_absolute_url()):
        page = client.get(address).content.decode()
        kinds = set(re.findall(r'rel="alternate" type="([^"]+)"', page))
        assert kinds >= {"application/atom+xml", "application/rss+xml", "application/feed+json"}


@pytest.mark.parametrize(
    "feed",
    [
        pytest.param(a_feed(an_entry(title=HOSTILE, html=HOSTILE, summary="")), id="odd letters"),
        pytest.param(a_feed(subtitle=""), id="no entry, no subtitle"),
    ],
)
def test_whatever_texts_hold_the_documents_are_sound(feed: Feed):
    assert not parsed(rss.document(feed)).bozo
    assert problems_of(json.loads(json_feed.document(feed))) == []


def test_a_withdrawn_report_says_so_in_every_format(client, db):
    a_withdrawn_report(reason="It was a test.", sections=1)

    for kind in ("atom", "rss", "json"):
        assert b"It was a test." in client.get(f"/reports/feed.{kind}").content
