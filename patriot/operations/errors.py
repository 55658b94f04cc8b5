"""Errors outside of views: problems under /api/, pages (400.html, 404.html …) everywhere else."""

from __future__ import annotations

import sys
from http import HTTPStatus

from django.core.exceptions import SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.views import defaults

from patriot.lib.problems import Broken, as_api_exception, is_cut_off, problem_response

API_PREFIX = "/api/"
# The database is back in a moment, or its host is: nobody waits for longer than it takes.
RETRY_SECONDS = 5
DATABASE_ERRORS = (OperationalError, InterfaceError)


def is_api(request: HttpRequest) -> bool:
    """Tell whether a client of the API asked, who gets a problem instead of a page."""
    return request.path_info.startswith(API_PREFIX)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what Django itself refused."""
    if is_api(request):
        refused = exception if isinstance(exception, SuspiciousOperation) else SuspiciousOperation()
        return problem_response(request, refused)
    return defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what this user may not do."""
    if is_api(request):
        return problem_response(request, exception)
    return defaults.permission_denied(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer where nothing is."""
    if is_api(request):
        return problem_response(request, exception)
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer what nobody foresaw; Django has logged it.

    A database that does not answer is no fault of the page: a proxy asks another web for it.
    """
    error = sys.exc_info()[1]
    if is_api(request):
        known = as_api_exception(error) if isinstance(error, DATABASE_ERRORS) else Broken()
        return problem_response(request, known)
    if isinstance(error, DATABASE_ERRORS):
        page = "too_slow.html" if is_cut_off(error) else "503.html"
        response = defaults.server_error(request, page)
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
        response["Retry-After"] = f"{RETRY_SECONDS}"
        return response
    return defaults.server_error(request)
