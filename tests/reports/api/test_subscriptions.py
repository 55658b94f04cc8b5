"""The API of subscriptions and webhooks, as a client of the desk sees it."""

from __future__ import annotations

import json
from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.test import Client
from pytest_httpserver import HTTPServer
from standardwebhooks.webhooks import Webhook

from patriot.accounts.models import KeptAnswer
from patriot.accounts.roles import Role
from reports.channels.posting import Posting
from reports.models import Delivery, Subscription
from reports.pipeline import deliver, subscribing
from reports.tokens import secret_of
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db

LIST = "/api/v1/subscriptions/"
BOTH = ("subscriptions:read", "subscriptions:write")
HOOK = "https://hooks.example.org/patriot?key=hush"
WANTED: dict[str, Any] = {"briefing": "dawn", "channel": "webhook", "address": HOOK}


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def briefing():
    return factories.a_briefing(slug="dawn")


class Caller:
    """A client with a key."""

    def __init__(self, role: Role | None = Role.PUBLISHER, scopes=BOTH) -> None:
        self.client = Client()
        self.key, token = factories.an_api_key(factories.a_user_with(role), *scopes)
        self.headers = {"Authorization": f"Bearer {token}"}

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        said = b"" if body is None else json.dumps(body)
        named = self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.generic(method.upper(), path, said, "application/json", headers=named)


def a_hook(briefing, address: str = HOOK, **fields: Any) -> Subscription:
    return factories.a_subscription(briefing, address, channel="webhook", **fields)


# --- Setting up -------------------------------------------------------------------
def test_a_webhook_is_set_up_and_its_secret_shown_once(briefing) -> None:
    caller = Caller()

    made = caller.ask("post", LIST, WANTED)

    hook = Subscription.objects.get()
    body = made.json()
    assert (made.status_code, made["Location"]) == (201, body["url"])
    assert type(made.headers["Location"]) is str  # WSGI servers take no subclass (PEP 3333)
    assert body["secret"] == secret_of(hook.public_id, 1)
    assert (hook.state, hook.owner, hook.address) == ("active", caller.key.owner, HOOK)
    assert (body["recipient"], body["owner"]) == ("hooks.example.org", hook.owner.username)
    alone = caller.ask("get", body["url"])
    assert alone.json() == {name: value for name, value in body.items() if name != "secret"}
    assert "no-store" in made["Cache-Control"]
    for answer in (made, alone, caller.ask("get", LIST)):
        assert "hush" not in answer.text
    assert f"with the API key {caller.key}" in LogEntry.objects.get().change_message


def test_a_chat_has_no_secret(briefing) -> None:
    chat = {"channel": "slack", "address": "https://hooks.slack.com/services/T/B/x"}

    made = Caller().ask("post", LIST, WANTED | chat | {"wants_corrections": False})

    assert (made.status_code, made.json()["secret"]) == (201, None)
    assert made.json()["wants_corrections"] is False


def test_the_same_request_again_gets_the_same_secret_and_keeps_none(briefing) -> None:
    caller = Caller()

    first, again = (caller.ask("post", LIST, WANTED, Idempotency_Key="a-1") for _ in range(2))
    other = caller.ask("post", LIST, WANTED | {"channel": "discord"}, Idempotency_Key="a-1")

    assert first.json() == again.json()
    assert (first.status_code, again.status_code) == (201, 201)
    assert (again["Idempotent-Replayed"], again["Location"]) == ("true", first["Location"])
    assert Subscription.objects.count() == 1
    assert "whsec_" not in KeptAnswer.objects.get().body
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")


@pytest.mark.parametrize(
    ("said", "field"),
    [
        pytest.param({"address": "http://127.0.0.1/hook"}, "address", id="this machine"),
        pytest.param({"address": "http://10.1.2.3/"}, "address", id="a private network"),
        pytest.param({"address": "ftp://example.org/"}, "address", id="no web address"),
        pytest.param({"address": "https://a:b@example.org/"}, "address", id="a password in it"),
        pytest.param({"address": "https://x.example/" + "a" * 2000}, "address", id="too long"),
        pytest.param({"address": "https://x.example/\0"}, "address", id="a NUL"),
        pytest.param({"address": 7}, "address", id="a number"),
        pytest.param({"address": ""}, "address", id="nothing"),
        pytest.param({"briefing": "dusk"}, "briefing", id="no such briefing"),
        pytest.param({"briefing": "a b"}, "briefing", id="no slug"),
        pytest.param({"briefing": ["dawn"]}, "briefing", id="a list"),
        pytest.param({"channel": "email"}, "channel", id="mail"),
        pytest.param({"channel": True}, "channel", id="no channel"),
        pytest.param({"wants_corrections": "yes"}, "wants_corrections", id="a word"),
        pytest.param({"wants_corrections": 1}, "wants_corrections", id="one"),
        pytest.param({"state": "active"}, "state", id="a field that is none"),
        pytest.param({"secret": "x"}, "secret", id="a secret of one's own"),
    ],
)
def test_what_cannot_be_set_up_is_named(briefing, said, field) -> None:
    answer = Caller().ask("post", LIST, WANTED | said)

    assert answer.status_code == 400
    assert {error["field"] for error in answer.json()["errors"]} == {field}
    assert not Subscription.objects.exists()


def test_a_receiver_is_there_once_and_begins_again_after_its_end(briefing) -> None:
    hook, caller = a_hook(briefing), Caller()

    refused = caller.ask("post", LIST, WANTED, Idempotency_Key="b-1")
    caller.ask("delete", f"{LIST}{hook.pk}/")
    begun = caller.ask("post", LIST, WANTED, Idempotency_Key="b-1")

    assert refused.json()["errors"] == [
        {"field": "address", "message": "This receiver is there already: change or resume it."}
    ]
    hook.refresh_from_db()
    assert (begun.status_code, begun.json()["id"]) == (201, hook.pk)
    assert begun.json()["secret"] == secret_of(hook.public_id, 2)
    assert (hook.state, hook.reason, hook.ended_at) == ("active", "", None)


# --- Changing ---------------------------------------------------------------------
def test_a_webhook_is_paused_changed_resumed_and_ended(briefing) -> None:
    hook, caller = a_hook(briefing), Caller()
    address, elsewhere = f"{LIST}{hook.pk}/", "https://elsewhere.example.net/in"

    paused = caller.ask("patch", address, {"state": "paused"}).json()
    moved = caller.ask(
        "patch", address, {"state": "active", "address": elsewhere, "wants_corrections": False}
    ).json()
    ended = [caller.ask("delete", address) for _ in range(2)]

    assert (paused["state"], paused["reason"]) == ("paused", "Staff paused it.")
    assert (moved["state"], moved["reason"], moved["wants_corrections"]) == ("active", "", False)
    assert moved["recipient"] == "elsewhere.example.net"
    assert [(answer.status_code, answer.content) for answer in ended] == [(204, b"")] * 2
    hook.refresh_from_db()
    assert (hook.state, hook.reason, hook.address) == ("ended", "Staff ended it.", elsewhere)
    assert LogEntry.objects.count() == 3


@pytest.mark.parametrize(
    ("fields", "said", "field"),
    [
        pytest.param({}, {}, "body", id="nothing said"),
        pytest.param({}, {"state": "ended"}, "state", id="ended is for DELETE"),
        pytest.param({}, {"state": None}, "state", id="null"),
        pytest.param({}, {"owner": "bob"}, "owner", id="a field that stays"),
        pytest.param({}, {"address": "http://[::1]/"}, "address", id="an address of ours"),
        pytest.param({}, {"address": "https://taken.example/"}, "address", id="taken"),
        pytest.param(
            {"state": "ended", "reason": "Gone."}, {"state": "active"}, "state", id="ended"
        ),
        pytest.param(
            {"channel": "email"}, {"wants_corrections": False}, "wants_corrections", id="a reader's"
        ),
        pytest.param(
            {"channel": "email", "state": "pending"}, {"state": "active"}, "state", id="unconfirmed"
        ),
    ],
)
def test_what_cannot_be_changed_is_named(briefing, fields, said, field) -> None:
    a_hook(briefing, "https://taken.example/")
    row = factories.a_subscription(briefing, HOOK, **{"channel": "webhook"} | fields)
    before = Subscription.objects.filter(pk=row.pk).values().get()

    answer = Caller().ask("patch", f"{LIST}{row.pk}/", said)

    assert answer.status_code == 400
    assert {error["field"] for error in answer.json()["errors"]} == {field}
    assert Subscription.objects.filter(pk=row.pk).values().get() == before


def test_a_secret_is_changed_and_replayed(briefing) -> None:
    hook, caller = a_hook(briefing), Caller()
    address = f"{LIST}{hook.pk}/secret/"

    first, again = (caller.ask("post", address, Idempotency_Key="c-1") for _ in range(2))
    another = caller.ask("post", address)

    assert first.json() == again.json()
    assert first.json() == {
        "secret": secret_of(hook.public_id, 2),
        "both_until": "2026-06-10T06:30:00Z",
    }
    assert another.json()["secret"] == secret_of(hook.public_id, 3)
    reader = factories.a_subscription(briefing)
    assert caller.ask("post", f"{LIST}{reader.pk}/secret/").status_code == 404
    refused = caller.ask("post", address, {"secret": "mine"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "body")


# --- Trying it --------------------------------------------------------------------
def test_the_newest_report_goes_out_as_every_delivery_does(
    httpserver: HTTPServer, settings, django_assert_num_queries
) -> None:
    httpserver.expect_request("/hook").respond_with_data("Thanks.", status=200)
    settings.OUTBOUND_ALLOW = [f"{httpserver.host}:{httpserver.port}"]
    report = factories.a_published_report(sections=1)
    hook = a_hook(report.briefing, httpserver.url_for("/hook"))
    caller = Caller()

    begun = caller.ask("post", f"{LIST}{hook.pk}/test/")
    row = Delivery.objects.get()
    posting = Posting(allow=settings.OUTBOUND_ALLOW)
    deliver.deliver([row.pk], senders={"webhook": posting.send}, now=NOW)
    again = caller.ask("post", f"{LIST}{hook.pk}/test/")
    with django_assert_num_queries(7):
        told = caller.ask("get", f"{LIST}{hook.pk}/deliveries/").json()["results"]

    assert (begun.status_code, begun.json()["state"]) == (202, "waiting")
    request, _ = httpserver.log[0]
    event = Webhook(secret_of(hook.public_id, 1)).verify(request.data, dict(request.headers))
    assert (event["type"], event["data"]["id"]) == ("report.published", report.pk)
    assert request.headers["webhook-id"] == begun.json()["message_id"]
    assert again.json()["message_id"] == begun.json()["message_id"]
    assert (again.json()["state"], Delivery.objects.count()) == ("waiting", 1)
    (attempt,) = told[0]["attempts"]
    assert (told[0]["report"], told[0]["revision"]) == (report.pk, 1)
    assert (attempt["outcome"], attempt["status"], attempt["answer"]) == (
        "sent",
        200,
        "200 Thanks.",
    )


@pytest.mark.parametrize(
    ("state", "code"),
    [
        pytest.param("active", "nothing_published", id="no report yet"),
        pytest.param("paused", "not_active", id="paused"),
    ],
)
def test_what_cannot_be_tried_says_why(briefing, state, code) -> None:
    hook = a_hook(briefing, state=state, reason="Off." if state == "paused" else "")

    answer = Caller().ask("post", f"{LIST}{hook.pk}/test/", Idempotency_Key="d-1")

    assert (answer.status_code, answer.json()["code"]) == (409, code)
    assert not Delivery.objects.exists()


# --- Looking ----------------------------------------------------------------------
@pytest.fixture
def several(briefing) -> list[Subscription]:
    later = NOW.replace(day=10)
    return [
        factories.a_subscription(briefing, "ann@example.org"),
        a_hook(briefing),
        a_hook(factories.a_briefing(slug="dusk"), state="paused", reason="Off.", created_at=later),
    ]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param("", [2, 1, 0], id="all"),
        pytest.param("ordering=oldest", [0, 1, 2], id="oldest"),
        pytest.param("channel=webhook", [2, 1], id="channel"),
        pytest.param("state=paused", [2], id="state"),
        pytest.param("briefing=dawn", [1, 0], id="briefing"),
        pytest.param("since=2026-06-10", [2], id="since"),
        pytest.param("until=2026-06-10&channel=email", [0], id="until"),
    ],
)
def test_subscriptions_are_listed_and_filtered(several, query, found) -> None:
    caller, ids = Caller(), []
    address = f"{LIST}?page_size=2&{query}"
    while address:
        page = caller.ask("get", address).json()
        ids += [row["id"] for row in page["results"]]
        address = page["next"]

    assert ids == [several[place].pk for place in found]


def test_a_list_costs_as_many_queries_as_one(several, django_assert_num_queries) -> None:
    caller = Caller()
    caller.ask("get", LIST)

    # The key and its owner, what he may, the throttle's, the rows.
    for path in (LIST, f"{LIST}?fields=id,state", f"{LIST}{several[0].pk}/"):
        with django_assert_num_queries(5):
            assert caller.ask("get", path).status_code == 200
    wrong = caller.ask("get", f"{LIST}?address=ann@example.org")
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (400, "address")


@pytest.mark.parametrize(
    ("role", "scopes", "statuses"),
    [
        pytest.param(Role.PUBLISHER, BOTH, (200, 200), id="both"),
        pytest.param(Role.PUBLISHER, BOTH[:1], (200, 403), id="only looks"),
        pytest.param(Role.PUBLISHER, BOTH[1:], (403, 200), id="only changes"),
        pytest.param(Role.PUBLISHER, ("jobs:read",), (403, 403), id="another scope"),
        pytest.param(Role.EDITOR, BOTH, (403, 403), id="an owner who may not"),
        pytest.param(None, BOTH, (403, 403), id="an owner of nothing"),
    ],
)
def test_it_takes_a_scope_and_a_right(briefing, role, scopes, statuses) -> None:
    hook, caller = a_hook(briefing), Caller(role, scopes)
    address = f"{LIST}{hook.pk}/"

    assert caller.ask("get", address).status_code == statuses[0]
    assert caller.ask("patch", address, {"state": "paused"}).status_code == statuses[1]
    assert caller.ask("post", f"{address}secret/").status_code == statuses[1]
    for method in ("get", "patch", "delete"):
        assert getattr(Client(), method)(address).status_code == 401
    assert caller.ask("get", f"{LIST}999999/").status_code == {200: 404}.get(statuses[0], 403)
    hook.refresh_from_db()
    assert (hook.state == "paused") is (statuses[1] == 200)


def test_two_who_set_up_the_same_receiver_make_one(briefing) -> None:
    owner = factories.a_user_with(Role.PUBLISHER)

    subscribing.set_up(briefing, "webhook", HOOK, wants_corrections=True, owner=owner, now=NOW)
    with pytest.raises(subscribing.AlreadyThere):
        subscribing.set_up(briefing, "webhook", HOOK, wants_corrections=True, owner=owner, now=NOW)

    assert Subscription.objects.count() == 1
