"""manage.py test_fetch: see what an address would bring, without keeping anything."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from sources.gateways.feed_parser import FeedParser
from sources.pipeline.reading import Failure, Reading, try_address
from sources.tasks import web

MAX_LISTED = 20


class Command(BaseCommand):
    help = "Fetch and read a feed as the worker would, and print what came of it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("url", help="the feed's address")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        outcome = try_address(options["url"], web=web(), parser=FeedParser.shared())
        if options["json"]:
            self.stdout.write(json.dumps(_as_dict(outcome), ensure_ascii=False, indent=2))
        else:
            self._print(outcome)
        if isinstance(outcome, Failure):
            raise SystemExit(1)

    def _print(self, outcome: Reading | Failure) -> None:
        if isinstance(outcome, Failure):
            self.stdout.write(self.style.ERROR(f"failed: {outcome.sentence}"))
            return
        feed = outcome.feed
        if feed is None:
            self.stdout.write("unchanged")
            return
        self.stdout.write(self.style.SUCCESS(f"read: {feed.title or 'without a title'}"))
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


def _as_dict(outcome: Reading | Failure) -> dict[str, Any]:
    if isinstance(outcome, Failure):
        return {"outcome": "failed", "error": outcome.sentence, "status": outcome.status}
    answer, feed = outcome.answer, outcome.feed
    found: dict[str, Any] = {
        "outcome": "unchanged" if feed is None else "read",
        "status": answer.status,
        "url": answer.url,
        "bytes": len(answer.body),
        "seconds": round(answer.took.total_seconds(), 3),
    }
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
