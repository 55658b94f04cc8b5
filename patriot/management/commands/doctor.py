"""manage.py doctor: look at all that an operator can get wrong, before a morning depends on it."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import DatabaseError
from django.utils import timezone

from patriot.operations import diagnosis
from reports.pipeline.completing import MAX_TOKENS
from reports.pipeline.examining import Finding, Grade, examine, models_needed
from reports.tasks import writers

HOUSE, CLAUDE = "house", "claude"
IN_WORDS = {Grade.WELL: "well", Grade.WARNING: "WARNING", Grade.WRONG: "WRONG"}


class Command(BaseCommand):
    help = (
        "Examine the house: settings, disk, static files, mail, database, clocks, migrations, "
        "worker, reports, backups; and ask Claude, for nothing, whether it accepts the key and "
        "has the models that are named. Each finding says how to mend it. Ends with 1 if anything "
        "is wrong."
    )

    # It tells what they find, and goes on.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument(
            "--only", choices=(HOUSE, CLAUDE), help="look at the house alone, or at Claude alone"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()  # noqa: TID251 (an interface)
        findings: list[Finding] = []
        if options["only"] != CLAUDE:
            findings += diagnosis.look(now)
        if options["only"] == CLAUDE:
            findings += _about_claude(now)
        elif options["only"] is None:
            findings += _about_claude_if_wanted(now)
        is_well = all(finding.grade != Grade.WRONG for finding in findings)
        if options["json"]:
            self.stdout.write(json.dumps(_as_object(findings), ensure_ascii=False))
        else:
            for finding in findings:
                grade = IN_WORDS[finding.grade]
                self.stdout.write(f"{finding.subject}: {grade}. {finding.sentence}")
        if not is_well:
            raise SystemExit(1)


def _about_claude(now: datetime) -> Iterator[Finding]:
    needed = models_needed(completes=settings.COMPLETE_MODEL, max_completion_tokens=MAX_TOKENS)
    return examine(writers().claude, needed, now=now)


def _about_claude_if_wanted(now: datetime) -> list[Finding]:
    """A house may live without Claude: then nothing about it is wrong."""
    if "claude" not in settings.SERVICES:
        said = "No key is set: the local analyst writes all reports."
        return [Finding(CLAUDE, Grade.WELL, said)]
    try:
        return list(_about_claude(now))
    except DatabaseError:
        said = "Not examined: the database says which models are named, and does not answer."
        return [Finding(CLAUDE, Grade.WARNING, said)]


def _as_object(findings: Sequence[Finding]) -> dict[str, Any]:
    return {
        "is_well": all(finding.grade != Grade.WRONG for finding in findings),
        "findings": [
            {
                "subject": finding.subject,
                "grade": finding.grade.value,
                "sentence": finding.sentence,
            }
            for finding in findings
        ],
    }
