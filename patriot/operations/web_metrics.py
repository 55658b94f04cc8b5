"""What the web processes of one machine count, in files that they share: prometheus_client's.

Imported only where METRICS_TOKEN is set. Each process writes to files of its own, which stay when
it is replaced and which its successor goes on with (`patriot.lib.berths`): a scrape that any of
them answers adds up all of them, the counts of those that have ended too.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, values
from prometheus_client.multiprocess import MultiProcessCollector

from patriot.lib.berths import Berth
from patriot.operations.routes import route_of

# Most answers come off the shelf in under a millisecond; nobody waits for more than ten seconds.
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class WebMetrics:
    """The instruments of one process."""

    def __init__(self, berth: Berth) -> None:
        self._berth = berth
        # Asked for by each value that opens its file, and by nobody else here.
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(berth.folder)
        values.ValueClass = values.MultiProcessValue(  # type: ignore[no-untyped-call]
            process_identifier=berth
        )
        # Nobody collects it: what all processes count is read from their files.
        own = CollectorRegistry()
        self._seconds = Histogram(
            "patriot_http_request_duration_seconds",
            "How long requests took until their answer began.",
            ["route", "method"],
            buckets=SECONDS,
            registry=own,
        )
        self._answers = Counter(
            "patriot_http_requests",
            "Requests that were answered.",
            ["route", "method", "status"],
            registry=own,
        )
        self._busy = Gauge(
            "patriot_http_requests_in_progress",
            "Requests that are being answered: threads that are busy.",
            multiprocess_mode="livesum",
            registry=own,
        )
        threads = Gauge(
            "patriot_http_threads",
            "Threads that answer requests, on this machine.",
            multiprocess_mode="livesum",
            registry=own,
        )
        threads.set(settings.WEB_THREADS)
        # Finding the child of three labels takes longer than counting.
        self._children: dict[tuple[str, str, int], tuple[Histogram, Counter]] = {}

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Count a thread as busy as long as this is entered."""
        self._busy.inc()
        try:
            yield
        finally:
            self._busy.dec()

    def count(self, request: HttpRequest, response: HttpResponse, *, seconds: float) -> None:
        """Count an answer under the name of its route: never under its path."""
        method = request.method if request.method in METHODS else "other"
        named = (route_of(request, response), str(method), response.status_code)
        children = self._children.get(named) or self._new_children(named)
        children[0].observe(seconds)
        children[1].inc()

    def _new_children(self, named: tuple[str, str, int]) -> tuple[Histogram, Counter]:
        route, method, status = named
        children = (
            self._seconds.labels(route, method),
            self._answers.labels(route, method, str(status)),
        )
        self._children[named] = children
        return children

    @property
    def folder(self) -> Path:
        """Where the processes of this machine count."""
        return self._berth.folder

    def leave(self) -> None:
        """Close our files and make room for another, before the process ends."""
        values.close_all_multiprocess_files()  # type: ignore[no-untyped-call]
        self._berth.leave()

    def register_all(self, registry: CollectorRegistry) -> None:
        """Have a registry collect what all processes of this machine counted."""
        self._berth.bury_the_dead()
        MultiProcessCollector(registry, path=str(self._berth.folder))  # type: ignore[no-untyped-call]


@cache
def shared() -> WebMetrics:
    """Return this process's own; those with the same parent, gunicorn, share a folder."""
    return WebMetrics(Berth(settings.PATRIOT_DATA / "metrics" / f"web-{os.getppid()}"))
