"""`manage.py serve`: the web server alone, for a container or systemd."""

from __future__ import annotations

import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from patriot.operations import launch


class Command(BaseCommand):
    help = "Serve the site. This process becomes gunicorn; SIGTERM lets requests end, then stops."

    requires_system_checks = "__all__"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--bind",
            default=f"{settings.BIND}:{settings.PORT}",
            metavar="HOST:PORT",
            help="default: %(default)s",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        command = launch.web_command(
            options["bind"],
            workers=settings.WEB_WORKERS,
            threads=settings.WEB_THREADS,
            grace=launch.PATIENT_WEB_GRACE,
        )
        sys.stdout.flush()
        # Signals then reach gunicorn itself, and nobody stands between it and its supervisor.
        os.execv(command[0], command)  # noqa: S606 (our own interpreter)
