"""`manage.py reset_second_factor`: lets the last administrator in who has lost a device."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.core.management.base import BaseCommand, CommandError, CommandParser

from patriot.accounts.models import User
from patriot.accounts.second_factor import take_away


class Command(BaseCommand):
    help = (
        "Forget somebody's second factors and sign them out everywhere: they come in with the "
        "password alone, and set up another. Others' are reset at the desk, under Users."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="whose")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"There is nobody called “{options['username'][:150]}”.")
        taken = take_away(user)
        mine = User.objects.filter(pk=user.pk)
        LogEntry.objects.log_actions(
            user.pk, mine, CHANGE, change_message="Took the second factor away, at the server."
        )
        said = "Signs in with the password alone now." if taken else "Had no second factor."
        self.stdout.write(f"{user}: {said} Signed out everywhere.")
