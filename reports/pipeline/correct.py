"""Correct a published report: a new text in place of the old one, with the public reason why.

Errors (beside those of `publish`):

* NotCorrectable   the report stays as it is; the message says why, in a sentence
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from patriot.accounts.models import User
from patriot.lib.text import clean_text
from reports.models import Correction, Delivery, Report, Revision
from reports.pipeline.changed import changes_between
from reports.pipeline.index import index_report
from reports.pipeline.outbox import address_all
from reports.pipeline.publish import NotMoved, Overtaken, _freeze, said, take_turns, verify

MAX_REASON_CHARS = 1_000


class NotCorrectable(NotMoved):
    """There is nothing that this correction could follow, or nothing that it changes."""


def publish_correction(
    report: Report,
    revision: Revision,
    *,
    kind: Correction.Kind,
    reason: str,
    author: User,
    now: datetime,
) -> Correction:
    """Show readers the newest text of a published report in place of the one they see.

    revision: the text that the author looked at
    reason:   what was wrong, for readers
    The text is verified like any other, recorded and chained; whoever got the report hears of it.
    Raises NotCorrectable, and NotPublishable if a claim does not hold.
    """
    words = clean_text(reason, max_chars=MAX_REASON_CHARS).strip()
    if not words:
        raise NotCorrectable("A correction needs a reason that readers can read.")
    with transaction.atomic():
        take_turns(report)
        replaced = _replaced_by(revision, report)
        verify(revision)
        correction = Correction.objects.create(
            revision=revision,
            replaced=replaced,
            kind=kind,
            reason=words,
            author=author,
            created_at=now,
        )
        _freeze(revision, report, now)
        seen = Report.objects.filter(pk=report.pk, state=Report.State.PUBLISHED, current=replaced)
        if not seen.update(current=revision):
            raise Overtaken(report)
        report.refresh_from_db()
        index_report(report)
        address_all(revision, kind=Delivery.Kind.CORRECTION, now=now)
    return correction


def next_after(report: Report) -> Revision | None:
    """Return the text that waits to correct a published report; None if there is none."""
    if not report.is_published or report.current is None:
        return None
    newest = report.revisions.order_by("-number").defer("record").first()
    is_newer = newest is not None and newest.number > report.current.number
    return newest if is_newer else None


def _replaced_by(revision: Revision, report: Report) -> Revision:
    """Return what readers see now. Raises NotCorrectable unless this text may follow it."""
    if not report.is_published or report.current is None:
        raise NotCorrectable(
            f"Only a published report can be corrected; this one is {said(report)}."
        )
    if next_after(report) != revision:
        raise NotCorrectable("This text is not the newest one any more: look at it again.")
    if not changes_between(report.current, revision).are_any:
        raise NotCorrectable("The new text says the same as the one that readers see.")
    return report.current
