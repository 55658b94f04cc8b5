"""How costs grow with the house: three sizes of one database, each four times the one before.

    python benchmarks/growth.py [--feeds 1000 4000 16000] [--entries 5]

At each size: CPU of one new article from its feed to the search index, CPU of asking one feed
that has not changed, the time of the worker's question which feeds are due, the time of the newest
50 articles, and what one article takes on disk with all of its rows and indexes. The feeds are
invented, on loopback addresses, served by another process. Growth is told against the first size.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from django.db import connection

from benchmarks._feeds import FeedServer
from benchmarks._house import NOW, a_database, add_sources, batches, spent
from benchmarks._record import record
from reports.api.rows import ArticleRows, excerpted
from sources.gateways.parser import Parser
from sources.gateways.web import Web
from sources.models import Article, Source
from sources.pipeline.collect import ask_now, collect
from sources.pipeline.enrich import enrich

# What grows with articles; sources, reports and calls are few beside them.
TABLES = (
    "sources_article",
    "sources_passage",
    "sources_articlewords",
    "sources_articleversion",
)
ASKED_AGAIN = 1_000
MAY_GROW = 2.0
"""By how much a figure may grow while the house becomes sixteen times as large."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--feeds", type=int, nargs="+", default=[1_000, 4_000, 16_000])
    parser.add_argument("--entries", type=int, default=5)
    arguments = parser.parse_args()
    sizes = sorted(arguments.feeds)
    with FeedServer(sizes[-1], entries=arguments.entries) as server, a_database():
        worker = Worker(server)
        first: dict[str, float] = {}
        for size in sizes:
            found = worker.grown_to(size)
            first = first or found
            tell(found, first, feeds=size, articles=Article.objects.count())
        worker.close()
    grown = {name: found[name] / first[name] for name in found}
    if too_much := [name for name, times in grown.items() if times > MAY_GROW]:
        sys.exit(f"Grows too fast: {', '.join(too_much)}.")


class Worker:
    """Reads feeds as the worker does, all in this process."""

    def __init__(self, server: FeedServer) -> None:
        self._server = server
        self._ids: list[int] = []
        self._parser = Parser()
        self._web = Web(user_agent="Patriot/1.0 (+benchmark)", allow=server.authorities())

    def close(self) -> None:
        self._parser.close()

    def grown_to(self, feeds: int) -> dict[str, float]:
        """Add feeds until there are so many; return what things cost then, in ms or bytes."""
        known = len(self._ids)
        added = (self._server.url(number) for number in range(known, feeds))
        new = add_sources(added, first=known)
        self._ids += new
        before = Article.objects.count()
        reading = self._cpu(lambda: self._read(new, now=NOW))
        articles = Article.objects.count() - before
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        again = self._ids[:ASKED_AGAIN]
        tomorrow = NOW + timedelta(days=1)
        ask_now(again, now=tomorrow)
        asking = self._cpu(lambda: self._read(again, now=tomorrow))
        newest = excerpted(Article.objects.order_by("-published_at", "-pk"))
        return {
            "one new article": 1000 * reading / articles,
            "one unchanged feed": 1000 * asking / len(again),
            "which feeds are due": median_of(
                lambda: list(Source.objects.due(NOW).order_by("pk").values_list("pk", flat=True))
            ),
            "the newest 50": median_of(
                lambda: list(newest.values_list(*ArticleRows.columns, named=True)[:50])
            ),
            "bytes of one article": bytes_on_disk() / Article.objects.count(),
        }

    def _cpu(self, work: Callable[[], None]) -> float:
        began = spent(children=[self._parser.child_pid])
        work()
        return (spent(children=[self._parser.child_pid]) - began).cpu

    def _read(self, ids: list[int], *, now: datetime) -> None:
        for batch in batches(ids):
            collect(batch, web=self._web, parser=self._parser, now=now)
        while waiting := list(Article.objects.to_enrich(now).values_list("pk", flat=True)[:500]):
            for few in batches(waiting):
                enrich(few, now=now)


def median_of(ask: Callable[[], object], *, times: int = 30) -> float:
    """Return what something takes on the clock, in milliseconds."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        ask()
        took.append(time.perf_counter() - began)
    return 1000 * statistics.median(took)


def bytes_on_disk() -> int:
    """Return what the tables of articles take, with their indexes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(pg_total_relation_size(name::regclass)) FROM unnest(%s::text[]) AS name",
            [list(TABLES)],
        )
        return int(cursor.fetchone()[0])


def tell(found: dict[str, float], first: dict[str, float], *, feeds: int, articles: int) -> None:
    """Print what things cost at one size, and keep it for the record."""
    size = f"{articles:,} articles"
    print(f"  {feeds:,} feeds, {size}")
    for name, value in found.items():
        unit = "bytes" if name.startswith("bytes") else "ms"
        growth = value / first[name]
        print(f"    {name:22} {value:10,.2f} {unit:6} {growth:5.2f} x the smallest house")
        record("growth", name, growth, "x", reference="the smallest house", size=size)
        record("growth", f"{name}, in {unit}", value, unit, size=size)


if __name__ == "__main__":
    main()
