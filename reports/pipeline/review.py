"""Review: what people do with a finished draft before readers see it.

draft → in review → published, and on the way held or sent back; what is published can only be
withdrawn. Each move is one conditional UPDATE of the state in which the editor saw the report,
so of two editors at once only one wins, and the other is told.

Errors, besides those of publishing:

* NotMoved
  · NotSubmittable   it is no draft
  · NotReturnable    nobody was asked to review it
  · NotHoldable      readers read it already, or there is nothing to hold
  · NotHeld          there is no hold to end
"""

from __future__ import annotations

from typing import Any

from django.db.models import F, Value
from django.db.models.functions import Concat

from patriot.lib.text import one_line
from reports.models import Report
from reports.pipeline.publish import (
    MAX_REASON_CHARS,
    NotMoved,
    Overtaken,
    as_seen,
    readers_reason,
    said,
)

State = Report.State
SUBMITTABLE = frozenset({State.DRAFT})
RETURNABLE = frozenset({State.REVIEW})
HOLDABLE = frozenset({State.DRAFT, State.REVIEW})
HELD = frozenset({State.HELD})


class NotSubmittable(NotMoved):
    """Only a draft can be handed in for review."""


class NotReturnable(NotMoved):
    """Only what is in review can be sent back."""


class NotHoldable(NotMoved):
    """Only a draft, or a report in review, can be held."""


class NotHeld(NotMoved):
    """Only a hold can be ended."""


def submit(report: Report) -> None:
    """Hand a draft in for review. Raises NotSubmittable and Overtaken."""
    if report.state not in SUBMITTABLE:
        raise NotSubmittable(f"Only a draft can be submitted; this report is {said(report)}.")
    if not report.revisions.exclude(title="").exists():
        raise NotSubmittable("The report has no finished draft yet.")
    _move(report, State.REVIEW)


def send_back(report: Report, *, reason: str) -> None:
    """Make a report in review a draft again; the reason is for the report's history.

    Raises NotReturnable and Overtaken, ValueError without a reason.
    """
    _demand(reason, "Whoever wrote the draft needs a reason why it comes back.")
    if report.state not in RETURNABLE:
        raise NotReturnable(f"Nothing to send back: this report is {said(report)}.")
    _move(report, State.DRAFT)


def hold(report: Report, *, reason: str) -> None:
    """Keep a report from readers until somebody publishes it after all.

    The reason is for the desk. It becomes the first line of the report's reason, above what
    readers were to be told, which comes back when the report is published.
    Raises NotHoldable and Overtaken, ValueError without a reason.
    """
    _demand(reason, "A hold needs a reason.")
    if report.state not in HOLDABLE:
        raise NotHoldable(f"A report that is {said(report)} cannot be held.")
    first_line = one_line(reason, max_chars=MAX_REASON_CHARS)
    _move(report, State.HELD, reason=Concat(Value(f"{first_line}\n"), F("reason")))


def end_hold(report: Report, *, reason: str) -> None:
    """Make a held report a draft again; the reason is for the report's history.

    Why it was held goes; what readers are to be told of it stays.
    Raises NotHeld and Overtaken, ValueError without a reason.
    """
    _demand(reason, "Whoever finds it a draft again needs a reason.")
    if report.state not in HELD:
        raise NotHeld(f"There is no hold to end: this report is {said(report)}.")
    _move(report, State.DRAFT, reason=readers_reason(report))


def say(report: Report, *, reason: str) -> None:
    """Write what readers are to be told of a report that waits. Raises Overtaken."""
    _move(report, State(report.state), reason=reason)


def _demand(reason: str, why: str) -> None:
    if not reason.strip():
        raise ValueError(why)


def _move(report: Report, to: Report.State, **changes: Any) -> None:
    if not as_seen(report).update(state=to, **changes):
        raise Overtaken(report)
    report.refresh_from_db()
