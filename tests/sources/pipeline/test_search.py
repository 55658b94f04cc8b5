"""Saved searches, collected beside feeds: over real HTTP on loopback, through the real SDK."""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_q.models import OrmQ

from patriot.ledger import book
from patriot.ledger.models import Call, Service
from patriot.ledger.prices import Usage
from patriot.work.leases import MAX_ATTEMPTS
from sources.gateways.tavily import Search
from sources.models import Article, Fetch, Publisher, Source
from sources.pipeline import control
from sources.pipeline.collect import collect
from sources.pipeline.searching import OFF, PaidSearch, try_question
from tests.factories import a_search
from tests.sources.pipeline.feeds import a_new_source, item, many, rss, web_for
from tests.sources.server import Server, answering
from tests.tavily_server import KEY, html, late, refused, result, results

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
CENT = Decimal("0.008")


def paid(server, *, ceiling="10", seconds=60.0):
    gateway = Search(
        api_key=KEY,
        base_url=server.address,
        allow=[server.authority],
        deadline=timedelta(seconds=seconds),
    )
    return PaidSearch(gateway, daily_ceiling=Decimal(ceiling))


@pytest.fixture
def collect_at(server, parser, tavily_server):
    """Collect the given sources at a moment."""

    def do(moment, *sources: Source, **more):
        asked = {"search": paid(tavily_server)} | more
        return collect(
            [s.pk for s in sources], web=web_for(server), parser=parser, now=moment, **asked
        )

    return do


def a_dead_workers_search(now, **fields):
    """Return a search whose worker died while its call was in flight."""
    source = a_search(attempts=1, leased_until=now - timedelta(seconds=1), **fields)
    in_flight(source, now - timedelta(minutes=2))
    return source


def in_flight(source, now):
    plan = book.Plan(
        service=Service.TAVILY,
        purpose="search",
        model="basic",
        subject=f"source {source.pk}",
        part="",
        estimate=Usage(credits=Decimal(1)),
    )
    return book.reserve(plan, ceilings=book.Ceilings(daily=None), now=now)


# --- What a search brings ---------------------------------------------------------------------


def test_results_become_articles_of_the_publishers_of_their_own_domains(
    tavily_server, collect_at, now
):
    tavily_server.answer(
        results(result(1), result(2, url="https://www.tribune.example/a/2?utm_source=x"))
    )
    search = a_search()

    [fetch] = collect_at(now, search)

    assert (fetch.outcome, fetch.status, fetch.error) == (Fetch.Outcome.READ, 200, "")
    assert (fetch.entry_count, fetch.new_count, fetch.skipped) == (2, 2, {})
    assert fetch.took > timedelta(0)
    search.refresh_from_db()
    assert (search.publisher, search.site_url, search.language) == (None, "", "")
    assert (search.failures, search.attempts, search.leased_until) == (0, 0, None)
    assert (search.last_good_at, search.not_before) == (now, now + HOUR)
    tribune, courier = Article.objects.order_by("pk")
    assert tribune.publisher.domain == tribune.publisher.name == "tribune.example"
    assert tribune.url == "https://www.tribune.example/a/2"
    assert courier.publisher.family == "courier.example"
    assert courier.text == "Ferry 1 left the old harbor at noon.\n\nIt was full."
    assert f"{courier.published_at:%H:%M}" == "05:12"
    task = OrmQ.objects.get().task
    assert (task["func"], sorted(task["args"][0])) == (
        "reports.tasks.cluster",
        [tribune.pk, courier.pk],
    )


def test_the_same_results_again_are_known(tavily_server, collect_at, now):
    tavily_server.answer(
        results(result(1)), results(result(1, raw_content="Now 07:31. Ferry 1 left at noon."))
    )
    search = a_search()
    collect_at(now, search)

    [fetch] = collect_at(now + HOUR, search)

    assert (fetch.new_count, fetch.updated_count, fetch.skipped) == (0, 0, {"known": 1})


def test_a_page_takes_the_place_of_its_snippet(tavily_server, collect_at, now):
    page = "Ferry 1 left the old harbor at noon. " * 10
    tavily_server.answer(
        results(result(1, raw_content=None)),
        results(result(1, raw_content=page)),
        results(result(1, raw_content=None)),
    )
    search = a_search()
    collect_at(now, search)

    [fetch] = collect_at(now + HOUR, search)
    [after] = collect_at(now + 2 * HOUR, search)

    assert (fetch.updated_count, after.updated_count) == (1, 0)
    assert Article.objects.get().text == page.strip()


@pytest.mark.parametrize("title", ["Ferry number 1 leaves on time", "Ferry number 1 | Courier"])
def test_what_a_feed_brought_already_is_left_out(server, tavily_server, collect_at, now, title):
    courier = Publisher.objects.create(domain="courier.example", name="Courier", family="x")
    feed = a_new_source(
        server.serve(answering(body=rss(item(1)))), now, newsroom="", publisher=courier
    )
    collect_at(now, feed)
    tavily_server.answer(results(result(1, title=title), result(2)))

    [fetch] = collect_at(now, a_search())

    assert fetch.new_count == 1
    assert fetch.skipped == {"already known from Courier": 1}
    assert Article.objects.count() == 2


def test_two_searches_keep_a_page_once(tavily_server, collect_at, now):
    tavily_server.answer(results(result(1)))

    fetches = collect_at(now, a_search("ferries"), a_search("harbor"))

    assert [fetch.new_count for fetch in fetches] == [1, 0]
    assert fetches[1].skipped == {"already known from Search for ferries": 1}


def test_a_feed_gives_its_publisher_the_name_that_a_search_could_not(
    server, tavily_server, collect_at, now
):
    tavily_server.answer(results(result(7)))
    collect_at(now, a_search())

    collect_at(now, a_new_source(server.serve(answering(body=many(1))), now))

    assert Publisher.objects.get().name == "The Courier"


def test_a_name_that_an_editor_gave_stays(server, collect_at, now):
    Publisher.objects.create(domain="courier.example", name="Our Courier", family="x")

    collect_at(now, a_new_source(server.serve(answering(body=many(1))), now))

    assert Publisher.objects.get().name == "Our Courier"


def test_feeds_and_searches_are_collected_together(server, tavily_server, collect_at, now):
    tavily_server.answer(results(result(7)))
    feed = a_new_source(server.serve(answering(body=many(2))), now)

    fetches = collect_at(now, a_search(), feed)

    assert {fetch.source_id: fetch.new_count for fetch in fetches}[feed.pk] == 2
    assert len(fetches) == 2


# --- What it costs ----------------------------------------------------------------------------


def test_a_search_is_booked_as_the_service_counts_it(tavily_server, collect_at, now):
    search = a_search()

    [fetch] = collect_at(now, search)

    call = Call.objects.get()
    assert (call.service, call.purpose, call.model) == ("tavily", "search", "basic")
    assert (call.subject, call.outcome, call.status) == (f"source {search.pk}", "answered", 200)
    assert (call.credits, call.cost_usd) == (1, CENT)
    assert call.request_id == "123e4567-e89b-12d3-a456-426614174111"
    assert call.finished_at == now + fetch.took


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        pytest.param(results(result(), usage={"credits": 2}), "answered", id="two credits"),
        pytest.param(results(), "answered", id="nothing found"),
        pytest.param(html(), "malformed", id="HTML"),
        pytest.param(refused(401, "Unauthorized."), "rejected", id="401"),
        pytest.param(refused(429, "Too many."), "rate_limited", id="429"),
        pytest.param(refused(432, "Plan limit."), "out_of_funds", id="432"),
        pytest.param(refused(500, "Oh."), "unavailable", id="500"),
        pytest.param(late(results(), seconds=60), "unavailable", id="late"),
    ],
)
def test_the_ledger_agrees_with_the_services_own(tavily_server, collect_at, now, reply, outcome):
    tavily_server.answer(reply)

    is_late = reply.after > 0
    collect_at(now, a_search(), search=paid(tavily_server, seconds=2 if is_late else 60))

    call = Call.objects.get()
    assert call.outcome == outcome
    expected = 2 if b'"credits": 2' in reply.body else tavily_server.credits
    assert (call.credits, call.cost_usd) == (expected, expected * CENT)


def test_a_spent_budget_sends_nothing_is_seen_and_makes_nobody_ill(tavily_server, collect_at, now):
    search = a_search(last_good_at=now - HOUR)

    [fetch] = collect_at(now, search, search=paid(tavily_server, ceiling="0.001"))

    assert not tavily_server.asked
    assert not Call.objects.exists()
    assert fetch.outcome == Fetch.Outcome.FAILED
    assert fetch.error.startswith("It was not asked. The ceiling of $0.001 for today")
    search.refresh_from_db()
    assert (search.is_ill, search.ill_since, search.last_error) == (False, None, fetch.error)
    assert (search.attempts, search.not_before) == (0, now + HOUR)


def test_what_our_own_policy_keeps_here_is_no_call(tavily_server, collect_at, now):
    source = a_search(interval=HOUR)
    gateway = Search(api_key=KEY, base_url="http://0x7f.1/")

    [fetch] = collect_at(now, source, search=PaidSearch(gateway, daily_ceiling=None))

    assert "not one that we reach: The IP address" in fetch.error
    assert tavily_server.asked == []
    assert not Call.objects.exists()


def test_the_ceiling_counts_what_is_in_flight(tavily_server, collect_at, now):
    in_flight(a_search(not_before=now + HOUR), now)

    collect_at(now, a_search(), search=paid(tavily_server, ceiling="0.015"))

    assert not tavily_server.asked


def test_while_searches_are_off_the_source_says_which_setting_is_missing(
    tavily_server, collect_at, now
):
    search = a_search()

    for hours in range(3):
        [fetch] = collect_at(now + hours * HOUR, search, search=None)

    assert (fetch.outcome, fetch.error) == (Fetch.Outcome.FAILED, OFF)
    assert "TAVILY_API_KEY" in OFF
    assert not Call.objects.exists()
    search.refresh_from_db()
    assert (search.failures, search.ill_since) == (3, now)
    assert search.not_before == now + 3 * HOUR  # it does not wait longer, for nobody is troubled


# --- What goes wrong --------------------------------------------------------------------------


def test_a_failure_is_an_outcome_and_heals(tavily_server, collect_at, now):
    tavily_server.answer(refused(500, "Oh."), results(result()))
    search = a_search()

    [failed] = collect_at(now, search)
    search.refresh_from_db()
    ill = (search.failures, search.ill_since, search.not_before)
    [read] = collect_at(search.not_before, search)

    assert (failed.outcome, failed.status) == (Fetch.Outcome.FAILED, 500)
    assert failed.error == "Tavily is not available (HTTP 500). It says: Oh."
    assert ill[:2] == (1, now)
    assert now + 1.8 * HOUR <= ill[2] <= now + 2.2 * HOUR
    search.refresh_from_db()
    assert (read.outcome, search.failures, search.ill_since) == (Fetch.Outcome.READ, 0, None)


def test_who_is_rate_limited_waits_as_long_as_asked(tavily_server, collect_at, now):
    tavily_server.answer(refused(429, "Too many.", Retry_After="36000"))
    search = a_search()

    collect_at(now, search)

    search.refresh_from_db()
    assert search.not_before >= now + 10 * HOUR
    assert Call.objects.get().retry_at >= now + 10 * HOUR


@pytest.mark.parametrize(
    ("reply", "wait"),
    [
        pytest.param(refused(429, "Slow.", Retry_After="7200"), 2 * HOUR, id="429"),
        pytest.param(refused(429, "Slow."), timedelta(minutes=1), id="429, no time"),
        pytest.param(refused(432, "Plan."), HOUR, id="the plan's limit"),
        pytest.param(refused(433, "Paygo."), HOUR, id="the account's"),
    ],
)
def test_what_one_search_was_told_the_others_need_not_ask(
    tavily_server, collect_at, now, reply, wait
):
    tavily_server.answer(reply, results(result()))
    first, second = a_search("first"), a_search("second", interval=timedelta(days=1))

    collect_at(now, first, second)
    third = a_search("third")
    [postponed] = collect_at(now + wait / 2, third)
    later = a_search("later")
    [read] = collect_at(now + wait + timedelta(seconds=9), later)

    assert len(tavily_server.asked) == 2
    assert Call.objects.count() == 2
    first.refresh_from_db(), second.refresh_from_db()
    assert (first.failures, second.failures, second.ill_since) == (1, 0, None)
    least = max(wait, HOUR / 4)
    assert now + least <= second.not_before <= now + least + timedelta(seconds=9)
    assert (postponed.outcome, postponed.status) == (Fetch.Outcome.FAILED, None)
    assert postponed.error.startswith(f"It was not asked. {first.last_error} We ask again after ")
    assert read.outcome == Fetch.Outcome.READ


def test_what_is_wrong_with_one_question_holds_back_no_other(tavily_server, collect_at, now):
    tavily_server.answer(refused(400, "Invalid domain filter."), results(result()))

    refusal, read = collect_at(now, a_search("first"), a_search("second"))

    assert "Invalid domain filter." in refusal.error
    assert read.outcome == Fetch.Outcome.READ


def test_who_tries_a_question_hears_at_once_whether_the_account_is_filled(
    tavily_server, collect_at, now
):
    tavily_server.answer(refused(432, "Plan."), results(result()))
    collect_at(now, a_search("first"))
    second = a_search("second")

    try_question(
        second.question, search=paid(tavily_server), subject=f"source {second.pk}", now=now
    )
    [read] = collect_at(now, second)

    assert read.outcome == Fetch.Outcome.READ


@pytest.mark.parametrize("days", [2, 7])
def test_a_search_is_never_asked_before_its_interval_is_over(tavily_server, collect_at, now, days):
    interval = timedelta(days=days)
    tavily_server.answer(results(result()), refused(500, "Oh."))
    well, ill = a_search("well", interval=interval), a_search("ill", interval=interval)

    collect_at(now, well, ill)

    assert set(Source.objects.values_list("not_before", flat=True)) == {now + interval}


def test_pausing_and_resuming_is_no_way_to_ask_more_often(tavily_server, collect_at, now):
    search = a_search()
    collect_at(now, search)

    control.pause([search.pk])
    control.resume([search.pk], now + timedelta(minutes=1))
    collect_at(now + timedelta(minutes=1), search)

    assert len(tavily_server.asked) == 1


def test_looks_that_were_asked_for_twice_cost_once(tavily_server, collect_at, now):
    search = a_search(not_before=now + HOUR)

    control.fetch_now([search.pk], now)
    control.fetch_now([search.pk], now)
    collect_at(now, search)
    collect_at(now + timedelta(seconds=5), search)

    assert len(tavily_server.asked) == 1


def test_one_that_is_just_being_asked_is_left_alone(now):
    busy = a_search(leased_until=now + timedelta(minutes=1), attempts=1)

    asked = control.fetch_now([busy.pk], now)

    assert (asked.busy, asked.due) == ([busy.pk], [])
    assert not OrmQ.objects.exists()


# --- Workers that die, and workers beside each other ------------------------------------------


def test_a_killed_worker_costs_at_most_one_credit_more(tavily_server, collect_at, now):
    tavily_server.answer(results(result()))
    search = a_dead_workers_search(now)

    collect_at(now, search)

    lost, answered = Call.objects.order_by("pk")
    assert (lost.outcome, lost.finished_at, lost.cost_usd) == ("lost", now, CENT)
    assert answered.outcome == "answered"
    assert len(tavily_server.asked) == 1
    assert Article.objects.count() == 1


def test_a_search_that_ended_its_worker_three_times_is_not_paid_again(
    tavily_server, collect_at, now
):
    search = a_dead_workers_search(now)
    Source.objects.update(attempts=MAX_ATTEMPTS)

    [fetch] = collect_at(now, search)

    assert "ended the worker" in fetch.error
    assert not tavily_server.asked
    assert not Call.objects.running().exists()


def test_a_worker_that_lost_its_lease_writes_nothing_and_books_nothing(
    tavily_server, collect_at, now, monkeypatch
):
    search = a_search()
    ask = Search.search

    def slow(gateway, question):
        found = ask(gateway, question)
        Source.objects.filter(pk=search.pk).update(leased_until=now + HOUR, attempts=2)
        return found

    monkeypatch.setattr(Search, "search", slow)

    fetches = collect_at(now, search)

    assert fetches == []
    assert not Article.objects.exists()
    # Whoever took the source over writes it off at its estimate: it was paid.
    assert Call.objects.get().is_running


def test_a_record_that_fails_leaves_the_call_in_flight(tavily_server, collect_at, now, monkeypatch):
    tavily_server.answer(results(result()))
    search = a_search()

    def fail(*_, **__):
        raise RuntimeError("the disk is full")

    monkeypatch.setattr("sources.pipeline.record.store", fail)
    with pytest.raises(RuntimeError):
        collect_at(now, search)
    monkeypatch.undo()
    before = Call.objects.get().is_running
    collect_at(now + timedelta(minutes=3), search)

    assert before
    assert [call.outcome for call in Call.objects.order_by("pk")] == ["lost", "answered"]


class Death(BaseException):
    """Nothing below catches it, as nothing catches a SIGKILL."""


class Mortal:
    """An execute wrapper that dies at the n-th statement."""

    def __init__(self, statements: int) -> None:
        self.left = statements

    def __call__(self, execute, *args):
        self.left -= 1
        if self.left == 0:
            raise Death
        return execute(*args)


def test_a_worker_may_die_at_any_statement(tavily_server, collect_at, now):
    deaths = 0
    for statement in range(2, 44, 3):
        search = a_search(f"ferry {statement}")
        url = f"https://p{statement}.example/1"
        tavily_server.answer(results(result(1, url=url)))
        paid_before = tavily_server.credits

        with suppress(Death), connection.execute_wrapper(Mortal(statement)):
            collect_at(now, search)
        deaths += Article.objects.filter(source=search).count() == 0
        collect_at(now + timedelta(minutes=3), search)

        search.refresh_from_db()
        booked = sum(
            call.credits or 1 for call in Call.objects.filter(subject=f"source {search.pk}")
        )
        assert Article.objects.get(source=search).url == url
        assert tavily_server.credits - paid_before <= min(booked, 2)
        assert booked <= 2
        assert (search.attempts, search.leased_until) == (0, None)
    assert 6 < deaths < 14
    assert not Call.objects.running().exists()


def test_what_does_not_fit_into_the_budget_goes_back_unpaid(tavily_server, collect_at, now):
    searches = [a_search(f"ferry {n}") for n in range(3)]

    fetches = collect_at(now, *searches, budget=timedelta(0))

    assert fetches == []
    assert not tavily_server.asked
    assert Source.objects.due(now).filter(attempts=0).count() == 3


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_cost_one_credit(parser, tavily_server, now):
    tavily_server.answer(late(results(result()), seconds=0.2))
    ids = [a_search(f"ferry {n}").pk for n in range(2)]
    barrier = threading.Barrier(2)

    def work():
        barrier.wait()
        with Server() as feeds:
            collect(ids, web=web_for(feeds), parser=parser, search=paid(tavily_server), now=now)
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert len(tavily_server.asked) == tavily_server.credits == 2
    assert Fetch.objects.count() == 2
    assert list(Call.objects.values_list("outcome", "credits")) == [("answered", 1)] * 2


# --- Before anything is saved -----------------------------------------------------------------


def test_a_question_that_is_tried_keeps_nothing_but_its_call(tavily_server, now):
    tavily_server.answer(results(result(1)))

    found = try_question(
        a_search().question, search=paid(tavily_server), subject="source to be", now=now
    )

    assert [entry.url for entry in found.feed.entries] == ["https://courier.example/news/1"]
    assert not Article.objects.exists()
    call = Call.objects.get()
    assert (call.subject, call.part, call.outcome, call.credits) == (
        "source to be",
        "test",
        "answered",
        1,
    )


def test_a_lease_does_not_write_off_what_is_being_tried(tavily_server, collect_at, now):
    search = a_search()
    Call.objects.filter(pk=in_flight(search, now).pk).update(part="test")

    collect_at(now, search)

    assert Call.objects.get(part="test").is_running


# --- Cost -------------------------------------------------------------------------------------


def test_the_number_of_queries_does_not_grow_with_the_results(tavily_server, collect_at, now):
    counts = {}
    for size in (2, 20):
        search = a_search(f"ferries {size}", max_results=20)
        found = [result(n, url=f"https://p{size}-{n}.example/a/{n}") for n in range(size)]
        tavily_server.answer(results(*found))
        with CaptureQueriesContext(connection) as captured:
            collect_at(now, search)
        counts[size] = len(captured)

    assert counts[2] == counts[20]
    assert counts[20] <= 36
