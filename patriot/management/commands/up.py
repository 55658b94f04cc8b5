"""`manage.py up`: the site and its worker on your own sources, until Ctrl-C."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from patriot.accounts.models import User
from patriot.demo import production
from patriot.management.base import LaunchCommand
from patriot.operations import launch
from sources.models import Source


class Command(LaunchCommand):
    help = "Run the site and its worker, and the embedded database unless DATABASE_URL is set."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=settings.PORT, help="default: %(default)s")

    def launch(self, **options: Any) -> None:
        port = options["port"]
        with launch.alone(self.say, port=port):
            launch.check_port(port)
            with launch.running_database() as database:
                launch.prepare(self.say)
                production.pause()  # nobody serves the demonstration's feeds now
                with launch.served(port, say=self.say) as supervisor:
                    self._tell_where(port)
                    launch.supervise(supervisor, database, say=self.say)

    def _tell_where(self, port: int) -> None:
        site = f"http://{launch.HOST}:{port}/"
        self.stdout.write(f"Site     {site}\nDesk     {site}admin/")
        if not User.objects.filter(is_staff=True).exists():
            self.stdout.write("There is no staff yet: run `manage.py createsuperuser`.")
        elif not Source.objects.exists():
            self.stdout.write("There are no sources yet: add the first one at the desk.")
        self.stdout.write("Ctrl-C stops everything.")
        self.stdout.flush()
