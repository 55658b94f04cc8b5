"""Traces by OpenTelemetry: a span for each request and each task, from the web into the workers.

Imported only where OTEL_EXPORTER_OTLP_ENDPOINT is set (requirements-traces.txt). The spans are
ours and not those of ready-made instruments: they name routes, never addresses, query strings,
statements or texts, and carry the ids by which the log lines of the same work are found.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django_q import signals
from opentelemetry import context as contexts
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, set_span_in_context, use_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from patriot.lib.logging import REQUEST_ID

ID = "patriot.operations.traces"
PARENT = "traceparent"
"""https://www.w3.org/TR/trace-context/: the header, and where a task carries the same."""
MAX_PARENT = 100

_propagator = TraceContextTextMapPropagator()


class Traces:
    """The spans of one process, and where they go."""

    def __init__(self, processor: SpanProcessor, *, service: str) -> None:
        self._provider = TracerProvider(resource=Resource.create({"service.name": service}))
        self._provider.add_span_processor(processor)
        # Not the global one: what libraries would tell of themselves is not for the collector.
        self._tracer = self._provider.get_tracer("patriot")
        self._task: tuple[Span, Any] | None = None

    @contextmanager
    def of_request(self, request: HttpRequest) -> Iterator[Span]:
        """Have a span while a request is answered; it goes on a trace of the proxy's, if any."""
        # Without a proxy that we trust, anybody could decide what is traced.
        parent = request.META.get("HTTP_TRACEPARENT", "") if settings.TRUSTED_PROXIES else ""
        span = self._tracer.start_span(
            str(request.method), context=_context_of(parent), kind=SpanKind.SERVER
        )
        with use_span(span, end_on_exit=True):
            yield span

    def begin(self, *, task: dict[str, Any], **_: Any) -> None:
        """Begin the span of a task, on the trace of the request that asked for it."""
        span = self._tracer.start_span(
            str(task["func"]),
            context=_context_of(str(task.get(PARENT, ""))),
            kind=SpanKind.CONSUMER,
            attributes={"patriot.task_id": task["id"]},
        )
        if task.get(REQUEST_ID):
            span.set_attribute("patriot.request_id", task[REQUEST_ID])
        self._task = span, contexts.attach(set_span_in_context(span))

    def end(self, *, task: dict[str, Any], **_: Any) -> None:
        """End the span of the task that is over."""
        if self._task is None:
            return
        (span, token), self._task = self._task, None
        contexts.detach(token)
        if not task.get("success", True):
            span.set_status(Status(StatusCode.ERROR))
        span.end()


def describe(span: Span, *, method: str, route: str, status: int, request_id: str) -> None:
    """Say in a span what was asked and answered."""
    span.update_name(f"{method} {route}")
    span.set_attributes(
        {
            "http.request.method": method,
            "http.route": route,
            "http.response.status_code": status,
            "patriot.request_id": request_id,
        }
    )
    if status >= 500:
        span.set_status(Status(StatusCode.ERROR))


def take_along(*, task: dict[str, Any], **_: Any) -> None:
    """Write into a task on which trace it is."""
    carrier: dict[str, str] = {}
    _propagator.inject(carrier)
    if PARENT in carrier:
        task[PARENT] = carrier[PARENT]


def listen() -> None:
    """Have django-q2 tell us of tasks. A process that runs them makes its spans after its fork."""
    signals.pre_enqueue.connect(take_along, dispatch_uid=ID)
    signals.pre_execute.connect(_begin, dispatch_uid=ID)
    signals.post_execute_in_worker.connect(_end, dispatch_uid=ID)


def _begin(*, task: dict[str, Any], **_: Any) -> None:
    shared().begin(task=task)


def _end(*, task: dict[str, Any], **_: Any) -> None:
    shared().end(task=task)


@cache
def shared() -> Traces:
    """Return this process's own; a thread sends its spans to the collector, in batches."""
    exporter = OTLPSpanExporter(endpoint=f"{settings.TRACES_TO.rstrip('/')}/v1/traces")
    service = "patriot-worker" if settings.IS_WORKER else "patriot-web"
    return Traces(BatchSpanProcessor(exporter), service=service)


def _context_of(parent: str) -> contexts.Context:
    carrier = {PARENT: parent} if len(parent) <= MAX_PARENT else {}
    return _propagator.extract(carrier, context=contexts.Context())
