"""Errors outside of views: problems under /api/, pages (400.html, 404.html …) everywhere else."""

from __future__ import annotations

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.views import defaults

from patriot.lib.problems import Broken, problem_response

API_PREFIX = "/api/"


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
    """Answer what nobody foresaw; Django has logged it."""
    if is_api(request):
        return problem_response(request, Broken())
    return defaults.server_error(request)
