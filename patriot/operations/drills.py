"""Proof that a restored house is the same house: its counts, and every published report's chain."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from django.core.management import call_command

from patriot.operations.backups import Manifest, Place, working_in
from reports.models import Briefing
from reports.pipeline.verifying import Finding, problems_of_lists, verify_briefing


@dataclass(slots=True)
class Proof:
    """What was found in a restored house."""

    manifest: Manifest
    verified: Counter[Finding] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    """What is not as it was published, in sentences."""

    @property
    def is_good(self) -> bool:
        return not self.problems

    @property
    def made_at(self) -> datetime:
        return self.manifest.made_at

    def in_words(self) -> str:
        """Return the counts as one sentence."""
        rows = sum(self.manifest.rows.values())
        return (
            f"{rows:,} rows of {len(self.manifest.rows)} tables are there, as of "
            f"{self.made_at:%Y-%m-%d %H:%M} UTC; {self.verified.total():,} published texts "
            f"verified: {self.verified[Finding.INTACT]:,} as published, "
            f"{self.verified[Finding.CHANGED]:,} changed, "
            f"{self.verified[Finding.UNRECORDED]:,} without a record"
        )


def proven(manifest: Manifest, place: Place) -> Proof:
    """Bring a restored database up to date, and verify all that was ever published in it."""
    proof = Proof(manifest)
    with working_in(place):
        call_command("migrate", verbosity=0, interactive=False)
        for briefing in Briefing.objects.order_by("pk"):
            proof.problems += problems_of_lists(briefing)
            for verdict in verify_briefing(briefing):
                proof.verified[verdict.finding] += 1
                if verdict.finding == Finding.CHANGED:
                    proof.problems += [f"{verdict.name}: {said}" for said in verdict.differences]
    return proof
