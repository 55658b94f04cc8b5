"""A worker that posts may die at any statement: none is missed, at most one hears it twice."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timedelta

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from reports.channels.posting import Posting
from reports.models import Delivery, Subscription
from reports.pipeline import deliver, publish, subscribing
from tests.factories import NOW, a_draft_report, a_subscription
from tests.functional.test_kills import at_each, run_mortal

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

RECEIVERS = ["/one", "/two", "/three"]
GONE = "/gone"
AFTER_THE_LEASE = NOW + deliver.LEASE + timedelta(minutes=2)


def advance(address: str, clock: datetime) -> None:
    """Deliver what is due, as a worker would; the receivers are at this host and port."""
    due = list(Delivery.objects.due(clock).values_list("pk", flat=True))
    deliver.deliver(due, senders={"webhook": Posting(allow=[address]).send}, now=clock)


@pytest.mark.parametrize("statements", at_each([1, 14, 20, 28], step=1))
def test_no_receiver_is_missed_and_at_most_the_one_in_flight_hears_it_twice(
    httpserver: HTTPServer, statements
):
    heard: list[tuple[str, str]] = []

    def take(request: Request) -> Response:
        heard.append((request.path, request.headers["webhook-id"]))
        assert json.loads(request.get_data())["type"] == "report.published"
        return Response("thanks")

    for path in [*RECEIVERS, GONE]:
        httpserver.expect_request(path).respond_with_handler(take)
    address = f"{httpserver.host}:{httpserver.port}"
    draft = a_draft_report(sections=1)
    for path in [*RECEIVERS, GONE]:
        a_subscription(draft.briefing, httpserver.url_for(path), channel="webhook")
    publish.publish_report(draft, now=NOW)
    subscribing.end(Subscription.objects.filter(address=httpserver.url_for(GONE)), NOW)

    assert run_mortal(statements, address, NOW, module=__name__)
    advance(address, NOW)
    advance(address, AFTER_THE_LEASE)

    httpserver.check_assertions()
    got = Counter(path for path, _ in heard)
    assert set(got) == set(RECEIVERS)
    assert got.total() <= len(RECEIVERS) + 1
    assert len(set(heard)) == len(RECEIVERS), "what comes twice says that it is the same"
    assert Delivery.objects.filter(state=Delivery.State.SENT).count() == len(RECEIVERS)
