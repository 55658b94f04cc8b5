"""manage.py import_opml: add the feeds of a list."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from rich.console import Console
from rich.progress import Progress

from sources.domain.outlines import Outlines, tag_of
from sources.gateways.parser import Parser
from sources.gateways.unreadable import Unreadable
from sources.models import Source
from sources.pipeline.imports import (
    MAX_BYTES,
    STARTER,
    Preview,
    Row,
    Verdict,
    apply,
    counts_of,
    preview,
    read_list,
)


class Unopened(Exception):
    """The file cannot be read; the sentence says why."""


class Unknown(Exception):
    """There is no such newsroom; the sentence says so."""


class Command(BaseCommand):
    help = (
        "Add the feeds of a list: OPML, CSV, a browser's bookmarks, or an address on each line. "
        "Says of each row what became of it. Ends with 1 if any was refused."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", help="the list; - for standard input")
        parser.add_argument(
            "--starter", action="store_true", help="our own list of public news feeds instead"
        )
        parser.add_argument("--dry-run", action="store_true", help="say it all, add nothing")
        parser.add_argument(
            "--tag", action="append", default=[], metavar="TAG", help="for all of them; repeatable"
        )
        parser.add_argument("--newsroom", default="", help="of a demonstration; ours without it")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        # First of all: a list that gives nothing is told in one sentence and nothing else.
        listed = self._listed(options)
        quiet = options["json"] or options["verbosity"] == 0
        with Progress(console=Console(file=self.stderr), disable=quiet) as progress:  # type: ignore[arg-type]
            task = progress.add_task("Looking through the list", total=2)
            found = self._preview(listed, options)
            progress.update(task, advance=1, description="Adding the feeds")
            rows = found.rows if options["dry_run"] else self._apply(found, options)
            progress.advance(task)
        if options["json"]:
            self.stdout.write(json.dumps(_as_dict(found, rows, options), ensure_ascii=False))
        else:
            self._print(found, rows, is_dry=options["dry_run"])
        if any(row.verdict == Verdict.REFUSED for row in rows):
            raise SystemExit(1)

    def _listed(self, options: dict[str, Any]) -> Outlines:
        """Read the list; end with its one sentence if it gives nothing."""
        try:
            _check_newsroom(options["newsroom"])
            return read_list(_content(options), parser=Parser.shared())
        except (Unreadable, Unopened, Unknown) as error:
            if options["json"]:
                self.stdout.write(json.dumps({"error": str(error)}, ensure_ascii=False))
                raise SystemExit(1) from error
            raise CommandError(str(error)) from error

    def _preview(self, listed: Outlines, options: dict[str, Any]) -> Preview:
        return preview(
            listed,
            tags=[tag for name in options["tag"] if (tag := tag_of(name))],
            newsroom=options["newsroom"],
            allow=settings.OUTBOUND_ALLOW,
        )

    def _apply(self, found: Preview, options: dict[str, Any]) -> tuple[Row, ...]:
        now = timezone.now()  # noqa: TID251 (an interface)
        newsroom, allow = options["newsroom"], settings.OUTBOUND_ALLOW
        return tuple(apply(found.rows, newsroom=newsroom, allow=allow, now=now))

    def _print(self, found: Preview, rows: tuple[Row, ...], *, is_dry: bool) -> None:
        for note in found.notes:
            self.stdout.write(self.style.WARNING(note))
        for row in rows:
            text = f"{row.number:>5}  {row.url}  {row.in_words}"
            self.stdout.write(self.style.ERROR(text) if row.verdict == Verdict.REFUSED else text)
        counts = counts_of(row.verdict for row in rows)
        told = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
        self.stdout.write(f"{len(rows)} rows: {told}{'. Nothing was saved.' if is_dry else ''}")


def _check_newsroom(name: str) -> None:
    """Raise Unknown for a slip: what is imported there would never be read with the rest."""
    if name and not Source.objects.filter(newsroom=name).exists():
        raise Unknown(f"There is no newsroom “{name}”: no source is of it. Ours needs no name.")


def _content(options: dict[str, Any]) -> bytes:
    """Return what the list says. Raises Unopened."""
    file = str(STARTER) if options["starter"] else options["file"]
    if not file:
        raise CommandError("Name a file, - for standard input, or --starter.")
    try:
        if file == "-":
            return sys.stdin.buffer.read(MAX_BYTES + 1)
        with Path(file).open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise Unopened(f"{file} cannot be read: {reason}.") from error


def _as_dict(found: Preview, rows: tuple[Row, ...], options: dict[str, Any]) -> dict[str, Any]:
    return {
        "title": found.title,
        "dry_run": options["dry_run"],
        "counts": counts_of(row.verdict for row in rows),
        "notes": list(found.notes),
        "rows": [asdict(row) for row in rows],
    }
