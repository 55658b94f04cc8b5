"""What the metrics cost: beside each request, and at a scrape of a house that was asked a lot.

    python benchmarks/measuring.py [--requests 2000]

An empty view with the counting and without it, in CPU of one process; then one scrape after
answers of many routes. Exits 1 if counting takes more than a tenth of an empty view.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from _house import a_database
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory, override_settings
from django.urls import include, path

from patriot.operations import metrics, web_metrics
from patriot.operations.middleware import MeasuringMiddleware

ROUNDS = 7
ROUTES = 150
AT_MOST = 0.1
TOKEN = "a-token-for-the-benchmark"  # noqa: S105 (opens nothing)


def nothing(request: HttpRequest) -> HttpResponse:
    """Answer with a word."""
    return HttpResponse("Nothing.")


urlpatterns = [
    path("nothing/", nothing, name="nothing"),
    *(path(f"nothing/{n}/", nothing, name=f"nothing-{n}") for n in range(ROUTES)),
    path("", include("patriot.urls")),
]


def microseconds_of(handler: WSGIHandler, requests: int) -> float:
    """Return the CPU of one request."""
    factory = RequestFactory(HTTP_HOST="localhost")
    began = time.process_time()
    for _ in range(requests):
        handler.get_response(factory.get("/nothing/")).close()
    return (time.process_time() - began) * 1e6 / requests


def cost_of_counting(requests: int) -> float:
    """Return microseconds of CPU of the middleware itself, around nothing."""
    request, response = RequestFactory().get("/nothing/"), HttpResponse()
    middleware = MeasuringMiddleware(lambda _: response)
    began = time.process_time()
    for _ in range(requests):
        middleware(request)
    return (time.process_time() - began) * 1e6 / requests


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=2000)
    options = parser.parse_args()
    with a_database(), override_settings(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["localhost"]):
        plain = WSGIHandler()
        empty = min(microseconds_of(plain, options.requests // ROUNDS) for _ in range(ROUNDS))
        with override_settings(METRICS_TOKEN=TOKEN):
            counted = WSGIHandler()
            both = min(microseconds_of(counted, options.requests // ROUNDS) for _ in range(ROUNDS))
            alone = min(cost_of_counting(options.requests) for _ in range(ROUNDS))
            for n in range(ROUTES):
                counted.get_response(RequestFactory(HTTP_HOST="localhost").get(f"/nothing/{n}/"))
            began = time.process_time()
            printed = metrics.printed()
            scrape = (time.process_time() - began) * 1e3
            web_metrics.shared().leave()
        print(f"an empty view               {empty:7.1f} us")
        print(f"the same, counted           {both:7.1f} us  {both / empty:5.2f} x")
        share = alone / empty
        print(f"the counting alone          {alone:7.1f} us  {share:5.2f} x  (at most {AT_MOST})")
        print(f"a scrape, {ROUTES} routes        {scrape:7.1f} ms  {len(printed) / 1000:.0f} kB")
        if share > AT_MOST:
            sys.exit("Too slow.")


assert settings.KEPT_PAGE_SECONDS
if __name__ == "__main__":
    main()
