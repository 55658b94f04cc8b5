"""`manage.py check_worker`: for a container's health check, cron or a monitor."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.utils import timezone

from patriot.management.base import NOT_RUNNING, is_about_the_stopped_database
from patriot.operations.health import check_heartbeat


class Command(BaseCommand):
    help = "Tell when the worker last gave a sign of life. Ends with 1 if that is too long ago."

    # Asked every minute, and the settings were checked when the worker started.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--minutes", type=int, default=5, metavar="N", help="how long ago: default %(default)s"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()  # noqa: TID251 (an interface)
        try:
            check = check_heartbeat(now, limit=timedelta(minutes=options["minutes"]))
        except DatabaseError as error:
            if is_about_the_stopped_database(error):
                raise CommandError(NOT_RUNNING) from error
            raise CommandError("The database does not answer.") from error
        if not check.ok:
            raise CommandError(check.sentence)
        self.stdout.write(check.sentence)
