"""`manage.py down`: stop whatever of ours still runs on this data folder."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from patriot.lib.postgres import EmbeddedPostgres
from patriot.lib.processes import stop_leftovers
from patriot.management.base import LaunchCommand
from patriot.operations import launch


class Command(LaunchCommand):
    help = "Stop web, worker and the embedded database, however they were left running."

    def launch(self, **options: Any) -> None:
        stopped = stop_leftovers(launch.roster(), grace=launch.REPLACED_WITHIN)
        if launch.is_embedded() and EmbeddedPostgres(settings.PATRIOT_DATA).halt():
            stopped.append("database")
        self.stdout.write(
            f"Stopped: {', '.join(dict.fromkeys(stopped))}." if stopped else "Nothing was running."
        )
