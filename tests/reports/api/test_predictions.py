"""The API of predictions: any text in, one verdict or one sentence of complaint out."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from patriot.lib.rates import Rate
from reports.domain.sentiment import MAX_TEXT
from tests.factories import NOW

pytestmark = pytest.mark.django_db
PATH = "/api/v1/predictions/sentiment/"


def ask(client: Client, body: Any, **headers: str) -> Any:
    return client.post(PATH, body, content_type="application/json", headers=headers)


def test_a_text_gets_a_verdict(client: Client) -> None:
    response = ask(client, {"text": "A wonderful victory for the town.", "language": "en"})

    assert response.status_code == 200
    body = response.json()
    assert set(body) == {"sentiment", "confidence", "method"}
    assert body["sentiment"] == "positive"
    assert 0.5 < body["confidence"] <= 1
    assert "VADER" in body["method"]


@pytest.mark.parametrize(
    ("text", "language", "sentiment", "is_sure"),
    [
        pytest.param("Three people were killed in an attack.", None, "negative", True, id="bad"),
        pytest.param(
            "The committee met on Tuesday in the town hall.", None, "neutral", True, id="so"
        ),
        pytest.param("Ein wunderbarer Sieg für die Stadt", "de", "neutral", False, id="German"),
        pytest.param("東京で会議が開かれた。", None, "neutral", False, id="Japanese, detected"),
        pytest.param("x" * MAX_TEXT, None, "neutral", False, id="as long as it may be"),
    ],
)
def test_what_is_not_understood_has_confidence_0(
    client: Client, text: str, language: str | None, sentiment: str, is_sure: bool
) -> None:
    response = ask(client, {"text": text} | ({"language": language} if language else {}))

    assert response.status_code == 200
    assert response.json()["sentiment"] == sentiment
    assert (response.json()["confidence"] > 0) is is_sure


@pytest.mark.parametrize(
    ("body", "field"),
    [
        pytest.param({}, "text", id="no text"),
        pytest.param({"text": ""}, "text", id="an empty text"),
        pytest.param({"text": " \n\t "}, "text", id="white space"),
        pytest.param({"text": "\u200b\u2060"}, "text", id="nothing that one can see"),
        pytest.param({"text": "x" * (MAX_TEXT + 1)}, "text", id="too long"),
        pytest.param({"text": "a\x00b"}, "text", id="NUL"),
        pytest.param({"text": 7}, "text", id="a number"),
        pytest.param({"text": ["a"]}, "text", id="a list"),
        pytest.param({"text": None}, "text", id="null"),
        pytest.param({"text": "fine", "language": "english"}, "language", id="a language's name"),
        pytest.param({"text": "fine", "language": ""}, "language", id="an empty language"),
        pytest.param({"text": "fine", "txet": "x"}, "txet", id="an unknown field"),
        pytest.param({"text": "fine", "\ud800": 1}, "?", id="a field that cannot be written"),
        pytest.param({"text": "fine", "n" * 999: 1}, "n" * 60, id="a long unknown field"),
        pytest.param([], None, id="a list for a body"),
        pytest.param('"text"', None, id="a text for a body"),
    ],
)
def test_a_wrong_request_is_refused_by_name(client: Client, body: Any, field: str | None) -> None:
    response = ask(client, body)

    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "invalid"
    if field:
        assert {error["field"] for error in response.json()["errors"]} == {field}


@pytest.mark.parametrize(
    ("raw", "kind", "status"),
    [
        pytest.param(b"{", "application/json", 400, id="broken JSON"),
        pytest.param(b'{"text": "\xff"}', "application/json", 400, id="broken UTF-8"),
        pytest.param(b"text=fine", "application/x-www-form-urlencoded", 415, id="a form"),
        pytest.param(b"[" * 100_000, "application/json", 400, id="too deep"),
    ],
)
def test_what_is_no_json_is_refused(client: Client, raw: bytes, kind: str, status: int) -> None:
    response = client.post(PATH, raw, content_type=kind)

    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"


def test_parameters_are_not_known_here_and_reading_is_not_allowed(client: Client) -> None:
    with_parameter = client.post(f"{PATH}?x=1", {"text": "a"}, content_type="application/json")
    read = client.get(PATH)

    assert with_parameter.status_code == 400
    assert read.status_code == 405
    assert read["Allow"] == "POST, OPTIONS"


def test_nobody_needs_a_key_and_a_session_needs_no_token() -> None:
    response = Client(enforce_csrf_checks=True).post(
        PATH, {"text": "fine"}, content_type="application/json"
    )

    assert response.status_code == 200


@time_machine.travel(NOW, tick=False)
def test_the_throttle_counts_it_and_nothing_else_is_asked_of_the_database(client: Client) -> None:
    with CaptureQueriesContext(connection) as queries:
        response = ask(client, {"text": "A wonderful victory."})

    rate = settings.API_RATE_ANONYMOUS
    assert len(queries) == 1
    assert response["RateLimit-Limit"] == str(rate.amount)
    assert response["RateLimit-Remaining"] == str(rate.amount - 1)


@time_machine.travel(NOW, tick=False)
def test_who_asks_too_often_has_to_wait(client: Client, settings: Any) -> None:
    settings.API_RATE_ANONYMOUS = Rate.parse("2/min")

    answers = [ask(client, {"text": "fine"}).status_code for _ in range(3)]

    assert answers == [200, 200, 429]


class TestAnyText(TestCase):
    @hypothesis_settings(max_examples=60)
    @given(st.text(max_size=200))
    def test_any_text_is_answered_or_refused(self, text: str) -> None:
        response = ask(Client(), {"text": text})

        assert response.status_code in {200, 400, 429}
