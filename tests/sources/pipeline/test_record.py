"""What a look changes in its source, and that one source's trouble stays its own."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sources.models import Article, Fetch, Publisher, Source
from sources.pipeline.collect import collect
from tests.sources.pipeline.feeds import SITE, a_new_source, item, many, rss, web_for
from tests.sources.server import Server, answering

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def collect_at(server, parser):
    """Collect the given sources from the loopback server at a moment."""

    def do(moment, *sources: Source, **more):
        web = web_for(server)
        return collect([s.pk for s in sources], web=web, parser=parser, now=moment, **more)

    return do


# --- Many at once -------------------------------------------------------------------------------


def test_a_feed_that_the_database_refuses_fails_alone(server, collect_at, now):
    bad = a_new_source(server.serve(answering(body=many(2)), "/bad"), now, slug="bad")
    good = a_new_source(
        server.serve(answering(body=rss(item(7), item(8))), "/good"), now, slug="good"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE sources_article ADD CONSTRAINT refused CHECK (title NOT LIKE %s)",
            ["%number 1 %"],
        )

    fetches = {fetch.source.slug: fetch for fetch in collect_at(now, bad, good)}

    assert fetches["good"].new_count == 2
    assert fetches["bad"].outcome == Fetch.Outcome.FAILED
    assert fetches["bad"].error.startswith("What it brought could not be stored: ")
    bad.refresh_from_db()
    assert (bad.failures, bad.attempts, bad.leased_until, bad.body_hash) == (1, 0, None, "")
    assert set(Article.objects.values_list("source", flat=True)) == {good.pk}


def test_an_article_in_two_feeds_of_one_batch_is_one_article(server, collect_at, now):
    one = a_new_source(server.serve(answering(body=rss(item(1), item(2))), "/a"), now, slug="a")
    both = rss(item(2, link=f"{SITE}/news/2?utm_source=rss#top"), item(3))
    two = a_new_source(server.serve(answering(body=both), "/b"), now, slug="b")

    fetches = {fetch.source.slug: fetch for fetch in collect_at(now, one, two)}

    assert Article.objects.count() == 3
    assert fetches["a"].new_count + fetches["b"].new_count == 3
    known = [reason for fetch in fetches.values() for reason in fetch.skipped]
    assert len(known) == 1
    assert known[0].startswith("already known from ")


def test_the_number_of_queries_does_not_grow_with_the_feeds(server, collect_at, now, monkeypatch):
    monkeypatch.setattr("sources.pipeline.collect.PATIENCE", 60)  # write all of it together
    publisher = Publisher.objects.create(domain="courier.example", name="x", family="x")
    counts = {}
    for size in (5, 40):
        sources = [
            a_new_source(
                server.serve(answering(body=rss(item(100 * size + n))), f"/{size}/{n}"),
                now,
                slug=f"s{size}-{n}",
                publisher=publisher,
                site_url=f"{SITE}/",
                language="en-gb",
            )
            for n in range(size)
        ]
        with CaptureQueriesContext(connection) as captured:
            fetches = collect_at(now, *sources)
        assert sum(fetch.new_count for fetch in fetches) == size
        counts[size] = len(captured)

    assert counts[5] == counts[40]
    assert counts[40] <= 25


@pytest.mark.django_db(transaction=True)
def test_what_is_ready_does_not_wait_for_a_slow_server(server, parser, now):
    quick = a_new_source(server.serve(answering(body=many(1)), "/quick"), now, slug="quick")
    seen = []

    def answer_when_the_other_is_written(client):
        ends = time.monotonic() + 60
        while not Fetch.objects.exists() and time.monotonic() < ends:
            time.sleep(0.05)
        seen.extend(Fetch.objects.values_list("source__slug", flat=True))
        connection.close()
        answering(body=many(2))(client)

    with Server(host="127.0.0.2") as other:
        slow = a_new_source(other.serve(answer_when_the_other_is_written), now, slug="slow")
        web = web_for(server, other)
        fetches = collect([quick.pk, slow.pk], web=web, parser=parser, now=now)

    assert seen == ["quick"]
    assert len(fetches) == 2


def test_a_huge_document_is_read_after_the_others_are_written(server, collect_at, now, monkeypatch):
    huge = rss(item(0, text="Word. " * 250_000))
    urls = {
        "huge": server.serve(answering(body=huge), "/huge"),
        "one": server.serve(answering(body=rss(item(1))), "/one"),
        "two": server.serve(answering(body=rss(item(2))), "/two"),
    }
    sources = [a_new_source(url, now, slug=slug) for slug, url in urls.items()]

    fetches = collect_at(now, *sources)

    assert [fetch.source.slug for fetch in fetches] == ["one", "two", "huge"]
    assert {fetch.new_count for fetch in fetches} == {1}


def test_more_huge_documents_than_fit_in_memory_wait_and_stop_nobody(
    server, collect_at, now, monkeypatch
):
    monkeypatch.setattr("sources.pipeline.collect.LARGE", 1_500)
    monkeypatch.setattr("sources.pipeline.collect.ASIDE", 5_000)
    huge = [
        a_new_source(server.serve(answering(body=many(10)), f"/{n}"), now, slug=f"s{n}")
        for n in range(5)
    ]
    small = a_new_source(server.serve(answering(body=rss(item(99))), "/small"), now, slug="small")

    fetches = collect_at(now, *huge, small)

    assert "small" in {fetch.source.slug for fetch in fetches}
    assert 1 < len(fetches) < 6
    assert not Source.objects.due(now).exists()
    soon = Source.objects.due(now + timedelta(minutes=1))
    assert soon.filter(attempts=0).count() == 6 - len(fetches)


# --- What the publisher says of its address -----------------------------------------------------


def moved(to: str, status: int = 301):
    return answering(status, b"", Location=to)


def test_a_move_for_good_is_adopted_when_it_was_confirmed_three_times(server, collect_at, now):
    there = server.serve(answering(body=many(1)), "/there")
    source = a_new_source(server.serve(moved(there), "/here"), now)

    told = []
    for hours in range(3):
        [fetch] = collect_at(now + hours * HOUR, source)
        source.refresh_from_db()
        told.append((source.url == there, source.moves_seen, "moved for good" in fetch.error))

    assert told == [(False, 1, False), (False, 2, False), (True, 0, True)]
    server.requests.clear()
    collect_at(now + 3 * HOUR, source)
    assert ["/there" in request for request in server.requests] == [True]


def test_an_adopted_move_remembers_where_the_feed_was(server, collect_at, now):
    there = server.serve(answering(body=many(1)), "/there")
    here = server.serve(moved(there), "/here")
    former = [f"https://old.example/{n}" for n in range(5)]
    source = a_new_source(
        here, now, moved_to=there, moves_seen=2, former_urls=former, etag='"x"', notes="Odd."
    )

    collect_at(now, source)

    source.refresh_from_db()
    assert source.url == there
    assert source.former_urls == [here, *former[:4]]


def test_a_move_to_where_another_source_reads_is_not_adopted(server, collect_at, now):
    there = server.serve(answering(body=many(1)), "/there")
    here = server.serve(moved(there), "/here")
    source = a_new_source(here, now, moved_to=there, moves_seen=2)
    a_new_source(there, now, slug="harbor-post")
    a_new_source(there, now, slug="elsewhere", newsroom="elsewhere")

    [first] = collect_at(now, source)
    [second] = collect_at(now + HOUR, source)

    source.refresh_from_db()
    assert (source.url, source.moved_to, source.former_urls) == (here, there, [])
    sentence = f"It has moved for good to {there}, which Harbor-Post reads already: "
    assert first.error == second.error == f"{sentence}pause one of them."


def test_of_two_that_move_to_one_place_one_does(server, collect_at, now):
    there = server.serve(answering(body=many(1)), "/there")
    sources = [
        a_new_source(
            server.serve(moved(there), f"/{slug}"), now, slug=slug, moved_to=there, moves_seen=2
        )
        for slug in ("a", "b")
    ]

    fetches = collect_at(now, *sources)

    assert Source.objects.filter(url=there).count() == 1
    assert sorted("reads already" in fetch.error for fetch in fetches) == [False, True]


def test_a_detour_is_no_move(server, collect_at, now):
    there = server.serve(answering(body=many(1)), "/there")
    here = server.serve(moved(there, 302), "/here")
    source = a_new_source(here, now)

    for hours in range(4):
        collect_at(now + hours * HOUR, source)

    source.refresh_from_db()
    assert (source.url, source.moved_to, source.moves_seen) == (here, "", 0)


def test_a_failure_in_between_proves_nothing_of_a_move(server, collect_at, now):
    there = server.serve(answering(404), "/there")
    here = server.serve(moved(there), "/here")
    source = a_new_source(here, now)

    for days in range(4):
        collect_at(now + timedelta(days=2 * days), source)

    source.refresh_from_db()
    assert (source.url, source.moves_seen) == (here, 0)


def test_what_is_gone_is_left_alone_until_somebody_asks(server, collect_at, now):
    source = a_new_source(server.serve(answering(410)), now)

    [fetch] = collect_at(now, source)

    source.refresh_from_db()
    assert "gone for good" in fetch.error
    assert source.gone_at == now
    assert not Source.objects.due(now + timedelta(days=30)).exists()

    server.serve(answering(body=many(1)))
    collect_at(now + timedelta(days=30), source)
    source.refresh_from_db()
    assert (source.gone_at, source.failures) == (None, 0)


def test_what_is_wrong_with_a_document_is_told_as_long_as_it_is_the_one_that_we_have(
    server, collect_at, now
):
    broken = server.serve(answering(body=many(5)[:-250], ETag='"1"'))
    source = a_new_source(broken, now)

    [read] = collect_at(now, source)
    [same] = collect_at(now + HOUR, source)
    server.serve(answering(304))
    [unchanged] = collect_at(now + 2 * HOUR, source)
    server.serve(answering(body=many(5)))
    [mended] = collect_at(now + 3 * HOUR, source)

    assert "It ends in the middle of an entry" in read.error
    assert read.error == same.error == unchanged.error
    assert mended.error == ""


# --- Its rhythm and its wishes ------------------------------------------------------------------


def test_a_source_without_an_interval_is_looked_at_by_its_rhythm(server, collect_at, now):
    busy = rss(*(item(n, extra=f"<pubDate>2026-06-09T06:{n:02d}:00Z</pubDate>") for n in range(30)))
    calm = rss(*(item(n, extra=f"<pubDate>2026-0{n + 1}-01T06:00:00Z</pubDate>") for n in range(5)))
    quick = a_new_source(server.serve(answering(body=busy), "/q"), now, slug="q", interval=None)
    slow = a_new_source(server.serve(answering(body=calm), "/s"), now, slug="s", interval=None)

    collect_at(now, quick, slow)

    quick.refresh_from_db()
    slow.refresh_from_db()
    assert quick.articles_per_day > 100
    assert slow.articles_per_day < 0.1
    assert quick.not_before - now <= timedelta(minutes=17)
    assert timedelta(hours=5) <= slow.not_before - now <= timedelta(hours=7)


def test_hours_in_which_nobody_need_look_are_kept_also_when_nothing_changes(
    server, collect_at, now
):
    hours = "".join(f"<hour>{hour}</hour>" for hour in range(7, 20))
    document = rss(item(1), channel=f"<skipHours>{hours}</skipHours>")
    source = a_new_source(server.serve(answering(body=document)), now)

    collect_at(now, source)
    source.refresh_from_db()
    first = source.not_before
    collect_at(now, source, budget=timedelta(minutes=1))
    Source.objects.update(not_before=now)
    [fetch] = collect_at(now, source)

    source.refresh_from_db()
    assert fetch.outcome == Fetch.Outcome.UNCHANGED
    assert first.hour == source.not_before.hour == 20


def test_a_document_that_cannot_be_stored_is_not_remembered_as_read(server, collect_at, now):
    source = a_new_source(server.serve(answering(200, b"<html></html>", ETag='"x"')), now)

    collect_at(now, source)

    source.refresh_from_db()
    assert (source.etag, source.body_hash) == ("", "")
