"""What reading and cleaning a mixed lot of feeds costs, beside plain feedparser.

    python benchmarks/parsing.py [--documents 200] [--turns 3] [--json]

The feeds are invented and drawn from a seed: RSS 2.0, Atom, RSS 1.0 and JSON Feed, of 10 to 60
entries with HTML texts of all lengths, one in seven broken in one of the ways that publishers
break them. Ours go through the bounded child as in the worker, and every text is cleaned; the CPU
of both processes counts. feedparser reads the same bytes as its documentation says, which cleans
too; JSON Feeds it cannot read are left out for both sides of the ratio. Then we count which
entries feedparser reads and we do not.
"""

# ruff: noqa: S311 (the draws need no secrecy)

from __future__ import annotations

import argparse
import io
import json
import random
import resource
import sys
import time
import warnings
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from pathlib import Path

import feedparser
import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks._record import record
from sources.gateways.documents import read_document
from sources.gateways.parser import Parser
from sources.gateways.unreadable import Unreadable

GOAL = 15
NOON = datetime(2026, 6, 9, 12, 0, tzinfo=UTC)
HEADERS = {"content-type": "application/xml; charset=utf-8"}
_SYLLABLES = [a + b for a in "bcdfghklmnprstvw" for b in ("a", "e", "i", "o", "u", "en", "er")]
_WORDS = ["".join(random.Random(n).choices(_SYLLABLES, k=1 + n % 4)) for n in range(4_000)]


@dataclass(frozen=True)
class Document:
    kind: str
    body: bytes
    is_broken: bool


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--documents", type=int, default=200)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    found = measure(corpus(arguments.documents), turns=arguments.turns)
    if arguments.json:
        print(json.dumps(found, indent=2))
    else:
        show(found)


def show(found: dict[str, object]) -> None:
    for key in ("times_faster_with_cleaning", "times_faster_parsing_only"):
        record(
            "parsing", key.replace("_", " "), float(str(found[key])), "x", reference="feedparser"
        )
    for name, value in found.items():
        print(f"{name.replace('_', ' '):44}{value:>12}")


# --- the feeds ----------------------------------------------------------------------------------


def corpus(count: int) -> list[Document]:
    rng = random.Random("feeds of the world")
    kinds = rng.choices(("rss", "atom", "rdf", "json"), weights=(60, 25, 8, 7), k=count)
    return [_document(kind, rng) for kind in kinds]


def _document(kind: str, rng: random.Random) -> Document:
    count = rng.choice((10, 10, 15, 20, 25, 30, 30, 40, 60))
    body = _WRITERS[kind](rng, [_Item(rng, number) for number in range(count)])
    is_broken = kind != "json" and rng.random() < 1 / 7
    return Document(kind, _broken(body, rng) if is_broken else body.encode(), is_broken)


class _Item:
    def __init__(self, rng: random.Random, number: int) -> None:
        self.number = rng.randrange(10**6) * 100 + number
        self.title = _prose(rng, rng.randrange(4, 12)) + rng.choice(("", "", " & more", " – now"))
        self.url = f"https://news.example/{_prose(rng, 1)}/{self.number}"
        self.at = NOON - timedelta(minutes=37 * number)
        self.summary = _prose(rng, rng.randrange(12, 45)) + "."
        # Most feeds carry a paragraph, the others the whole story; few links are relative.
        site = "" if number % 20 == 0 else "https://news.example"
        self.html = _story(rng, rng.choice((0, 0, 1, 3, 8, 14)), site=site)
        self.author = _prose(rng, 2).title()
        self.tags = [_prose(rng, 1) for _ in range(rng.randrange(4))]


def _prose(rng: random.Random, count: int) -> str:
    return " ".join(rng.choices(_WORDS, k=count)).capitalize()


def _story(rng: random.Random, paragraphs: int, *, site: str) -> str:
    pieces = [
        f'<p class="wp-block-paragraph">{_prose(rng, rng.randrange(20, 60))} '
        f'<a href="{site}/{n}?a=1&amp;b=2" target="_blank" rel="noopener">{_prose(rng, 3)}</a>, '
        f"<strong>{_prose(rng, 2)}</strong> &#8211; <em>{_prose(rng, 2)}</em>&nbsp;"
        f"{_prose(rng, rng.randrange(5, 30))}.<br/>\n{_prose(rng, 5)}</p>\n"
        for n in range(paragraphs)
    ]
    if paragraphs > 2:
        picture = (
            f'<img src="{site}/i/{rng.randrange(99)}.jpg" alt="{_prose(rng, 4)}" width="600" '
            'height="400" class="aligncenter size-full" style="max-width:100%"/>'
        )
        caption = f"<figcaption>{_prose(rng, 6)}</figcaption>"
        pieces.insert(1, f'<figure class="wp-caption">{picture}{caption}</figure>')
        listed = "".join(f"<li>{_prose(rng, 8)}</li>" for _ in range(4))
        pieces.append(f"<h3>{_prose(rng, 4)}</h3><ul>{listed}</ul>")
    return "".join(pieces)


def _rss(rng: random.Random, items: list[_Item]) -> str:
    is_cdata = rng.random() < 0.6
    wrap = (lambda html: f"<![CDATA[{html}]]>") if is_cdata else escape
    written = "".join(
        f"<item><title>{escape(item.title)}</title><link>{item.url}</link>"
        f'<guid isPermaLink="false">n-{item.number}</guid><dc:creator>{item.author}</dc:creator>'
        f"<pubDate>{format_datetime(item.at, usegmt=True)}</pubDate>"
        + "".join(f"<category>{tag}</category>" for tag in item.tags)
        + f"<description>{wrap(item.summary)}</description>"
        + (f"<content:encoded>{wrap(item.html)}</content:encoded>" if item.html else "")
        + f'<media:thumbnail url="{item.url}.jpg"/></item>\n'
        for item in items
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>News</title>'
        f"<link>https://news.example/</link><description>All</description>{written}</channel></rss>"
    )


def _atom(rng: random.Random, items: list[_Item]) -> str:
    is_xhtml = rng.random() < 0.2
    written = "".join(
        f'<entry><title type="html">{escape(escape(item.title))}</title>'
        f"<id>urn:n:{item.number}</id>"
        f'<link rel="alternate" type="text/html" href="{item.url}"/>'
        f"<published>{item.at.isoformat()}</published><updated>{item.at.isoformat()}</updated>"
        f"<author><name>{item.author}</name></author><summary>{item.summary}</summary>"
        + (f"<content{_content(item.html, is_xhtml)}</content>" if item.html else "")
        + "</entry>\n"
        for item in items
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">'
        f'<title>Notes</title><id>urn:notes</id><link href="https://notes.example/"/>{written}</feed>'
    )


def _content(html: str, is_xhtml: bool) -> str:
    if not is_xhtml:
        return f' type="html">{escape(html)}'
    named = html.replace("&nbsp;", "&#160;")
    return f' type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">{named}</div>'


def _rdf(rng: random.Random, items: list[_Item]) -> str:
    written = "".join(
        f'<item rdf:about="{item.url}"><title>{escape(item.title)}</title><link>{item.url}</link>'
        f"<dc:date>{item.at.isoformat()}</dc:date><description>{item.summary}</description></item>\n"
        for item in items
    )
    return (
        '<?xml version="1.0"?>\n<rdf:RDF xmlns="http://purl.org/rss/1.0/" '
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://rdf.example/">'
        f"<title>Weekly</title><link>https://rdf.example/</link></channel>{written}</rdf:RDF>"
    )


def _json(rng: random.Random, items: list[_Item]) -> str:
    return json.dumps(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": "Journal",
            "items": [
                {
                    "id": item.number,
                    "url": item.url,
                    "title": item.title,
                    "summary": item.summary,
                    "content_html": item.html,
                    "date_published": item.at.isoformat(),
                    "tags": item.tags,
                }
                for item in items
            ],
        }
    )


_WRITERS = {"rss": _rss, "atom": _atom, "rdf": _rdf, "json": _json}


def _broken(text: str, rng: random.Random) -> bytes:
    """Break a document in a way that is seen every day."""
    middle = text.index("<title", len(text) // 2)
    inside = text.index(">", middle) + 1
    before, after = text[:inside], text[inside:]
    ways = (
        text.encode()[: int(len(text) * 0.9)],  # cut off
        f"{before}AT&T & R&D {after}".encode(),
        f"{before}caf&eacute;&nbsp;{after}".encode(),
        f"{before}\x0b\x1f{after}".encode(),
        f"{before}<b>bold<br>{after}".encode(),
        b"<br />\n<b>Warning</b>: in /x.php on line 3\n" + text.encode(),
        f"{before}déjà {after}".encode("latin-1", "replace"),
    )
    return rng.choice(ways)


# --- the measuring ------------------------------------------------------------------------------


def measure(documents: list[Document], *, turns: int) -> dict[str, object]:
    """Read everything by turns; the best turn of each counts."""
    xml = [document for document in documents if document.kind != "json"]
    ours = Ours()
    ours.read(documents)  # imports and warm caches
    cleaned = min(ours.seconds(xml, is_cleaned=True) for _ in range(turns))
    parsed = min(ours.seconds(xml, is_cleaned=False) for _ in range(turns))
    alone = min(_without_child(xml) for _ in range(turns))
    theirs, plain = _feedparser(xml)
    read = ours.read(documents)
    ours.close()
    entries = sum(len(each) for each in read)
    lost = sum(
        sum((Counter(names) - Counter(mine)).values())
        for names, mine in zip(theirs, ours.names(xml, documents, read), strict=True)
    )
    return {
        "documents": len(documents),
        "of_these_broken": sum(document.is_broken for document in documents),
        "kilobytes": sum(len(document.body) for document in documents) // 1024,
        "entries": entries,
        "feedparser_ms_a_document": round(1000 * plain / len(xml), 2),
        "ours_parsed_and_cleaned_ms_a_document": round(1000 * cleaned / len(xml), 2),
        "ours_parsed_only_ms_a_document": round(1000 * parsed / len(xml), 2),
        "of_this_without_the_child_ms": round(1000 * alone / len(xml), 2),
        "times_faster_with_cleaning": round(plain / cleaned, 1),
        "times_faster_parsing_only": round(plain / parsed, 1),
        "goal": GOAL,
        "entries_feedparser_read_and_we_lost": lost,
    }


def _without_child(documents: list[Document]) -> float:
    """Return the seconds of CPU that reading alone takes: the rest goes to and from the child."""
    started = time.process_time()
    for document in documents:
        with suppress(Unreadable):
            read_document(document.body, content_type=HEADERS["content-type"])
    return time.process_time() - started


def _feedparser(documents: list[Document]) -> tuple[list[list[str]], float]:
    """Return the links and the seconds of CPU that plain feedparser takes."""
    warnings.simplefilter("ignore")
    links = []
    started = time.process_time()
    for document in documents:
        parsed = feedparser.parse(io.BytesIO(document.body), response_headers=HEADERS)
        # Without a link it is the torn end of a document: ours counts it as cut off.
        links.append([str(entry.link) for entry in parsed.entries if entry.get("link")])
    return links, time.process_time() - started


class Ours:
    """Our own way: the bounded child, as the worker has it."""

    def __init__(self) -> None:
        self._parser = Parser()

    def close(self) -> None:
        self._parser.close()

    def read(self, documents: list[Document]) -> list[list[str]]:
        """Return the links of each document's entries."""
        return [self._links(document, is_cleaned=True) for document in documents]

    def names(
        self, wanted: list[Document], documents: list[Document], read: list[list[str]]
    ) -> list[list[str]]:
        by_document = {id(document): each for document, each in zip(documents, read, strict=True)}
        return [by_document[id(document)] for document in wanted]

    def seconds(self, documents: list[Document], *, is_cleaned: bool) -> float:
        """Return the CPU of both processes for these documents."""
        started = self._cpu()
        for document in documents:
            self._links(document, is_cleaned=is_cleaned)
        return self._cpu() - started

    def _links(self, document: Document, *, is_cleaned: bool) -> list[str]:
        try:
            feed = self._parser.parse(document.body, content_type=HEADERS["content-type"])
        except Unreadable:
            return []
        if is_cleaned:
            self._parser.clean([entry.html for entry in feed.entries])
        return [entry.url for entry in feed.entries]

    def _cpu(self) -> float:
        own = resource.getrusage(resource.RUSAGE_SELF)
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        total = own.ru_utime + own.ru_stime + ended.ru_utime + ended.ru_stime
        if self._parser.child_pid:
            child = psutil.Process(self._parser.child_pid).cpu_times()
            total += child.user + child.system
        return total


if __name__ == "__main__":
    main()
