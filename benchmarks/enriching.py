"""What it costs to cut articles, find their language and write down their words.

    python benchmarks/enriching.py [--articles 6000] [--json]

Invented articles of a title and 60 to 120 words, every twentieth of 800, in nine languages, in
batches of 1,500 as a refresh has them. CPU per 1,000 articles of ours and of all of PostgreSQL's
processes, as a ratio to COPY of the very same finished rows into the same tables, emptied, with
the same indexes. Each text is new, as in a refresh; its words come again as words do.
"""

# ruff: noqa: S311 (the draws need no secrecy)

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import accumulate
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import stopwordsiso
from django.db import connection, transaction

from benchmarks._house import NOW, Cost, a_database, add_sources, spent
from benchmarks._record import record
from patriot.lib.bulk import copy_rows
from sources.domain.language import detect_language
from sources.domain.lexemes import packed_vector_of_article
from sources.domain.passages import cut
from sources.models import Article, Publisher, Source
from sources.pipeline.enrich import Ready, enriched, store_enriched

BATCH = 1_500
LANGUAGES = {"en": 50, "de": 14, "fr": 8, "es": 8, "ru": 7, "ar": 4, "zh": 4, "pl": 3, "th": 2}
VOCABULARY = 30_000
LATIN = (("br", "st", "tr", *"bdfgklmnprstv"), ("an", "er", "in", "on", "al", *"aeiou"))
LETTERS = {
    "ru": ("бвгдзклмнпрст", "аеиоуя"),
    "ar": ("بتجحدرسعفقكلمنهي", ["ا", "و", "ي", ""]),
    "zh": ([chr(code) for code in range(0x4E00, 0x4E00 + 900)], [""]),
    "th": ([chr(code) for code in range(0xE01, 0xE2F)], ["", "", "\u0e31", "\u0e48"]),
}
ENDINGS = {
    "en": ("", "", "s", "ing", "ed", "ly"),
    "de": ("", "", "en", "er", "ung", "ä"),
    "fr": ("", "", "s", "é", "ée", "ment"),
    "es": ("", "", "s", "ción", "ando"),
    "ru": ("", "а", "ы", "ов", "ами"),
    "pl": ("", "ów", "ą", "ę", "ami"),
}
FIELDS = (
    "id",
    "source_id",
    "publisher_id",
    "identity",
    "title",
    "text",
    "published_at",
    "first_seen_at",
    "updated_at",
    "content_hash",
    "not_before",
)
TABLES = ("sources_passage", "sources_articlewords")

Text = tuple[str, str]


def main() -> None:
    sys.stdout.reconfigure(line_buffering=True)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--articles", type=int, default=6_000)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    texts = [an_article(number) for number in range(arguments.articles)]
    parts = {name: 1e3 * seconds / len(texts) * 1e3 for name, seconds in computing(texts).items()}
    with a_database():
        ours, floor = storing(texts)
    found = {
        "articles": len(texts),
        "ms per 1,000 articles, computing alone": parts,
        "ms per 1,000 articles, ours": per_thousand(ours, texts),
        "ms per 1,000 articles, COPY": per_thousand(floor, texts),
        "ratio": ours.cpu / floor.cpu,
    }
    record("ingestion", "store passages and words", ours.cpu / floor.cpu, "x", reference="COPY")
    print(json.dumps(found) if arguments.json else as_lines(found))


def per_thousand(cost: Cost, texts: Sequence[Text]) -> dict[str, float]:
    return {
        "processes": 1e6 * cost.ours / len(texts),
        "PostgreSQL": 1e6 * cost.database / len(texts),
    }


def as_lines(found: dict[str, object]) -> str:
    lines = []
    for name, value in found.items():
        values = value.items() if isinstance(value, dict) else [("", value)]
        lines += [f"{name:40} {kind:14} {number:10,.2f}" for kind, number in values]
    return "\n".join(lines)


# --- What is measured ------------------------------------------------------------------------


def computing(texts: Sequence[Text]) -> dict[str, float]:
    """Seconds of CPU of each step, over all texts; the word lists are loaded before."""
    detect_language("the lists of words are read when the first text comes")
    steps: dict[str, Callable[[str, str, str], object]] = {
        "language": lambda title, text, language: detect_language(f"{title}\n{text}"),
        "passages": lambda title, text, language: cut(title, text),
        "vector": packed_vector_of_article,
    }
    languages = [detect_language(f"{title}\n{text}") for title, text in texts]
    took = {}
    for name, step in steps.items():
        started = time.process_time()
        for (title, text), language in zip(texts, languages, strict=True):
            step(title, text, language)
        took[name] = time.process_time() - started
    return took


def storing(texts: Sequence[Text]) -> tuple[Cost, Cost]:
    """Return what enriching all the texts costs, and what COPY of the same rows does."""
    source_id = a_source_id()
    ours = floor = Cost(0, 0, 0)
    for first in range(0, len(texts), BATCH):
        batch = list(enumerate(texts[first : first + BATCH], start=first + 1))
        add_articles(batch, source_id)
        ours = total(ours, measured(lambda batch=batch: enrich(batch)))
    rows = [dump(table) for table in TABLES]
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(TABLES)} CASCADE")
    for first in range(0, len(texts), BATCH):
        pieces = [split(blocks, first, first + BATCH) for blocks in rows]
        floor = total(floor, measured(lambda pieces=pieces: load(pieces)))
    return ours, floor


def enrich(batch: Sequence[tuple[int, Text]]) -> None:
    with transaction.atomic():
        store_enriched([Ready(pk, 1, "", NOW, enriched(*text, declared="")) for pk, text in batch])


def dump(table: str) -> list[tuple[int, bytes]]:
    """Return a table's rows as COPY writes them, each with its article."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT article_id FROM {table} ORDER BY ctid")  # noqa: S608
        keys = [pk for (pk,) in cursor.fetchall()]
        with cursor.copy(f"COPY {table} TO STDOUT") as copy:
            return list(zip(keys, map(bytes, copy), strict=True))


def split(rows: Sequence[tuple[int, bytes]], first: int, last: int) -> bytes:
    return b"".join(row for pk, row in rows if first < pk <= last)


def load(pieces: Sequence[bytes]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for table, rows in zip(TABLES, pieces, strict=True):
            with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                copy.write(rows)


def measured(work: Callable[[], None]) -> Cost:
    before = spent()
    work()
    return spent() - before


def total(one: Cost, other: Cost) -> Cost:
    return Cost(one.ours + other.ours, one.database + other.database, one.wall + other.wall)


# --- The articles ----------------------------------------------------------------------------


def a_source_id() -> int:
    publisher = Publisher.objects.create(domain="outlet.example", name="Outlet", family="outlet")
    [source_id] = add_sources(["https://outlet.example/feed.xml"])
    Source.objects.filter(pk=source_id).update(publisher=publisher)
    return source_id


def add_articles(batch: Sequence[tuple[int, Text]], source_id: int) -> None:
    publisher_id = Publisher.objects.get().pk
    copy_rows(
        Article,
        FIELDS,
        (
            (pk, source_id, publisher_id, f"{pk:064x}", *text, NOW, NOW, NOW, f"{pk:064x}", NOW)
            for pk, text in batch
        ),
    )


def an_article(number: int) -> Text:
    rng = random.Random(f"article {number}")
    [language] = rng.choices(list(LANGUAGES), weights=list(LANGUAGES.values()))
    length = 800 if number % 20 == 19 else rng.randint(60, 120)
    paragraphs = [55] * (length // 55) + [length % 55 or 5]
    title = " ".join(words(rng, language, rng.randint(6, 11)))
    return title, "\n\n".join(told(rng, language, count) for count in paragraphs)


def told(rng: random.Random, language: str, count: int) -> str:
    space = "" if language in {"zh", "th"} else " "
    return space.join(written(rng, language, count))


def written(rng: random.Random, language: str, count: int) -> Iterator[str]:
    """Words with what stands around them: capitals, figures, commas, quotation marks."""
    starts = True
    for drawn in words(rng, language, count):
        chance = rng.random()
        word = drawn.capitalize() if starts or chance < 0.06 else drawn
        starts = chance > 0.93
        if chance < 0.01:
            yield f"“{word}”"
        elif chance < 0.03:
            yield str(rng.randint(2, 3_000))
        elif chance > 0.89:
            yield word + ("." if starts else ",")
        else:
            yield word


def words(rng: random.Random, language: str, count: int) -> list[str]:
    known = vocabulary(language)
    return rng.choices(known, cum_weights=cumulated(len(known)), k=count)


@cache
def vocabulary(language: str) -> list[str]:
    """The words of a language, frequent ones first: true stop words, then invented words."""
    rng = random.Random(f"words {language}")
    heads, vowels = LETTERS.get(language, LATIN)
    syllables = [head + vowel for head in heads for vowel in vowels]
    stops = sorted(stopwordsiso.stopwords(language))
    made = dict.fromkeys(rng.sample(stops, min(60, len(stops))))
    while len(made) < VOCABULARY:
        word = "".join(rng.choices(syllables, k=rng.choice((2, 2, 3, 3, 4))))
        made.setdefault(word + rng.choice(ENDINGS.get(language, ("",))))
    return list(made)


@cache
def cumulated(length: int) -> list[float]:
    # Of 180,000 words 30,000 differ, commas and capitals included: about what English news has
    # (Manning et al., Introduction to Information Retrieval, §5.1.1).
    return list(accumulate(1 / (rank + 2.7) ** 1.12 for rank in range(length)))


if __name__ == "__main__":
    main()
