"""Errors outside of views: problems for clients, pages for people."""

from collections.abc import Callable
from unittest.mock import patch

import pytest
from django.core.exceptions import DisallowedHost, PermissionDenied, SuspiciousOperation
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from patriot.operations import errors

ANSWERS: list[Callable[[HttpRequest], HttpResponse]] = [
    lambda request: errors.bad_request(request, DisallowedHost("x")),
    lambda request: errors.bad_request(request, SuspiciousOperation("x")),
    lambda request: errors.bad_request(request, ValueError("x")),
    lambda request: errors.permission_denied(request, PermissionDenied("x")),
    lambda request: errors.not_found(request, Http404("x")),
    errors.server_error,
]


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_client_gets_a_problem(answer: Callable[[HttpRequest], HttpResponse]) -> None:
    response = answer(RequestFactory().get("/api/v1/reports/"))

    assert response["Content-Type"] == "application/problem+json"
    assert response.status_code in {400, 403, 404, 500}
    assert b'"x"' not in response.content


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_person_gets_a_page(answer: Callable[[HttpRequest], HttpResponse]) -> None:
    response = answer(RequestFactory().get("/somewhere/"))

    assert response["Content-Type"].startswith("text/html")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["/", "/stories/", "/reports/"])
def test_without_a_database_a_page_says_so_and_when_to_come_back(path: str, settings) -> None:
    gone = connection.settings_dict | {"HOST": "/nowhere"}
    settings.KEPT_PAGE_SECONDS = 0
    connection.close()

    with patch.object(connection, "settings_dict", gone):  # a server that is not there
        response = Client(raise_request_exception=False).get(path)

    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    assert "Our database does not answer" in response.text
