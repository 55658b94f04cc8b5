"""Whether two workers share due feeds without fetching any twice, and in half the time.

    python benchmarks/scale_out.py [--feeds 2000] [--delay 0.3] [--json]

The feeds live on as many loopback addresses, served by another process that thinks for 300 ms
before each answer: latency rules, not CPU. A worker is a process of its own with a database
connection of its own, as on another machine. Each goes through all batches, in an order of its
own, and takes what is still due. The server counts what each feed was asked.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import sys
import time
from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from django.db import connections

from benchmarks._feeds import FeedServer
from benchmarks._house import NOW, a_database, add_sources, batches
from benchmarks._record import record
from sources.gateways.parser import Parser
from sources.gateways.web import Web
from sources.models import Source
from sources.pipeline.collect import ask_now, collect

ENTRIES = 2
GOAL = 1.7


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--feeds", type=int, default=2_000)
    parser.add_argument("--delay", type=float, default=0.3)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with (
        FeedServer(arguments.feeds, delay=arguments.delay, entries=ENTRIES) as server,
        a_database(),
    ):
        ids = add_sources(server.url(number) for number in range(server.count))
        allow = server.authorities()
        # Once, so that both runs find the same: all articles are stored already.
        run(2, ids, allow=allow, now=NOW)
        took, asked = {}, {}
        for turn, workers in enumerate((1, 2), start=1):
            server.forget()
            took[workers] = run(workers, ids, allow=allow, now=NOW + turn * timedelta(days=1))
            asked[workers] = Counter(server.asked)
    report(took, asked, feeds=arguments.feeds, as_json=arguments.json)


def run(workers: int, ids: list[int], *, allow: Collection[str], now: datetime) -> float:
    """Have all feeds fetched by so many workers; return the seconds on the clock."""
    ask_now(ids, now=now)
    connections.close_all()  # nobody inherits ours
    context = multiprocessing.get_context("fork")
    processes = [
        context.Process(target=work, args=(number, ids, allow, now)) for number in range(workers)
    ]
    began = time.perf_counter()
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert not any(process.exitcode for process in processes)
    return time.perf_counter() - began


def work(number: int, ids: list[int], allow: Collection[str], now: datetime) -> None:
    """Collect what is due until nothing is."""
    rng = random.Random(number)  # noqa: S311 (an order needs no secrecy)
    parser = Parser()
    web = Web(user_agent="Patriot/1.0 (+benchmark)", allow=allow)
    while due := list(Source.objects.due(now).filter(pk__in=ids).values_list("pk", flat=True)):
        waiting = batches(sorted(due))
        rng.shuffle(waiting)
        for batch in waiting:
            collect(batch, web=web, parser=parser, now=now)
    parser.close()
    connections.close_all()


def report(
    took: dict[int, float], asked: dict[int, Counter[int]], *, feeds: int, as_json: bool
) -> None:
    ratio = took[1] / took[2]
    record("ingestion", "two workers", ratio, "x", reference="one worker's pace", at_least=GOAL)
    if as_json:
        print(json.dumps({"feeds": feeds, "seconds": took, "asked": asked, "ratio": ratio}))
        return
    for workers, seconds in took.items():
        times = ", ".join(f"{count:,} feeds {n} x" for n, count in sorted(asked[workers].items()))
        print(f"{workers} worker(s): {seconds:6.1f} s, {feeds / seconds:5.0f} a second; {times}")
    is_once = all(set(counted) == {1} for counted in asked.values())
    print(f"  each feed exactly once: {'ok' if is_once else 'NO'}")
    print(
        f"  one : two {ratio:.2f} (goal: at least {GOAL}): {'ok' if ratio >= GOAL else 'TOO SLOW'}"
    )


if __name__ == "__main__":
    main()
