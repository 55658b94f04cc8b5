"""A worker may be killed while a search is on its way: at most that one is paid for twice."""

from __future__ import annotations

import signal
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from patriot.ledger.models import Call
from sources import tasks
from sources.gateways.parser import Parser
from sources.gateways.tavily import Search
from sources.models import Article, Fetch, Source
from sources.pipeline.collect import LEASE, collect
from sources.pipeline.searching import PaidSearch
from tests.factories import NOW, a_search
from tests.functional.launching import wait_for
from tests.functional.test_kills import start_mortal
from tests.tavily_server import KEY, TavilyServer, late, result, results

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

SLOW = late(results(), seconds=120.0)
LATER = NOW + LEASE + timedelta(minutes=1)


def advance(address: str, clock: datetime) -> None:
    """Ask the searches that are due, as a worker would."""
    collect(
        list(Source.objects.order_by("pk").values_list("pk", flat=True)),
        web=tasks.web(),
        parser=Parser.shared(),
        search=PaidSearch(Search(api_key=KEY, base_url=address), daily_ceiling=Decimal(10)),
        now=clock,
    )


@pytest.fixture
def server():
    with TavilyServer() as server:
        yield server


def test_a_worker_that_dies_while_it_waits_for_the_answer_pays_that_one_twice(server):
    server.answer(results(result(1)), SLOW, results(result(2)), results(result(3)))
    for name in ("first", "second", "third"):
        a_search(name)

    child = start_mortal(10**9, server.address, NOW, module=__name__)
    wait_for(lambda: len(server.asked) == 2, within=120, what="the second search")
    child.send_signal(signal.SIGKILL)
    child.wait(60)
    advance(server.address, LATER)

    # The first was recorded and is not due; the second came alone, and so did the third.
    assert [asked.question["query"] for asked in server.asked] == [
        *("first", "second"),
        *("second", "third"),
    ]
    calls = Call.objects.order_by("pk")
    [lost] = calls.filter(outcome=Call.Outcome.LOST)
    assert (lost.subject, lost.cost_usd) == (
        f"source {Source.objects.get(query='second').pk}",
        lost.estimated_usd,
    )
    assert calls.filter(outcome=Call.Outcome.ANSWERED).count() == 3
    assert calls.spent() == Decimal("0.008") * len(server.asked)
    assert Article.objects.count() == Fetch.objects.count() == 3
    assert not Source.objects.exclude(leased_until=None).exists()
