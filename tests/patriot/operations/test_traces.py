"""Traces: one from a request into the task it asked for, and nothing where they are off."""

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpResponse
from django.test import Client
from django_q import signals
from django_q.models import OrmQ
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from patriot.operations import traces
from patriot.operations.middleware import TracingMiddleware
from patriot.work.models import Job
from tests import factories
from tests.factories import NOW

OF_THE_PROXY = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def collector(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """What a collector would get, if one were named."""
    settings.TRACES_TO, settings.TRUSTED_PROXIES = "http://collector.example:4318", 0
    exporter = InMemorySpanExporter()
    ours = traces.Traces(SimpleSpanProcessor(exporter), service="patriot-tests")
    monkeypatch.setattr(traces, "shared", lambda: ours)
    traces.listen()
    yield exporter
    for signal in (signals.pre_enqueue, signals.pre_execute, signals.post_execute_in_worker):
        assert signal.disconnect(dispatch_uid=traces.ID)


@pytest.mark.django_db
def test_a_task_is_on_the_trace_of_the_request_that_asked_for_it(
    collector: InMemorySpanExporter,
) -> None:
    client = Client()
    client.force_login(factories.a_staff_user(is_superuser=True))
    times = {"not_before": NOW, "created_at": NOW, "finished_at": NOW}
    job = Job.objects.create(kind="ground", subject="report 404", state="dead", **times)

    client.post(
        "/admin/work/job/?q=report",
        {"action": "run_again", "_selected_action": job.pk},
        headers={"X-Request-ID": "of-the-client", "traceparent": OF_THE_PROXY},
    )
    task = OrmQ.objects.get().task
    traces.shared().begin(task=task)
    traces.shared().end(task=task | {"success": False})

    request, work = collector.get_finished_spans()
    assert request.name == "POST admin:work_job_changelist"
    assert dict(request.attributes or {}) == {
        "http.request.method": "POST",
        "http.route": "admin:work_job_changelist",
        "http.response.status_code": 302,
        "patriot.request_id": "of-the-client",
    }
    # No proxy is trusted: nobody else decides on which trace we are.
    assert request.parent is None
    assert work.name == "reports.tasks.work"
    assert work.parent is not None
    assert work.parent.span_id == request.context.span_id
    assert work.attributes is not None
    assert work.attributes["patriot.request_id"] == "of-the-client"
    assert not work.status.is_ok
    assert "?q" not in request.to_json() + work.to_json()


@pytest.mark.parametrize(
    ("given", "is_taken"),
    [
        pytest.param(OF_THE_PROXY, True, id="as the standard has it"),
        pytest.param("00-0-0-01", False, id="too short"),
        pytest.param(OF_THE_PROXY * 9, False, id="too long"),
        pytest.param("", False, id="none"),
    ],
)
def test_a_trace_of_the_proxy_is_gone_on_with(
    collector: InMemorySpanExporter, settings: Any, given: str, is_taken: bool
) -> None:
    settings.TRUSTED_PROXIES = 1

    Client().get("/healthz", headers={"traceparent": given})

    (span,) = collector.get_finished_spans()
    assert span.name == "GET healthz"
    assert (f"{span.context.trace_id:032x}" == OF_THE_PROXY[3:35]) is is_taken


def test_where_they_are_off_there_is_no_span() -> None:
    with pytest.raises(MiddlewareNotUsed):
        TracingMiddleware(lambda _: HttpResponse())


def test_where_they_are_off_nothing_is_loaded() -> None:
    script = (
        "import sys, django; django.setup();"
        "from django.core.handlers.wsgi import WSGIHandler; WSGIHandler(); import patriot.urls;"
        "unwanted = ('opentelemetry.sdk', 'opentelemetry.exporter', 'patriot.operations.traces',"
        " 'patriot.operations.web_metrics');"
        "print([name for name in sys.modules if name.startswith(unwanted)])"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}

    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.stdout == "[]\n", ran.stderr
