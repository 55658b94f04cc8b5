"""What answers of the API cost, beside a view that does nothing, and over three sizes.

    python benchmarks/api.py [--articles 1000 10000 100000] [--requests 200]

All in this process and in CPU time, through the whole stack of middleware (what PostgreSQL takes
is in the clock's figure only): lists of 50 reports, articles and stories, one report, and what a
client has already (304). The rate limits are lifted: their statement is part of each answer.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from _house import NOW, a_database
from _record import record
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory, override_settings
from django.urls import include, path

from patriot.lib.rates import Rate
from sources.models import Article
from tests import factories

ROUNDS = 5
BOUNDS = {"50 reports": 11.0, "50 articles": 11.0, "one report": 5.0, "one report, 304": 3.0}


def nothing(request: HttpRequest) -> HttpResponse:
    """Answer with a word."""
    return HttpResponse("Nothing.")


urlpatterns = [path("nothing/", nothing), path("", include("patriot.urls"))]


class Client:
    """The whole stack, asked as a program asks it."""

    def __init__(self) -> None:
        self._handler = WSGIHandler()

    def get(self, address: str, *, tag: str = "") -> HttpResponse:
        asked = {"HTTP_ACCEPT_ENCODING": "gzip", "HTTP_HOST": "localhost"}
        if tag:
            asked["HTTP_IF_NONE_MATCH"] = tag
        response = self._handler.get_response(RequestFactory().get(address, **asked))
        response.close()
        return response


def milliseconds(ask: Callable[[], object], requests: int) -> tuple[float, float]:
    """Return what one request takes of CPU and on the clock: the least of some rounds."""
    ask()
    rounds = []
    for _ in range(ROUNDS):
        cpu, clock = time.process_time(), time.perf_counter()
        for _ in range(requests // ROUNDS):
            ask()
        took = time.process_time() - cpu, time.perf_counter() - clock
        rounds.append([seconds * 1000 / (requests // ROUNDS) for seconds in took])
    return min(cpu for cpu, _ in rounds), min(clock for _, clock in rounds)


def fill(articles: int) -> None:
    """Add articles until there are so many, copies of one with moments of their own."""
    missing = articles - Article.objects.count()
    like = Article.objects.order_by("pk").first()
    for begin in range(0, missing, 5_000):
        rows = []
        for number in range(begin, min(begin + 5_000, missing)):
            key = f"{articles}-{number}"
            row = Article(
                source_id=like.source_id,
                publisher_id=like.publisher_id,
                identity=key,
                url=f"https://example.org/{key}",
                url_hash=f"{hash(key):064x}"[-64:],
                title=like.title,
                text=like.text,
                language="en",
                published_at=NOW - timedelta(seconds=number * 60),
                first_seen_at=NOW,
                updated_at=NOW,
                content_hash=key,
                state=like.state,
                not_before=NOW,
            )
            rows.append(row)
        Article.objects.bulk_create(rows)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def measure(requests: int, sizes: list[int]) -> dict[str, float]:
    """Print what each answer costs; return the ratios at the largest size."""
    client, ratios = Client(), {}
    report = factories.a_published_report(factories.a_briefing(), sections=12)
    for day in range(1, 60):
        at = report.slot_at - timedelta(days=day)
        factories.a_published_report(report.briefing, sections=2, local_date=at.date(), slot_at=at)
    one = f"/api/v1/reports/{report.pk}/"
    for size in sizes:
        fill(size)
        empty, _ = milliseconds(lambda: client.get("/nothing/"), requests * 5)
        print(f"  {size:,} articles; an empty view {empty:.3f} ms")
        for name, address, tag in (
            ("50 reports", "/api/v1/reports/?page_size=50", ""),
            ("50 articles", "/api/v1/articles/?page_size=50", ""),
            ("50 stories", "/api/v1/stories/?page_size=50", ""),
            ("one report", one, ""),
            ("50 articles, 304", "/api/v1/articles/?page_size=50", "*"),
            ("one report, 304", one, "*"),
        ):
            found = client.get(address)
            assert found.status_code == 200, found.content
            known = found["ETag"] if tag else ""
            answered = client.get(address, tag=known).status_code
            assert answered == (304 if tag else 200), answered
            cpu, clock = milliseconds(lambda a=address, t=known: client.get(a, tag=t), requests)
            ratios[name] = cpu / empty
            record(
                "API",
                name,
                ratios[name],
                "x",
                reference="an empty view",
                size=f"{size:,} articles",
                at_most=BOUNDS.get(name),
            )
            bound = f"(at most {BOUNDS[name]:.0f})" if name in BOUNDS else ""
            print(f"    {name:18} {cpu:7.2f} ms {ratios[name]:6.1f} x {bound:13} {clock:7.2f} ms")
    return ratios


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--articles", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--requests", type=int, default=200)
    options = parser.parse_args()
    lifted = Rate.parse("999999/s")
    with (
        a_database(),
        override_settings(
            ROOT_URLCONF=__name__, ALLOWED_HOSTS=["localhost"], API_RATE_ANONYMOUS=lifted
        ),
    ):
        ratios = measure(options.requests, options.articles)
    if any(ratios[name] > bound for name, bound in BOUNDS.items()):
        sys.exit("Too slow.")


if __name__ == "__main__":
    main()
