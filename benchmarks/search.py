"""How long a search takes among 100,000 articles, beside plainer ways to ask the same.

    python benchmarks/search.py [--articles 100000] [--queries 240] [--explain]

The articles are made up: per language a vocabulary with Zipf's frequencies, the most frequent
words being its real stop words; 150 to 400 words each, each text five times. Everything is drawn
from a seed, lives in a PostgreSQL of its own and is removed at the end. A query is timed as the
page runs it: parsing, searching reports and articles, reading the rows, marking words, setting
the page.
"""

# ruff: noqa: S311 (settings come from the environment; the draws need no secrecy)

from __future__ import annotations

import argparse
import io
import itertools
import multiprocessing
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import stopwordsiso
from django.db import connection, transaction
from django.template.loader import render_to_string

from benchmarks._house import NOW, a_database  # first: it makes the settings
from benchmarks._record import record
from reports.models import Briefing
from reports.pages.search import Wish, search_page
from sources.domain.lexemes import Part, index_language, vector_of, vector_of_article
from sources.domain.questions import parse_question
from sources.models import Article, ArticleWords, Publisher, Source
from sources.models import search as words

LANGUAGES = {"en": 52, "de": 15, "fr": 10, "es": 10, "ru": 5, "pl": 4, "ja": 2, "": 2}
VOCABULARY = 30_000
STOP_WORDS = 40
CHUNK = 1_000
# Drawing a text and its words costs more than storing them: each text serves for some articles.
USES = 5
SECTIONS = 5_000
TARGETS = {"p50": 25.0, "p99": 150.0}


def main() -> None:
    sys.stdout.reconfigure(line_buffering=True)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=240)
    parser.add_argument("--explain", action="store_true", help="show the plans of the slowest")
    arguments = parser.parse_args()
    with a_database():
        started = time.monotonic()
        fill(arguments.articles)
        print(f"{arguments.articles:,} articles in {time.monotonic() - started:.0f} s")
        show_sizes()
        queries = list(itertools.islice(questions(), arguments.queries))
        slowest = measure(queries)
        compare(queries)
        if arguments.explain:
            for query in slowest:
                explain(query)


# --- Articles --------------------------------------------------------------------------
@cache
def vocabulary(language: str) -> list[str]:
    """The words of a language, most frequent first: real stop words, then invented words."""
    rng = random.Random(f"words {language}")
    stops = sorted(stopwordsiso.stopwords(language or "sw"))
    if language == "ja":
        han = [chr(code) for code in range(0x4E00, 0x4E00 + 900)]
        return ["".join(rng.choices(han, k=rng.choice((1, 2, 2, 3)))) for _ in range(6_000)]
    heads, vowels = ("бвгдзклмнпрст", "аеиоуя") if language == "ru" else (CONSONANTS, VOWELS)
    syllables = [a + b for a in heads for b in vowels]
    endings = ENDINGS.get(language, ("",))
    made = (
        "".join(rng.choices(syllables, k=rng.choice((2, 2, 3, 3, 4)))) + rng.choice(endings)
        for _ in itertools.count()
    )
    words = dict.fromkeys(rng.sample(stops, min(STOP_WORDS, len(stops))))
    for word in made:
        words.setdefault(word)
        if len(words) == VOCABULARY:
            return list(words)
    raise AssertionError


CONSONANTS = ("b", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "t", "v", "br", "st", "tr")
VOWELS = ("a", "e", "i", "o", "u", "an", "er", "in", "on", "al")
ENDINGS = {
    "en": ("", "", "s", "ing", "ed", "ly"),
    "de": ("", "", "en", "er", "ung", "ä"),
    "fr": ("", "", "s", "é", "ée", "ment"),
    "es": ("", "", "s", "ción", "ando"),
    "ru": ("", "а", "ы", "ов", "ами"),
}


@cache
def cumulated(length: int) -> list[float]:
    return list(itertools.accumulate(1 / (rank + 2.7) for rank in range(length)))


def an_article(number: int) -> tuple[str, str, str]:
    """Title, text and language of an article."""
    rng = random.Random(f"article {number}")
    language = rng.choices(list(LANGUAGES), weights=list(LANGUAGES.values()))[0]
    words = vocabulary(language)
    drawn = rng.choices(words, cum_weights=cumulated(len(words)), k=rng.randint(160, 410))
    space = "" if language == "ja" else " "
    return space.join(drawn[:9]), space.join(drawn[9:]), language


def rows(first: int) -> tuple[str, str]:
    """COPY lines of CHUNK texts, each as USES articles, and of their words."""
    articles, vectors = io.StringIO(), io.StringIO()
    for drawn in range(first, first + CHUNK):
        title, text, language = an_article(drawn)
        vector = vector_of_article(title, text, language).replace("\\", "\\\\")
        for number in range(drawn * USES, (drawn + 1) * USES):
            at = (NOW - timedelta(seconds=(number * 7919) % 31_536_000)).isoformat()
            outlet, mark = number % 40 + 1, f"{number:064x}"
            line = (number, outlet, outlet, mark, f"https://example.org/{number}", mark)
            line += (title, text, language, at, at, at, mark)
            articles.write("\t".join(map(str, line)) + "\n")
            vectors.write(
                f"{number}\t\t{index_language(language)}\t{at}\t{title.lower()}\t{vector}\n"
            )
    return articles.getvalue(), vectors.getvalue()


COPY_ARTICLES = """
    COPY sources_article (id, source_id, publisher_id, identity, url, url_hash, title, text,
        language, published_at, first_seen_at, updated_at, content_hash, author, published_raw,
        version, state, attempts, not_before, last_error, html, text_from, page_error, entry_hash)
    FROM STDIN
"""
COPY_WORDS = """
    COPY sources_articlewords (article_id, newsroom, language, published_at, title, vector)
    FROM STDIN
"""


def fill(count: int) -> None:
    """Store the articles, the words of sections, and a few briefings."""
    for number in range(1, 41):
        publisher = Publisher.objects.create(
            domain=f"outlet{number}.example", name=f"Outlet {number}", family=f"family{number}"
        )
        Source.objects.create(
            name=publisher.name,
            slug=f"outlet-{number}",
            url=f"https://outlet{number}.example/feed.xml",
            publisher=publisher,
            not_before=NOW,
        )
    briefings = [Briefing.objects.create(slug=f"b{n}", title=f"Briefing {n}") for n in range(3)]
    late = ("", "feed", "", "")  # html, text_from, page_error, entry_hash
    tail = "\t".join(("", "", "1", "clustered", "0", NOW.isoformat(), "", *late))
    with multiprocessing.get_context("fork").Pool(2) as pool, connection.cursor() as cursor:
        for articles, vectors in pool.imap(rows, range(1, count // USES + 1, CHUNK)):
            with cursor.copy(COPY_ARTICLES) as copy:
                copy.write(articles.replace("\n", f"\t{tail}\n"))
            with cursor.copy(COPY_WORDS) as copy:
                copy.write(vectors)
    with transaction.atomic(), connection.cursor() as cursor:
        # Sections need reports, stories and evidence; only their words matter here.
        cursor.execute("SET LOCAL session_replication_role = replica")
        copy_sections(cursor, [briefing.pk for briefing in briefings])
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT setval('sources_article_id_seq', {2 * count + CHUNK})")
        cursor.execute("VACUUM ANALYZE")


def copy_sections(cursor: object, briefings: Sequence[int]) -> None:
    statement = """
        COPY reports_sectionwords (section_id, briefing_id, language, published_at, vector)
        FROM STDIN
    """
    with cursor.copy(statement) as copy:
        for number in range(SECTIONS):
            title, text, language = an_article(number)
            vector = vector_of([Part(title, language, "A"), Part(text[:700], language)])
            at = (NOW - timedelta(hours=number)).isoformat()
            copy.write_row((number, briefings[number % 3], "en", at, vector))


def show_sizes() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_size_pretty(pg_table_size('sources_articlewords')),"
            " pg_size_pretty(pg_relation_size('articlewords_vector')),"
            " pg_size_pretty(pg_table_size('sources_article'))"
        )
        sizes = cursor.fetchone()
    print(f"words {sizes[0]}, their index {sizes[1]}; the articles themselves {sizes[2]}")


# --- Queries ---------------------------------------------------------------------------
@dataclass(frozen=True)
class Query:
    kind: str
    text: str


def questions() -> Iterator[Query]:
    """Queries of mixed kinds, the same on each run."""
    rng = random.Random("queries")

    def word(low: int, high: int, language: str = "en") -> str:
        return vocabulary(language)[rng.randint(low, high)]

    def in_a_row(length: int) -> str:
        words = an_article(rng.randint(1, 10_000))[1].split()
        at = rng.randint(0, max(len(words) - length, 0))
        return " ".join(words[at : at + length])

    def long_word() -> str:
        return next(chosen for chosen in iter(lambda: word(400, 3_000), None) if len(chosen) > 5)

    kinds: dict[str, Callable[[], str]] = {
        "rare": lambda: word(8_000, 25_000),
        "usual": lambda: word(400, 3_000),
        "frequent": lambda: word(STOP_WORDS, STOP_WORDS + 60),
        "two words": lambda: f"{word(100, 900)} {word(100, 3_000)}",
        "two frequent": lambda: f"{word(40, 70)} {word(40, 70)}",
        "phrase": lambda: f'"{in_a_row(2)}"',
        "long phrase": lambda: f'"{in_a_row(4)}"',
        "frequent phrase": lambda: f'"{word(40, 50)} {word(40, 50)}"',
        "minus": lambda: f"{word(60, 900)} -{word(40, 300)}",
        "or": lambda: f"{word(100, 3_000)} or {word(100, 3_000, 'de')}",
        "other language": lambda: word(60, 4_000, rng.choice(("de", "fr", "es", "ru", "pl"))),
        "unspaced": lambda: word(10, 3_000, "ja") + word(10, 3_000, "ja"),
        "sentence": lambda: in_a_row(8),
        "unknown": lambda: f"{word(100, 900)} qqzzxx",
        "mistyped": lambda: mistyped(rng, long_word()),
        "two mistyped": lambda: f"{mistyped(rng, long_word())} {mistyped(rng, long_word())}",
    }
    while True:
        for kind, ask in kinds.items():
            yield Query(kind, ask())


def mistyped(rng: random.Random, word: str) -> str:
    """A word with two letters exchanged, one left out, or one twice; never the first."""
    at = rng.randint(1, len(word) - 2)
    a, b = word[at], word[at + 1]
    return word[:at] + rng.choice((b + a, b, a + a + b)) + word[at + 2 :]


def answer(query: Query) -> int:
    """Run a query as the page does; return how many articles it finds."""
    page = search_page(Wish(text=query.text), now=NOW)
    assert not page.is_too_slow, query
    render_to_string("reports/search.html", {"page": page, "here": "search"})
    return page.results[-1].found.total if page.results else 0


def measure(queries: Sequence[Query]) -> list[Query]:
    """Time all queries twice; return the slowest ones of the second run."""
    answer(Query("", "warming the templates"))
    slowest: list[tuple[float, Query]] = []
    for run in ("cold", "warm"):
        took, busy = [], []
        for query in queries:
            started, worked = time.perf_counter(), cpu_seconds()
            found = answer(query)
            took.append((1e3 * (time.perf_counter() - started), query, found))
            busy.append(1e3 * (cpu_seconds() - worked))
        show(f"{run}, time on the clock", [ms for ms, _, _ in took])
        show(f"{run}, time on a processor, the database's too", busy)
        slowest = [(ms, query) for ms, query, _ in sorted(took, key=lambda row: -row[0])]
    for kind in dict.fromkeys(query.kind for query in queries):
        own = [(ms, found) for ms, query, found in took if query.kind == kind]
        median, worst = statistics.median(ms for ms, _ in own), max(ms for ms, _ in own)
        hits = statistics.median(found for _, found in own)
        print(f"    {kind:16} median {median:6.1f} ms, worst {worst:6.1f}; {hits:9,.0f} found")
    for ms, query in slowest[:4]:
        print(f"    slowest: {ms:6.1f} ms {query.kind}: {query.text}")
    return [query for _, query in slowest[:2]]


def cpu_seconds() -> float:
    """Seconds of processor time that we and our database connection have had.

    On a machine that does other things this says more than the clock. Linux only.
    """
    with suppress(OSError):
        spent = Path(f"/proc/{backend()}/schedstat").read_text(encoding="ascii").split()[0]
        return time.process_time() + int(spent) / 1e9
    return time.process_time()


@cache
def backend() -> int:
    connection.ensure_connection()
    return int(connection.connection.info.backend_pid)


def show(name: str, took: Sequence[float]) -> None:
    cuts = statistics.quantiles(took, n=100, method="inclusive")
    p50, p95, p99 = cuts[49], cuts[94], cuts[98]
    for percentile, ms in (("p50", p50), ("p99", p99)):
        record("search", f"{percentile}, {name}", ms, "ms", at_most=TARGETS[percentile])
    verdict = "ok" if p50 <= TARGETS["p50"] and p99 <= TARGETS["p99"] else "TOO SLOW"
    print(
        f"  {name}: {len(took)} searches: p50 {p50:.1f} ms, p95 {p95:.1f}, p99 {p99:.1f},"
        f" worst {max(took):.1f}: {verdict}"
    )


def compare(queries: Sequence[Query]) -> None:
    """Ask some of the queries in plainer ways; say how many times as long they take."""
    some = [query for query in queries if query.kind in ("rare", "usual", "frequent")][:12]
    ours = timed(lambda query: search_page(Wish(text=query.text), now=NOW), some)
    newest = timed(plainly_newest, some)
    unindexed = timed(unindexed_search, some[:4])
    print("  the same words in other ways, median (worst), and beside ours:")
    for name, took in (
        ("ours: reports and articles, ranked, marked", ours),
        ("vector @@ query ORDER BY published_at LIMIT 20", newest),
        ("ILIKE without an index", unindexed),
    ):
        ratio = sum(took) / len(took) / (sum(ours) / len(ours))
        print(
            f"    {name:47} {statistics.median(took):7.1f} ms ({max(took):7.1f}),"
            f" mean {ratio:.1f} x ours"
        )


def timed(ask: Callable[[Query], object], queries: Sequence[Query]) -> list[float]:
    took = []
    for query in queries:
        started = time.perf_counter()
        ask(query)
        took.append(1e3 * (time.perf_counter() - started))
    return took


def plainly_newest(query: Query) -> object:
    asked = parse_question(query.text).exact(ArticleWords.objects.languages())
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.id, a.title FROM sources_articlewords w JOIN sources_article a"
            " ON a.id = w.article_id WHERE w.vector @@ %s::tsquery"
            " ORDER BY a.published_at DESC LIMIT 20",
            [asked],
        )
        return cursor.fetchall()


def unindexed_search(query: Query) -> object:
    found = Article.objects.filter(text__icontains=query.text)
    return list(found.order_by("-published_at").values_list("pk", "title")[:20])


def explain(query: Query) -> None:
    """Print the plan of the search among articles."""
    plain = words._SEARCH
    with (
        mock.patch.object(words, "_SEARCH", "EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) " + plain),
        mock.patch.object(words.WordsQuerySet, "_row", show_plan),
    ):
        print(f"\n{query.kind}: {query.text}")
        search_page(Wish(text=query.text), now=NOW)


def show_plan(self: object, sql: str, values: dict[str, object]) -> tuple[int, int, list[int]]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(words._SETTINGS, ["2000ms"])
        cursor.execute(sql, values)
        if "articlewords" in sql:
            print("\n".join(line for (line,) in cursor.fetchall()))
    return 0, 0, []


if __name__ == "__main__":
    main()
