"""Collect, over real HTTP on loopback and a real parser process."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_q.models import OrmQ

from patriot.work.leases import MAX_ATTEMPTS
from sources.domain import lexemes
from sources.gateways.parser import Parser
from sources.gateways.web import Answer
from sources.models import (
    Article,
    ArticleVersion,
    ArticleWords,
    Fetch,
    Publisher,
    Source,
    Tombstone,
)
from sources.pipeline import collect as collect_step
from sources.pipeline.collect import ask_now, collect
from sources.pipeline.enrich import enrich
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


def about(wait: timedelta, expected: timedelta) -> bool:
    """After a failure waits are spread by a tenth."""
    return 0.9 * expected <= wait <= 1.1 * expected


def skipped_and_kept(fetch: Fetch) -> int:
    return fetch.new_count + fetch.updated_count + sum(fetch.skipped.values())


# --- What a good feed becomes -------------------------------------------------------------------


def test_entries_become_articles_of_the_publisher_behind_the_links(server, collect_at, now):
    source = a_new_source(server.serve(answering(body=many(3), ETag='"v1"')), now)

    [fetch] = collect_at(now, source)

    assert (fetch.outcome, fetch.status, fetch.error) == (Fetch.Outcome.READ, 200, "")
    assert (fetch.entry_count, fetch.new_count, fetch.skipped) == (3, 3, {})
    source.refresh_from_db()
    assert (source.publisher.domain, source.publisher.name) == ("courier.example", "The Courier")
    assert source.publisher.family == "courier.example"
    assert (source.site_url, source.language, source.etag) == (f"{SITE}/", "en-gb", '"v1"')
    assert (source.failures, source.attempts, source.leased_until) == (0, 0, None)
    assert source.not_before == now + HOUR
    articles = list(Article.objects.order_by("pk"))
    assert [article.url for article in articles] == [f"{SITE}/news/{n}" for n in (2, 1, 0)]
    assert articles[0].text == "Ferry 2 left the old harbor at noon."
    assert articles[0].language == "en"
    assert {article.state for article in articles} == {Article.State.ENRICHED}
    assert [p.text for p in articles[0].passages.order_by("number")] == [
        "Ferry number 2 leaves on time",
        "Ferry 2 left the old harbor at noon.",
    ]
    assert ArticleWords.objects.count() == 3


def test_what_is_new_is_looked_at_next(server, collect_at, now):
    source = a_new_source(server.serve(answering(body=many(3))), now)

    collect_at(now, source)

    task = OrmQ.objects.get().task
    assert task["func"] == "reports.tasks.cluster"
    assert sorted(task["args"][0]) == sorted(Article.objects.values_list("pk", flat=True))


def test_the_same_document_again_is_unchanged_and_not_even_read(
    server, collect_at, now, monkeypatch
):
    source = a_new_source(server.serve(answering(body=many(3))), now)
    collect_at(now, source)
    OrmQ.objects.all().delete()
    monkeypatch.setattr(Parser, "ask", None)

    [fetch] = collect_at(now + HOUR, source)

    assert (fetch.outcome, fetch.status) == (Fetch.Outcome.UNCHANGED, 200)
    source.refresh_from_db()
    assert source.last_good_at == now + HOUR
    assert not OrmQ.objects.exists()


def test_entries_that_we_have_are_neither_cleaned_nor_written(server, collect_at, now, monkeypatch):
    source = a_new_source(server.serve(answering(body=many(3))), now)
    collect_at(now, source)
    OrmQ.objects.all().delete()
    server.serve(answering(body=many(3) + b"<!-- generated anew -->"))
    cleaned = []
    monkeypatch.setattr(Parser, "clean", lambda _, bodies: cleaned.extend(bodies) or [])

    [fetch] = collect_at(now + HOUR, source)

    assert (fetch.entry_count, fetch.new_count, fetch.skipped) == (3, 0, {"known": 3})
    assert not cleaned
    assert not OrmQ.objects.exists()


def test_new_markup_around_the_same_words_is_no_new_version(server, collect_at, now):
    source = a_new_source(server.serve(answering(body=rss(item(1, text="<p>It left.</p>")))), now)
    collect_at(now, source)
    server.serve(answering(body=rss(item(1, text="<div>It left.</div>"))))

    [fetch] = collect_at(now + HOUR, source)

    assert (fetch.updated_count, fetch.skipped) == (0, {"known": 1})
    assert not ArticleVersion.objects.exists()
    [again] = collect_at(now + 2 * HOUR, source)
    assert again.outcome == Fetch.Outcome.UNCHANGED


def test_what_was_dropped_does_not_come_back(server, collect_at, now):
    source = a_new_source(server.serve(answering(body=many(2))), now)
    collect_at(now, source)
    dropped = Article.objects.order_by("pk").first()
    Tombstone.objects.create(source=source, identity=dropped.identity, buried_at=now)
    dropped.delete()
    server.serve(answering(body=many(3)))

    [fetch] = collect_at(now + HOUR, source)

    assert (fetch.new_count, fetch.skipped) == (1, {"known": 1, "dropped earlier": 1})


@pytest.mark.parametrize(
    ("policy", "text", "state"),
    [
        pytest.param("never", "Short.", Article.State.ENRICHED, id="never"),
        pytest.param("short", "Short.", Article.State.UNREAD, id="short and short"),
        pytest.param("short", "Long. " * 200, Article.State.ENRICHED, id="short and long"),
        pytest.param("always", "Long. " * 200, Article.State.UNREAD, id="always"),
    ],
)
def test_a_page_is_read_first_where_an_editor_wants_it(
    server, collect_at, now, *, policy, text, state
):
    feed = server.serve(answering(body=rss(item(1, text=text))))
    source = a_new_source(feed, now, full_text=policy)

    collect_at(now, source)

    article = Article.objects.get()
    assert article.state == state
    task = OrmQ.objects.get().task
    is_unread = state == Article.State.UNREAD
    assert task["func"] == ("sources.tasks.read_pages" if is_unread else "reports.tasks.cluster")
    assert article.passages.exists() is not is_unread


def test_an_unchanged_feed_is_not_read_again(server, collect_at, now):
    source = a_new_source(server.serve(answering(body=many(1), ETag='W/"1"')), now)
    collect_at(now, source)
    server.serve(answering(304))

    [fetch] = collect_at(now + HOUR, source)

    assert fetch.outcome == Fetch.Outcome.UNCHANGED
    assert 'If-None-Match: W/"1"' in server.requests[-1]
    source.refresh_from_db()
    assert source.last_good_at == now + HOUR


def test_an_edited_article_keeps_its_old_text_as_a_version(server, collect_at, now):
    source = a_new_source(server.serve(answering(body=rss(item(1, text="It left.")))), now)
    collect_at(now, source)
    Article.objects.update(state=Article.State.CLUSTERED, attempts=2)
    server.serve(answering(body=rss(item(1, text="It left late."))))

    [fetch] = collect_at(now + HOUR, source)

    assert (fetch.new_count, fetch.updated_count) == (0, 1)
    article = Article.objects.get()
    assert (article.text, article.version) == ("It left late.", 2)
    assert (article.state, article.attempts) == (Article.State.ENRICHED, 0)
    assert [p.text for p in article.passages.filter(version=2, number=1)] == ["It left late."]
    assert (article.first_seen_at, article.updated_at) == (now, now + HOUR)
    version = ArticleVersion.objects.get()
    assert (version.number, version.text, version.replaced_at) == (1, "It left.", now + HOUR)


def test_a_page_that_changes_at_every_look_stops_making_versions(server, collect_at, now):
    source = a_new_source(server.serve(answering(body=rss(item(1, text="One.")))), now)
    collect_at(now, source)
    Article.objects.update(version=50)
    server.serve(answering(body=rss(item(1, text="Two."))))

    [fetch] = collect_at(now + HOUR, source)

    assert fetch.skipped == {"changed too often": 1}
    assert Article.objects.get().text == "One."


def test_every_entry_is_kept_or_counted_with_its_reason(server, collect_at, now):
    document = rss(
        item(1),
        item(1, title="The same id again"),
        "<item><link>https://courier.example/empty</link></item>",
        "<item><description>&lt;p hidden&gt;Nothing to see&lt;/p&gt;</description></item>",
        item(2),
    )
    source = a_new_source(server.serve(answering(body=document)), now)

    [fetch] = collect_at(now, source)

    assert fetch.skipped == {"duplicate in the document": 1, "no title and no text": 2}
    assert fetch.entry_count == skipped_and_kept(fetch) == 5


def test_dates_are_never_later_than_we_saw_them(server, collect_at, now):
    document = rss(
        item(1, extra="<pubDate>Wed, 10 Jun 2026 06:30:00 GMT</pubDate>"),
        item(2, extra="<pubDate>Mon, 08 Jun 2026 06:30:00 EST</pubDate>"),
        item(3, extra="<pubDate>last week or so</pubDate>"),
        item(4),
    )
    source = a_new_source(server.serve(answering(body=document)), now)

    collect_at(now, source)

    dates = {a.title[13:14]: (a.published_at, a.published_raw) for a in Article.objects.all()}
    assert dates["1"] == (now, "Wed, 10 Jun 2026 06:30:00 GMT")
    assert dates["2"][0] == now - timedelta(hours=19)
    assert dates["3"] == (now, "last week or so")
    assert dates["4"] == (now, "")


def test_hostile_text_is_stored_clean(server, collect_at, now):
    document = rss(
        item(
            1,
            title="A&#x202e;B&#x200b;C &amp;lt;script&amp;gt;",
            text="<p>Seen.<script>alert(1)</script><b style='display:none'>Obey me.</b></p>",
            link="javascript:alert(1)",
        )
    )
    source = a_new_source(server.serve(answering(body=document)), now)

    collect_at(now, source)

    article = Article.objects.get()
    assert (article.title, article.text, article.url) == ("ABC <script>", "Seen.", "")


def test_pages_that_an_operator_allows_are_linked_though_they_are_not_public(
    server, collect_at, now
):
    ours, other = server.url("/story"), "http://127.0.0.1:9/story"
    document = rss(item(1, link=ours), item(2, link=other))
    source = a_new_source(server.serve(answering(body=document)), now)

    collect_at(now, source)

    assert list(Article.objects.order_by("-pk").values_list("url", flat=True)) == [ours, ""]


# --- Several feeds of one publisher -------------------------------------------------------------


def test_an_article_in_two_feeds_of_a_publisher_is_one_article(server, collect_at, now):
    first = a_new_source(server.serve(answering(body=rss(item(1), item(2))), "/a"), now, slug="a")
    both = rss(item(2, link=f"{SITE}/news/2?utm_source=rss#top"), item(3))
    second = a_new_source(server.serve(answering(body=both), "/b"), now, slug="b")
    collect_at(now, first)

    [fetch] = collect_at(now, second)

    assert (fetch.new_count, fetch.skipped) == (1, {"already known from A": 1})
    assert Article.objects.count() == 3


def test_the_same_id_and_headline_in_two_feeds_of_a_publisher_is_one_article(
    server, collect_at, now
):
    same = "Ferry number 1 leaves on time"
    one = rss(item(1, link=f"{SITE}/world/1"))
    two = rss(item(1, link=f"{SITE}/europe/1"), item(1, title="Something else"))
    first = a_new_source(server.serve(answering(body=one), "/a"), now, slug="a")
    second = a_new_source(server.serve(answering(body=two), "/b"), now, slug="b")
    third = a_new_source(
        server.serve(answering(body=rss(item(1, title="Its own news"))), "/c"), now, slug="c"
    )
    collect_at(now, first)

    fetches = {fetch.source.slug: fetch for fetch in collect_at(now, second, third)}

    assert fetches["b"].skipped["already known from A"] == 1
    assert fetches["c"].new_count == 1
    assert Article.objects.filter(title=same).count() == 1


@pytest.mark.parametrize(
    ("link", "newsroom"),
    [
        pytest.param(f"{SITE}/", "", id="a front page names no article"),
        pytest.param(f"{SITE}/news/1", "demonstration", id="newsrooms never share"),
    ],
)
def test_feeds_of_one_publisher_keep_what_is_their_own(server, collect_at, now, link, newsroom):
    one = rss(item(1, link=link))
    two = rss(item(2, link=link))
    first = a_new_source(server.serve(answering(body=one), "/a"), now, slug="a")
    second = a_new_source(server.serve(answering(body=two), "/b"), now, slug="b", newsroom=newsroom)

    collect_at(now, first)
    collect_at(now, second)

    assert Article.objects.count() == 2


def test_entries_that_share_one_address_are_all_kept(server, collect_at, now):
    document = rss(*(item(n, link=f"{SITE}/live#post-{n}") for n in range(4)))
    source = a_new_source(server.serve(answering(body=document)), now)

    [fetch] = collect_at(now, source)

    assert fetch.new_count == 4


@pytest.mark.parametrize(
    ("links", "domain"),
    [
        pytest.param(("https://www.news.co.uk/1", SITE), "news.co.uk", id="the links'"),
        pytest.param(("", SITE), "courier.example", id="else the site's"),
        pytest.param(
            ("http://127.0.0.1:8000/1", "http://localhost/"), "courier.invalid", id="none"
        ),
    ],
)
def test_a_publisher_is_a_registered_domain_or_the_source_itself(
    server, collect_at, now, links, domain
):
    link, site = links
    link = f"<link>{link}</link>" if link else ""
    document = (
        f"<rss><channel><title>Courier</title><link>{site}</link>"
        f"<item><title>News</title>{link}</item></channel></rss>"
    )
    source = a_new_source(server.serve(answering(body=document.encode())), now)

    collect_at(now, source)

    source.refresh_from_db()
    assert source.publisher.domain == domain
    assert source.publisher.name


def test_an_editors_choice_of_publisher_stays(server, collect_at, now):
    chosen = Publisher.objects.create(domain="chosen.example", name="Chosen", family="group")
    source = a_new_source(server.serve(answering(body=many(1))), now, publisher=chosen)

    collect_at(now, source)

    source.refresh_from_db()
    assert source.publisher == chosen
    assert Article.objects.get().publisher == chosen


class Wire:
    """Brings one document from wherever it is asked for: our server has no address but its own."""

    allow = frozenset()

    def __init__(self, body, *, moved_to=""):
        self.body, self.moved_to = body, moved_to

    def fetch_all(self, requests, **_):
        for request in requests:
            yield (
                request,
                Answer(200, request.url, self.body, moved_permanently_to=self.moved_to),
            )


HERALD, BLOG = "https://www.herald.co.uk", "https://blog.example"
MOSTLY_OTHERS = rss(
    *(item(n, link=f"{HERALD}/{n}") for n in range(3)),
    *(item(n, link=f"{BLOG}/{n}") for n in range(3, 5)),
    title="Blog",
)
NOTE = "Most of its links lead to other sites, such as herald.co.uk; its articles count as those of"


@pytest.mark.parametrize(
    ("address", "fields", "moved_to", "domain", "is_noted"),
    [
        pytest.param(f"{BLOG}/feed", {}, "", "blog.example", True, id="others' links"),
        pytest.param("https://rss.blog.example/", {}, "", "blog.example", True, id="below it"),
        pytest.param(f"{HERALD}/feed", {}, "", "herald.co.uk", False, id="its own links"),
        pytest.param("https://rss.herald.co.uk/", {}, "", "herald.co.uk", False, id="its own host"),
        pytest.param(
            "https://feeds.feedburner.com/x", {}, "", "herald.co.uk", False, id="feed host"
        ),
        pytest.param(
            "https://feedburner.com.blog.example/", {}, "", "blog.example", True, id="no feed host"
        ),
        pytest.param(f"{BLOG}/feed", {}, f"{HERALD}/feed", "herald.co.uk", False, id="moved away"),
        pytest.param(f"{HERALD}/feed", {}, f"{BLOG}/feed", "blog.example", True, id="moved in"),
        pytest.param(
            "http://127.0.0.1:1/", {"newsroom": "folder"}, "", "herald.co.uk", False, id="folder"
        ),
        pytest.param("http://127.0.0.1:1/", {}, "", "courier.invalid", True, id="our network"),
        pytest.param(
            "http://192.88.9.1/", {"newsroom": "folder"}, "", "courier.invalid", True, id="address"
        ),
        pytest.param(
            f"{BLOG}/feed", {"newsroom": "folder"}, "", "blog.example", True, id="in a newsroom"
        ),
    ],
)
def test_a_feed_speaks_for_whoever_serves_it(
    parser, now, *, address, fields, moved_to, domain, is_noted
):
    source = a_new_source(address, now, **{"newsroom": "", **fields})

    [fetch] = collect(
        [source.pk], web=Wire(MOSTLY_OTHERS, moved_to=moved_to), parser=parser, now=now
    )

    source.refresh_from_db()
    assert source.publisher.domain == domain
    assert {article.publisher.domain for article in Article.objects.all()} == {domain}
    assert fetch.error.startswith(NOTE) if is_noted else fetch.error == ""


def test_a_publisher_chosen_by_hand_is_behind_its_feed_wherever_it_is(parser, now):
    chosen = Publisher.objects.create(domain="herald.co.uk", name="Herald", family="group")
    source = a_new_source(f"{BLOG}/feed", now, publisher=chosen)

    [fetch] = collect([source.pk], web=Wire(MOSTLY_OTHERS), parser=parser, now=now)

    source.refresh_from_db()
    assert (source.publisher, fetch.error) == (chosen, "")
    assert set(Article.objects.values_list("publisher", flat=True)) == {chosen.pk}


# --- Failures -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        pytest.param((404, b""), "no document at this address (HTTP 404)", id="404"),
        pytest.param((410, b""), "gone for good", id="410"),
        pytest.param((500, b""), "trouble of its own (HTTP 500)", id="500"),
        pytest.param((200, b""), "empty", id="empty"),
        pytest.param((200, b"<!doctype html><p>Hi"), "web page, not a feed", id="a page"),
        pytest.param((200, b"<opml version='2.0'/>"), "begins with <opml>", id="OPML"),
        pytest.param((200, b'{"a": 1}'), "not a JSON Feed", id="JSON"),
    ],
)
def test_a_failure_is_an_outcome_not_an_exception(server, collect_at, now, reply, words):
    status, body = reply
    source = a_new_source(server.serve(answering(status, body, ETag='"x"')), now)

    [fetch] = collect_at(now, source)

    assert (fetch.outcome, fetch.status) == (Fetch.Outcome.FAILED, status)
    assert words in fetch.error
    source.refresh_from_db()
    assert (source.failures, source.ill_since, source.etag) == (1, now, "")
    assert about(source.not_before - now, 2 * HOUR)
    assert (source.attempts, source.leased_until) == (0, None)


def test_each_further_failure_doubles_the_wait_and_keeps_the_beginning(server, collect_at, now):
    source = a_new_source(server.serve(answering(500)), now)
    collect_at(now, source)
    later = now + 2.2 * HOUR

    collect_at(later, source)

    source.refresh_from_db()
    assert (source.failures, source.ill_since) == (2, now)
    assert about(source.not_before - later, 4 * HOUR)


def test_a_publisher_can_slow_us_down_and_never_speed_us_up(server, collect_at, now):
    slow = a_new_source(
        server.serve(answering(503, Retry_After="18000"), "/slow"), now, slug="slow"
    )
    quick = a_new_source(
        server.serve(answering(body=many(1), Cache_Control="max-age=60"), "/quick"),
        now,
        slug="quick",
    )
    fresh = rss(item(9), channel="<ttl>300</ttl>")
    calm = a_new_source(server.serve(answering(body=fresh), "/calm"), now, slug="calm")

    collect_at(now, quick, calm)
    collect_at(now, slow)

    waits = {s.slug: s.not_before - now for s in Source.objects.all()}
    assert 5 * HOUR <= waits.pop("slow") <= 5.5 * HOUR
    assert waits == {"quick": HOUR, "calm": 5 * HOUR}


def test_a_good_reading_heals_and_an_unasked_304_does_not(server, collect_at, now):
    source = a_new_source(server.serve(answering(304)), now, failures=2, ill_since=now, etag='"x"')

    [fetch] = collect_at(now, source)

    source.refresh_from_db()
    assert fetch.outcome == Fetch.Outcome.UNCHANGED
    assert (source.failures, source.last_good_at) == (2, None)
    assert "If-None-Match" not in server.requests[0]

    server.serve(answering(body=many(1)))
    collect_at(source.not_before, source)

    source.refresh_from_db()
    assert (source.failures, source.ill_since, source.last_error) == (0, None, "")


def test_one_ill_source_stops_nobody(server, collect_at, now):
    ill = a_new_source(server.serve(answering(500), "/ill"), now, slug="ill")
    well = a_new_source(server.serve(answering(body=many(2)), "/well"), now, slug="well")

    fetches = collect_at(now, ill, well)

    assert {fetch.source.slug: fetch.new_count for fetch in fetches} == {"ill": 0, "well": 2}


def test_a_cut_off_document_keeps_what_is_whole(server, collect_at, now):
    source = a_new_source(server.serve(answering(body=many(5)[:-250])), now)

    [fetch] = collect_at(now, source)

    assert fetch.outcome == Fetch.Outcome.READ
    assert fetch.new_count == 4
    assert Article.objects.filter(text="").count() == 1  # its end was not whole
    assert "ends in the middle of an entry" in fetch.error


# --- Leases -------------------------------------------------------------------------------------


@pytest.mark.parametrize("letter", ["\ufdfa", "\ufdfb", "\ufb03", "\u0e01\ufdfa"])
def test_no_word_makes_a_feed_unreadable(server, collect_at, now, letter):
    document = rss(item(1), item(2, title=letter * 100, text=f"A {letter * 100}"))
    source = a_new_source(server.serve(answering(body=document)), now)

    [fetch] = collect_at(now, source)

    assert (fetch.error, fetch.new_count) == ("", 2)
    assert ArticleWords.objects.count() == 2


def test_words_that_the_index_refuses_cost_their_article_alone(
    server, collect_at, now, monkeypatch
):
    monkeypatch.setattr(lexemes, "MAX_VECTOR_BYTES", 2_000)
    document = rss(item(1), item(2, text=" ".join(map(str, range(1_000)))))
    source = a_new_source(server.serve(answering(body=document)), now)

    collect_at(now, source)
    enrich(list(Article.objects.values_list("pk", flat=True)), now=now)

    whole, refused = Article.objects.order_by("state")
    assert (whole.state, refused.state) == (Article.State.ENRICHED, Article.State.NEW)
    assert refused.last_error == "Unindexable: It has more words than the index takes."


def test_a_source_that_is_not_due_or_that_another_worker_has_is_passed_over(collect_at, now):
    later = a_new_source("https://a.example/", now + HOUR, slug="later")
    taken = a_new_source("https://b.example/", now, slug="taken", leased_until=now + HOUR)

    assert collect_at(now, later, taken) == []
    assert not Fetch.objects.exists()


def test_a_paused_source_is_fetched_when_somebody_names_it(server, collect_at, now):
    url = server.serve(answering(body=many(1)))
    source = a_new_source(url, now + HOUR, is_enabled=False)

    ask_now([source.pk], now=now)
    [fetch] = collect_at(now, source)

    assert fetch.new_count == 1
    assert not Source.objects.due(now).exists()


def test_a_worker_that_lost_its_lease_writes_nothing(server, collect_at, now, monkeypatch):
    source = a_new_source(server.serve(answering(body=many(1))), now)
    read = collect_step.read

    def slow_read(*args, **kwargs):
        Source.objects.update(attempts=1, leased_until=now + 2 * HOUR)
        return read(*args, **kwargs)

    monkeypatch.setattr(collect_step, "read", slow_read)

    assert collect_at(now, source) == []
    assert not Article.objects.exists()
    assert not Fetch.objects.exists()


def test_a_source_that_ended_its_worker_three_times_is_recorded_and_waits_a_day(
    server, collect_at, now
):
    poison = a_new_source(server.url("/poison"), now, attempts=MAX_ATTEMPTS, slug="poison")
    well = a_new_source(server.serve(answering(body=many(1))), now, slug="well")

    fetches = collect_at(now, poison, well)

    assert len(fetches) == 2
    fetch = Fetch.objects.get(source=poison)
    assert fetch.error == "Reading it ended the worker 3 times."
    assert not [request for request in server.requests if "/poison" in request]
    poison.refresh_from_db()
    assert (poison.attempts, poison.failures) == (0, 1)
    assert poison.not_before == now + timedelta(days=1)


def test_what_does_not_fit_into_the_budget_goes_back_untried(server, collect_at, now):
    sources = [
        a_new_source(server.serve(answering(body=many(1)), f"/{n}"), now, slug=f"s{n}")
        for n in range(4)
    ]

    fetches = collect_at(now, *sources, budget=timedelta(0))

    assert len(fetches) == 1
    assert Source.objects.due(now).filter(attempts=0).count() == 3


@pytest.mark.django_db(transaction=True)
def test_two_collectors_fetch_a_source_once(parser, now):
    with Server() as server:
        url = server.serve(answering(body=many(2)))
        ids = [a_new_source(url, now, slug=f"s{n}").pk for n in range(6)]
        barrier = threading.Barrier(2)

        def work():
            barrier.wait()
            collect(ids, web=web_for(server), parser=parser, now=now)
            connection.close()

        workers = [threading.Thread(target=work) for _ in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        # All are at one host: what one found in use there comes a moment later.
        collect(ids, web=web_for(server), parser=parser, now=now + timedelta(minutes=1))

    assert len(server.requests) == 6
    assert Fetch.objects.count() == 6
    assert set(Source.objects.values_list("attempts", "leased_until")) == {(0, None)}


def test_the_number_of_queries_does_not_grow_with_the_entries(server, collect_at, now):
    counts = {}
    for size in (10, 100):
        source = a_new_source(
            server.serve(answering(body=many(size)), f"/{size}"), now, slug=f"s{size}"
        )
        source.publisher = Publisher.objects.create(domain=f"{size}.example", name="x", family="x")
        source.save(update_fields=["publisher"])
        with CaptureQueriesContext(
            connection,
        ) as first:
            collect_at(now, source)
        changed = many(size).replace(b"at noon", b"at one")
        server.serve(answering(body=changed), f"/{size}")
        with CaptureQueriesContext(connection) as second:
            collect_at(now + HOUR, source)
        with CaptureQueriesContext(connection) as third:
            collect_at(now + 2 * HOUR, source)
        counts[size] = [
            len([q for q in each if "django_q" not in q["sql"]])  # one look per 50 articles
            for each in (first, second, third)
        ]

    assert counts[10] == counts[100]
    assert max(counts[10]) <= 25
