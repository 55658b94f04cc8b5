"""Reports by webhook and to chats, as receivers on loopback get them."""

from __future__ import annotations

import json
import re
import threading
from datetime import datetime, timedelta

import pytest
from pytest_httpserver import HTTPServer
from standardwebhooks.webhooks import Webhook
from werkzeug import Request, Response

from reports.channels.posting import Posting
from reports.gateways import webhook
from reports.models import Attempt, Delivery, Report, Subscription
from reports.pipeline import deliver, publish
from reports.tokens import secret_of
from tests import factories

pytestmark = pytest.mark.django_db


class Receiver:
    """Keeps what it gets and answers as it is told to; then 200."""

    def __init__(self, server: HTTPServer) -> None:
        self.got: list[Request] = []
        self.answers: list[Response] = []
        server.expect_request("/hook").respond_with_handler(self._take)
        self.url = server.url_for("/hook")
        self.allow = [f"{server.host}:{server.port}"]

    def _take(self, request: Request) -> Response:
        request.get_data()
        self.got.append(request)
        return self.answers.pop(0) if self.answers else Response("thanks")


@pytest.fixture
def receiver(httpserver: HTTPServer) -> Receiver:
    return Receiver(httpserver)


def published_for(url: str, channel: str = "webhook") -> Report:
    draft = factories.a_draft_report(sections=1)
    factories.a_subscription(draft.briefing, url, channel=channel)
    publish.publish_report(draft, now=factories.NOW)
    return draft


def go(receiver: Receiver, now: datetime) -> Delivery:
    senders = dict.fromkeys(Subscription.Channel, Posting(allow=receiver.allow).send)
    deliver.deliver(list(Delivery.objects.values_list("pk", flat=True)), senders=senders, now=now)
    return Delivery.objects.latest("pk")


def test_a_webhook_gets_the_report_as_the_api_says_it_and_signed(receiver, client, now):
    report = published_for(receiver.url)

    delivery = go(receiver, now)

    (request,) = receiver.got
    event = json.loads(request.data)
    own = delivery.subscription
    secret = secret_of(own.public_id, own.secret_number)
    # The library checks the time against the real clock: its own tests do that, ours the words.
    signed = Webhook(secret).sign(request.headers["webhook-id"], now, request.data.decode())
    assert request.headers["webhook-signature"] == signed
    assert (event["type"], delivery.state) == ("report.published", Delivery.State.SENT)
    told = client.get(f"/api/v1/reports/{report.pk}/").json()
    assert event["data"]["sections"][0]["headline"] == told["sections"][0]["headline"]
    assert event["data"].keys() == told.keys()


def test_what_was_not_taken_comes_again_under_the_same_id(receiver, now):
    receiver.answers = [Response("down", 500), Response("wait", 429, {"Retry-After": "600"})]
    published_for(receiver.url)

    first = go(receiver, now)
    second = go(receiver, first.not_before)
    third = go(receiver, second.not_before)

    assert second.not_before - first.not_before >= timedelta(minutes=10)
    assert third.state == Delivery.State.SENT
    assert len({request.headers["webhook-id"] for request in receiver.got}) == 1
    told = Attempt.objects.order_by("pk").values_list("outcome", "status")
    assert list(told) == [("deferred", 500), ("deferred", 429), ("sent", 200)]


def test_a_receiver_that_is_gone_gets_nothing_more(receiver, now):
    receiver.answers = [Response("bye", 410)]
    published_for(receiver.url)

    delivery = go(receiver, now)

    assert delivery.state == Delivery.State.DEAD
    assert delivery.subscription.state == Subscription.State.ENDED
    assert "410" in delivery.subscription.reason


@pytest.mark.parametrize(
    ("channel", "rest"),
    [
        pytest.param("webhook", "/T0DAWN/b1-QuiteSecretKey", id="webhook"),
        pytest.param("slack", "?key=QuiteSecretKey", id="query"),
        pytest.param("telegram", "/bot12:QuiteSecret/send?chat_id=7", id="bot"),
        pytest.param("matrix", "/rooms/r?access_token=QuiteSecretKey", id="header"),
    ],
)
@pytest.mark.parametrize("before", [0, 285, 1180], ids=["whole", "cut by us", "cut before"])
def test_a_receiver_that_says_its_own_address_again_gives_no_key_away(
    httpserver, now, channel, rest, before
):
    def tell(request: Request) -> Response:
        said = f"{request.url} {request.headers.get('Authorization')}"
        return Response(f"{' ' * before}no such hook: {said} {said.upper()}", 404)

    httpserver.expect_request(re.compile("/hook.*")).respond_with_handler(tell)
    published_for(f"{httpserver.url_for('/hook')}{rest}", channel)
    posting = Posting(allow=[f"{httpserver.host}:{httpserver.port}"])
    senders = dict.fromkeys(Subscription.Channel, posting.send)

    deliver.deliver([Delivery.objects.get().pk], senders=senders, now=now)

    told = f"{Delivery.objects.get().last_error} {Attempt.objects.get().answer}"
    assert "404" in told
    assert "quites" not in told.lower()


def test_a_redirect_into_the_house_is_not_followed(receiver, httpserver, now):
    receiver.answers = [Response("", 302, {"Location": httpserver.url_for("/secret")})]
    published_for(receiver.url)

    delivery = go(receiver, now)

    assert delivery.state == Delivery.State.WAITING
    assert "redirect" in delivery.last_error
    assert {request.path for request, _ in httpserver.log} == {"/hook"}


def test_a_private_address_is_never_reached(receiver, httpserver, now):
    published_for(receiver.url)
    receiver.allow = []

    delivery = go(receiver, now)

    assert delivery.state == Delivery.State.DEAD
    assert not httpserver.log


def test_a_receiver_that_hangs_costs_a_deadline(receiver, httpserver, monkeypatch, now):
    monkeypatch.setattr(webhook, "DEADLINE", timedelta(seconds=0.2))
    release = threading.Event()
    httpserver.clear()

    def hang(request: Request) -> Response:
        release.wait(10)
        return Response("late")

    httpserver.expect_request("/hook").respond_with_handler(hang)
    published_for(receiver.url)

    delivery = go(receiver, now)
    release.set()

    assert delivery.state == Delivery.State.WAITING
    assert Attempt.objects.get().outcome == Attempt.Outcome.UNREACHABLE


def test_a_withdrawal_is_told_with_its_reason(receiver, now):
    report = published_for(receiver.url)
    go(receiver, now)

    publish.withdraw_report(report, reason="It was a test.", now=now)
    go(receiver, now)

    event = json.loads(receiver.got[-1].data)
    assert (event["type"], event["data"]["reason"]) == ("report.withdrawn", "It was a test.")


@pytest.mark.parametrize(
    ("channel", "query", "where"),
    [
        pytest.param("slack", "", "text", id="Slack"),
        pytest.param("discord", "", "content", id="Discord"),
        pytest.param("telegram", "?chat_id=7", "text", id="Telegram"),
    ],
)
def test_a_chat_gets_the_title_and_the_address(receiver, now, channel, query, where):
    report = published_for(f"{receiver.url}{query}", channel)

    go(receiver, now)

    told = json.loads(receiver.got[0].data)
    assert told[where].endswith(report.get_absolute_url())
    assert "chat_id" not in receiver.got[0].query_string.decode()


def test_a_matrix_room_gets_it_under_the_messages_own_id(receiver, httpserver, now):
    httpserver.expect_request("/room/send/m.room.message/", method="PUT")
    published_for(httpserver.url_for("/room?access_token=t"), "matrix")

    delivery = go(receiver, now)

    request, _ = httpserver.log[0]
    assert request.path == f"/room/send/m.room.message/{delivery.message_id.hex}"
    assert request.headers["Authorization"] == "Bearer t"
    assert b"access_token" not in request.query_string


def test_one_that_cannot_be_sent_at_all_stops_none_of_the_others(receiver, now):
    draft = factories.a_draft_report(sections=1)
    poison = factories.a_subscription(draft.briefing, "https://\u2603.example/x", channel="webhook")
    factories.a_subscription(draft.briefing, receiver.url, channel="webhook")
    publish.publish_report(draft, now=now)

    go(receiver, now)

    states = dict(Delivery.objects.values_list("subscription__address", "state"))
    assert states == {poison.address: "dead", receiver.url: "sent"}


def test_a_failure_of_our_own_is_tried_again_and_holds_nobody_up(receiver, now):
    draft = factories.a_draft_report(sections=1)
    first = factories.a_subscription(draft.briefing, "https://[::1", channel="telegram")
    factories.a_subscription(draft.briefing, receiver.url, channel="slack")
    other = factories.a_subscription(
        draft.briefing, f"{receiver.url}?chat_id=7", channel="telegram"
    )
    publish.publish_report(draft, now=now)

    go(receiver, now)

    waiting = Delivery.objects.get(subscription=first)
    assert (waiting.state, waiting.attempts) == ("waiting", 1)
    assert waiting.last_error.startswith("We failed at this ourselves: ")
    for times in (1, 2):
        go(receiver, now + times * timedelta(hours=1))
    assert deliver.bury_exhausted(now + timedelta(hours=3)) == 1
    waiting.refresh_from_db()
    assert waiting.state == "dead"
    assert waiting.last_error.startswith("Given up after 3 times. We failed at this ourselves: ")
    assert Delivery.objects.get(subscription=other).state == "sent"
    assert len(receiver.got) == 2
