"""How long people have left with a draft, in words."""

from __future__ import annotations

from datetime import datetime
from math import ceil

from reports.domain.deadlines import deadline_of
from reports.models import Report

WAITING = frozenset({Report.State.DRAFT, Report.State.REVIEW})
THEN = {
    "publish": "then it is published at its slot if every gate is green, else held",
    "reduced": "then it is published at its slot, without what is not green",
    "hold": "then it is held",
}


def review_ends(report: Report, now: datetime) -> str:
    """Return when review of a draft ends, how soon, and what becomes of it then."""
    ends = deadline_of(report.slot_at, report.briefing.review_margin)
    then = THEN[report.briefing.at_deadline]
    at = f"{ends:%H:%M} UTC on {ends.day} {ends:%B}"
    if ends <= now:
        return f"Review ended at {at}; {then}."
    return f"Review ends at {at}, in {_words(ceil((ends - now).total_seconds() / 60))}; {then}."


def _words(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    parts = [_count(hours, "hour"), _count(rest, "minute")]
    return " and ".join(part for part in parts if part)


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}{'' if number == 1 else 's'}" if number else ""
