"""manage.py prune: drop what is older than we keep it, now."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from rich.console import Console
from rich.progress import Progress

from patriot.retention import Limits, Pruned, limits, prune, would_prune


class Command(BaseCommand):
    help = (
        "Drop articles older than RETENTION_DAYS that no report needs, fetches older than "
        "FETCH_RETENTION_DAYS, and what goes with them. The worker does the same once a day."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count, and drop nothing")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()  # noqa: TID251 (an interface)
        before = limits(now)
        if options["dry_run"]:
            pruned = would_prune(before)
        else:
            pruned = self._prune(now, before, quiet=options["json"] or options["verbosity"] == 0)
        self._report(pruned, dry=options["dry_run"], as_json=options["json"])

    def _prune(self, now: datetime, before: Limits, *, quiet: bool) -> Pruned:
        with Progress(console=Console(file=self.stderr), disable=quiet) as progress:  # type: ignore[arg-type]
            task = progress.add_task("Pruning", total=None)
            pruned, _ = prune(
                now,
                before=before,
                on_progress=lambda pruned: progress.update(task, description=f"Dropped {pruned}"),
            )
        return pruned

    def _report(self, pruned: Pruned, *, dry: bool, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps({"dry_run": dry, **asdict(pruned)}))
        elif dry:
            self.stdout.write(f"Old, and not needed: {pruned}.")
        else:
            self.stdout.write(f"Dropped {pruned}.")
