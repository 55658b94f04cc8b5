"""What it costs to refresh 1,000 feeds into the database, beside the floor under it.

    python benchmarks/refresh.py [--feeds 1000] [--json]

The feeds have 30 entries each and live on as many loopback addresses, served by another process.
Four rounds: everything is new; every twentieth feed has two new entries; nothing has changed
(304); the same documents come again in full (200). Articles end with their passages and in the
search index. CPU seconds are those of the worker, its parser and all of PostgreSQL's processes.

The floor is measured in the same run, in a process of its own: a bare libcurl client for the
same requests, lxml's parser over the same bodies, and COPY of the very same new rows (articles,
passages, words, fetches) into empty tables with the same indexes.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import psycopg
from django.db import connection

from benchmarks import _bare
from benchmarks._feeds import FeedServer
from benchmarks._house import NOW, Cost, a_database, add_sources, batches, megabytes, spent
from benchmarks._record import record
from sources.gateways.parser import Parser
from sources.gateways.web import Web
from sources.models import Article, Fetch
from sources.pipeline.collect import ask_now, collect
from sources.pipeline.enrich import enrich

# Each table with the column that tells new rows from old ones.
TABLES = {
    "sources_article": "id",
    "sources_passage": "id",
    "sources_articlewords": "article_id",
    "sources_fetch": "id",
}
GOALS = {"first": 1.5, "unchanged": 2.0, "again": 2.0}


@dataclass(frozen=True)
class Round:
    name: str
    ours: Cost
    floor: dict[str, float]
    """Seconds of CPU of its parts."""
    fetched: dict[str, int]
    articles: int

    @property
    def ratio(self) -> float:
        return self.ours.cpu / sum(self.floor.values())


def main() -> None:
    sys.stdout.reconfigure(line_buffering=True)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--feeds", type=int, default=1_000)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with FeedServer(arguments.feeds) as server, a_database():
        house = House(server)
        actions: dict[str, Callable[[], None]] = {
            "first": lambda: None,
            "5 % changed": server.change,
            "unchanged": lambda: None,
            "again": server.repeat,
        }
        rounds = []
        for number, (name, action) in enumerate(actions.items()):
            action()
            rounds.append(house.refresh(name, now=NOW + timedelta(days=number)))
            if not arguments.json:
                show(rounds[-1], feeds=arguments.feeds)
        house.close()
    if arguments.json:
        print(json.dumps(as_values(rounds, house.peak, feeds=arguments.feeds)))
    else:
        print(f"memory at its peak: {in_words(house.peak)}")


class House:
    """The worker under test, and what it did."""

    def __init__(self, server: FeedServer) -> None:
        self._server = server
        self._ids = add_sources(server.url(number) for number in range(server.count))
        self._etags = [""] * server.count
        self._parser = Parser()
        self._web = Web(user_agent="Patriot/1.0 (+benchmark)", allow=server.authorities())
        self.peak = {"worker rss": 0.0, "worker pss": 0.0, "parser rss": 0.0, "parser pss": 0.0}
        with connection.cursor() as cursor:
            for table in TABLES:
                cursor.execute(f"CREATE TABLE floor_{table} (LIKE {table} INCLUDING ALL)")
        self._draw_documents()

    def refresh(self, name: str, *, now: datetime) -> Round:
        ask_now(self._ids, now=now)
        before = self._newest()
        began = spent(children=[self._parser.child_pid])
        for batch in batches(self._ids):
            collect(batch, web=self._web, parser=self._parser, now=now)
        while new := list(Article.objects.to_enrich(now).values_list("pk", flat=True)[:500]):
            for few in batches(new):
                enrich(few, now=now)
        ours = spent(children=[self._parser.child_pid]) - began
        self._look_at_memory()  # reading it takes as long as a batch of feeds that have not changed
        floor = in_another_process(self._floor, before)
        self._etags = [self._etag(number) for number in range(self._server.count)]
        fetches = Fetch.objects.filter(pk__gt=before["sources_fetch"])
        outcomes = [str(outcome) for outcome in fetches.values_list("outcome", flat=True)]
        fetched = {outcome: outcomes.count(outcome) for outcome in sorted(set(outcomes))}
        articles = Article.objects.filter(pk__gt=before["sources_article"]).count()
        return Round(name, ours, floor, fetched, articles)

    def close(self) -> None:
        self._parser.close()

    def _draw_documents(self) -> None:
        """Have the server draw all documents before anything is timed."""
        for _ in _bare.fetch_all((self._server.url(n), "") for n in range(self._server.count)):
            pass

    def _etag(self, number: int) -> str:
        return f'"{number}-{self._server.version(number)}"'

    def _newest(self) -> dict[str, int]:
        with connection.cursor() as cursor:
            newest = {}
            for table, column in TABLES.items():
                cursor.execute(f"SELECT coalesce(max({column}), 0) FROM {table}")  # noqa: S608
                newest[table] = cursor.fetchone()[0]
            return newest

    def _look_at_memory(self) -> None:
        for name, pid in (
            ("worker", multiprocessing.current_process().pid),
            ("parser", self._parser.child_pid),
        ):
            rss, pss = megabytes(pid)
            self.peak[f"{name} rss"] = max(self.peak[f"{name} rss"], rss)
            self.peak[f"{name} pss"] = max(self.peak[f"{name} pss"], pss)

    # --- The floor, in another process -------------------------------------------------------

    def _floor(self, before: dict[str, int]) -> dict[str, float]:
        from lxml import etree  # noqa: PLC0415 (no part of the worker's memory)

        requests = [(self._server.url(n), etag) for n, etag in enumerate(self._etags)]
        bodies: list[bytes] = []
        fetching, parsing = [], []
        for _ in range(3):
            began = time.process_time()
            bodies = [body for _, _, body in _bare.fetch_all(requests) if body]
            fetching.append(time.process_time() - began)
            began = time.process_time()
            for body in bodies:
                etree.fromstring(body)
            parsing.append(time.process_time() - began)
        return {"fetch": min(fetching), "parse": min(parsing), "copy": self._copy(before)}

    def _copy(self, before: dict[str, int]) -> float:
        """Copy the rows of this round into the tables beside; return what that cost."""
        parameters = connection.get_connection_params()
        for name in ("cursor_factory", "context"):
            parameters.pop(name, None)
        with psycopg.connect(**parameters) as beside, beside.cursor() as cursor:
            rows = {}
            for table, column in TABLES.items():
                chosen = f"SELECT * FROM {table} WHERE {column} > {before[table]}"  # noqa: S608
                with cursor.copy(f"COPY ({chosen}) TO STDOUT (FORMAT binary)") as copy:
                    rows[table] = b"".join(copy)
            began = spent()
            for table, content in rows.items():
                with cursor.copy(f"COPY floor_{table} FROM STDIN (FORMAT binary)") as copy:
                    copy.write(content)
            beside.commit()
            return (spent() - began).cpu


def in_another_process(
    measure: Callable[[dict[str, int]], dict[str, float]], before: dict[str, int]
) -> dict[str, float]:
    """Measure something without leaving traces in our own memory."""
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe()

    def run(answer: Connection) -> None:
        answer.send(measure(before))

    process = context.Process(target=run, args=(there,))
    process.start()
    measured: dict[str, float] = here.recv()
    process.join()
    return measured


def show(each: Round, *, feeds: int) -> None:
    goal = GOALS.get(each.name)
    verdict = (
        ""
        if goal is None
        else f" (goal: at most {goal}): " + ("ok" if each.ratio <= goal else "TOO SLOW")
    )
    fetched = ", ".join(f"{count:,} {outcome}" for outcome, count in each.fetched.items())
    floor = " + ".join(f"{name} {seconds:.2f}" for name, seconds in each.floor.items())
    record(
        "ingestion",
        each.name,
        each.ratio,
        "x",
        reference="floor",
        size=f"{feeds:,} feeds",
        at_most=goal,
    )
    print(f"{each.name}: {fetched}; {each.articles:,} new articles")
    print(
        f"  ours   {each.ours.cpu:6.2f} s of CPU ({each.ours.ours:.2f} ours,"
        f" {each.ours.database:.2f} the database's), {each.ours.wall:.2f} s on the clock,"
        f" {feeds / each.ours.wall:,.0f} feeds a second"
    )
    print(f"  floor  {sum(each.floor.values()):6.2f} s of CPU ({floor})")
    print(f"  ratio  {each.ratio:6.2f}{verdict}")


def in_words(peak: dict[str, float]) -> str:
    return ", ".join(f"{name} {size:.0f} MB" for name, size in peak.items())


def as_values(rounds: list[Round], peak: dict[str, float], *, feeds: int) -> dict[str, object]:
    return {
        "feeds": feeds,
        "rounds": [asdict(each) | {"ratio": each.ratio} for each in rounds],
        "peak_megabytes": peak,
    }


if __name__ == "__main__":
    main()
