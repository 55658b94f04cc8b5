"""One worker at a time asks a host: real locks of a real database, from two connections."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from sources.models import Fetch, Source
from sources.pipeline.collect import collect
from sources.pipeline.hosts import visiting
from tests.sources.pipeline.feeds import a_new_source, many, web_for
from tests.sources.server import answering

pytestmark = pytest.mark.django_db(transaction=True)


def elsewhere(ask: Callable[[], object]) -> object:
    """Do it in another thread, which has a connection of its own."""

    def work() -> object:
        try:
            return ask()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


def may_another_visit(host: str) -> bool:
    def ask() -> bool:
        with visiting([host]) as may_visit:
            return may_visit(host)

    return bool(elsewhere(ask))


def test_a_host_is_for_one_worker_at_a_time_and_free_afterwards():
    with visiting(["courier.example", "tribune.example"]) as may_visit:
        assert may_visit("courier.example")
        assert not may_another_visit("courier.example")
        assert may_another_visit("herald.example")

    assert may_another_visit("courier.example")


def test_where_a_redirect_leads_is_taken_when_it_is_asked_for():
    with visiting([]) as may_visit:
        assert may_visit("courier.example")
        assert not may_another_visit("courier.example")

    assert may_another_visit("courier.example")


def test_what_another_has_is_left_to_it():
    def ask() -> bool:
        with visiting(["courier.example"]) as may_visit:
            return may_visit("courier.example")

    with visiting(["courier.example"]):
        assert elsewhere(ask) is False
        # Nor did the other give our lock back when it left.
        assert not may_another_visit("courier.example")


def test_a_worker_that_died_holds_no_host():
    def die() -> None:
        visiting(["courier.example"]).__enter__()

    elsewhere(die)

    assert may_another_visit("courier.example")


def test_feeds_of_a_host_at_which_another_is_wait_a_moment(server, parser, now):
    source = a_new_source(server.serve(answering(body=many(1))), now)

    def work() -> object:
        return collect([source.pk], web=web_for(server), parser=parser, now=now)

    with visiting(["127.0.0.1"]):
        assert elsewhere(work) == []

    assert not server.requests
    assert not Fetch.objects.exists()
    assert not Source.objects.due(now).exists()
    soon = Source.objects.due(now + timedelta(minutes=1))
    assert list(soon.values_list("attempts", flat=True)) == [0]
