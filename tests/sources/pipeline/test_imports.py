"""Importing lists: the verdict on each row, and what is taken in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from sources.domain.outlines import OurFeed, Outline, Outlines, tags_of, written
from sources.gateways.opml import read_outlines
from sources.gateways.parser import Parser
from sources.gateways.unreadable import TooHard, WrongKind
from sources.models import Import, Source
from sources.pipeline import imports
from sources.pipeline.imports import (
    STARTER,
    Row,
    apply,
    apply_stored,
    every_feed,
    keep,
    preview,
    read_feeds,
    read_list,
    rows_of,
)
from tests.factories import NOW, a_search, a_source, a_user_with

pytestmark = pytest.mark.django_db

MANY = 2_000


def a_list(*feeds: Outline) -> Outlines:
    return Outlines(feeds=feeds)


def many(number: int = MANY) -> Outlines:
    return a_list(
        *(
            Outline(f"https://a{place}.example/rss", name="Harbor Post", folders=("News", "新闻"))
            for place in range(number)
        )
    )


def verdicts(rows: Any) -> list[str]:
    return [row.in_words for row in rows]


def test_a_feed_that_has_moved_is_known_by_where_it_was() -> None:
    moved = a_source("Post", url="https://new.example/rss", former_urls=["http://post.example/a"])
    here = a_source("Bay", url="https://bay.example/rss", former_urls=["https://new.example/rss"])
    found = a_list(
        Outline("https://post.example/a"),
        Outline("https://new.example/rss"),
        Outline("https://bay.example/rss"),
    )

    rows = apply(preview(found).rows, now=NOW)

    assert verdicts(rows) == ["known as Post", "known as Post", "known as Bay"]
    assert [row.source for row in rows] == [moved.pk, moved.pk, here.pk]
    assert Source.objects.count() == 2


def test_each_row_says_what_would_become_of_it() -> None:
    known = a_source("Harbor Post", url="http://harborpost.example/feed.xml")
    found = a_list(
        Outline("https://courier.example/rss", name="Courier"),
        Outline("https://harborpost.example/feed.xml"),
        Outline("http://COURIER.example:80/rss#top"),
        Outline("http://10.0.0.7/rss"),
        Outline("ftp://courier.example/rss"),
        Outline("http://[::1/rss"),
        Outline("http://user:secret@courier.example/rss"),
        Outline("courier"),
        Outline("https://courier.example/" + "x" * 4_000),
        Outline("https://courier.example/" + "x" * 3_000),
    )

    rows = preview(found).rows

    assert verdicts(rows) == [
        "new",
        "known as Harbor Post",
        "twice in the file (row 1)",
        "refused: 10.0.0.7 is not a public address. An operator can allow it: "
        "add 10.0.0.7:80 to PATRIOT_OUTBOUND_ALLOW.",
        "refused: The address must start with http:// or https://.",
        "refused: The address is malformed.",
        "refused: The address holds a user name or password.",
        "refused: The address must start with http:// or https://.",
        "refused: The address is longer than 4,000 characters.",
        "refused: The address is malformed.",
    ]
    assert [row.number for row in rows] == list(range(1, 11))
    assert rows[1].source == known.pk
    assert Source.objects.count() == 1


def test_an_operator_may_allow_an_address_of_the_house() -> None:
    found = a_list(Outline("http://127.0.0.1:8123/rss"))

    assert verdicts(preview(found, allow=["127.0.0.1:8123"]).rows) == ["new"]


def test_folders_become_tags_after_those_for_all() -> None:
    found = a_list(
        Outline("https://a.example/rss", folders=("World", "新闻")),
        Outline("https://a.example/rss", folders=("Local",)),
    )

    dry = preview(found, tags=["imported"])

    assert dry.rows[0].tags == ("imported", "world", "folder-d39567b2", "local")
    assert dry.notes == (
        "The folder “新闻” becomes the tag “folder-d39567b2”: tags are written in a to z.",
    )


@pytest.mark.parametrize(
    ("declared", "kept"),
    [
        pytest.param("pt_BR", "pt-br", id="underscore"),
        pytest.param("en", "en", id="plain"),
        pytest.param("unknown", "", id="unknown"),
        pytest.param("<b>", "", id="nonsense"),
    ],
)
def test_only_languages_are_taken_for_such(declared: str, kept: str) -> None:
    found = a_list(Outline("https://a.example/rss", language=declared))

    assert preview(found).rows[0].language == kept


# --- Taking in ----------------------------------------------------------------------
def test_new_rows_become_sources_and_the_others_stay_as_they_are(now: datetime) -> None:
    known = a_source("Harbor Post", url="https://harborpost.example/feed.xml", tags=["old"])
    found = a_list(
        Outline(
            "https://courier.example/rss",
            name="Courier",
            site_url="https://courier.example/",
            language="de",
            folders=("News",),
        ),
        Outline("https://harborpost.example/feed.xml", folders=("News",)),
        Outline("http://10.0.0.7/rss"),
    )

    rows = apply(preview(found).rows, now=now)

    source = Source.objects.exclude(pk=known.pk).get()
    assert verdicts(rows)[:2] == ["added as Courier", "known as Harbor Post"]
    assert (rows[0].verdict, rows[0].source) == ("added", source.pk)
    assert (source.name, source.url, source.tags) == (
        "Courier",
        "https://courier.example/rss",
        ["news"],
    )
    assert (source.language, source.site_url) == ("de", "https://courier.example/")
    assert source.is_enabled
    assert source.last_good_at is None
    assert source.not_before == now
    known.refresh_from_db()
    assert known.tags == ["old"]


def test_what_was_added_since_the_dry_run_is_known_by_now(now: datetime) -> None:
    dry = preview(a_list(Outline("https://courier.example/rss", name="Courier")))
    a_source("Courier", url="https://courier.example/rss")

    rows = apply(dry.rows, now=now)

    assert verdicts(rows) == ["known as Courier"]


def test_newsrooms_do_not_know_each_others_feeds(now: datetime) -> None:
    a_source("Courier", url="https://courier.example/rss", newsroom="demo")
    found = a_list(Outline("https://courier.example/rss", name="Courier"))

    rows = apply(preview(found).rows, now=now)

    assert verdicts(rows) == ["added as Courier"]
    assert verdicts(preview(found, newsroom="demo").rows) == ["known as Courier"]


@pytest.mark.parametrize("number", [3, MANY])
def test_a_list_takes_as_many_queries_whatever_its_length(
    django_assert_max_num_queries: Any, number: int, now: datetime
) -> None:
    found = many(number)

    with django_assert_max_num_queries(1):
        dry = preview(found)
    # Two savepoints, the lock, what we watch (twice), the short names, the rows in few batches.
    with django_assert_max_num_queries(14):
        rows = apply(dry.rows, now=now)

    assert [row.verdict for row in rows] == ["added"] * number
    assert Source.objects.count() == number


def test_a_stored_list_is_taken_in_once(now: datetime) -> None:
    author = a_user_with(None)
    dry = preview(a_list(Outline("https://courier.example/rss", name="Courier", folders=("a",))))
    stored = keep(dry, name="my \x00 feeds.opml", author=author, now=now)

    first = apply_stored(stored.pk, now=now)
    second = apply_stored(stored.pk, now=now)

    assert first is not None
    assert second is None
    stored.refresh_from_db()
    assert (stored.name, stored.author, stored.applied_at) == ("my feeds.opml", author, NOW)
    assert verdicts(rows_of(stored)) == ["added as Courier"]
    assert rows_of(stored)[0].tags == ("a",)


def test_a_dry_run_that_was_kept_adds_nothing(now: datetime) -> None:
    dry = preview(many(3))

    stored = keep(dry, name="x", author=None, now=now)

    assert rows_of(stored) == list(dry.rows)
    assert Import.objects.get().applied_at is None
    assert not Source.objects.exists()


# --- Reading ------------------------------------------------------------------------
def test_a_list_is_read_in_the_child(parser: Parser) -> None:
    document = '<opml><body><outline text="A"><outline xmlUrl="https://a.example/"/></outline>'

    found = read_list(document.encode(), parser=parser)

    assert found.feeds == (Outline("https://a.example/", folders=("A",)),)
    assert found.notes == ("The file is cut off: its last feeds may be missing.",)


def test_a_file_that_is_too_large_is_not_even_looked_at(
    parser: Parser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "MAX_BYTES", 10)

    with pytest.raises(WrongKind, match="larger than"):
        read_list(b"https://courier.example/rss", parser=parser)


def test_a_list_that_breaks_the_reader_is_a_sentence() -> None:
    with pytest.raises(TooHard, match="of computing"):
        read_list(b'<outline a="' * 600_000, parser=Parser(cpu_seconds=1))


# --- Handing on ---------------------------------------------------------------------
def test_our_list_taken_in_elsewhere_gives_the_same_sources(now: datetime) -> None:
    a_source("Ärger & <Co>", url="https://a.example/rss?a=1&b=2", tags=["world", "news"])
    a_source("Plain", url="https://b.example/rss", language="pt-br", is_enabled=False)
    a_search("old bridge")
    a_source("Elsewhere", url="https://c.example/rss", newsroom="demo")
    ours = every_feed()

    document = written(ours, title="Feeds").encode()
    apply(preview(read_outlines(document), newsroom="copy").rows, newsroom="copy", now=now)

    assert [feed.name for feed in ours] == ["Plain", "Ärger & <Co>"]
    assert every_feed(newsroom="copy") == ours


def test_readers_are_handed_only_what_we_read() -> None:
    a_source("Read", tags=["news"])
    a_source("Paused", is_enabled=False)
    a_source("Gone", gone_at=NOW)
    a_source("Demonstration", newsroom="demo")
    a_search("old bridge")

    assert [feed.name for feed in read_feeds()] == ["Read"]
    assert [feed.name for feed in every_feed(tag="news")] == ["Read"]


# --- The starter list ---------------------------------------------------------------
def starters() -> list[Row]:
    return list(preview(read_outlines(STARTER.read_bytes())).rows)


def test_every_starter_is_a_feed_that_we_may_reach_named_tagged_and_with_a_language() -> None:
    rows = starters()

    assert [row.url for row in rows if row.verdict != "new"] == []
    assert [row.url for row in rows if not (row.name and row.site_url and row.language)] == []
    assert [row.url for row in rows if len(row.tags) < 2] == []
    assert [row.url for row in rows if not row.url.startswith("https://")] == []
    assert len({row.name for row in rows}) == len(rows)


def test_the_starters_are_of_many_places_and_languages() -> None:
    rows = starters()

    assert 120 <= len(rows) <= 200
    assert len({row.language.partition("-")[0] for row in rows}) >= 10
    assert len({tag for row in rows for tag in row.tags}) >= 15


def test_starters_are_unchecked_until_they_are_first_fetched(now: datetime) -> None:
    apply(starters(), now=now)

    assert not Source.objects.exclude(is_enabled=True, last_good_at=None, failures=0).exists()


def test_the_starter_list_is_a_list_like_any_other() -> None:
    text = STARTER.read_text(encoding="utf-8")

    assert written(read_outlines_as_ours(text), title="Public news feeds") == text


def read_outlines_as_ours(text: str) -> list[OurFeed]:
    return [
        OurFeed(feed.url, feed.name, feed.site_url, feed.language, tags_of(feed))
        for feed in read_outlines(text.encode()).feeds
    ]
