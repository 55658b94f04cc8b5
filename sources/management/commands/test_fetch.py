"""manage.py test_fetch: see what an address or a search would bring, without keeping anything."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from sources.domain.entry import Cleaned, Entry, Feed
from sources.domain.search import MAX_QUERY_CHARS, MAX_RESULTS, Question
from sources.gateways.parser import Parser
from sources.gateways.tavily import Found
from sources.models import Source
from sources.pipeline.reading import Failure, Reading, try_address
from sources.pipeline.searching import try_question
from sources.tasks import search, web

MAX_LISTED = 20


class Command(BaseCommand):
    help = (
        "Fetch and read a feed, or ask a search, as the worker would, and print what came of it. "
        "A search costs a credit."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("url", nargs="?", help="the feed's address")
        parser.add_argument("--query", help="a search instead; costs a credit")
        parser.add_argument("--topic", choices=Source.Topic.values, default="news")
        parser.add_argument("--time-range", choices=Source.TimeRange.values, default="day")
        parser.add_argument(
            "--max-results", type=int, choices=range(1, MAX_RESULTS + 1), default=10, metavar="N"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        outcome = self._outcome(options)
        if options["json"]:
            report = _as_dict(outcome, parser=Parser.shared())
            self.stdout.write(json.dumps(report, ensure_ascii=False, indent=2))
        else:
            self._print(outcome)
        if isinstance(outcome, Failure):
            self.stderr.write(self.style.ERROR(f"failed: {outcome.sentence}"))
            raise SystemExit(1)

    def _outcome(self, options: dict[str, Any]) -> Reading | Found | Failure:
        if bool(options["url"]) == bool(options["query"]):
            raise CommandError("Give either an address or --query.")
        self.stderr.write(f"Asking {options['url'] or 'the search'} ...")
        if options["url"]:
            return try_address(options["url"], web=web(), parser=Parser.shared())
        question = Question(
            query=options["query"][:MAX_QUERY_CHARS],
            topic=options["topic"],
            time_range=options["time_range"],
            max_results=options["max_results"],
        )
        now = timezone.now()  # noqa: TID251 (an interface)
        return try_question(question, search=search(), subject="source to be", now=now)

    def _print(self, outcome: Reading | Found | Failure) -> None:
        if isinstance(outcome, Failure):
            return
        feed = outcome.feed
        if feed is None:
            self.stdout.write("unchanged")
            return
        self.stdout.write(self.style.SUCCESS(f"read: {feed.title or 'without a title'}"))
        if isinstance(outcome, Found):
            paid = outcome.usage.credits.normalize()
            self.stdout.write(f"{feed.entry_count} results; credits: {paid:f}")
        else:
            self.stdout.write(f"{feed.entry_count} entries from {outcome.answer.url}")
        for note in feed.notes:
            self.stdout.write(self.style.WARNING(note))
        for reason, count in feed.skipped.items():
            self.stdout.write(f"{count} not kept: {reason}")
        for entry in feed.entries[:MAX_LISTED]:
            date = f"{entry.published_at:%Y-%m-%d %H:%M}" if entry.published_at else "no date"
            self.stdout.write(f"  {date}  {entry.title or '(no title)'}  {entry.url}")
        if len(feed.entries) > MAX_LISTED:
            self.stdout.write(f"  and {len(feed.entries) - MAX_LISTED} more")


# --- JSON ----------------------------------------------------------------------------------------


def _as_dict(outcome: Reading | Found | Failure, *, parser: Parser) -> dict[str, Any]:
    if isinstance(outcome, Failure):
        return {
            "outcome": "failed",
            "error": outcome.sentence,
            "status": outcome.status,
            "bytes": outcome.byte_count,
            "seconds": _seconds(outcome.took),
        }
    found = _of_search(outcome) if isinstance(outcome, Found) else _of_address(outcome)
    return found if outcome.feed is None else found | _of_feed(outcome.feed, parser=parser)


def _of_search(found: Found) -> dict[str, Any]:
    return {
        "outcome": "read",
        "error": "",
        "credits": float(found.usage.credits),
        "request_id": found.request_id,
        "seconds": _seconds(found.took),
    }


def _of_address(reading: Reading) -> dict[str, Any]:
    answer = reading.answer
    return {
        "outcome": "unchanged" if reading.feed is None else "read",
        "error": "",
        "status": answer.status,
        "url": answer.url,
        "bytes": len(answer.body),
        "seconds": _seconds(answer.took),
    }


def _of_feed(feed: Feed, *, parser: Parser) -> dict[str, Any]:
    """Return what a feed says, its texts as they would be stored."""
    bases = [entry.url or feed.site_url for entry in feed.entries]
    texts = parser.clean([entry.html for entry in feed.entries], bases=bases)
    summaries = parser.clean([entry.summary for entry in feed.entries], bases=bases)
    return {
        "title": feed.title,
        "description": feed.description,
        "id": feed.feed_id,
        "site": feed.site_url,
        "self": feed.self_url,
        "hubs": list(feed.hubs),
        "language": feed.language,
        "author": feed.author,
        "updated": _iso(feed.updated_at),
        "image": feed.image_url,
        "ttl": feed.ttl and int(feed.ttl.total_seconds()),
        "skip_hours": list(feed.skip_hours),
        "skip_days": list(feed.skip_days),
        "notes": list(feed.notes),
        "skipped": feed.skipped,
        "entry_count": feed.entry_count,
        "entries": [
            _of_entry(entry, text, summary)
            for entry, text, summary in zip(feed.entries, texts, summaries, strict=True)
        ],
    }


def _of_entry(entry: Entry, cleaned: Cleaned, summary: Cleaned) -> dict[str, Any]:
    return {
        "id": entry.raw_id,
        "url": entry.url,
        "title": entry.title,
        "author": entry.author,
        "language": entry.language,
        "published": _iso(entry.published_at),
        "published_raw": entry.published_raw,
        "updated": _iso(entry.updated_at),
        "updated_raw": entry.updated_raw,
        "text": cleaned.text,
        "html": cleaned.html,
        # As readers show it: who writes no summary means the text.
        "summary": summary.text or cleaned.text,
        "categories": list(entry.categories),
        "enclosures": [each._asdict() for each in entry.enclosures],
        "comments": entry.comments_url,
        "image": entry.image_url,
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _seconds(took: timedelta | None) -> float | None:
    return None if took is None else round(took.total_seconds(), 3)
