"""`manage.py prepare`: the database of a new version, before its web and workers start."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command

from patriot.management.base import LaunchCommand
from patriot.operations import launch


class Command(LaunchCommand):
    help = "Bring the database up to date and check it; several at once take turns."

    def launch(self, **options: Any) -> None:
        with launch.running_database():
            call_command("check", databases=["default"], verbosity=0)
            launch.prepare_database(self.say)
        self.say("The database is up to date")
