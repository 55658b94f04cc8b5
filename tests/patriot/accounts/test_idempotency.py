"""Requests that may be sent again: done at most once, and answered the same."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory, force_authenticate

from patriot import schedules
from patriot.accounts.access import Private
from patriot.accounts.idempotency import KEPT, LEASE, Attempt, Idempotent
from patriot.accounts.models import KeptAnswer
from patriot.accounts.roles import Role
from tests.factories import NOW, a_user_with, an_api_key

pytestmark = pytest.mark.django_db
KEY = "8e03978e-40d5-43dd-bc93-6894a57f9324"


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as traveler:
        yield traveler


@pytest.fixture
def client_key() -> Any:
    return an_api_key(a_user_with(Role.EDITOR))[0]


class Pay(Idempotent, Private):
    """An address that pays, and notes how often."""

    paid: list[Any]
    trouble: Callable[[], None] = staticmethod(lambda: None)
    early: Callable[[], None] = staticmethod(lambda: None)

    def post(self, request: Request) -> Response:
        attempt = self.once(request)
        if attempt.is_answered:
            return attempt.replay()
        with attempt:
            type(self).early()
            with transaction.atomic():
                attempt.begin()
            self.paid.append(request.data)
            type(self).trouble()
            answer = {"receipt": len(self.paid), "of": request.data, "odd": "\x00\ud800 ☃"}
            attempt.keep(answer)
        return Response(answer)


@pytest.fixture
def pay(client_key: Any) -> Iterator[Any]:
    """Return what sends a request; `pay.view` is the address."""
    view = type("PayHere", (Pay,), {"paid": []})

    def send(body: Any, key: str | None = KEY, *, by: Any = client_key, path: str = "/pay/") -> Any:
        headers = {} if key is None else {"HTTP_IDEMPOTENCY_KEY": key}
        request = APIRequestFactory().post(path, body, format="json", **headers)
        if by is not None:
            force_authenticate(request, by.owner if hasattr(by, "owner") else by, token=by)
        return view.as_view()(request)

    send.view = view  # type: ignore[attr-defined]
    return send


def test_the_same_request_is_done_once_and_answered_the_same(pay: Any) -> None:
    first = pay({"sum": 1, "to": "Ann"})
    again = pay({"to": "Ann", "sum": 1})

    assert (first.status_code, again.status_code) == (200, 200)
    assert first.data == again.data
    assert len(pay.view.paid) == 1
    assert "Idempotent-Replayed" not in first
    assert again["Idempotent-Replayed"] == "true"


def test_without_a_key_every_request_is_a_new_one(pay: Any) -> None:
    receipts = [pay({"sum": 1}, None).data["receipt"] for _ in range(2)]

    assert receipts == [1, 2]
    assert not KeptAnswer.objects.exists()


@pytest.mark.parametrize(
    ("body", "path"),
    [
        pytest.param({"sum": 2}, "/pay/", id="another body"),
        pytest.param({"sum": "1"}, "/pay/", id="a text for a number"),
        pytest.param({"sum": 1}, "/pay/more/", id="another address"),
        pytest.param({"sum": 1}, "/pay/?x=1", id="another parameter"),
    ],
)
def test_a_key_belongs_to_one_request(pay: Any, body: Any, path: str) -> None:
    pay({"sum": 1})

    answer = pay(body, path=path)

    assert answer.status_code == 422
    assert answer.data["code"] == "key_reused"
    assert len(pay.view.paid) == 1


def test_clients_do_not_share_keys(pay: Any) -> None:
    other = an_api_key(a_user_with(Role.EDITOR))[0]
    somebody = a_user_with(Role.EDITOR)

    receipts = [pay({"sum": 1}, by=who).data["receipt"] for who in (other, somebody)]

    assert receipts == [1, 2]
    assert set(KeptAnswer.objects.values_list("owner", flat=True)) == {
        f"API key {other.pk}",
        f"user {somebody.pk}",
    }


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        pytest.param("k-1", '"k-1"', True, id="with and without quotation marks"),
        pytest.param('"two words"', '"two words"', True, id="a space in quotation marks"),
        pytest.param("k-1", "K-1", False, id="capitals"),
        pytest.param("x" * 255, "x" * 254, False, id="as long as may be"),
    ],
)
def test_a_key_is_what_stands_in_the_header(pay: Any, one: str, other: str, is_same: bool) -> None:
    pay({}, one)

    answer = pay({}, other)

    assert answer.status_code == 200
    assert (answer.data["receipt"] == 1) is is_same


@pytest.mark.parametrize(
    "key",
    [
        pytest.param("", id="nothing"),
        pytest.param('""', id="nothing in quotation marks"),
        pytest.param("two words", id="a space"),
        pytest.param("x" * 256, id="too long"),
        pytest.param("x" * 100_000, id="far too long"),
        pytest.param("schlüssel", id="beyond ASCII"),
        pytest.param("a\x00b", id="NUL"),
        pytest.param('"a', id="half a quotation"),
        pytest.param('"a\\"b"', id="an escape"),
    ],
)
def test_what_is_no_key_is_refused(pay: Any, key: str) -> None:
    answer = pay({}, key)

    assert answer.status_code == 400
    assert [error["field"] for error in answer.data["errors"]] == ["Idempotency-Key"]
    assert not pay.view.paid


def test_an_error_before_it_begins_leaves_the_key_free(pay: Any) -> None:
    pay.view.early = staticmethod(refuse(ValidationError({"sum": ["Too much."]})))
    refused = pay({})
    pay.view.early = staticmethod(lambda: None)

    answer = pay({"sum": 1})

    assert (refused.status_code, answer.status_code) == (400, 200)


def test_a_problem_after_it_began_is_the_answer(pay: Any) -> None:
    pay.view.trouble = staticmethod(refuse(NotFound("There is no Ann.")))
    first = pay({})

    again = pay({})

    assert first.status_code == again.status_code == 404
    assert again.data["detail"] == "There is no Ann."
    assert again["Idempotent-Replayed"] == "true"
    assert again.content_type == "application/problem+json"
    assert len(pay.view.paid) == 1


def test_where_it_broke_nobody_does_it_again(pay: Any, clock: Any) -> None:
    pay.view.trouble = staticmethod(refuse(RuntimeError("The machine burns.")))
    first = pay({})
    soon = pay({})
    clock.move_to(NOW + LEASE)

    later = pay({})

    assert first.status_code == 500
    assert (soon.status_code, soon.data["code"], soon["Retry-After"]) == (409, "in_progress", "2")
    assert (later.status_code, later.data["code"]) == (409, "outcome_unknown")
    assert "Retry-After" not in later
    assert len(pay.view.paid) == 1


def test_who_dies_before_it_begins_is_followed_by_another(
    pay: Any, clock: Any, client_key: Any
) -> None:
    died = leased(client_key)
    early = pay({"sum": 1})
    clock.move_to(NOW + LEASE)

    answer = pay({"sum": 1})

    assert early.data["code"] == "in_progress"
    assert answer.status_code == 200
    with pytest.raises(Exception, match="still being worked on"):  # he was only slow
        died.begin()
    assert len(pay.view.paid) == 1


def test_what_has_not_happened_after_all_may_be_asked_again(pay: Any, client_key: Any) -> None:
    attempt = leased(client_key)
    attempt.begin()

    attempt.release()

    assert pay({"sum": 1}).status_code == 200


def test_an_answer_is_kept_for_a_day(pay: Any, clock: Any) -> None:
    pay({"sum": 1})
    clock.move_to(NOW + KEPT - timedelta(seconds=1))
    schedules.tidy(NOW + KEPT - timedelta(seconds=1))
    within = pay({"sum": 1}).data["receipt"]
    clock.move_to(NOW + KEPT)

    after = pay({"sum": 2}).data["receipt"]

    assert (within, after) == (1, 2)
    schedules.tidy(NOW + KEPT)
    assert KeptAnswer.objects.count() == 1
    schedules.tidy(NOW + 2 * KEPT)
    assert KeptAnswer.objects.count() == 0


def test_a_key_costs_four_queries(pay: Any, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(3):  # the throttle, and a transaction
        pay({}, None)

    # two for the lease, one to begin, one to keep the answer
    with django_assert_num_queries(3 + 4):
        pay({})
    with django_assert_num_queries(1 + 2):
        pay({})


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_does_it(pay: Any) -> None:
    ready = threading.Barrier(4)
    answers: list[Any] = []

    def send() -> None:
        ready.wait()
        answers.append(pay({"sum": 1}))
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(pay.view.paid) == 1
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert 200 in {answer.status_code for answer in answers}


def refuse(error: Exception) -> Callable[[], None]:
    def raise_it() -> None:
        raise error

    return raise_it


def leased(client_key: Any) -> Attempt:
    """Return the try of somebody who has not begun."""
    request = APIRequestFactory().post("/pay/", {"sum": 1}, format="json", HTTP_IDEMPOTENCY_KEY=KEY)
    force_authenticate(request, client_key.owner, token=client_key)
    view = Pay()
    view.setup(request)
    return view.once(view.initialize_request(request))
