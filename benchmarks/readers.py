"""Whether 200 readers at the moment of publication slow the worker down.

    python benchmarks/readers.py [--rounds 3] [--seconds 0]

A worker reads the demonstration's feeds and publishes a report, in turns alone and while the
site's own web server answers 200 readers at once. Each reader
opens the report, its style sheet and the front page; when all are done the next 200 come, if
--seconds says so: a burst is one such wave. Said are seconds of the worker's CPU and on the clock.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from _house import NOW, a_database, spent
from _record import record
from _site import a_site
from django.core.management import call_command

from patriot.demo import newsroom, production
from patriot.demo.server import FeedServer
from tests import factories

READERS = 200
BOUND = 1.25
"""How much longer the worker may take on the clock; it shares two cores with 200 readers."""


@dataclass(frozen=True)
class Morning:
    """What one report took the worker: seconds of CPU (PostgreSQL's for everybody), of time."""

    cpu: float
    wall: float


def a_morning(edition: dict[str, object]) -> Morning:
    """Read the feeds and publish the report, in an empty house."""
    with FeedServer(edition) as server:  # type: ignore[arg-type]
        before = spent()
        counts = production.run_newsroom(
            edition,  # type: ignore[arg-type]
            address=server.address,
            now=NOW,
            on_progress=lambda step, rows: None,
        )
        cost = spent() - before
    assert counts.state == "published", counts.reason
    return Morning(cost.ours, cost.wall)


async def visit(port: int, addresses: list[str]) -> int:
    """Open these addresses one after another, as one reader; return how many were answered."""
    good = 0
    for address in addresses:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)  # noqa: TID251
        writer.write(
            f"GET {address} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n"
            "Connection: close\r\n\r\n".encode()
        )
        good += (await reader.read(-1)).startswith(b"HTTP/1.1 200")
        writer.close()
    return good


def read(port: int, addresses: list[str], seconds: float, ready: object, told: object) -> None:
    """Come in waves of READERS; tell how many answers there were, and the longest visit."""

    async def timed() -> tuple[int, float]:
        began = time.perf_counter()
        return await visit(port, addresses), time.perf_counter() - began

    async def wave() -> list[tuple[int, float]]:
        return await asyncio.gather(*(timed() for _ in range(READERS)))

    ready.wait()  # type: ignore[attr-defined]
    began, visits = time.perf_counter(), []
    while not visits or time.perf_counter() - began < seconds:
        visits += asyncio.run(wave())
    told.put((sum(good for good, _ in visits), len(visits), max(took for _, took in visits)))  # type: ignore[attr-defined]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=0, help="how long new waves come")
    options = parser.parse_args()
    edition = newsroom.documents(newsroom.load(), anchor=NOW)
    alone, beside = [], []
    context = multiprocessing.get_context("spawn")
    call_command("collectstatic", verbosity=0, interactive=False)
    with a_database(), a_site() as port:
        a_morning(edition)
        for _ in range(options.rounds):
            for mornings, is_read in ((alone, False), (beside, True)):
                call_command("flush", verbosity=0, interactive=False)
                report = factories.a_published_report(factories.a_briefing(), sections=12)
                addresses = [report.get_absolute_url(), "/static/patriot/base.css", "/"]
                told, ready = context.Queue(), context.Barrier(2)
                arguments = (port, addresses, options.seconds, ready, told)
                readers = context.Process(target=read, args=arguments)
                if is_read:
                    readers.start()
                    ready.wait()
                mornings.append(a_morning(edition))
                if is_read:
                    good, visits, longest = told.get()
                    readers.join()
                    assert good == visits * len(addresses), f"{good} of {visits} x 3 answered"
                    print(f"  {visits} readers, all answered, the last after {longest:.2f} s")
    for name, mornings in (("alone", alone), (f"beside {READERS} readers", beside)):
        cpu, wall = (
            statistics.median(getattr(one, of) for one in mornings) for of in ("cpu", "wall")
        )
        print(f"  a report, {name:20} {cpu:6.2f} s of CPU, {wall:6.2f} s on the clock")
    ratio = statistics.median(m.wall for m in beside) / statistics.median(m.wall for m in alone)
    record(
        "page", f"a report beside {READERS} readers", ratio, "x", reference="alone", at_most=BOUND
    )
    print(f"  beside readers it takes {ratio:.2f} times as long (at most {BOUND})")
    if ratio > BOUND:
        sys.exit("The readers slow the worker down.")


if __name__ == "__main__":
    main()
