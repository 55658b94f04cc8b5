"""manage.py export_opml: our feeds as OPML, for any other reader."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from sources.domain.outlines import written
from sources.pipeline.imports import every_feed


class Command(BaseCommand):
    help = (
        "Write our feeds as OPML 2.0, paused ones too. Searches are no feeds and stay. "
        "Reading the list again with import_opml gives the same feeds, names and tags."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", default="-", help="- or nothing: standard output")
        parser.add_argument("--tag", default="", help="only feeds with this tag")
        parser.add_argument("--newsroom", default="", help="of a demonstration; ours without it")

    def handle(self, *args: Any, **options: Any) -> None:
        feeds = every_feed(tag=options["tag"], newsroom=options["newsroom"])
        if not feeds and (wanted := _in_words(options)):
            raise CommandError(f"We have no feed {wanted}: nothing was written.")
        document = written(feeds, title="Feeds")
        file = options["file"]
        if file == "-":
            self.stdout.write(document, ending="")
            return
        try:
            Path(file).write_text(document, encoding="utf-8")
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise CommandError(f"{file} cannot be written: {reason}.") from error
        count = "1 feed" if len(feeds) == 1 else f"{len(feeds):,} feeds"
        self.stderr.write(f"{count} written to {file}")


def _in_words(options: dict[str, Any]) -> str:
    """Return what is asked for beyond all of ours; empty if nothing is."""
    words = {"tag": "with the tag “{}”", "newsroom": "in the newsroom “{}”"}
    return " ".join(form.format(options[name]) for name, form in words.items() if options[name])
