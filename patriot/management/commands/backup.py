"""`manage.py backup`: the whole database in one file, with what proves it."""

from __future__ import annotations

from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from patriot.management.base import LaunchCommand
from patriot.operations import backups, launch


def some(text: str) -> int:
    """Return a whole number from 1 on. Raises ArgumentTypeError."""
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is no number of backups to keep")
    return int(text)


class Command(LaunchCommand):
    help = (
        "Write the database to an archive for `manage.py restore`, and beside it what it holds. "
        "Work goes on meanwhile. Keep SECRET_KEY and the settings too: they are not in it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "to", type=Path, help="a new file, or a folder: then the file is named by the moment"
        )
        parser.add_argument(
            "--keep", type=some, metavar="N", help="in a folder: drop all but the newest N"
        )

    def launch(self, **options: Any) -> None:
        now = timezone.now()  # noqa: TID251 (an interface)
        to: Path = options["to"]
        is_folder = to.is_dir()
        if options["keep"] and not is_folder:
            raise launch.LaunchError(f"--keep needs a folder, and {to} is none.")
        archive = to / backups.NAME.format(now) if is_folder else to
        with launch.running_database():
            manifest = backups.back_up(archive, now=now)
        rows = sum(manifest.rows.values())
        self.stdout.write(
            f"{archive}: {manifest.bytes:,} bytes, {rows:,} rows of {len(manifest.rows)} tables"
        )
        for older in backups.drop_older(to, keep=options["keep"]) if options["keep"] else ():
            self.say(f"Dropped {older}")
