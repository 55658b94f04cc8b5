"""`manage.py move_database`: from the database of the settings to another server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dj_database_url
from django.core.management.base import CommandParser
from django.db import DEFAULT_DB_ALIAS
from django.db.backends.postgresql.base import DatabaseWrapper
from django.utils import timezone

from patriot.management.base import LaunchCommand
from patriot.operations import backups, drills, launch

NO_ADDRESS = (
    "This is no address of a PostgreSQL: write postgresql://user:password@host:5432/name, or the "
    "path of a file that holds it."
)


class Command(LaunchCommand):
    help = (
        "Copy everything to an empty database on another server and verify it there: from the "
        "embedded one to a server of yours, or between servers. Stop web and worker first. The "
        "old database stays as it is."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "to", help="postgresql://…, or a file that holds it: others can see what you type here"
        )

    def launch(self, **options: Any) -> None:
        now = timezone.now()  # noqa: TID251 (an interface)
        there = place_at(options["to"])
        with launch.running_database():
            ours = backups.Place.ours()
            with ours.connected(autocommit=True) as reached:
                backups.refuse_company(reached, ours)
            self.say("Copying the database")
            with backups.archive_of_now(now) as archive:
                manifest = backups.restore(archive, there)
            self.say("Verifying what was published")
            proof = drills.proven(manifest, there)
        self.stdout.write(proof.in_words())
        if not proof.is_good:
            raise launch.LaunchError("\n".join(proof.problems))
        self.say(
            "Now set DATABASE_URL to that address, and keep SECRET_KEY (without one in the "
            "settings, that is what PATRIOT_DATA/secret_key holds), then start web and worker. "
            "The old database was not changed: remove it when you have seen the new one at work."
        )


def place_at(text: str) -> backups.Place:
    """Return the database of an address, or of a file that holds one. Raises LaunchError."""
    address = text
    if "://" not in text:
        try:
            address = Path(text).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise launch.LaunchError(f"{text} cannot be read: {error}") from None
    try:
        settings = dict(dj_database_url.parse(address))
    except ValueError:
        raise launch.LaunchError(NO_ADDRESS) from None
    if settings.get("ENGINE") != "django.db.backends.postgresql" or not settings.get("NAME"):
        raise launch.LaunchError(NO_ADDRESS)
    complete = {"OPTIONS": {}, "TIME_ZONE": None, "CONN_MAX_AGE": 0, **settings}
    return backups.Place.of(DatabaseWrapper(complete, DEFAULT_DB_ALIAS).get_connection_params())
