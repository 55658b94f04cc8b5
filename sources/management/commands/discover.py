"""manage.py discover: find the feeds of any address, without keeping anything."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any, Literal

from django.core.management.base import BaseCommand
from django.utils import timezone
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn
from rich.table import Table

from sources.domain.discovery import FoundFeed
from sources.gateways.parser import Parser
from sources.pipeline.discover import MAX_REQUESTS, Discovery, discover
from sources.tasks import web

WIDE = 2_500


class Command(BaseCommand):
    help = (
        "Find the feeds of any address: a site's, a section's, a channel's. Asks up to "
        f"{MAX_REQUESTS} addresses, keeps nothing, and ends with 1 if there are none."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("address", help="such as courier.example or @courier@social.example")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        discovery = self._discover(
            options["address"], is_quiet=options["json"] or options["verbosity"] == 0
        )
        if options["json"]:
            self.stdout.write(json.dumps(_as_dict(discovery), ensure_ascii=False, indent=2))
        else:
            self._print(discovery)
        if not discovery.found:
            raise SystemExit(1)

    def _discover(self, address: str, *, is_quiet: bool) -> Discovery:
        columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False))
        console = Console(file=self.stderr)  # type: ignore[arg-type]
        with Progress(*columns, console=console, transient=True, disable=is_quiet) as progress:
            task = progress.add_task("Looking for feeds", total=None)
            return discover(
                address,
                web=web(),
                parser=Parser.shared(),
                now=timezone.now(),  # noqa: TID251 (an interface)
                tell=lambda sentence: progress.update(task, description=sentence),
            )

    def _print(self, discovery: Discovery) -> None:
        for note in discovery.notes:
            self.stdout.write(self.style.WARNING(note))
        if not discovery.found:
            self.stdout.write(self.style.ERROR(discovery.failure))
            return
        # Into a file or a pipe: wide enough that no address is broken.
        width = None if self.stdout.isatty() else WIDE
        console = Console(file=self.stdout, width=width)  # type: ignore[arg-type]
        console.print(_table(discovery.found))
        best = discovery.found[0].url
        self.stdout.write("To add one, choose it on the desk under Sources, “Add by address”.")
        self.stdout.write(f"To see all of the best: manage.py test_fetch {_quoted(best)}")


def _table(found: tuple[FoundFeed, ...]) -> Table:
    table = Table(box=None, pad_edge=False, show_edge=False)
    for heading in ("Feed", "Kind", "Entries", "Newest", "Found"):
        justify: Literal["left", "right"] = "right" if heading == "Entries" else "left"
        table.add_column(heading, justify=justify, overflow="fold")
    for feed in found:
        newest = f"{feed.newest_at:%Y-%m-%d %H:%M}" if feed.newest_at else "no dates"
        table.add_row(
            f"{escape(feed.title)}\n{escape(feed.url)}",
            feed.format,
            str(feed.feed.entry_count),
            newest,
            escape(feed.where),
        )
    return table


def _quoted(url: str) -> str:
    """Return an address that a shell takes as one word; ours holds no apostrophe then."""
    return "'" + url.replace("'", "%27") + "'"


def _as_dict(discovery: Discovery) -> dict[str, Any]:
    return {
        "address": discovery.address,
        "outcome": "found" if discovery.found else "failed",
        "error": discovery.failure,
        "notes": list(discovery.notes),
        "asked": discovery.asked,
        "feeds": [
            {
                "url": feed.url,
                "title": feed.title,
                "format": feed.format,
                "entries": feed.feed.entry_count,
                "newest": feed.newest_at and feed.newest_at.isoformat(),
                "language": feed.feed.language,
                "site": feed.feed.site_url,
                "found": feed.where,
                "is_comments": feed.is_comments,
                "headlines": list(feed.headlines),
            }
            for feed in discovery.found
        ],
    }
