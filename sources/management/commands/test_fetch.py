"""manage.py test_fetch: see what an address or a search would bring, without keeping anything."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

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
            self.stdout.write(json.dumps(_as_dict(outcome), ensure_ascii=False, indent=2))
        else:
            self._print(outcome)
        if isinstance(outcome, Failure):
            raise SystemExit(1)

    def _outcome(self, options: dict[str, Any]) -> Reading | Found | Failure:
        if bool(options["url"]) == bool(options["query"]):
            raise CommandError("Give either an address or --query.")
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
            self.stdout.write(self.style.ERROR(f"failed: {outcome.sentence}"))
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


def _as_dict(outcome: Reading | Found | Failure) -> dict[str, Any]:
    if isinstance(outcome, Failure):
        return {"outcome": "failed", "error": outcome.sentence, "status": outcome.status}
    feed = outcome.feed
    found = _of_search(outcome) if isinstance(outcome, Found) else _of_address(outcome)
    if feed is not None:
        found |= {
            "title": feed.title,
            "site": feed.site_url,
            "language": feed.language,
            "notes": list(feed.notes),
            "skipped": feed.skipped,
            "entries": [
                {
                    "title": entry.title,
                    "url": entry.url,
                    "author": entry.author,
                    "published": entry.published_at and entry.published_at.isoformat(),
                }
                for entry in feed.entries
            ],
        }
    return found


def _of_search(found: Found) -> dict[str, Any]:
    return {
        "outcome": "read",
        "credits": float(found.usage.credits),
        "request_id": found.request_id,
        "seconds": round(found.took.total_seconds(), 3),
    }


def _of_address(reading: Reading) -> dict[str, Any]:
    answer = reading.answer
    return {
        "outcome": "unchanged" if reading.feed is None else "read",
        "status": answer.status,
        "url": answer.url,
        "bytes": len(answer.body),
        "seconds": round(answer.took.total_seconds(), 3),
    }
