"""What it costs to find an article's story, as more and more stories are open.

    python benchmarks/grouping.py [--open 20000] [--database 4000] [--json]

First in memory: the index holds a growing number of open articles, invented: teasers of 160
characters, the median of public news feeds, and full texts of 1,200. Printed are the CPU of one
article more (signing, placing and adding it), as milliseconds at the median and as a ratio to a
plain reading of its words (a regular expression and a Counter) in the same run; how it grows with
the window; and the memory.

Then the whole step on PostgreSQL, in looks of 50: CPU of ours and of PostgreSQL's, how many
articles that makes a day on one core, and what it costs to build the index anew.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import statistics
import sys
import time
from collections import Counter
from multiprocessing import get_context
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import psutil

from benchmarks._house import NOW, a_database, add_sources, batches, spent
from benchmarks._record import record
from benchmarks._stream import Stream
from patriot.lib.bulk import copy_rows
from reports.domain.clustering import WINDOW, Item, StoryIndex
from reports.pipeline.cluster import cluster
from reports.pipeline.open_stories import changing_stories, drop, open_stories
from sources.models import Article, Publisher

STEPS = (1_000, 2_500, 5_000, 10_000, 20_000, 40_000)
SIZES = (160, 1_200)
SAMPLE = 500
DAY = 86_400
FIELDS = (
    *("id", "source_id", "publisher_id", "identity", "title", "text", "language", "state"),
    *("published_at", "first_seen_at", "updated_at", "content_hash", "not_before"),
)


def main() -> None:
    sys.stdout.reconfigure(line_buffering=True)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--open", type=int, default=20_000, help="open articles at the most")
    parser.add_argument("--database", type=int, default=4_000, help="articles placed in all")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    # A process for each, so that none gets memory that another one has let go.
    with get_context("fork").Pool(1, maxtasksperchild=1) as children:
        found = {
            f"texts of {size:,} characters": children.apply(in_memory, (arguments.open, size))
            for size in SIZES
        }
    if arguments.database:
        with a_database():
            found["on PostgreSQL"] = on_postgres(arguments.database)
    for part, rows in found.items():
        for row in rows:
            if "open" in row and "ms" in row:
                size = f"{row['open']:,.0f} open"
                record("clustering", f"an article, {part}", row["ms"], "ms", size=size)
    print(json.dumps(found) if arguments.json else as_lines(found))


def as_lines(found: dict[str, list[dict[str, float]]]) -> str:
    lines = []
    for part, rows in found.items():
        for row in rows:
            lines.append(f"{part}: " + ", ".join(f"{n} {v:,.2f}" for n, v in row.items()))
    return "\n".join(lines)


# --- In memory -------------------------------------------------------------------------------


def in_memory(most: int, characters: int) -> list[dict[str, float]]:
    """Measure one article more at each size of the index, and how that grows."""
    told = Stream(start=NOW - WINDOW, per_window=most, characters=characters)
    stream = told.articles(most + SAMPLE)
    before = resident()
    index, costs, rows = StoryIndex(), [], []
    for known, (item, _) in enumerate(stream, start=1):
        costs.append(placing(index, item))
        if known - SAMPLE in STEPS or known == most + SAMPLE:
            row = {"open": known - SAMPLE, "ms": 1e3 * statistics.median(costs[-SAMPLE:])}
            rows.append(row | {"mean ms": 1e3 * statistics.fmean(costs[-SAMPLE:])})
            rows[-1]["MB"] = resident() - before
    reading = 1e3 * statistics.median(reading_words(characters))
    for row in rows:
        row["x reading its words"] = row["ms"] / reading
        row["x growth of the logarithm"] = growth(rows[0], row)
    return rows


def placing(index: StoryIndex, item: Item) -> float:
    started = time.process_time()
    signature = index.sign(item)
    story = index.place(signature).story
    index.add(signature, item.id if story is None else story)
    return time.process_time() - started


def reading_words(characters: int) -> list[float]:
    """Return what it costs to read the words of each of a sample."""
    took = []
    sample = Stream(start=NOW, per_window=1_000, characters=characters).articles(SAMPLE)
    for item, _ in sample:
        started = time.process_time()
        Counter(re.findall(r"\w+", f"{item.title} {item.text}".lower()))
        took.append(time.process_time() - started)
    return took


def growth(first: dict[str, float], row: dict[str, float]) -> float:
    """Return how much faster than the logarithm of the window the cost grew; at most 1 is well."""
    allowed = math.log(row["open"]) / math.log(first["open"])
    return row["ms"] / first["ms"] / allowed


def resident() -> float:
    """Return the resident size now, in MB."""
    return float(psutil.Process().memory_info().rss) / 1e6


# --- On PostgreSQL ---------------------------------------------------------------------------


def on_postgres(count: int) -> list[dict[str, float]]:
    ids = add_articles(count)
    started = spent()
    for look in batches(ids):
        cluster(look, now=NOW)
    cost = spent() - started
    drop("")
    started = spent()
    with changing_stories():
        open_stories("", now=NOW)
    again = spent() - started
    return [
        {
            "articles": count,
            "ms of ours each": 1e3 * cost.ours / count,
            "ms of PostgreSQL each": 1e3 * cost.database / count,
            "articles a day on one core": DAY / (cost.cpu / count),
            "s to build the index anew": again.cpu,
        }
    ]


def add_articles(count: int) -> list[int]:
    """Store articles that wait for their story; return their ids."""
    (source_id,) = add_sources(["http://outlet.example/feed"])
    families = [f"outlet{number}.example" for number in range(300)]
    publishers = {
        made.family: made.pk
        for made in Publisher.objects.bulk_create(
            Publisher(domain=family, name=family, family=family) for family in families
        )
    }
    stream = Stream(start=NOW - WINDOW / 2, per_window=2 * count)
    items = [item for item, _ in stream.articles(count)]
    copy_rows(Article, FIELDS, (_row(item, source_id, publishers[item.family]) for item in items))
    return [item.id for item in items]


def _row(item: Item, source_id: int, publisher_id: int) -> tuple[object, ...]:
    at = item.published_at
    words = (f"{item.id}", item.title, item.text, "en", "enriched")
    return (item.id, source_id, publisher_id, *words, at, at, at, "", NOW)


if __name__ == "__main__":
    main()
