"""What the commands that start and stop things share: one sentence when they cannot."""

from __future__ import annotations

import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import OperationalError

from patriot.demo.folder import FolderError
from patriot.lib.postgres import EmbeddedPostgres
from patriot.lib.processes import interrupted_by_signals
from patriot.lib.text import one_line
from patriot.operations.launch import LaunchError, in_one_sentence, is_embedded

MAX_SAID_CHARS = 500
NOT_RUNNING = "The database is not running: start `make run` (manage.py up) first."


def is_about_the_stopped_database(error: BaseException) -> bool:
    """Tell whether a command failed only because nobody has started the embedded database."""
    return (
        isinstance(error, OperationalError)
        and is_embedded()
        and not EmbeddedPostgres(settings.PATRIOT_DATA).is_running()
    )


def absence_of_database(error: OperationalError) -> str:
    """Return the one sentence for a database that does not answer; empty for any other error."""
    if is_about_the_stopped_database(error):
        return NOT_RUNNING
    state = getattr(error.__cause__, "sqlstate", "")
    # Without a state the server has said nothing; with these it said that it is not there for us
    # (PostgreSQL, "Error Codes": connection exception, operator intervention).
    is_absent = state is None or (state.startswith(("08", "57P")) if state else False)
    if not is_absent or settings.DEBUG:
        return ""
    said = one_line(str(error), max_chars=MAX_SAID_CHARS)
    if password := settings.DATABASES["default"].get("PASSWORD"):
        said = said.replace(password, "…")
    return f"The database does not answer: {said}"


class LaunchCommand(BaseCommand):
    """A command that SIGTERM ends as orderly as Ctrl-C, and that fails in one sentence."""

    # They need the database, which these commands are about to start.
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.stderr.style_func = None  # Django means it for errors only, in red
        try:
            with interrupted_by_signals(), in_one_sentence():
                self.launch(**options)
        except (LaunchError, FolderError) as error:
            self.stderr.write(self.style.ERROR(str(error)))
            sys.exit(1)
        except KeyboardInterrupt:
            self.say("Stopped")

    def launch(self, **options: Any) -> None:
        """Do the command's work; LaunchError and FolderError become its last sentence."""
        raise NotImplementedError

    def say(self, sentence: str) -> None:
        """Tell how far it is, on standard error: standard output is for results."""
        self.stderr.write(sentence)
        self.stderr.flush()
