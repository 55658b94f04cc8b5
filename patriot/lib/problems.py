"""Errors of the API as RFC 9457 problem details.

Every error under /api/ has one shape: the members of the RFC (`type`, `title`, `status`,
`detail`, `instance`), what a client logs (`code`, `message`, `timestamp`, `path`,
`request_id`), and `errors` with a name and a sentence for each parameter that is wrong.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.signals import got_request_exception
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from psycopg.errors import QueryCanceled
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from patriot.lib.moments import rfc3339

CONTENT_TYPE = "application/problem+json"
MAX_ERRORS = 20
RETRY_SECONDS = 10
A_MINUTE_AND_A_HALF = 90

# What can go wrong, for the page of problems: code → (status, sentence).
CODES: dict[str, tuple[int, str]] = {
    "invalid": (400, "A parameter is unknown, given twice or malformed; `errors` names each."),
    "bad_request": (400, "The request as a whole cannot be understood."),
    "not_authenticated": (401, "The address needs a sign-in."),
    "permission_denied": (403, "Whoever signed in may not do this."),
    "not_found": (404, "There is nothing at this address, or it is not published."),
    "method_not_allowed": (405, "The address does not know this method; see the Allow header."),
    "not_acceptable": (406, "The Accept header rules out application/json: we speak nothing else."),
    "in_progress": (409, "The request with this Idempotency-Key is still being worked on."),
    "outcome_unknown": (
        409,
        "The request with this Idempotency-Key broke off after it was begun, perhaps paid: "
        "only a new key has it done again.",
    ),
    "not_cancelable": (409, "The job is over: it is done, dead or canceled already."),
    "not_dead": (409, "Only a dead job runs again, and only if its report waited for it."),
    "source_paused": (409, "The source is paused: nobody asks it until it is resumed."),
    "source_busy": (409, "The source is being fetched at this moment."),
    "not_active": (409, "Only an active subscription gets anything: resume it first."),
    "nothing_published": (409, "The briefing has not published any report yet."),
    "last_administrator": (409, "Somebody must be left who can let people in."),
    "gone": (410, "The report was published and then withdrawn; `detail` says why."),
    "too_large": (413, "The request body is too large."),
    "unsupported_media_type": (415, "The request body is not application/json."),
    "key_reused": (422, "The Idempotency-Key was sent with another request before."),
    "model_cut_off": (422, "The text is longer than the model can read; it may have been paid."),
    "model_refused": (422, "The model does not want to answer this text; it was paid."),
    "throttled": (429, "Too many requests; wait as long as Retry-After says."),
    "ceiling_reached": (429, "What may be spent is spent; Retry-After says until when."),
    "error": (500, "Something broke on our side; it is logged under `request_id`."),
    "model_out_of_funds": (503, "The house's account at the model's service has no credit left."),
    "model_malformed": (502, "The model's answer could not be read; it may have been paid."),
    "model_rejected": (502, "The model's service did not accept the request, or our account."),
    "unavailable": (503, "The database does not answer; try again after Retry-After."),
    "model_off": (503, "This house has no model, or has turned it off."),
    "model_busy": (503, "The model's service, or we, have too many requests; see Retry-After."),
    "model_unavailable": (503, "The model's service does not answer; see Retry-After."),
    "model_interrupted": (
        504,
        "The model's answer came too late or broke off; it may have been paid.",
    ),
}

logger = logging.getLogger(__name__)


def example_of(code: str) -> dict[str, Any]:
    """Return what an error with this code looks like, for the description of the API."""
    status, sentence = CODES[code]
    wrong = {"field": "page_size", "message": "Ensure this value is less than or equal to 200."}
    return {
        "type": f"https://news.example/api/problems/#{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": sentence,
        "instance": "/api/v1/reports/",
        "code": code,
        "message": sentence,
        "timestamp": "2026-06-09T06:30:00Z",
        "path": "/api/v1/reports/",
        "request_id": "8d7f1a52c3b94e0f",
        "errors": [wrong] if code == "invalid" else [],
    }


class Gone(exceptions.APIException):
    """What was at this address has been taken back."""

    status_code = HTTPStatus.GONE
    default_code = "gone"
    default_detail = "This has been taken back."


class Unavailable(exceptions.APIException):
    """The database does not answer."""

    status_code = HTTPStatus.SERVICE_UNAVAILABLE
    default_code = "unavailable"
    default_detail = "The database does not answer. Please try again."
    wait = RETRY_SECONDS


class TooSlow(Unavailable):
    """The database was stopped over a question that took it too long."""

    default_detail = (
        "This took our database too long, so it was stopped. Ask for less at once, or try again."
    )


class Unintelligible(exceptions.APIException):
    """Django itself refused the request: a bad host, too many fields, a broken cookie."""

    status_code = HTTPStatus.BAD_REQUEST
    default_code = "bad_request"
    default_detail = "The request cannot be understood."


class TooLarge(exceptions.APIException):
    """The body is larger than we read."""

    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"
    default_detail = "The request body is too large."


class Missing(exceptions.NotFound):
    """There is no such address, or no such row."""

    default_detail = "There is nothing at this address."


class Broken(exceptions.APIException):
    """An error that nobody foresaw."""

    default_detail = "Something broke on our side. It is logged under this request id."


# The first that fits counts.
TRANSLATIONS: tuple[tuple[type[Exception], type[exceptions.APIException]], ...] = (
    (Http404, Missing),
    (PermissionDenied, exceptions.PermissionDenied),
    (RequestDataTooBig, TooLarge),
    (SuspiciousOperation, Unintelligible),
    (OperationalError, Unavailable),
    (InterfaceError, Unavailable),
)


def problem_details(error: Exception, context: Mapping[str, Any]) -> Response:
    """Return the problem that an exception of an API view stands for (DRF's EXCEPTION_HANDLER).

    An exception that nobody foresaw is logged and announced as Django does it, then
    answered: a client gets the same shape for a 500 as for everything else.
    """
    request = getattr(context["request"], "_request", context["request"])
    known = as_api_exception(error)
    if isinstance(known, exceptions.MethodNotAllowed):
        known = exceptions.MethodNotAllowed(
            str(request.method), _other_methods(request, context.get("view"))
        )
    if isinstance(known, Broken):
        logger.error("Unforeseen error at %s", request.path, exc_info=error)
        got_request_exception.send(sender=None, request=request)
    set_rollback()
    return Response(
        problem(request, known),
        status=known.status_code,
        headers=_headers(known),
        content_type=CONTENT_TYPE,
    )


def problem_response(request: HttpRequest, error: Exception) -> JsonResponse:
    """Return the same for an error outside of API views, such as in a middleware."""
    known = as_api_exception(error)
    return JsonResponse(
        problem(request, known),
        status=known.status_code,
        headers=_headers(known),
        content_type=CONTENT_TYPE,
    )


def is_cut_off(error: BaseException | None) -> bool:
    """Tell whether the database stopped a statement that took longer than it may."""
    return isinstance(error, OperationalError) and isinstance(error.__cause__, QueryCanceled)


def as_api_exception(error: Exception) -> exceptions.APIException:
    """Translate Django's errors into DRF's; what is neither is `Broken`."""
    if isinstance(error, exceptions.APIException):
        return error
    if is_cut_off(error):
        return TooSlow()
    translations = (kind for ours, kind in TRANSLATIONS if isinstance(error, ours))
    return next(translations, Broken)()


def problem(request: HttpRequest, error: exceptions.APIException) -> dict[str, Any]:
    """Return the members of the problem, in the order of the RFC and then ours."""
    code = _code(error)
    errors = list(_field_errors(error.detail))[:MAX_ERRORS] if code == "invalid" else []
    sentence = _sentence(error, errors)
    return {
        "type": _type(request, code),
        "title": HTTPStatus(error.status_code).phrase,
        "status": int(error.status_code),
        "detail": sentence,
        "instance": request.path,
        "code": code,
        "message": sentence,
        "timestamp": rfc3339(timezone.now(), timespec="seconds"),  # noqa: TID251 (an interface)
        "path": request.path,
        "request_id": request.META.get("REQUEST_ID", ""),
        "errors": errors,
    }


def _code(error: exceptions.APIException) -> str:
    if isinstance(error, exceptions.ParseError):
        return "bad_request"
    if isinstance(error, exceptions.AuthenticationFailed):
        return "not_authenticated"
    return error.default_code if error.default_code in CODES else "error"


def _type(request: HttpRequest, code: str) -> str:
    try:
        address = reverse("api-problems")
    except NoReverseMatch:
        return "about:blank"
    return f"{_origin(request)}{address}#{code}"


def _origin(request: HttpRequest) -> str:
    """Return scheme and host; nothing when the host itself is what is wrong."""
    try:
        return f"{request.scheme}://{request.get_host()}"
    except SuspiciousOperation:
        return ""


def _other_methods(request: HttpRequest, view: Any) -> str:
    """Return what can be done at an address instead."""
    allowed = ", ".join(getattr(view, "allowed_methods", ()))
    known = f": it knows {allowed}" if allowed else ""
    return f"This address does not know the method {request.method}{known}."


def _in_words(seconds: int) -> str:
    """Return such as “1 second” or “6 minutes”, never less than it is."""
    amount, unit = seconds, "second"
    if seconds > A_MINUTE_AND_A_HALF:
        amount, unit = math.ceil(seconds / 60), "minute"
    return f"{amount} {unit}{'' if amount == 1 else 's'}"


def _sentence(error: exceptions.APIException, errors: list[dict[str, str]]) -> str:
    wait = getattr(error, "wait", None)
    if isinstance(error, exceptions.Throttled) and wait:
        return f"Too many requests: wait {_in_words(int(wait))}, then ask again."
    if not errors:
        return _writable(error.detail)
    named = "; ".join(f"{item['field']}: {item['message']}" for item in errors[:3])
    return f"The request has wrong parameters. {named}"


def _field_errors(detail: Any, field: str = "") -> Iterator[dict[str, str]]:
    """Flatten DRF's nested error details into a name and a sentence each."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            yield from _field_errors(inner, f"{field}.{_writable(name)}".lstrip("."))
    elif isinstance(detail, list):
        for inner in detail:
            yield from _field_errors(inner, field)
    else:
        yield {"field": field, "message": _writable(detail)}


def _writable(said: Any) -> str:
    """Return a text without what UTF-8 cannot say: names and values are quoted as they came."""
    return str(said).encode(errors="replace").decode()


def _headers(error: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait))
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = str(challenge)
    return headers
