"""How well the local analyst's sections read, beside a first-sentences baseline.

    python benchmarks/extraction.py [FOLDER [STORIES]] [--show]

FOLDER holds feed documents (*.xml), one outlet a file; without one, the stories are those of the
invented press. Both tell the same stories, made by the clustering that reports use. "Alone" judges
leads by rules, not by taste: whole, no pronoun or connective first, no question, no boilerplate.
Read some aloud too: --show prints them.
"""

from __future__ import annotations

import argparse
import html
import itertools
import re
import sys
import time
import tomllib
from calendar import timegm
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from statistics import mean

import feedparser

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from reports.domain.analysis import Kind, Material, SourcePassage
from reports.domain.candidates import (
    Candidate,
    is_personal,
    is_publishable,
    is_question,
    leans,
    points_back,
)
from reports.domain.clustering import Item, StoryIndex
from reports.domain.extraction import extract
from reports.domain.regrouping import settle
from reports.domain.sentences import split_sentences
from reports.domain.words import content_stems

INVENTED = Path(__file__).resolve().parents[1] / "patriot" / "demo" / "content" / "articles"
LANGUAGES = {"bote": "de"}
NOON = datetime(2026, 6, 9, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Told:
    """A section, however it was made: sentences of passages."""

    headline: Candidate | None
    lead: Candidate | None
    details: tuple[Candidate, ...]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("stories", type=int, nargs="?", default=60)
    parser.add_argument("--show", action="store_true", help="print the sections")
    arguments = parser.parse_args()
    found = articles(arguments.folder) if arguments.folder else invented_articles()
    materials = list(stories(found, arguments.stories))
    started = time.process_time()
    ours = [by_analyst(material) for material in materials]
    seconds = time.process_time() - started
    baseline = [by_first_sentences(material) for material in materials]
    print(f"{len(materials)} stories, {1000 * seconds / max(1, len(materials)):.1f} ms CPU a story")
    print(f"{'':22}{'analyst':>10}{'baseline':>10}")
    for name, measure in MEASURES.items():
        print(f"{name:22}{measure(ours):>10.3f}{measure(baseline):>10.3f}")
    if arguments.show:
        for section in ours:
            show(section)


# --- what is measured ------------------------------------------------------------------------


def stands_alone(lead: Candidate | None) -> bool:
    if lead is None or not is_publishable(lead):
        return False
    return not (leans(lead) or is_question(lead) or is_personal(lead) or points_back(lead))


def redundancy(section: Told) -> float:
    """The largest share of stems that a sentence below the headline has from another one."""
    told = [s for s in (section.lead, *section.details) if s is not None and s.stems]
    shares = [
        len(a.stems & b.stems) / min(len(a.stems), len(b.stems)) for a, b in combinations(told, 2)
    ]
    return max(shares, default=0.0)


def echo(section: Told) -> float:
    """The share of the lead's stems that the headline has said already."""
    if section.lead is None or section.headline is None or not section.lead.stems:
        return 0.0
    return len(section.lead.stems & section.headline.stems) / len(section.lead.stems)


def reading_ease(section: Told) -> float:
    """How easily lead and details are read: some 30 for statutes, 60 for plain English.

    Flesch, A new readability yardstick, Journal of Applied Psychology 32 (1948); syllables are
    counted as groups of vowels.
    """
    told = [s for s in (section.lead, *section.details) if s is not None and s.words]
    if not told:
        return 0.0
    spoken = [word for sentence in told for word in sentence.words]
    syllables = sum(max(1, len(re.findall(r"[aeiouy]+", word.lower()))) for word in spoken)
    return 206.835 - 1.015 * len(spoken) / len(told) - 84.6 * syllables / len(spoken)


def words(section: Told) -> int:
    return sum(len(s.words) for s in (section.lead, *section.details) if s is not None)


MEASURES = {
    "has a lead": lambda told: mean(s.lead is not None for s in told),
    "lead stands alone": lambda told: mean(stands_alone(s.lead) for s in told if s.lead),
    "details whole": lambda told: mean([is_publishable(d) for s in told for d in s.details] or [0]),
    "redundancy": lambda told: mean(redundancy(s) for s in told),
    "lead echoes headline": lambda told: mean(echo(s) for s in told),
    "reading ease": lambda told: mean([reading_ease(s) for s in told if s.lead] or [0]),
    "words a section": lambda told: mean(words(s) for s in told),
}


# --- who tells -------------------------------------------------------------------------------


def by_analyst(material: Material) -> Told:
    passages = {passage.id: passage for passage in material.passages}
    found: dict[Kind, list[Candidate]] = defaultdict(list)
    for claim in extract(material).claims:
        passage = passages[claim.evidence[0].passage_id]
        start = passage.text.index(claim.evidence[0].text)
        found[claim.kind].append(
            Candidate(
                passage, claim.evidence[0].text, start, start + len(claim.evidence[0].text), 0
            )
        )
    return Told(
        next(iter(found[Kind.HEADLINE]), None),
        next(iter(found[Kind.LEAD]), None),
        tuple(found[Kind.DETAIL]),
    )


def by_first_sentences(material: Material) -> Told:
    """The first article's headline and first sentence; the next three articles' first sentences."""
    headline, firsts = None, []
    seen: set[int] = set()
    for passage in material.passages:
        if passage.number == 0:
            headline = headline or Candidate(passage, passage.text, 0, len(passage.text), 0)
        elif passage.article_id not in seen:
            seen.add(passage.article_id)
            for sentence in split_sentences(passage.text, passage.language)[:1]:
                firsts.append(Candidate(passage, sentence.text, sentence.start, sentence.end, 0))
    return Told(headline, firsts[0] if firsts else None, tuple(firsts[1:4]))


# --- the stories -----------------------------------------------------------------------------


def stories(found: Iterable[Sequence[SourcePassage]], count: int) -> Iterator[Material]:
    """The stories of some articles as the newsroom groups them, most outlets first."""
    index, new_ids = StoryIndex(), itertools.count(1)
    by_article = {passages[0].article_id: passages for passages in found}
    for passages in sorted(by_article.values(), key=lambda passages: passages[0].published_at):
        first, text = passages[0], " ".join(passage.text for passage in passages[1:])
        signature = index.sign(
            Item(
                first.article_id, first.text, text, first.language, first.family, first.published_at
            )
        )
        place = index.place(signature)
        index.add(signature, place.story or next(new_ids))
    settle(index, list(index.groups), new_ids=new_ids)
    grouped = defaultdict(list)
    for number, passages in by_article.items():
        grouped[index.home_of(number)].append(passages)
    ranked = sorted(
        grouped.items(), key=lambda pair: (-len({p[0].family for p in pair[1]}), pair[0])
    )
    for number, told in ranked[:count]:
        copies = index.copies_in(number)
        told.sort(key=lambda passages: passages[0].published_at)
        yield Material(
            number,
            "en",
            tuple(
                replace(p, is_copy=copies[p.article_id] is not None)
                for passages in told
                for p in passages
            ),
        )


def articles(folder: Path) -> Iterator[Sequence[SourcePassage]]:
    article = passage = 0
    for path in sorted(folder.glob("*.xml")):
        for entry in feedparser.parse(path.read_bytes()).entries:
            article += 1
            stamp = entry.get("published_parsed") or entry.get("updated_parsed")
            at = datetime.fromtimestamp(timegm(stamp), UTC) if stamp else NOON
            made = []
            for place, text in enumerate([plain(entry.get("title", "")), *paragraphs(entry)]):
                passage += 1
                made.append(
                    SourcePassage(passage, article, place, text, "en", path.stem, path.stem, at)
                )
            yield made


def invented_articles() -> Iterator[Sequence[SourcePassage]]:
    article = passage = 0
    for path in sorted(INVENTED.glob("*.toml")):
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        told = [entry for event in document.get("event", []) for entry in event["article"]]
        for entry in told:
            article += 1
            at = NOON - timedelta(hours=entry["hours_ago"])
            body = entry.get("body") or entry.get("summary", "")
            texts = [entry["title"], *(plain(part) for part in body.split("\n\n"))]
            made = []
            for place, text in enumerate(text for text in texts if text):
                passage += 1
                outlet, language = entry["outlet"], LANGUAGES.get(entry["outlet"], "en")
                made.append(
                    SourcePassage(passage, article, place, text, language, outlet, outlet, at)
                )
            yield made


def paragraphs(entry: feedparser.FeedParserDict) -> list[str]:
    bodies = [part.get("value", "") for part in entry.get("content", [])]
    longest = max([*bodies, entry.get("summary", "")], key=len)
    return [text for part in re.split(r"<br\s*/?>\s*|</p>", longest) if (text := plain(part))]


def plain(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", markup)).split())


def show(section: Told) -> None:
    print()
    print("#", section.headline.text if section.headline else "(no headline)")
    for sentence in (section.lead, *section.details):
        if sentence is not None and content_stems(sentence.text, "en"):
            print(f"  {sentence.text} [{sentence.passage.outlet}]")


if __name__ == "__main__":
    main()
