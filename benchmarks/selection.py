"""What the selection for a briefing costs with 20,000 articles in its window.

    python benchmarks/selection.py [--articles 20000] [--sources 200]

The articles are made up: most stories have one article or two, the largest some hundreds, as it
is with the press. All lives in a PostgreSQL of its own and is removed at the end. What is
measured is what a report does between regrouping and writing: counting the window, asking what was
told before, ranking, and the coverage line; CPU seconds of ours and of PostgreSQL's. The reference,
measured in the same run, is one bare count of the same articles with their stories by SQL.
"""

# ruff: noqa: S311 (settings come from the environment; the draws need no secrecy)

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tracemalloc
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from django.db import connection

from benchmarks._house import NOW, Cost, a_database, spent  # first: it makes the settings
from benchmarks._record import record
from reports.domain.topics import TOPICS
from reports.models import Briefing, Membership, Report, Revision, Section, Story
from reports.pipeline.select import Selection, coverage_of, selection_of
from reports.pipeline.window import articles_in, window_of
from sources.models import Article, Fetch, Publisher, Source

TARGET_SECONDS = 1.0
ROUNDS = 5
CHUNK = 1_000
TEXT = "The council met on Monday and put the decision off once more. " * 40
MORNINGS = 7
"""How many earlier reports the briefing has: what was told before is looked for in them."""


def main() -> None:
    sys.stdout.reconfigure(line_buffering=True)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--articles", type=int, default=20_000)
    parser.add_argument("--sources", type=int, default=200)
    arguments = parser.parse_args()
    with a_database():
        report = fill(arguments.articles, arguments.sources)
        show(report)


def show(report: Report) -> None:
    selection = whole_selection(report)
    articles = sum(tally.articles for tally in selection.tallies.values())
    size = f"{articles:,} articles"
    print(f"{articles:,} articles in {len(selection.tallies):,} stories")
    reference = median_cost(lambda: bare_count(report))
    cost = median_cost(lambda: whole_selection(report))
    print(f"reference (count by SQL)  {reference.cpu:.3f} s CPU, {reference.wall:.3f} s")
    print(
        f"selection                 {cost.cpu:.3f} s CPU ({cost.ours:.3f} ours, "
        f"{cost.database:.3f} PostgreSQL), {cost.wall:.3f} s"
    )
    record("selection", "a report's stories", cost.cpu, "s", size=size, at_most=TARGET_SECONDS)
    ratio = cost.cpu / max(reference.cpu, 0.01)
    record("selection", "the same", ratio, "x", reference="count by SQL", size=size)
    print(f"ratio                     {cost.cpu / max(reference.cpu, 0.01):.1f}")
    print(f"memory at most            {peak_megabytes(report):.1f} MB")
    verdict = "kept" if cost.cpu <= TARGET_SECONDS else "MISSED"
    print(f"at most {TARGET_SECONDS:.0f} s CPU: {verdict}")


def whole_selection(report: Report) -> Selection:
    selection = selection_of(report)
    coverage_of(report, selection.window)
    return selection


def bare_count(report: Report) -> None:
    window = window_of(report)
    articles_in(window).filter(membership__isnull=False).values(
        "membership__story"
    ).distinct().count()


def median_cost(act: Callable[[], object]) -> Cost:
    """Return the cost of one time: PostgreSQL's clock ticks are too coarse for a single one."""
    walls = []
    before = spent()
    for _ in range(ROUNDS):
        began = spent()
        act()
        walls.append((spent() - began).wall)
    total = spent() - before
    return Cost(total.ours / ROUNDS, total.database / ROUNDS, statistics.median(walls))


def peak_megabytes(report: Report) -> float:
    tracemalloc.start()
    whole_selection(report)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 1e6


# --- The made-up window -----------------------------------------------------------------
def fill(article_count: int, source_count: int) -> Report:
    rng = random.Random("selection")
    sources = made_sources(source_count)
    stories = made_stories(rng, article_count)
    sizes = iter([size for size, _ in stories])
    rows = Story.objects.bulk_create([story for _, story in stories], batch_size=CHUNK)
    ids = [story.pk for story in rows for _ in range(next(sizes))]
    rng.shuffle(ids)
    for first in range(0, len(ids), CHUNK):
        add_articles(rng, ids[first : first + CHUNK], sources, first)
    briefing = Briefing.objects.create(
        slug="morning", title="The Morning", topic_weights={"sport": -1, "science": 1}
    )
    tell_before(briefing, rng.sample(rows, min(MORNINGS * 12, len(rows))))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return Report.objects.create(
        briefing=briefing,
        local_date=NOW.date(),
        slot=NOW.time(),
        slot_at=NOW,
        window_start=NOW - timedelta(hours=24),
        window_end=NOW,
        created_at=NOW,
    )


def made_sources(count: int) -> list[Source]:
    publishers = Publisher.objects.bulk_create(
        Publisher(domain=f"outlet-{n}.example", name=f"Outlet {n}", family=f"outlet-{n // 2}")
        for n in range(count)
    )
    sources = Source.objects.bulk_create(
        Source(
            name=f"Outlet {n}",
            slug=f"outlet-{n}",
            url=f"https://outlet-{n}.example/feed",
            publisher=publisher,
            not_before=NOW,
        )
        for n, publisher in enumerate(publishers)
    )
    Fetch.objects.bulk_create(
        Fetch(
            source=source,
            started_at=NOW - timedelta(hours=hours),
            took=timedelta(seconds=1),
            outcome=Fetch.Outcome.READ,
            status=200,
            entry_count=3,
        )
        for source in sources
        for hours in range(24)
    )
    return sources


def made_stories(rng: random.Random, article_count: int) -> list[tuple[int, Story]]:
    """Draw stories until they have so many articles, most of them of one or two."""
    left, stories = article_count, []
    while left:
        size = min(left, int(rng.paretovariate(1.5)), 400)
        left -= size
        moment = NOW - timedelta(minutes=rng.randint(1, 1_400))
        story = Story(
            title=f"Story {len(stories)}",
            first_article_at=moment,
            last_article_at=moment,
            article_count=size,
            topics=rng.sample(list(TOPICS), rng.choice((0, 1, 1, 2, 3))),
            is_described=True,
        )
        stories.append((size, story))
    return stories


def add_articles(rng: random.Random, ids: list[int], sources: list[Source], first: int) -> None:
    articles = Article.objects.bulk_create(
        an_article(rng, rng.choice(sources), number) for number, _ in enumerate(ids, start=first)
    )
    Membership.objects.bulk_create(
        Membership(
            article=article,
            story_id=story_id,
            similarity=0.6,
            agency=rng.choice(("", "", "", "AP", "Reuters")),
            copy_of=rng.choice(articles) if rng.random() < 0.2 else None,
        )
        for article, story_id in zip(articles, ids, strict=True)
    )


def an_article(rng: random.Random, source: Source, number: int) -> Article:
    moment = NOW - timedelta(minutes=rng.randint(1, 1_400))
    return Article(
        source=source,
        publisher_id=source.publisher_id or 0,
        identity=f"{number:064}",
        title=f"The council of Northwood decides about plan {number} on a Tuesday in June",
        text=TEXT,
        published_at=moment,
        # An hour's fetch brought it, with others.
        first_seen_at=moment.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1),
        updated_at=moment,
        not_before=moment,
        content_hash="0" * 64,
        state=Article.State.CLUSTERED,
    )


def tell_before(briefing: Briefing, stories: list[Story]) -> None:
    """Publish a report for each of the last mornings, of twelve stories each.

    Without sentences, which readers' reports never are: the guards look away meanwhile.
    """
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE reports_revision DISABLE TRIGGER USER")
        cursor.execute("ALTER TABLE reports_report DISABLE TRIGGER USER")
    for days in range(1, MORNINGS + 1):
        moment = NOW - timedelta(days=days)
        report = Report.objects.create(
            briefing=briefing,
            local_date=moment.date(),
            slot=moment.time(),
            slot_at=moment,
            window_start=moment - timedelta(hours=24),
            window_end=moment,
            created_at=moment,
        )
        revision = Revision.objects.create(report=report, created_at=moment)
        Section.objects.bulk_create(
            Section(
                revision=revision,
                story=story,
                position=position,
                article_count=3,
                outlet_count=3,
                independent_count=2,
            )
            for position, story in enumerate(stories[days * 12 - 12 : days * 12], start=1)
        )
        revision.published_at = moment
        revision.save(update_fields=["published_at"])
        report.state, report.current, report.number = "published", revision, MORNINGS + 1 - days
        report.published_at = moment
        report.save()


if __name__ == "__main__":
    main()
