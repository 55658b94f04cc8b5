"""How the API answers 50 clients at once on this machine, over three sizes, and what saturates.

    python benchmarks/load.py [--articles 1000 10000 100000] [--clients 50] [--seconds 10]

Real gunicorn, real HTTP with kept-alive connections; the clients share the machine's cores with
it and with PostgreSQL. Each client asks for what clients ask: the newest lists (many ask the
same), pages deep in a list, single objects (each another one), a report, what it has already,
a search. The rate limits are lifted. An answer of another status than was expected is an error,
and so is a body that is not JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import random
import statistics
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from _house import a_database
from _record import record
from _site import a_site
from api import fill
from django.core.management import call_command
from django.db import connection

from patriot.lib.pagination import Cursor
from reports.models import Report
from reports.pipeline.index import index_report
from sources.models import Article
from sources.pipeline.index import index_articles
from tests import factories

LISTED = 50
SEED = 20260609
LIFTED = {"API_RATE_ANONYMOUS": "999999/s"}


@dataclass(frozen=True)
class Wishes:
    """What clients may ask for: plain ids and cursors, which another process can be sent."""

    articles: list[int]
    cursors: list[str]
    reports: list[int]

    def of_a_client(self, seed: int) -> Iterator[tuple[str, str, bool]]:
        """Yield a kind, an address, and whether the client shows what it has, for ever."""
        dice = random.Random(seed)  # noqa: S311 (for a measurement)
        while True:
            article, report = dice.choice(self.articles), dice.choice(self.reports)
            yield from (
                ("newest articles", f"/api/v1/articles/?page_size={LISTED}", False),
                ("deep articles", self._deep(dice), False),
                ("one article", f"/api/v1/articles/{article}/", False),
                ("newest reports", f"/api/v1/reports/?page_size={LISTED}", False),
                ("one report", f"/api/v1/reports/{report}/", False),
                ("one report, 304", f"/api/v1/reports/{self.reports[0]}/", True),
                ("search", f"/api/v1/search/?q={dice.choice(WORDS)}&in=articles", False),
            )

    def _deep(self, dice: random.Random) -> str:
        return f"/api/v1/articles/?page_size={LISTED}&cursor={dice.choice(self.cursors)}"


WORDS = ("bridge", "harbor", "council", "ferry", "school", "storm")


@dataclass
class Found:
    """What the clients found: seconds of each kind, and what was wrong."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    wrong: Counter[str] = field(default_factory=Counter)


class Client:
    """One client on one connection, which it opens anew when the server has closed it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, address: str, *, tag: str) -> tuple[int, dict[str, str], bytes]:
        if self._streams is None or self._streams[0].at_eof():
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)  # noqa: TID251
        reader, writer = self._streams
        known = f"If-None-Match: {tag}\r\n" if tag else ""
        writer.write(f"GET {address} HTTP/1.1\r\nHost: localhost\r\n{known}\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        if headers.get("connection") == "close":
            writer.close()
            self._streams = None
        return int(head[0].split()[1]), headers, body


async def ask_for(port: int, wishes: Wishes, *, number: int, until: float, found: Found) -> None:
    """Be one client until then."""
    client, tags = Client(port), dict[str, str]()
    for kind, address, shows_tag in wishes.of_a_client(SEED + number):
        began = time.perf_counter()
        if began > until:
            return
        tag = tags.get(address, "") if shows_tag else ""
        try:
            status, headers, body = await client.get(address, tag=tag)
        except (OSError, asyncio.IncompleteReadError) as error:
            found.wrong[f"{kind}: {type(error).__name__}"] += 1
            continue
        found.seconds[kind].append(time.perf_counter() - began)
        if status != (304 if tag else 200):
            found.wrong[f"{kind}: {status}"] += 1
        elif body and not isinstance(json.loads(body), dict):
            found.wrong[f"{kind}: no object"] += 1
        tags[address] = headers.get("etag", "")


def be_clients(port: int, wishes: Wishes, clients: int, seconds: float, told: object) -> None:
    """Be all clients, in a process of their own; tell what they found."""
    found = Found()

    async def all_of_them() -> None:
        until = time.perf_counter() + seconds
        await asyncio.gather(
            *(
                ask_for(port, wishes, number=number, until=until, found=found)
                for number in range(clients)
            )
        )

    asyncio.run(all_of_them())
    told.put((dict(found.seconds), dict(found.wrong)))  # type: ignore[attr-defined]


def wishes_now() -> Wishes:
    """Return what there is to ask for."""
    ids = list(Article.objects.order_by("-pk").values_list("pk", flat=True)[:2_000])
    deep = Article.objects.order_by("published_at", "pk").values_list("published_at", "pk")[:2_000]
    reports = list(Report.objects.order_by("-slot_at").values_list("pk", flat=True)[:20])
    return Wishes(ids, [str(Cursor(moment, pk)) for moment, pk in deep], reports)


def measure(
    port: int, wishes: Wishes, *, clients: int, seconds: float
) -> Mapping[str, list[float]]:
    """Return the seconds of each kind of request. Exits when an answer was wrong."""
    context = multiprocessing.get_context("spawn")
    told = context.Queue()
    asking = context.Process(target=be_clients, args=(port, wishes, clients, seconds, told))
    asking.start()
    took, wrong = told.get()
    asking.join()
    if wrong:
        sys.exit(f"Wrong answers: {wrong}")
    return took


def percentile(values: list[float], share: float) -> float:
    """Return the value below which this share lies, in milliseconds."""
    return 1000 * sorted(values)[min(int(len(values) * share), len(values) - 1)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--articles", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args()
    call_command("collectstatic", verbosity=0, interactive=False)
    medians: dict[str, list[float]] = defaultdict(list)
    with a_database():
        report = factories.a_published_report(factories.a_briefing(), sections=12)
        index_report(report)
        for day in range(1, 60):
            at = report.slot_at - timedelta(days=day)
            factories.a_published_report(
                report.briefing, sections=2, local_date=at.date(), slot_at=at
            )
        for size in options.articles:
            fill(size)
            unread = Article.objects.filter(words=None)
            for _ in range(0, unread.count(), 5_000):
                index_articles([(article, "en") for article in unread[:5_000]])
            connection.close()
            with a_site(**LIFTED) as port:
                measure(port, wishes_now(), clients=options.clients, seconds=2)
                took = measure(port, wishes_now(), clients=options.clients, seconds=options.seconds)
            tell(took, size=size, options=options, medians=medians)


def tell(
    took: Mapping[str, list[float]],
    *,
    size: int,
    options: argparse.Namespace,
    medians: dict[str, list[float]],
) -> None:
    """Print what was found, and keep it for the record."""
    every = [seconds for of_kind in took.values() for seconds in of_kind]
    rate = len(every) / options.seconds
    print(
        f"  {size:,} articles, {options.clients} clients: {len(every):,} answers, "
        f"{rate:.0f}/s, no error; p50 {percentile(every, 0.5):.0f} ms, "
        f"p99 {percentile(every, 0.99):.0f} ms"
    )
    record("load", "p99", percentile(every, 0.99), "ms", size=f"{size:,} articles")
    record("load", "answers a second", rate, "/s", size=f"{size:,} articles")
    for kind, seconds in sorted(took.items()):
        medians[kind].append(statistics.median(seconds))
        growth = medians[kind][-1] / medians[kind][0]
        print(
            f"    {kind:18} {len(seconds):6,}  p50 {percentile(seconds, 0.5):6.0f} ms  "
            f"p99 {percentile(seconds, 0.99):6.0f} ms  {growth:4.1f} x the smallest house"
        )
        record("load", kind, growth, "x", reference="the smallest house", size=f"{size:,} articles")


if __name__ == "__main__":
    main()
