"""What asking 1,000 feeds whether they changed costs, beside a bare client.

    python benchmarks/fetching.py [--feeds 1000] [--turns 5] [--json]

The feeds live on as many loopback addresses, served by another process. Both clients ask each
once, in batches of 50 as the worker does, and hear 304; they take turns, and the best turn of
each counts. CPU is ours alone, without the server's.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import _bare
from benchmarks._feeds import FeedServer
from benchmarks._record import record
from sources.gateways.web import Answer, Request, Web

BATCH = 50
GOAL = 1.6

Act = Callable[[FeedServer, Web], None]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--feeds", type=int, default=1_000)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with FeedServer(arguments.feeds, body=b"<rss/>") as server:
        web = Web(user_agent="Patriot/1.0 (+benchmark)", allow=server.authorities())
        bare, ours = [], []
        for _ in range(arguments.turns):
            bare.append(cost(ask_barely, server, web))
            ours.append(cost(ask, server, web))
    report(bare, ours, feeds=arguments.feeds, as_json=arguments.json)


def asked(server: FeedServer) -> list[tuple[str, str]]:
    return [(server.url(number), f'"{number}-1"') for number in range(server.count)]


def ask(server: FeedServer, web: Web) -> None:
    everything = [Request(url, etag=etag) for url, etag in asked(server)]
    for first in range(0, len(everything), BATCH):
        for _, result in web.fetch_all(everything[first : first + BATCH]):
            assert isinstance(result, Answer), result
            assert result.is_unchanged


def ask_barely(server: FeedServer, _web: Web) -> None:
    everything = asked(server)
    for first in range(0, len(everything), BATCH):
        for _, status, _ in _bare.fetch_all(everything[first : first + BATCH]):
            assert status == 304


def cost(act: Act, server: FeedServer, web: Web) -> tuple[float, float]:
    """Return seconds of CPU and on the clock."""
    began, worked = time.perf_counter(), time.process_time()
    act(server, web)
    return time.process_time() - worked, time.perf_counter() - began


def report(
    bare: list[tuple[float, float]], ours: list[tuple[float, float]], *, feeds: int, as_json: bool
) -> None:
    (bare_cpu, bare_wall), (cpu, wall) = min(bare), min(ours)
    ratio = cpu / bare_cpu
    record("ingestion", "conditional requests", ratio, "x", reference="libcurl", at_most=GOAL)
    if as_json:
        print(json.dumps({"feeds": feeds, "bare_cpu": bare_cpu, "cpu": cpu, "ratio": ratio}))
        return
    verdict = "ok" if ratio <= GOAL else "TOO SLOW"
    print(f"{feeds:,} conditional requests, best of {len(ours)} turns:")
    print(f"  bare libcurl  {1e3 * bare_cpu:7.0f} ms of CPU, {feeds / bare_cpu:7,.0f} a CPU second")
    print(f"  ours          {1e3 * cpu:7.0f} ms of CPU, {feeds / cpu:7,.0f} a CPU second")
    print(f"  on the clock  {bare_wall:.2f} s and {wall:.2f} s")
    print(f"  ratio         {ratio:.2f} (goal: at most {GOAL}): {verdict}")


if __name__ == "__main__":
    main()
