"""manage.py doctor: look at what reports need of Claude, before a morning depends on it."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from reports.pipeline.completing import MAX_TOKENS
from reports.pipeline.examining import Finding, Grade, examine, models_needed
from reports.tasks import writers

IN_WORDS = {Grade.WELL: "well", Grade.WARNING: "WARNING", Grade.WRONG: "WRONG"}


class Command(BaseCommand):
    help = (
        "Ask Claude, for nothing, whether it accepts the key and has the models that briefings "
        "and settings name: how long they live, what they can read and write, whether we know "
        "their prices. Ends with 1 if anything is wrong."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        needed = models_needed(completes=settings.COMPLETE_MODEL, max_completion_tokens=MAX_TOKENS)
        now = timezone.now()  # noqa: TID251 (an interface)
        findings = list(examine(writers().claude, needed, now=now))
        is_well = all(finding.grade != Grade.WRONG for finding in findings)
        if options["json"]:
            self.stdout.write(json.dumps(_as_object(findings), ensure_ascii=False))
        else:
            for finding in findings:
                grade = IN_WORDS[finding.grade]
                self.stdout.write(f"{finding.subject}: {grade}. {finding.sentence}")
        if not is_well:
            raise SystemExit(1)


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
