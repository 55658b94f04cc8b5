"""Errors of the API: one shape, whatever goes wrong."""

from typing import Any

import pytest
from django.core.exceptions import (
    DisallowedHost,
    PermissionDenied,
    RequestDataTooBig,
    TooManyFieldsSent,
)
from django.db import InterfaceError, OperationalError
from django.http import Http404
from django.test import RequestFactory
from rest_framework import exceptions
from rest_framework.request import Request

from patriot.lib.problems import CODES, Gone, problem_details, problem_response


def answer(error: Exception) -> Any:
    request = RequestFactory().get("/api/v1/reports/?secret=1", REQUEST_ID="a-request-id")
    return problem_details(error, {"request": Request(request)})


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        pytest.param(exceptions.ValidationError({"since": ["No."]}), 400, "invalid", id="invalid"),
        pytest.param(exceptions.ParseError(), 400, "bad_request", id="unreadable body"),
        pytest.param(TooManyFieldsSent("x"), 400, "bad_request", id="too many parameters"),
        pytest.param(DisallowedHost("x"), 400, "bad_request", id="bad host"),
        pytest.param(exceptions.NotAuthenticated(), 401, "not_authenticated", id="nobody"),
        pytest.param(exceptions.AuthenticationFailed(), 401, "not_authenticated", id="impostor"),
        pytest.param(PermissionDenied("x"), 403, "permission_denied", id="Django's refusal"),
        pytest.param(Http404("No Report matches"), 404, "not_found", id="Django's 404"),
        pytest.param(exceptions.MethodNotAllowed("PUT"), 405, "method_not_allowed", id="method"),
        pytest.param(exceptions.NotAcceptable(), 406, "not_acceptable", id="accept"),
        pytest.param(Gone(), 410, "gone", id="withdrawn"),
        pytest.param(RequestDataTooBig("x"), 413, "too_large", id="large body"),
        pytest.param(
            exceptions.UnsupportedMediaType("text/csv"), 415, "unsupported_media_type", id="media"
        ),
        pytest.param(exceptions.Throttled(wait=7.2), 429, "throttled", id="throttled"),
        pytest.param(OperationalError("no server"), 503, "unavailable", id="no database"),
        pytest.param(InterfaceError("closed"), 503, "unavailable", id="closed connection"),
    ],
)
def test_every_error_has_its_status_and_code(error: Exception, status: int, code: str) -> None:
    response = answer(error)

    assert response.status_code == response.data["status"] == status
    assert response.data["code"] == code
    assert CODES[code][0] == status
    assert response.content_type == "application/problem+json"


def test_a_problem_has_the_members_of_the_rfc_and_ours() -> None:
    problem = answer(Http404()).data

    assert problem | {"timestamp": ""} == {
        "type": "http://testserver/api/problems/#not_found",
        "title": "Not Found",
        "status": 404,
        "detail": "There is nothing at this address.",
        "instance": "/api/v1/reports/",
        "code": "not_found",
        "message": "There is nothing at this address.",
        "timestamp": "",
        "path": "/api/v1/reports/",
        "request_id": "a-request-id",
        "errors": [],
    }


def test_each_wrong_parameter_is_named() -> None:
    detail = {"since": ["No date."], "rows": [{}, {"text": ["Too long."]}]}

    problem = answer(exceptions.ValidationError(detail)).data

    assert problem["errors"] == [
        {"field": "since", "message": "No date."},
        {"field": "rows.text", "message": "Too long."},
    ]
    assert "since: No date." in problem["detail"]


def test_rows_that_are_keyed_by_index_are_flattened_too() -> None:
    detail = {1: {"text": ["Too long."]}}

    problem = answer(exceptions.ValidationError(detail)).data

    assert problem["errors"] == [{"field": "1.text", "message": "Too long."}]


def test_the_number_of_named_errors_is_bounded() -> None:
    detail = {f"field{n}": ["No."] for n in range(1000)}

    problem = answer(exceptions.ValidationError(detail)).data

    assert len(problem["errors"]) == 20


def test_whoever_is_throttled_learns_for_how_long() -> None:
    assert answer(exceptions.Throttled(wait=7.2))["Retry-After"] == "8"
    assert answer(OperationalError())["Retry-After"] == "10"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        pytest.param(1, "wait 1 second,", id="one"),
        pytest.param(7.2, "wait 8 seconds,", id="some"),
        pytest.param(90, "wait 90 seconds,", id="a minute and a half"),
        pytest.param(91, "wait 2 minutes,", id="more"),
        pytest.param(3600, "wait 60 minutes,", id="an hour"),
    ],
)
def test_how_long_to_wait_is_said_in_words(seconds: float, said: str) -> None:
    assert said in answer(exceptions.Throttled(wait=seconds)).data["detail"]


def test_who_is_throttled_without_an_end_is_told_so() -> None:
    assert answer(exceptions.Throttled()).data["detail"] == "Request was throttled."


def test_an_unforeseen_error_is_logged_and_tells_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    response = answer(RuntimeError("the password is swordfish"))

    assert response.status_code == 500
    assert response.data["code"] == "error"
    assert "swordfish" not in str(response.data)
    assert "swordfish" in caplog.text


def test_the_same_shape_outside_of_api_views() -> None:
    request = RequestFactory().get("/api/v1/", HTTP_HOST="evil.example")

    response = problem_response(request, DisallowedHost("evil"))

    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert b'"code": "bad_request"' in response.content
    assert b"evil" not in response.content
