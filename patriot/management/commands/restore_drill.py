"""`manage.py restore_drill`: prove that a backup can be restored, before one has to be."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from patriot.management.base import LaunchCommand
from patriot.operations import backups, drills, launch


class Command(LaunchCommand):
    help = (
        "Restore a backup into a database of its own, bring it up to date, count its rows, verify "
        "all that was ever published, and drop it. The house works on. Ends with 1 if anything "
        "is missing or changed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "archive",
            type=Path,
            nargs="?",
            help="a backup, or a folder for its newest; by default one is made, and dropped",
        )

    def launch(self, **options: Any) -> None:
        now = timezone.now()  # noqa: TID251 (an interface)
        given = options["archive"] and backups.newest_of(options["archive"])
        with (
            launch.running_database(),
            nullcontext(given) if given else backups.archive_of_now(now) as archive,
            backups.scratch_database() as scratch,
        ):
            self.say(f"Restoring {archive.name} into {scratch.name}")
            manifest = backups.restore(archive, scratch)
            self.say("Verifying what was published")
            proof = drills.proven(manifest, scratch)
        self.stdout.write(proof.in_words())
        if not proof.is_good:
            raise launch.LaunchError("\n".join(proof.problems))
