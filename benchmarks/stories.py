"""How well articles are grouped into stories, and at what cost, beside a plain reference.

    python benchmarks/stories.py [FOLDER] [--orders] [--predict OUT]

Each labelled set is a file of JSON lines with id, title, text, published, publisher, url and story
(the label) in FOLDER or $PATRIOT_STORIES; the invented press, whose events are known, comes first.
The reference is a single pass over TF-IDF vectors with one threshold for all sets.

With --predict the stories found, after the second look, are written to OUT for any other scorer:
for each set a file of JSON lines with its articles' id and cluster.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import re
import statistics
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import combinations, count
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks._record import record
from reports.domain.clustering import Item, StoryIndex
from reports.domain.regrouping import grew_enough, settle
from reports.domain.vectors import Vector, cosine, unit

INVENTED = Path(__file__).resolve().parents[1] / "patriot" / "demo" / "content" / "articles"
LANGUAGES = {"bote": "de"}
NOON = datetime(2026, 6, 9, 12, 0, tzinfo=UTC)
REFERENCE_ALIKE = 0.2
ORDERS = 5
LOOK = 50

Labelled = Sequence[tuple[Item, str]]
Scores = tuple[float, float, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", default=os.environ.get("PATRIOT_STORIES"))
    parser.add_argument("--orders", action="store_true", help="shuffle each set too; slow")
    parser.add_argument("--predict", type=Path, metavar="OUT", help="write what is found here")
    arguments = parser.parse_args()
    sets: dict[str, Labelled] = {"invented press": list(invented())}
    paths = sorted(Path(arguments.folder).glob("*.jsonl")) if arguments.folder else []
    sets.update((path.stem, list(labelled(path))) for path in paths)
    ids = {path.stem: ids_in(path) for path in paths}
    for name, rows in sets.items():
        found = measure(name, rows)
        if arguments.predict:
            names = ids.get(name) or [str(item.id) for item, _ in rows]
            predict(arguments.predict / f"{name.replace(' ', '_')}.jsonl", names, found)
        if arguments.orders:
            print(f"  {ORDERS} shuffled orders agree: ARI {agreement(rows):.3f} on average")
    if not arguments.folder:
        print("For other labelled sets name their folder, or set PATRIOT_STORIES.")


def measure(name: str, rows: Labelled) -> list[int]:
    """Print the figures of one set; return the stories found, one for each article."""
    print(f"{name}: {len(rows)} articles, {len({label for _, label in rows})} stories")
    gold = [label for _, label in rows]
    items = [item for item, _ in rows]
    started = time.process_time()
    base = b_cubed(gold, tf_idf(items))
    show("TF-IDF, one threshold", base, base, [(time.process_time() - started) / len(items)])
    first, costs = single_pass(items)
    show("first pass", b_cubed(gold, first), base, costs)
    started = time.process_time()
    second = as_in_the_newsroom(items)
    cost = (time.process_time() - started) / len(items)
    show("with the second look", b_cubed(gold, second), base, [cost])
    return second


def predict(path: Path, ids: Sequence[str], stories: Sequence[int]) -> None:
    """Write which story each article was found in, for other scorers."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [
        json.dumps({"id": article_id, "cluster": str(story)})
        for article_id, story in zip(ids, stories, strict=True)
    ]
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")


def show(name: str, scores: Scores, base: Scores, seconds: Sequence[float]) -> None:
    precision, recall, f1 = scores
    record("stories", f"F1, {name}", f1 / base[2], "x", reference="TF-IDF, one threshold")
    print(
        f"  {name:22} precision {precision:.3f} recall {recall:.3f} F1 {f1:.3f}"
        f" ({f1 / base[2]:.2f} x the reference), CPU ms per article:"
        f" mean {statistics.fmean(seconds) * 1e3:.2f}"
        f" median {statistics.median(seconds) * 1e3:.2f}"
    )


def single_pass(items: Sequence[Item]) -> tuple[list[int], list[float]]:
    """Place each article as it comes; return the stories, and the CPU seconds of each."""
    index, stories, costs = StoryIndex(), [], []
    for item in items:
        started = time.process_time()
        signature = index.sign(item)
        placement = index.place(signature)
        story = len(stories) + 1 if placement.story is None else placement.story
        index.add(signature, story)
        costs.append(time.process_time() - started)
        stories.append(story)
    return stories, costs


def as_in_the_newsroom(items: Sequence[Item]) -> list[int]:
    """Return the stories as the steps make them: settled after each look, and before a report."""
    index, new_ids = StoryIndex(), count(1)
    for start in range(0, len(items), LOOK):
        sizes = {story_id: len(group.articles) for story_id, group in index.groups.items()}
        for item in items[start : start + LOOK]:
            signature = index.sign(item)
            placement = index.place(signature)
            index.add(signature, placement.story or next(new_ids))
        grown = [
            story_id
            for story_id, group in index.groups.items()
            if grew_enough(sizes.get(story_id, 0), len(group.articles))
        ]
        settle(index, grown, new_ids=new_ids)
    settle(index, list(index.groups), new_ids=new_ids)
    return [index.home_of(item.id) for item in items]


def tf_idf(items: Sequence[Item]) -> list[int]:
    """Return the stories of a single pass with nothing but words, all known beforehand."""
    bags = [Counter(re.findall(r"\w+", f"{item.title} {item.text}".lower())) for item in items]
    uses = Counter(word for bag in bags for word in bag)
    vectors = [
        unit({word: n * math.log(len(bags) / uses[word]) for word, n in bag.items()})
        for bag in bags
    ]
    sums: list[Vector] = []
    stories = []
    for vector in vectors:
        near = [cosine(vector, story) for story in sums]
        best = max(range(len(near)), key=near.__getitem__, default=None)
        if best is None or near[best] < REFERENCE_ALIKE:
            best = len(sums)
            sums.append({})
        for word, weight in vector.items():
            sums[best][word] = sums[best].get(word, 0.0) + weight
        stories.append(best)
    return stories


def b_cubed(gold: Sequence[object], found: Sequence[object]) -> Scores:
    """Return precision, recall and F1. Source: Bagga & Baldwin 1998; Amigó et al. 2009."""
    both, golds, founds = Counter(zip(gold, found, strict=True)), Counter(gold), Counter(found)
    precision = sum(n * n / founds[f] for (_, f), n in both.items()) / len(gold)
    recall = sum(n * n / golds[g] for (g, _), n in both.items()) / len(gold)
    return precision, recall, 2 * precision * recall / (precision + recall)


def agreement(rows: Labelled) -> float:
    """Return how far shuffled orders lead to the same stories: the mean adjusted Rand index."""
    found = []
    for seed in range(ORDERS):
        items = [item for item, _ in rows]
        random.Random(seed).shuffle(items)  # noqa: S311
        stories = as_in_the_newsroom(items)
        of_item = dict(zip((item.id for item in items), stories, strict=True))
        found.append([of_item[item.id] for item, _ in rows])
    return statistics.fmean(adjusted_rand(a, b) for a, b in combinations(found, 2))


def adjusted_rand(a: Sequence[int], b: Sequence[int]) -> float:
    """Return the agreement of two groupings beyond chance. Source: Hubert & Arabie 1985."""
    together = sum(math.comb(n, 2) for n in Counter(zip(a, b, strict=True)).values())
    in_a, in_b = (sum(math.comb(n, 2) for n in Counter(x).values()) for x in (a, b))
    chance = in_a * in_b / (math.comb(len(a), 2) or 1)
    most = (in_a + in_b) / 2
    return 1.0 if most == chance else (together - chance) / (most - chance)


def invented() -> Iterator[tuple[Item, str]]:
    """The invented press: each event of it is a story."""
    rows = [
        (event["key"], entry)
        for path in sorted(INVENTED.glob("*.toml"))
        for event in tomllib.loads(path.read_text(encoding="utf-8")).get("event", [])
        for entry in event["article"]
    ]
    rows.sort(key=lambda row: -row[1]["hours_ago"])
    for number, (key, entry) in enumerate(rows, start=1):
        outlet = entry["outlet"]
        text = entry.get("body") or entry.get("summary", "")
        at = NOON - timedelta(hours=entry["hours_ago"])
        language = LANGUAGES.get(outlet, "en")
        yield Item(number, entry["title"], text, language, outlet, at), key


def ids_in(path: Path) -> list[str]:
    """Return the ids that a labelled set gives its articles, in its order."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [str(json.loads(line)["id"]) for line in lines]


def labelled(path: Path) -> Iterator[tuple[Item, str]]:
    """A labelled set; an article without a date is of one day, without a publisher of its own."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        row = json.loads(line)
        at = datetime.fromisoformat(row["published"]) if row["published"] else NOON
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        family = row["publisher"] or f"unknown {number}"
        yield Item(number, row["title"], row["text"], "en", family, at, row["url"]), row["story"]


if __name__ == "__main__":
    main()
