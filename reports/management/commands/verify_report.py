"""manage.py verify_report: prove that what was published has not been changed since."""

from __future__ import annotations

import json
import re
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Sequence
from datetime import date, time
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import Progress

from reports.models import Briefing, Report, Revision
from reports.pipeline.verifying import (
    Finding,
    Verdict,
    problems_of_lists,
    verify_briefing,
    verify_report,
)

ADDRESS = re.compile(
    r"/?(?:reports/)?(?P<slug>[\w-]{1,100})/(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})/(?P<hour>[0-9]{2})"
    r"(?P<minute>[0-9]{2})/?"
)
IN_WORDS = {
    Finding.INTACT: "as it was published",
    Finding.CHANGED: "CHANGED",
    Finding.UNRECORDED: "no record: it was published before there were any",
}


class Command(BaseCommand):
    help = (
        "Compute the hash of published reports again, with every quotation, passage and prompt, "
        "and say what differs from the record. Ends with 1 if anything does."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "reports",
            nargs="*",
            metavar="report",
            help="its id, or where its page is, such as morning/2026-06-09/0700",
        )
        parser.add_argument("--all", action="store_true", help="everything that was published")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        if bool(options["reports"]) == options["all"]:
            raise CommandError("Name the reports to verify, or say --all.")
        quiet = options["json"] or options["verbosity"] == 0
        if options["all"]:
            verdicts, missing = self._everything(quiet=quiet)
        else:
            reports = [_report_named(name) for name in options["reports"]]
            verdicts = [verdict for report in reports for verdict in verify_report(report)]
            missing = []
        if options["json"]:
            self.stdout.write(json.dumps(_as_object(verdicts, missing), ensure_ascii=False))
        else:
            self._say(verdicts, missing)
        if missing or any(verdict.finding == Finding.CHANGED for verdict in verdicts):
            raise SystemExit(1)

    def _everything(self, *, quiet: bool) -> tuple[list[Verdict], list[str]]:
        verdicts: list[Verdict] = []
        missing: list[str] = []
        with Progress(console=Console(file=self.stderr), disable=quiet) as progress:  # type: ignore[arg-type]
            published = Revision.objects.exclude(published_at=None).count()
            task = progress.add_task("Verifying", total=published)
            for briefing in Briefing.objects.order_by("pk"):
                missing += problems_of_lists(briefing)
                for verdict in verify_briefing(briefing):
                    verdicts.append(verdict)
                    progress.advance(task)
        return verdicts, missing

    def _say(self, verdicts: list[Verdict], missing: list[str]) -> None:
        for verdict in verdicts:
            said = f", {verdict.sha256}" if verdict.sha256 else ""
            self.stdout.write(f"{verdict.name}: {IN_WORDS[verdict.finding]}{said}")
            for difference in verdict.differences:
                self.stdout.write(f"  {difference}")
        for sentence in missing:
            self.stdout.write(sentence)
        counts = Counter(verdict.finding for verdict in verdicts)
        self.stdout.write(
            f"{len(verdicts)} verified: {counts[Finding.INTACT]} as published, "
            f"{counts[Finding.CHANGED]} changed, {counts[Finding.UNRECORDED]} without a record; "
            f"{len(missing)} missing"
        )


def _report_named(name: str) -> Report:
    """Return a report by its id or address. Raises CommandError unless something was published."""
    reports = Report.objects.filter(revisions__published_at__isnull=False).distinct()
    found = reports.filter(**_terms(name)).select_related("briefing").order_by("-pk").first()
    if found is None:
        raise CommandError(f"Nothing was published as {name}.")
    return found


def _terms(name: str) -> dict[str, Any]:
    if re.fullmatch("[0-9]{1,18}", name):
        return {"pk": int(name)}
    address = ADDRESS.fullmatch(name)
    try:
        if address is None:
            raise ValueError(name)
        day = date.fromisoformat(address["day"])
        slot = time(int(address["hour"]), int(address["minute"]))
    except ValueError as error:
        said = f"“{name}” is neither an id nor such as morning/2026-06-09/0700."
        raise CommandError(said) from error
    return {
        "briefing__slug": address["slug"],
        "local_date": day,
        "slot__hour": slot.hour,
        "slot__minute": slot.minute,
    }


def _as_object(verdicts: Sequence[Verdict], missing: Sequence[str]) -> dict[str, Any]:
    counts = Counter(verdict.finding for verdict in verdicts)
    return {
        "verified": counts.total(),
        **{finding.value: counts[finding] for finding in Finding},
        "missing": missing,
        "revisions": [
            {
                "revision": verdict.revision_id,
                "name": verdict.name,
                "sha256": verdict.sha256,
                "finding": verdict.finding,
                "differences": verdict.differences,
            }
            for verdict in verdicts
        ],
    }
