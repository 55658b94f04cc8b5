"""The demonstration newsroom: an invented press, read from the files in `content/`."""

from __future__ import annotations

import tomllib
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from patriot.demo.press import DemoArticle, Document, Event, Newsroom, Outlet
from patriot.demo.rendering import render

__all__ = ["DemoArticle", "Document", "Event", "Newsroom", "Outlet", "documents", "load"]

CONTENT = Path(__file__).parent / "content"
EDITIONS = (1, 2)

_Table = Mapping[str, Any]
# A slip of the pen in a content file should be an error and not a missing byline.
_KNOWN = {"outlet", "slug", "link", "hours_ago", "published", "edition", "language"}
_KNOWN |= {"title", "author", "summary", "body", "categories", "later", "copy_of", "paragraphs"}


def load(content: Path = CONTENT) -> Newsroom:
    """Return the newsroom; raises ValueError or KeyError where a content file is at fault."""
    outlets = tuple(Outlet(**table) for table in _tables(content / "outlets.toml")["outlet"])
    by_key = {outlet.key: outlet for outlet in outlets}
    events: list[Event] = []
    articles: dict[str, DemoArticle] = {}
    copies: list[tuple[str, str, int | None]] = []
    for path in sorted((content / "articles").glob("*.toml")):
        file = _tables(path)
        events += [_event(table) for table in file.get("event", ())]
        for event, table in _article_tables(file):
            article = _article(table, event=event, outlet=by_key[table["outlet"]])
            if article.id in articles:
                raise ValueError(f"{path.name}: {article.id} appears twice")
            articles[article.id] = article
            if "copy_of" in table:
                copies.append((article.id, table["copy_of"], table.get("paragraphs")))
    for copy, original, length in copies:
        text = articles[original].paragraphs[:length]
        articles[copy] = replace(articles[copy], paragraphs=text)
    return Newsroom(outlets, tuple(events), tuple(articles.values()))


def documents(newsroom: Newsroom, *, anchor: datetime, edition: int = 1) -> dict[str, Document]:
    """Return every outlet's feed as it stands at `anchor`, by file name.

    anchor:  the moment the ages of the articles count back from, with its time zone
    edition: 2 is a little later: some articles more, and some edited in place
    """
    if anchor.tzinfo is None:
        raise ValueError("The anchor needs a time zone.")
    if edition not in EDITIONS:
        raise ValueError(f"There is no edition {edition}, only 1 and 2.")
    return {
        outlet.file: render(outlet, newsroom.articles_of(outlet, edition=edition), anchor=anchor)
        for outlet in newsroom.outlets
    }


def _tables(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _event(table: _Table) -> Event:
    facts = _one_line(table["facts"])
    return Event(key=table["key"], facts=facts, continues=table.get("continues", ""))


def _article_tables(file: _Table) -> Iterator[tuple[str, _Table]]:
    """Yield each article's table with the key of its event, "" where it has none."""
    for event in file.get("event", ()):
        for table in event["article"]:
            yield event["key"], table
    for table in file.get("article", ()):
        yield "", table


def _article(table: _Table, *, event: str, outlet: Outlet) -> DemoArticle:
    if unknown := table.keys() - _KNOWN:
        raise ValueError(f"{outlet.key}/{table.get('slug')}: unknown {', '.join(sorted(unknown))}")
    identity = f"{outlet.key}/{table['slug']}"
    number = 100_000 + zlib.crc32(identity.encode()) % 900_000
    page = outlet.home.rstrip("/") + outlet.path.format(slug=table["slug"], number=number)
    guids = {
        "permalink": page,
        "tag": f"tag:{outlet.domain},2020:{table['slug']}",
        "number": str(number),
    }
    article = DemoArticle(
        id=identity,
        outlet=outlet,
        event=event,
        hours_ago=table["hours_ago"],
        title=table["title"],
        link=table.get("link", page),
        guid=guids[outlet.guid],
        author=table.get("author", ""),
        summary=_one_line(table.get("summary", "")),
        paragraphs=_paragraphs(table.get("body", "")),
        language=table.get("language", outlet.language),
        categories=tuple(table.get("categories", ())),
        edition=table.get("edition", 1),
        raw_date=table.get("published", ""),
    )
    later = table.get("later")
    return replace(article, later=_revised(article, later)) if later else article


def _revised(article: DemoArticle, table: _Table) -> DemoArticle:
    """Return the article as it reads after somebody edited it in place."""
    return replace(
        article,
        title=table.get("title", article.title),
        summary=_one_line(table.get("summary", article.summary)),
        paragraphs=_paragraphs(table["body"]),
        revised_hours_ago=table["hours_ago"],
    )


def _paragraphs(body: str) -> tuple[str, ...]:
    return tuple(_one_line(piece) for piece in body.split("\n\n") if piece.strip())


def _one_line(text: str) -> str:
    """Join lines that were broken only so that the content files are readable."""
    return " ".join(text.split("\n")).strip()
