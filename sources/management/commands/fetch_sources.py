"""manage.py fetch_sources: collect now, in this process."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import QuerySet
from django.utils import timezone
from rich.console import Console
from rich.progress import Progress

from sources.gateways.parser import Parser
from sources.models import Fetch, Source
from sources.pipeline.collect import ask_now, collect
from sources.tasks import search, web

BATCH = 50


class Command(BaseCommand):
    help = (
        "Fetch the sources that are due, in this process: each search that is asked costs a "
        "credit. Ends with 1 if any of them failed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "slugs", nargs="*", help="only these sources, even if paused or not due"
        )
        parser.add_argument(
            "--all",
            action="store_true",
            help="every enabled source that is not gone, at once: minds neither intervals nor "
            "how long a host asked us to wait",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object per fetch")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()  # noqa: TID251 (an interface)
        ids = self._chosen(options, now)
        fetches: list[Fetch] = []
        quiet = options["json"] or options["verbosity"] == 0
        with Progress(console=Console(file=self.stderr), disable=quiet) as progress:  # type: ignore[arg-type]
            task = progress.add_task("Fetching", total=len(ids))
            for start in range(0, len(ids), BATCH):
                batch = ids[start : start + BATCH]
                fetches += collect(
                    batch, web=web(), parser=Parser.shared(), search=search(), now=now
                )
                progress.advance(task, len(batch))
        self._report(fetches, as_json=options["json"])
        self._tell_of_rest(ids, fetches, now)
        if any(fetch.outcome == Fetch.Outcome.FAILED for fetch in fetches):
            raise SystemExit(1)

    def _chosen(self, options: dict[str, Any], now: Any) -> list[int]:
        if options["slugs"] or options["all"]:
            still_there = Source.objects.enabled().filter(gone_at=None)
            chosen = _named(options["slugs"]) if options["slugs"] else still_there
            ids = list(chosen.order_by("pk").values_list("pk", flat=True))
            ask_now(ids, now=now)
            return ids
        return list(Source.objects.due(now).order_by("pk").values_list("pk", flat=True))

    def _report(self, fetches: list[Fetch], *, as_json: bool) -> None:
        for fetch in fetches:
            if as_json:
                self.stdout.write(json.dumps(_as_dict(fetch), ensure_ascii=False))
            else:
                self.stdout.write(_in_words(fetch))
        if not as_json:
            self.stdout.write(f"{len(fetches)} fetched")

    def _tell_of_rest(self, ids: Sequence[int], fetches: Sequence[Fetch], now: datetime) -> None:
        """Say what became of those that we did not look at."""
        left = set(ids) - {fetch.source_id for fetch in fetches}
        theirs = Fetch.objects.filter(source__in=left, started_at__gte=now)
        looked_at = theirs.values("source").distinct().count()
        if looked_at:
            self.stderr.write(f"{looked_at} were looked at by another worker meanwhile.")
        if len(left) > looked_at:
            self.stderr.write(
                f"{len(left) - looked_at} left alone: another worker has them, or is at their "
                "host. They are looked at within a minute or so."
            )


def _named(slugs: Sequence[str]) -> QuerySet[Source]:
    """Return the sources with these slugs; a slug that none has is an error of the caller's."""
    named = Source.objects.filter(slug__in=slugs)
    known = set(named.values_list("slug", flat=True))
    if unknown := [slug for slug in dict.fromkeys(slugs) if slug not in known]:
        raise CommandError(f"No source is called {', '.join(unknown)}.")
    return named


def _as_dict(fetch: Fetch) -> dict[str, Any]:
    return {
        "source": fetch.source.slug,
        "outcome": fetch.outcome,
        "status": fetch.status,
        "error": fetch.error,
        "entries": fetch.entry_count,
        "new": fetch.new_count,
        "updated": fetch.updated_count,
        "skipped": fetch.skipped,
    }


def _in_words(fetch: Fetch) -> str:
    if fetch.outcome == Fetch.Outcome.FAILED:
        return f"{fetch.source}: {fetch.error}"
    if fetch.outcome == Fetch.Outcome.UNCHANGED:
        return f"{fetch.source}: unchanged"
    skipped = ", ".join(f"{count} {reason}" for reason, count in fetch.skipped.items())
    kept = f"{fetch.new_count} new, {fetch.updated_count} updated of {fetch.entry_count}"
    return f"{fetch.source}: {kept}{f' ({skipped})' if skipped else ''}"
