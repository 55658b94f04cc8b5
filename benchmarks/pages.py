"""How much a reader's page costs, beside a view that does nothing.

    python benchmarks/pages.py [--stories 12] [--requests 1000]

All in this process and in CPU time, through the whole stack of middleware: an empty view, the
front page, a report, a report that the reader has already (304), and a report whose second is
over and that is checked by its ETag. Then 200 readers at once at the moment of publication.
"""

from __future__ import annotations

import argparse
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from _house import a_database
from _record import record
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory, override_settings
from django.urls import include, path

from tests import factories

READERS, THREADS = 200, 8
ROUNDS = 5
BOUNDS = {"report": 2.5, "304": 2.5, "front": 5.0}


def nothing(request: HttpRequest) -> HttpResponse:
    """Answer with a word."""
    return HttpResponse("Nothing.")


urlpatterns = [path("nothing/", nothing), path("", include("patriot.urls"))]


class Site:
    """The whole stack, asked as a browser asks it."""

    def __init__(self) -> None:
        self._handler = WSGIHandler()

    def get(self, address: str, *, tag: str = "") -> HttpResponse:
        asked = {"HTTP_ACCEPT_ENCODING": "gzip, br", "HTTP_HOST": "localhost"}
        if tag:
            asked["HTTP_IF_NONE_MATCH"] = tag
        request = RequestFactory().get(address, **asked)
        response = self._handler.get_response(request)
        response.close()
        return response

    def cost_of(self, address: str, *, requests: int, tag: str = "") -> float:
        """Return milliseconds of CPU for one request, the least of some rounds."""
        self.get(address, tag=tag)
        return min(self._timed(address, requests // ROUNDS, tag) for _ in range(ROUNDS))

    def _timed(self, address: str, requests: int, tag: str) -> float:
        began = time.process_time()
        for _ in range(requests):
            self.get(address, tag=tag)
        return (time.process_time() - began) * 1000 / requests


def burst(site: Site, address: str) -> tuple[float, float]:
    """Return seconds of CPU and of waiting for all readers of a page that nobody has set yet."""
    began, cpu = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(THREADS) as threads:
        answers = list(threads.map(lambda _: site.get(address).status_code, range(READERS)))
    assert answers == [200] * READERS
    return time.process_time() - cpu, time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stories", type=int, default=12)
    parser.add_argument("--requests", type=int, default=1000)
    options = parser.parse_args()
    with a_database(), override_settings(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["localhost"]):
        briefing = factories.a_briefing()
        report = factories.a_published_report(briefing, sections=options.stories)
        site, address = Site(), report.get_absolute_url()
        empty = site.cost_of("/nothing/", requests=options.requests)
        print(f"an empty view               {empty:7.3f} ms")
        tag = site.get(address)["ETag"]
        costs = {
            "report": site.cost_of(address, requests=options.requests),
            "304": site.cost_of(address, requests=options.requests, tag=tag),
            "front": site.cost_of("/", requests=options.requests),
        }
        for name, cost in costs.items():
            bound = BOUNDS[name]
            record("page", name, cost / empty, "x", reference="an empty view", at_most=bound)
            print(f"{name:27} {cost:7.3f} ms  {cost / empty:5.2f} x  (at most {BOUNDS[name]})")
        with override_settings(KEPT_PAGE_SECONDS=1e-9):
            cost = site.cost_of(address, requests=options.requests // 10)
        print(f"{'report, checked each time':27} {cost:7.3f} ms  {cost / empty:5.2f} x")
        with override_settings(KEPT_PAGE_SECONDS=0):
            cost = site.cost_of(address, requests=options.requests // 10)
        print(f"{'report, nothing kept':27} {cost:7.3f} ms  {cost / empty:5.2f} x")
        new = factories.a_published_report(
            factories.a_briefing(title="The Evening"), sections=options.stories
        )
        cpu, waited = burst(site, new.get_absolute_url())
        print(
            f"{READERS} readers at publication: {cpu:.2f} s of CPU, all answered in {waited:.2f} s"
        )
        if any(cost > BOUNDS[name] * empty for name, cost in costs.items()):
            sys.exit("Too slow.")


assert settings.KEPT_PAGE_SECONDS
if __name__ == "__main__":
    main()
