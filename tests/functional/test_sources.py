"""The whole way of sources: a list of feeds taken in, days of fetching, pages, edits, the end.

Real HTTP on loopback, a real parser's child, a real database; the timetable's own steps.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.core.management import call_command
from django.db.models import Q

from patriot import schedules
from sources.gateways.parser import Parser
from sources.models import Article, ArticleVersion, Digest, Fetch, Passage, Source, Tombstone
from sources.models.health import health_of, with_last_fetch
from sources.pipeline import digest
from sources.pipeline.imports import apply, preview, read_list
from sources.pipeline.prune import prune_articles
from sources.tasks import web
from tests.sources.server import Server, answering

pytestmark = pytest.mark.django_db(transaction=True)

DAY = timedelta(days=1)
PARAGRAPHS = [
    f"The harbor authority said on day {number} that the ferries would run again in the morning."
    for number in range(1, 9)
]
SHORT = "The ferries will run again."


@pytest.fixture
def press(settings) -> Iterator[Server]:
    """A coast's press, at one host: two feeds, an article's page and its robots.txt."""
    with Server() as server:
        settings.OUTBOUND_ALLOW = [server.authority]
        page = "".join(f"<p>{each}</p>" for each in PARAGRAPHS)
        server.serve(
            answering(body=f"<html><body><article><h1>Ferries</h1>{page}</article>".encode()),
            "/ferries",
        )
        server.serve(answering(body=b"User-agent: *\nDisallow: /closed\n"), "/robots.txt")
        yield server


def a_feed(server: Server, *items: tuple[str, str, str]) -> bytes:
    told = "".join(
        f"<item><guid>{path}</guid><title>{title}</title><link>{server.url(path)}</link>"
        f"<pubDate>Tue, 09 Jun 2026 05:00:00 GMT</pubDate><description>{text}</description></item>"
        for path, title, text in items
    )
    return (
        f"<rss version='2.0'><channel><title>The Courier</title><link>{server.url('/')}</link>"
        f"<language>en</language>{told}</channel></rss>"
    ).encode()


def a_list(*urls: str) -> bytes:
    feeds = "".join(f'<outline type="rss" text="Feed" xmlUrl="{url}"/>' for url in urls)
    return f'<opml><body><outline text="Coast">{feeds}</outline></body></opml>'.encode()


def go_on(now: datetime) -> None:
    steps = schedules.timetable(web=web(), parser=Parser.shared())
    schedules.advance(now, steps=steps)


def test_a_list_of_feeds_becomes_articles_and_stays_healthy_or_says_why(press, now, settings):
    ferries = ("/ferries", "Ferries run again", SHORT)
    closed = ("/closed/bridge", "The bridge stays closed", SHORT)
    news = press.serve(answering(body=a_feed(press, ferries, closed), ETag='"1"'), "/news.xml")
    gone = press.serve(answering(410), "/gone.xml")

    # Taken in: twice the same address is once.
    found = preview(
        read_list(a_list(news, gone, news), parser=Parser.shared()), allow=settings.OUTBOUND_ALLOW
    )
    apply(found.rows, allow=settings.OUTBOUND_ALLOW, now=now)
    assert Source.objects.count() == 2
    assert set(Source.objects.values_list("tags", flat=True)[0]) == {"coast"}
    Source.objects.update(full_text=Source.FullText.SHORT)

    # The first morning: one page is read, the other may not be.
    go_on(now)
    read, unread = Article.objects.order_by("title")
    assert read.text == "\n\n".join(PARAGRAPHS)
    assert (read.text_from, read.page_error) == (Article.TextFrom.PAGE, "")
    assert (unread.text, unread.text_from) == (SHORT, Article.TextFrom.FEED)
    assert "robots.txt" in unread.page_error
    assert Passage.objects.filter(article=read).count() > 1
    assert Passage.objects.filter(article=unread).exists()
    assert {article.state for article in (read, unread)} == {Article.State.CLUSTERED}
    assert not any("/closed" in request.split(" ", 2)[1] for request in press.requests)
    dead = Source.objects.get(url=gone)
    assert (
        health_of(with_last_fetch(Source.objects.filter(pk=dead.pk)).get())
        .in_words(now)
        .startswith("gone since")
    )

    # Nothing new: asked with what it told us, answered in a word.
    press.serve(answering(304), "/news.xml")
    press.requests.clear()
    go_on(now + DAY)
    assert [request for request in press.requests if "/gone" in request] == []
    assert any('If-None-Match: "1"' in request for request in press.requests)
    newest = Fetch.objects.order_by("pk").last()
    assert (newest.outcome, newest.status) == (Fetch.Outcome.UNCHANGED, 304)

    # Edited: the earlier text stays as a version, with the passages that were quoted from it.
    edited = ("/closed/bridge", "The bridge stays closed", "It is closed until autumn.")
    press.serve(answering(body=a_feed(press, ferries, edited), ETag='"2"'), "/news.xml")
    go_on(now + 2 * DAY)
    unread.refresh_from_db()
    assert (unread.text, unread.version) == ("It is closed until autumn.", 2)
    assert ArticleVersion.objects.get(article=unread).text == SHORT
    assert set(unread.passages.values_list("version", flat=True)) == {1, 2}

    # Staff are told of what is gone, once.
    settings.SITE_URL = "https://patriot.example"
    write = {"hour": 6, "zone": now.tzinfo, "site_name": "Patriot", "site_url": settings.SITE_URL}
    assert digest.write(now + 2 * DAY, **write)
    assert not digest.write(now + 2 * DAY, **write)
    assert "gone" in Digest.objects.get().text

    # Years later: what no report needs goes, and does not come back with its feed.
    later = now + timedelta(days=800)
    assert prune_articles(later, older_than=later - timedelta(days=365), needed=Q(pk=None)) == 2
    press.serve(answering(body=a_feed(press, ferries, edited) + b" "), "/news.xml")
    go_on(later)
    assert not Article.objects.exists()
    assert Tombstone.objects.count() == 2
    assert Fetch.objects.order_by("pk").last().skipped == {"dropped earlier": 2}


def test_the_commands_say_what_they_did(press, now, tmp_path, capsys):
    news = press.serve(answering(body=a_feed(press, ("/ferries", "Ferries", SHORT))), "/news.xml")
    listed = tmp_path / "feeds.opml"
    listed.write_bytes(a_list(news))

    call_command("import_opml", str(listed))
    call_command("fetch_sources")
    call_command("export_opml")

    told = capsys.readouterr().out
    assert "1 new, 0 updated of 1" in told
    assert f'xmlUrl="{news}"' in told
