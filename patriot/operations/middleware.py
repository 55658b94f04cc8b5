"""What every request passes: its id, the probes, the limit of its body."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable

import structlog
from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed, RequestDataTooBig
from django.http import HttpRequest, HttpResponse

from patriot.lib.logging import REQUEST_ID
from patriot.operations import health, metrics
from patriot.operations.routes import PROBE, route_of

PROBES: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    "/healthz": health.healthz,
    "/health": health.healthz,
    "/health/": health.healthz,
    "/readyz": health.readyz,
    "/readyz/web": health.readyz_web,
    "/metrics": metrics.metrics,
}
# Where files are sent. More than the page itself takes, so that it can say so in a sentence.
UPLOADS = {f"/{settings.ADMIN_PATH}/sources/import/add/": 12_000_000}
STATIC = "/static/"
RESOURCE_POLICY = "Cross-Origin-Resource-Policy"
log = structlog.get_logger(__name__)

WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{8,64}")


class RequestIDMiddleware:
    """Binds the id of a request to the logs, and to the work that it asks for.

    Taken from `X-Request-ID`, else from `X-Correlation-ID`, whichever is well formed; else made
    here. Who sent the second gets it back under that name, too.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = _id_of(request)
        request.META["REQUEST_ID"] = request_id
        with structlog.contextvars.bound_contextvars(**{REQUEST_ID: request_id}):
            response = self.get_response(request)
        response["X-Request-ID"] = request_id
        if "HTTP_X_CORRELATION_ID" in request.META:
            response["X-Correlation-ID"] = request_id
        return response


def _id_of(request: HttpRequest) -> str:
    """Return what the client, or the proxy, calls this request; an id of ours else."""
    for name in ("HTTP_X_REQUEST_ID", "HTTP_X_CORRELATION_ID"):
        given = request.META.get(name, "")
        if given and WELL_FORMED.fullmatch(given):
            return str(given)
    return uuid.uuid4().hex


class MeasuringMiddleware:
    """Counts every answer, whoever gives it; not there at all where nobody may ask for the counts.

    The outermost, so that the time is all of ours and pages off the shelf are counted too.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if not settings.METRICS_TOKEN:
            raise MiddlewareNotUsed
        # Nobody loads the library who does not use it.
        from patriot.operations import web_metrics  # noqa: PLC0415

        self.get_response = get_response
        self._metrics = web_metrics.shared()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        with self._metrics.busy():
            response = self.get_response(request)
        try:
            self._metrics.count(request, response, seconds=time.perf_counter() - began)
        except OSError as error:
            # A disk that is full costs us the count, not the reader the page.
            log.warning("not_counted", error=str(error))
        return response


class TracingMiddleware:
    """Has a span for every request; not there at all where no collector is named."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if not settings.TRACES_TO:
            raise MiddlewareNotUsed
        # As above.
        from patriot.operations import traces  # noqa: PLC0415

        self.get_response = get_response
        self._traces, self._describe = traces.shared(), traces.describe

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with self._traces.of_request(request) as span:
            response = self.get_response(request)
            self._describe(
                span,
                method=str(request.method),
                route=route_of(request, response),
                status=response.status_code,
                request_id=request.META["REQUEST_ID"],
            )
        return response


class ProbeMiddleware:
    """Answers the health addresses under whatever host name: a probe knows us by address only."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        probe = PROBES.get(request.path_info)
        if probe is None:
            return self.get_response(request)
        # For the metrics: no route is looked for.
        request.META[PROBE] = probe.__name__
        return probe(request)


class ResourcePolicyMiddleware:
    """Tells browsers that other sites may take nothing but our files into their pages.

    A view whose answers are for others, such as a report's card, says so itself. Scripts that may
    read the API are not concerned: they ask by CORS.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_file = request.path_info.startswith(STATIC)
        response.headers.setdefault(RESOURCE_POLICY, "cross-origin" if is_file else "same-origin")
        return response


class BodyLimitMiddleware:
    """Refuses long bodies by their announced length; Django reads no further than that.

    Django's own limit counts forms only: the API's parsers read the stream themselves.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        limit: int = UPLOADS.get(request.path_info, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        announced = request.META.get("CONTENT_LENGTH") or "0"
        if announced.isascii() and announced.isdigit() and int(announced[:20]) > limit:
            raise RequestDataTooBig(f"A body of more than {limit} bytes")
        return self.get_response(request)
