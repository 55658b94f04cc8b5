"""`manage.py rotate_secrets`: what a former SECRET_KEY encrypted is encrypted with today's."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from patriot.accounts.second_factor import write_anew


class Command(BaseCommand):
    help = (
        "Encrypt second factors with today's SECRET_KEY. Run it while the former key is among "
        "SECRET_KEY_FALLBACKS. Ends with 1 if one can be read with none of them."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        written, unreadable = write_anew()
        self.stdout.write(f"{written} secrets of second factors written anew")
        if unreadable:
            raise CommandError(
                f"{unreadable} can be read with none of the keys: name the one they were written "
                "with in SECRET_KEY_FALLBACKS, or take them away (reset_second_factor)."
            )
