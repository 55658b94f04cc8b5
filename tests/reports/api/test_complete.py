"""Completing a client's text: asked once, booked to the cent, never paid twice."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import pytest
import time_machine
from django.core.signals import request_finished
from django.db import connection
from django.test import Client

from patriot.accounts.models import ApiKey, KeptAnswer
from patriot.accounts.roles import Role
from patriot.ledger import breakers
from patriot.ledger.models import Call, Service
from patriot.lib.rates import Rate
from reports.api import complete
from reports.pipeline import completing
from tests import claude_server as say
from tests.claude_server import Asked, Behavior, ClaudeServer, Wire
from tests.factories import NOW, a_user_with, an_api_key

pytestmark = pytest.mark.django_db
PATH = "/api/v1/complete/"
MODEL = "claude-haiku-5-5"
RIVERS = "The Danube, the Rhine and the Volga."
WISH = {"user_message": "Name three rivers of Europe.", "max_tokens": 200}
KEY = "8e03978e-40d5-43dd-bc93-6894a57f9324"


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as traveler:
        yield traveler


@pytest.fixture
def house(settings: Any, claude_server: ClaudeServer) -> Any:
    """Return the settings of a house that has Claude, who names rivers."""
    settings.SERVICES = ["claude"]
    settings.ANTHROPIC_API_KEY = say.KEY
    settings.ANTHROPIC_BASE_URL = claude_server.url
    settings.DAILY_CEILING_USD = Decimal(10)
    claude_server.script = writing(RIVERS)
    return settings


@pytest.fixture
def key(house: Any) -> tuple[ApiKey, str]:
    return an_api_key(a_user_with(Role.EDITOR), "texts:complete")


@pytest.fixture
def token(key: tuple[ApiKey, str]) -> str:
    return key[1]


def writing(text: str) -> Behavior:
    """Answer with this text."""

    def answer(asked: Asked) -> Wire:
        return say.message(asked, text)

    return answer


def ask(token: str, body: Any = WISH, **headers: str) -> Any:
    sent = {"authorization": f"Bearer {token}"} | headers
    return Client().post(PATH, body, content_type="application/json", headers=sent)


def listen(token: str, body: Any = WISH, **headers: str) -> list[tuple[str, Any]]:
    """Ask for events; return their names and data."""
    response = ask(token, body, accept="text/event-stream", **headers)

    assert response.status_code == 200, response.content
    assert response["Content-Type"] == "text/event-stream"
    return events_in(b"".join(response.streaming_content).decode())


def events_in(text: str) -> list[tuple[str, Any]]:
    assert text.endswith("\n\n")
    pairs = [block.split("\n") for block in text.removesuffix("\n\n").split("\n\n")]
    return [
        (name.removeprefix("event: "), json.loads(data.removeprefix("data: ")))
        for name, data in pairs
    ]


def leave(response: Any) -> None:
    """Close a response as a server does; the test's own connection to the database stays."""
    with patch.object(request_finished, "send"):
        response.close()


def idempotent(key: str = KEY) -> dict[str, str]:
    return {"idempotency-key": key}


# --- An answer --------------------------------------------------------------------
def test_a_text_is_completed(token: str, claude_server: ClaudeServer) -> None:
    response = ask(token)

    [entry], [call] = claude_server.log, Call.objects.all()
    assert response.status_code == 200
    assert response["Cache-Control"] == "private, no-store"
    assert response.json() == {
        "content": RIVERS,
        "model": MODEL,
        "usage": {
            "input_tokens": entry.usage.prompt_tokens,
            "output_tokens": entry.usage.output_tokens,
            "cost_usd": str(call.cost_usd),
        },
    }
    assert entry.model == MODEL


def test_it_is_in_the_ledger_with_the_key_that_asked(
    key: tuple[ApiKey, str], claude_server: ClaudeServer
) -> None:
    ask(key[1])

    [call], [entry] = Call.objects.all(), claude_server.log
    assert (call.purpose, call.model) == ("complete", MODEL)
    assert call.subject == f"completions of API key {key[0].pk}, 2026-06-09"
    assert (call.outcome, call.request_id) == (Call.Outcome.ANSWERED, entry.request_id)
    assert call.input_tokens + call.cache_write_5m_tokens == entry.usage.prompt_tokens
    assert call.output_tokens == entry.usage.output_tokens
    assert 0 < call.cost_usd <= call.estimated_usd


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"user_message": "x"}, id="one character, and no more"),
        pytest.param({"user_message": "漢" * 10_000, "max_tokens": 8_192}, id="all that may be"),
        pytest.param({"user_message": "x", "context": "y" * 100_000}, id="a long context"),
        pytest.param({"user_message": "x", "context": ""}, id="an empty context"),
        pytest.param({"user_message": "x", "context": None}, id="null for a context"),
        pytest.param({"user_message": "x", "max_tokens": 1}, id="one token"),
    ],
)
def test_what_may_be_asked_is_and_costs_no_more_than_reserved(token: str, body: Any) -> None:
    response = ask(token, body)

    assert response.status_code == 200
    [call] = Call.objects.all()
    assert call.cost_usd <= call.estimated_usd


@pytest.mark.parametrize(
    ("body", "field"),
    [
        pytest.param({}, "user_message", id="nothing"),
        pytest.param({"user_message": ""}, "user_message", id="an empty text"),
        pytest.param({"user_message": " \n"}, "user_message", id="white space"),
        pytest.param({"user_message": "\u200b\u2060"}, "user_message", id="nothing to see"),
        pytest.param({"user_message": "x" * 10_001}, "user_message", id="too long"),
        pytest.param({"user_message": "a\x00b"}, "user_message", id="NUL"),
        pytest.param({"user_message": "a\ud800b"}, "user_message", id="half a character"),
        pytest.param({"user_message": 7}, "user_message", id="a number"),
        pytest.param({"user_message": ["x"]}, "user_message", id="a list"),
        pytest.param({"user_message": None}, "user_message", id="null"),
        pytest.param({"user_message": "x", "context": 1}, "context", id="a number for context"),
        pytest.param({"user_message": "x", "context": "y" * 100_001}, "context", id="a book"),
        pytest.param({"user_message": "x", "max_tokens": 0}, "max_tokens", id="no token"),
        pytest.param({"user_message": "x", "max_tokens": -1}, "max_tokens", id="below nothing"),
        pytest.param({"user_message": "x", "max_tokens": 8_193}, "max_tokens", id="too many"),
        pytest.param({"user_message": "x", "max_tokens": 10**400}, "max_tokens", id="far too many"),
        pytest.param({"user_message": "x", "max_tokens": "200"}, "max_tokens", id="a text"),
        pytest.param({"user_message": "x", "max_tokens": 1.5}, "max_tokens", id="a fraction"),
        pytest.param({"user_message": "x", "max_tokens": True}, "max_tokens", id="true"),
        pytest.param({"user_message": "x", "max_tokens": None}, "max_tokens", id="no number"),
        pytest.param({"user_message": "x", "model": "y"}, "model", id="an unknown field"),
        pytest.param([], None, id="a list for a body"),
        pytest.param('"x"', None, id="a text for a body"),
    ],
)
def test_a_wrong_request_is_refused_by_name_and_costs_nothing(
    token: str, claude_server: ClaudeServer, body: Any, field: str | None
) -> None:
    response = ask(token, body, **idempotent())

    assert response.status_code == 400
    assert response.json()["code"] == "invalid"
    if field:
        assert [error["field"] for error in response.json()["errors"]] == [field]
    assert not claude_server.log
    assert not Call.objects.exists()
    assert not KeptAnswer.objects.exists()


def test_an_answer_that_ends_at_max_tokens_is_one(token: str, claude_server: ClaudeServer) -> None:
    claude_server.script = lambda asked: say.message(asked, "The Danube,", stop_reason="max_tokens")

    whole, told = ask(token).json(), listen(token)

    assert whole["content"] == "The Danube,"
    assert [name for name, _ in told] == ["delta", "delta", "done"]


@pytest.mark.parametrize(
    ("written", "content"),
    [
        pytest.param("a\u202eb\u200bc\x00\x1b[0m", "abc[0m", id="hidden characters"),
        pytest.param("cafe\u0301\r\n", "café", id="another form"),
        pytest.param("<script>alert(1)</script>", "<script>alert(1)</script>", id="markup is text"),
        pytest.param("a\n\nevent: done\ndata: {}\n\n", "a\n\nevent: done\ndata: {}", id="events"),
    ],
)
def test_what_the_model_writes_is_clean_text_whole_or_in_pieces(
    token: str, claude_server: ClaudeServer, written: str, content: str
) -> None:
    claude_server.script = writing(written)

    whole = ask(token).json()["content"]
    told = listen(token)

    assert whole == content
    assert "".join(data["content"] for name, data in told if name == "delta") == content
    assert [name for name, _ in told if name != "delta"] == ["done"]


# --- Who may ----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("role", "scopes", "status"),
    [
        pytest.param(Role.EDITOR, ["texts:complete"], 200, id="both"),
        pytest.param(Role.ADMINISTRATOR, ["reports:produce"], 403, id="another scope"),
        pytest.param(Role.VIEWER, ["texts:complete"], 403, id="an owner who may not"),
    ],
)
def test_a_key_needs_the_scope_and_its_owner_the_role(
    house: Any, role: Role, scopes: list[str], status: int
) -> None:
    _, token = an_api_key(a_user_with(role), *scopes)

    assert ask(token).status_code == status


def test_a_session_needs_the_csrf_token_and_spends_under_its_own_name(house: Any) -> None:
    editor = a_user_with(Role.EDITOR)
    strict, client = Client(enforce_csrf_checks=True), Client()
    strict.force_login(editor)
    client.force_login(editor)

    refused = strict.post(PATH, WISH, content_type="application/json")
    answered = client.post(PATH, WISH, content_type="application/json")

    assert (refused.status_code, answered.status_code) == (403, 200)
    [call] = Call.objects.all()
    assert call.subject == f"completions of user {editor.pk}, 2026-06-09"


def test_who_asks_too_often_has_to_wait(key: tuple[ApiKey, str], house: Any) -> None:
    house.API_RATE_COMPLETE = Rate.parse("2/min")

    answers = [ask(key[1]) for _ in range(3)]
    elsewhere = Client().get("/api/v1/me/", headers={"authorization": f"Bearer {key[1]}"})

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[-1].json()["code"] == "throttled"
    assert answers[-1]["Retry-After"] == "30"
    assert elsewhere.status_code == 200


# --- What goes wrong --------------------------------------------------------------
@dataclass(frozen=True)
class Failure:
    """How the service fails, and what a client is told."""

    behavior: Behavior
    status: int
    code: str
    wait: str | None = None
    is_paid: bool = False
    """Or may be: then the same key gets the same answer."""


FAILURES = [
    pytest.param(Failure(say.rate_limited(40), 503, "model_busy", "40"), id="rate limited"),
    pytest.param(Failure(say.rate_limited(), 503, "model_busy", "15"), id="somehow limited"),
    pytest.param(Failure(say.overloaded, 503, "model_unavailable", "15"), id="overloaded"),
    pytest.param(Failure(say.server_error(), 503, "model_unavailable", "15"), id="broken server"),
    pytest.param(Failure(say.spend_limit, 503, "model_out_of_funds"), id="a spend limit"),
    pytest.param(Failure(say.low_credit, 503, "model_out_of_funds"), id="no credit"),
    pytest.param(Failure(say.unauthorized, 502, "model_rejected"), id="a wrong key"),
    pytest.param(Failure(say.unknown_model, 502, "model_rejected"), id="no such model"),
    pytest.param(Failure(say.refusal, 422, "model_refused", is_paid=True), id="refused"),
    pytest.param(Failure(say.empty, 502, "model_malformed", is_paid=True), id="an empty answer"),
    pytest.param(Failure(say.broken_off, 504, "model_interrupted", is_paid=True), id="broken off"),
]


@pytest.mark.parametrize("failure", FAILURES)
def test_each_failure_is_a_problem_and_only_what_was_not_paid_is_tried_anew(
    token: str, claude_server: ClaudeServer, clock: Any, failure: Failure
) -> None:
    claude_server.script = failure.behavior

    first = ask(token, **idempotent())
    claude_server.script = writing(RIVERS)
    # What refuses us for good is not asked before.
    clock.move_to(NOW + breakers.FIRST_WAIT + timedelta(minutes=1))
    again = ask(token, **idempotent())

    assert (first.status_code, first.json()["code"]) == (failure.status, failure.code)
    assert first["Content-Type"] == "application/problem+json"
    assert first.get("Retry-After") == failure.wait
    assert say.KEY not in first.content.decode()
    assert not Call.objects.running().exists()
    if failure.is_paid:
        assert again.json() == first.json()
        assert len(claude_server.log) == 1
    else:
        assert again.status_code == 200
        assert len(claude_server.log) == 2


@pytest.mark.parametrize("behavior", [say.unauthorized, say.low_credit], ids=["key", "credit"])
def test_a_service_that_refuses_us_is_not_asked_for_a_while(
    token: str, claude_server: ClaudeServer, clock: Any, behavior: Behavior
) -> None:
    claude_server.script = behavior
    ask(token)
    clock.move_to(NOW + timedelta(minutes=5))

    plain, streamed = ask(token), ask(token, accept="text/event-stream")

    for answer in (plain, streamed):
        assert (answer.status_code, answer.json()["code"]) == (503, "model_unavailable")
        # A quarter of an hour after the service had spoken.
        assert 600 <= int(answer["Retry-After"]) < 660
        assert "Claude has refused this house since 06:30 UTC" in answer.content.decode()
    assert (len(claude_server.log), Call.objects.count()) == (1, 1)


@pytest.mark.parametrize("failure", FAILURES)
def test_what_fails_before_the_first_word_of_a_stream_has_its_status(
    token: str, claude_server: ClaudeServer, failure: Failure
) -> None:
    claude_server.script = failure.behavior

    response = ask(token, accept="text/event-stream")

    if response.streaming:  # it had begun
        name, told = events_in(b"".join(response.streaming_content).decode())[-1]
        assert name == "error"
        assert (told["status"], told["code"]) == (failure.status, failure.code)
    else:
        assert (response.status_code, response.json()["code"]) == (failure.status, failure.code)
        assert response["Content-Type"] == "application/problem+json"
        assert response.get("Retry-After") == failure.wait
    assert not Call.objects.running().exists()


def test_who_asked_for_patience_is_left_alone(token: str, claude_server: ClaudeServer) -> None:
    claude_server.script = say.rate_limited(60)
    ask(token)

    answer = ask(token)

    assert (answer.status_code, answer.json()["code"]) == (503, "model_busy")
    assert len(claude_server.log) == 1
    wait = Call.objects.get().retry_at - NOW
    assert wait >= timedelta(seconds=60)
    assert answer["Retry-After"] == str(math.ceil(wait.total_seconds()))


def test_nobody_waits_longer_than_the_deadline(
    token: str, claude_server: ClaudeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(complete, "DEADLINE", completing.DEADLINE / 300)
    complete._claude.cache_clear()
    claude_server.script = say.drip

    answer = ask(token)

    assert (answer.status_code, answer.json()["code"]) == (504, "model_interrupted")
    [call] = Call.objects.all()
    assert call.cost_usd == call.estimated_usd > 0
    complete._claude.cache_clear()


def test_where_claude_is_off_that_is_said(
    house: Any, token: str, claude_server: ClaudeServer
) -> None:
    house.SERVICES = []

    answer = ask(token, **idempotent())

    assert (answer.status_code, answer.json()["code"]) == (503, "model_off")
    assert (len(claude_server.log), Call.objects.count()) == (0, 0)
    house.SERVICES = ["claude"]
    assert ask(token, **idempotent()).status_code == 200


def test_an_error_nobody_foresaw_is_a_problem_and_frees_its_place(
    token: str, claude_server: ClaudeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(complete, "client_of", lambda _: 1 / 0)
    client = Client(raise_request_exception=False)

    answers = [
        client.post(PATH, WISH, "application/json", headers={"authorization": f"Bearer {token}"})
        for _ in range(9)
    ]

    assert {answer.status_code for answer in answers} == {500}


# --- Ceilings ---------------------------------------------------------------------
def test_a_key_spends_no_more_than_its_own_ceiling(house: Any, claude_server: ClaudeServer) -> None:
    poor, its_token = an_api_key(
        a_user_with(Role.EDITOR), "texts:complete", daily_ceiling_usd=Decimal("0.01")
    )
    _, other = an_api_key(a_user_with(Role.EDITOR), "texts:complete")
    spent(Decimal("0.01"), f"completions of API key {poor.pk}, 2026-06-09")

    refused, answered = ask(its_token), ask(other)

    assert (refused.status_code, refused.json()["code"]) == (429, "ceiling_reached")
    assert refused["Retry-After"] == str(int(17.5 * 3_600))  # until midnight
    assert answered.status_code == 200


def test_a_key_whose_ceiling_is_nothing_has_nothing_completed(house: Any) -> None:
    _, token = an_api_key(a_user_with(Role.EDITOR), "texts:complete", daily_ceiling_usd=Decimal(0))

    assert ask(token).json()["code"] == "ceiling_reached"


@pytest.mark.parametrize(
    ("setting", "ceiling"),
    [
        pytest.param("MONTHLY_CEILING_USD", "1.90", id="half of the month's"),
        pytest.param("CALL_CEILING_USD", "0.00001", id="that of a call"),
    ],
)
def test_each_ceiling_of_the_house_holds(
    house: Any, token: str, claude_server: ClaudeServer, setting: str, ceiling: str
) -> None:
    spent(Decimal("0.95"), "report 1", started_at=NOW - timedelta(days=3))
    setattr(house, setting, Decimal(ceiling))

    answer = ask(token)

    assert (answer.status_code, answer.json()["code"]) == (429, "ceiling_reached")
    assert claude_server.log == []


def test_the_ledger_says_who_pays(key: tuple[ApiKey, str]) -> None:
    ask(key[1])

    assert Call.objects.get().payer == f"API key {key[0].pk}"


def test_another_day_is_another_ceiling(key: tuple[ApiKey, str], clock: Any) -> None:
    spent(Decimal(1), f"completions of API key {key[0].pk}, 2026-06-09")
    today = ask(key[1]).status_code
    clock.move_to(NOW + timedelta(hours=17.5))

    assert (today, ask(key[1]).status_code) == (429, 200)


def test_half_of_the_day_is_left_to_reports(house: Any, token: str) -> None:
    house.DAILY_CEILING_USD = Decimal(2)
    spent(Decimal(1), "report 1")

    answer = ask(token, **idempotent())

    assert (answer.status_code, answer.json()["code"]) == (429, "ceiling_reached")
    assert answer["Retry-After"]
    house.DAILY_CEILING_USD = Decimal(4)
    assert ask(token, **idempotent()).status_code == 200


def spent(usd: Decimal, subject: str, **fields: Any) -> None:
    usual: dict[str, Any] = {"started_at": NOW, "finished_at": NOW} | fields
    Call.objects.create(
        service=Service.CLAUDE,
        purpose="complete",
        model=MODEL,
        subject=subject,
        estimated_usd=usd,
        cost_usd=usd,
        outcome=Call.Outcome.ANSWERED,
        **usual,
    )


# --- Sent again -------------------------------------------------------------------
def test_the_same_request_is_paid_once(token: str, claude_server: ClaudeServer) -> None:
    first = ask(token, **idempotent())
    claude_server.script = writing("Something else.")

    again = ask(token, **idempotent())

    assert again.json() == first.json()
    assert again["Idempotent-Replayed"] == "true"
    assert len(claude_server.log) == Call.objects.count() == 1


def test_a_stream_is_kept_like_an_answer_and_can_be_heard_again(
    token: str, claude_server: ClaudeServer
) -> None:
    heard = listen(token, **idempotent())

    again = listen(token, **idempotent())
    whole = ask(token, **idempotent()).json()

    assert "".join(data["content"] for name, data in heard if name == "delta") == RIVERS
    assert again == [("delta", {"content": RIVERS}), heard[-1]]
    assert whole == {"content": RIVERS} | heard[-1][1]
    assert len(claude_server.log) == Call.objects.count() == 1


def test_another_request_with_the_key_is_refused(token: str, claude_server: ClaudeServer) -> None:
    ask(token, **idempotent())

    answer = ask(token, WISH | {"max_tokens": 201}, **idempotent())

    assert (answer.status_code, answer.json()["code"]) == (422, "key_reused")
    assert len(claude_server.log) == 1


def test_who_dies_after_asking_is_not_paid_for_again(
    token: str, claude_server: ClaudeServer, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("patriot.ledger.book.settle", die)
    with pytest.raises(Died):
        ask(token, **idempotent())
    monkeypatch.undo()
    early = ask(token, **idempotent())
    clock.move_to(NOW + timedelta(minutes=3))

    late = ask(token, **idempotent())

    assert (early.status_code, early.json()["code"]) == (409, "in_progress")
    assert (late.status_code, late.json()["code"]) == (409, "outcome_unknown")
    assert len(claude_server.log) == Call.objects.count() == 1


def test_who_dies_before_asking_is_followed_by_the_next(
    token: str, claude_server: ClaudeServer, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("patriot.accounts.idempotency.Attempt.failed", lambda *_: None)
    monkeypatch.setattr("patriot.ledger.book.reserve", die)
    with pytest.raises(Died):
        ask(token, **idempotent())
    monkeypatch.undo()
    clock.move_to(NOW + timedelta(minutes=3))

    assert ask(token, **idempotent()).status_code == 200
    assert len(claude_server.log) == Call.objects.count() == 1


class Died(BaseException):
    """A worker that is killed runs nothing any more."""


def die(*_: Any, **__: Any) -> None:
    raise Died


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_is_paid(token: str, claude_server: ClaudeServer) -> None:
    all_ask = threading.Barrier(3)
    answers: list[Any] = []

    def send() -> None:
        all_ask.wait()
        answers.append(ask(token, **idempotent()))
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {answer.status_code for answer in answers} <= {200, 409}
    assert len(claude_server.log) == Call.objects.count() == 1


# --- Streams ----------------------------------------------------------------------
def test_who_accepts_events_hears_it_as_it_is_written(
    token: str, claude_server: ClaudeServer
) -> None:
    response = ask(token, accept="text/event-stream", **{"accept-encoding": "gzip"})
    told = events_in(b"".join(response.streaming_content).decode())

    [call] = Call.objects.all()
    assert response["Cache-Control"] == "private, no-store"
    assert response["X-Accel-Buffering"] == "no"
    assert "Content-Encoding" not in response
    assert "".join(data["content"] for name, data in told if name == "delta") == RIVERS
    assert told[-1] == (
        "done",
        {
            "model": MODEL,
            "usage": {
                "input_tokens": claude_server.log[0].usage.prompt_tokens,
                "output_tokens": claude_server.log[0].usage.output_tokens,
                "cost_usd": str(call.cost_usd),
            },
        },
    )


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        pytest.param("application/json", "application/json", id="JSON"),
        pytest.param("*/*", "application/json", id="anything"),
        pytest.param("text/event-stream, application/json", "application/json", id="both"),
        pytest.param("text/event-stream, */*", "text/event-stream", id="events rather"),
        pytest.param("Text/Event-Stream;q=0.5", "text/event-stream", id="in capitals"),
        pytest.param("text/event-stream;q=0", "application/problem+json", id="no events"),
        pytest.param("text/html", "application/problem+json", id="neither"),
    ],
)
def test_the_accept_header_chooses(token: str, accept: str, kind: str) -> None:
    response = ask(token, accept=accept)

    assert response["Content-Type"] == kind
    if kind == "application/problem+json":
        assert response.status_code == 406
    if response.streaming:
        leave(response)


def breaking(*, after: bytes) -> Behavior:
    """Begin to answer, and go on with these bytes in place of the end."""

    def answer(asked: Asked) -> Wire:
        whole = say.message(asked, RIVERS * 40).body
        begun = whole[: whole.rindex(b"event: content_block_stop")]
        return Wire(body=begun + after, headers=say.EVENT_STREAM)

    return answer


def in_mid_stream(kind: str) -> bytes:
    return say.event("error", {"type": "error", "error": {"type": kind, "message": "No more."}})


@pytest.mark.parametrize(
    "after",
    [
        pytest.param(b"", id="nothing follows"),
        pytest.param(in_mid_stream("overloaded_error"), id="overloaded"),
        pytest.param(in_mid_stream("api_error"), id="broken server"),
        pytest.param(b"event: message_delta\ndata: {\n\n", id="broken JSON"),
        pytest.param(b"event: content_bl", id="half an event"),
    ],
)
def test_what_breaks_in_mid_stream_is_told_booked_and_never_asked_again(
    token: str, claude_server: ClaudeServer, after: bytes
) -> None:
    claude_server.script = breaking(after=after)

    told = listen(token, **idempotent())
    again = ask(token, accept="text/event-stream", **idempotent())
    whole = ask(token)

    assert [name for name, _ in told[:-1]] == ["delta"] * (len(told) - 1)
    assert len(told) > 1
    assert told[-1][0] == "error"
    problem = told[-1][1]
    assert (problem["status"], problem["code"]) in MAYBE_PAID
    assert again.json() == problem
    assert (whole.status_code, whole.json()["code"]) == (problem["status"], problem["code"])
    assert len(claude_server.log) == 2
    # Only its end would have said what it cost.
    assert all(call.cost_usd == call.estimated_usd for call in Call.objects.all())


MAYBE_PAID = {(504, "model_interrupted"), (502, "model_malformed")}


def test_a_client_that_leaves_is_charged_and_can_come_back(
    token: str, claude_server: ClaudeServer
) -> None:
    claude_server.script = writing("word " * 400)
    response = ask(token, accept="text/event-stream", **idempotent())
    heard = next(iter(response.streaming_content))

    leave(response)

    [call], [entry] = Call.objects.all(), claude_server.log
    assert heard.startswith(b"event: delta\n")
    assert (call.outcome, call.output_tokens) == ("answered", entry.usage.output_tokens)
    assert ask(token, **idempotent()).json()["content"] == ("word " * 400).strip()
    assert len(claude_server.log) == 1


def test_more_than_half_of_the_threads_never_write(
    token: str, house: Any, claude_server: ClaudeServer
) -> None:
    house.WEB_THREADS = 4
    complete.places.cache_clear()
    open_streams = [ask(token, accept="text/event-stream") for _ in range(2)]

    refused = ask(token, **idempotent())
    leave(open_streams.pop())
    answered = ask(token, **idempotent())

    assert (refused.status_code, refused.json()["code"]) == (503, "model_busy")
    assert refused["Retry-After"] == "5"
    assert answered.status_code == 200
    leave(open_streams.pop())
    complete.places.cache_clear()


# --- What it costs us -------------------------------------------------------------
def test_the_queries_are_counted(token: str, django_assert_max_num_queries: Any) -> None:
    ask(token)

    # four for who asks, one for patience, six to reserve, three to settle; the rest savepoints
    with django_assert_max_num_queries(24):
        ask(token)
