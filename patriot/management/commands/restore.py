"""`manage.py restore`: a backup, back into an empty database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from patriot.management.base import LaunchCommand
from patriot.operations import backups, drills, launch


class Command(LaunchCommand):
    help = (
        "Restore an archive of `manage.py backup` into the database of the settings, bring it up "
        "to date, and verify all that was ever published. All or nothing. Stop web and worker "
        "first."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("archive", type=Path)
        parser.add_argument(
            "--replace", action="store_true", help="throw away what the database holds now"
        )

    def launch(self, **options: Any) -> None:
        with launch.running_database():
            place = backups.Place.ours()
            self.say(f"Restoring {options['archive']}")
            manifest = backups.restore(options["archive"], place, replace=options["replace"])
            self.say("Verifying what was published")
            proof = drills.proven(manifest, place)
        self.stdout.write(proof.in_words())
        if not proof.is_good:
            raise launch.LaunchError("\n".join(proof.problems))
