"""What it costs to verify the claims of a report, and what of altered ones is let through.

    python benchmarks/verifying.py [--stories 12] [--articles 25]

The articles are made up of the invented press's sentences, with figures, names and days of their
own. Each story has as many claims as a section holds, analysis included; each is verified with
cold caches, as a worker that meets the story for the first time does. The reference, in the same
run, is bare search: every quotation looked for in its passage with `in`, and nothing else. Then
every claim is altered in one place in each of several ways; none of these may hold.
"""

# ruff: noqa: S311 (the draws need no secrecy)

from __future__ import annotations

import argparse
import html
import random
import re
import sys
import time
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks._record import record
from reports.domain.analysis import DraftClaim, Kind, Quote, SourcePassage
from reports.domain.grounding import ground_all
from reports.domain.sections import MOST
from reports.domain.sentences import split_sentences

INVENTED = Path(__file__).resolve().parents[1] / "patriot" / "demo" / "content" / "articles"
NOON = datetime(2026, 6, 9, 12, 0, tzinfo=UTC)
TARGET_SECONDS = 0.5
PASSAGES = 7
SENTENCES = 3
NAMES = ("Ruiz", "Lindqvist", "Okafor", "Tanaka", "Novak", "Haddad", "Moreau", "Silva", "Kaya")
OTHER_WORDS = ("Xanthippe", "gallows", "never", "31337", "2031-01-02", "“gallows”")
_TAG = re.compile(r"<[^>]{1,200}>")

Passages = dict[int, SourcePassage]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stories", type=int, default=12)
    parser.add_argument("--articles", type=int, default=25, help="of each story")
    arguments = parser.parse_args()
    draw = random.Random(7)
    sentences = list(invented_sentences())
    report = [story(sentences, arguments.articles, draw) for _ in range(arguments.stories)]
    claims = sum(len(drafts) for _, drafts in report)
    print(f"{claims} claims on {arguments.stories * arguments.articles} articles")
    seconds, held = verified(report)
    bare = spent(lambda: searched(report))
    print(f"{seconds:.2f} s CPU (at most {TARGET_SECONDS}), bare search {bare:.3f} s; {held} hold")
    record("grounding", f"{claims} claims", seconds, "s", at_most=TARGET_SECONDS)
    tried, passed = altered(report, draw)
    record("grounding", "altered claims that hold", passed, f"of {tried}", at_most=0)
    print(f"{tried} altered claims, {passed} hold (none may)")


def invented_sentences() -> Iterator[str]:
    for path in sorted(INVENTED.glob("*.toml")):
        for event in tomllib.loads(path.read_text(encoding="utf-8")).get("event", []):
            for article in event["article"]:
                text = html.unescape(_TAG.sub(" ", article.get("body", "")))
                for sentence in split_sentences(text, "en"):
                    if 40 < len(sentence.text) < 300 and article["outlet"] != "bote":
                        yield " ".join(sentence.text.split())


def story(
    sentences: list[str], articles: int, draw: random.Random
) -> tuple[Passages, list[DraftClaim]]:
    """Return the passages of one story and as many claims as a section holds."""
    passages: Passages = {}
    for article in range(articles):
        for number in range(PASSAGES):
            chosen = [told(draw.choice(sentences), draw) for _ in range(SENTENCES)]
            passages[len(passages) + 1] = SourcePassage(
                id=len(passages) + 1,
                article_id=article,
                number=number,
                text=" ".join(chosen),
                language="en",
                family=f"family{article}",
                outlet=f"Outlet {article}",
                published_at=NOON,
            )
    drafts = [claim(kind, passages, draw) for kind, most in MOST.items() for _ in range(most)]
    return passages, drafts


def told(sentence: str, draw: random.Random) -> str:
    name, number = draw.choice(NAMES), draw.randrange(2, 9_000)
    return f"{sentence.rstrip('.')}, {name} told {number:,} people on {draw.randrange(1, 29)} May."


def claim(kind: Kind, passages: Passages, draw: random.Random) -> DraftClaim:
    first, second = draw.sample(list(passages), 2)
    if kind is Kind.DIFFERS:
        evidence = (quote(passages[first]), quote(passages[second]))
        return DraftClaim(kind, " – ".join(f"“{each.text}”" for each in evidence), evidence)
    evidence = (quote(passages[first]),)
    opening = "This matters because " if kind is Kind.WHY else ""
    return DraftClaim(kind, f"{opening}{evidence[0].text}", evidence)


def quote(passage: SourcePassage) -> Quote:
    return Quote(passage.id, split_sentences(passage.text, "en")[0].text)


def spent(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def verified(report: Iterable[tuple[Passages, list[DraftClaim]]]) -> tuple[float, int]:
    held = 0
    started = time.process_time()
    for passages, drafts in report:
        held += len(ground_all(drafts, passages=passages, language="en", into="en")[0])
    return time.process_time() - started, held


def searched(report: Iterable[tuple[Passages, list[DraftClaim]]]) -> int:
    return sum(
        each.text in passages[each.passage_id].text
        for passages, drafts in report
        for draft in drafts
        for each in draft.evidence
    )


def altered(
    report: Iterable[tuple[Passages, list[DraftClaim]]], draw: random.Random
) -> tuple[int, int]:
    """Return how many altered claims were tried, and how many held."""
    tried = passed = 0
    for passages, drafts in report:
        changed = [each for draft in drafts for each in alterations(draft, draw)]
        tried += len(changed)
        passed += len(ground_all(changed, passages=passages, language="en", into="en")[0])
    return tried, passed


def alterations(draft: DraftClaim, draw: random.Random) -> Iterator[DraftClaim]:
    """Yield a claim with one word, one digit or one quotation's character changed."""
    words = draft.text.split()
    place = draw.randrange(len(words) + 1)
    for other in OTHER_WORDS:
        yield replace(draft, text=" ".join([*words[:place], other, *words[place:]]))
    digits = [match.start() for match in re.finditer(r"[0-9]", draft.text)]
    if digits:
        at = draw.choice(digits)
        digit = (int(draft.text[at]) + draw.randrange(1, 10)) % 10
        yield replace(draft, text=f"{draft.text[:at]}{digit}{draft.text[at + 1 :]}")
    first = draft.evidence[0]
    at = draw.choice([place for place, each in enumerate(first.text) if each.isalpha()])
    wrong = "x" if first.text[at] != "x" else "y"
    forged = replace(first, text=f"{first.text[:at]}{wrong}{first.text[at + 1 :]}")
    yield replace(draft, evidence=(forged, *draft.evidence[1:]))


if __name__ == "__main__":
    main()
