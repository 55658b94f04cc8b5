"""Publish a report, or take it back.

Errors:

* NotMoved           the report stays as it is; the message says why, in a sentence
  · NotPublishable   it has no draft, or a claim of it does not hold
  · NotWithdrawable  nobody reads it yet, or any more
  · Overtaken        somebody else moved it meanwhile: look at it again
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Max, QuerySet

from patriot.lib.text import clean_text
from patriot.work.models import Job
from reports.domain.analysis import Rejected
from reports.domain.record import sha256_of
from reports.models import Briefing, Delivery, Report, Revision
from reports.pipeline.evidence import examined
from reports.pipeline.index import index_report, remove_from_index
from reports.pipeline.outbox import address_all
from reports.pipeline.recording import record_of


class NotMoved(Exception):
    """The report stays as it is; the message says why, in a sentence."""


class NotPublishable(NotMoved):
    """The report may not be published."""


class NotWithdrawable(NotMoved):
    """Only what readers read can be taken back."""


class Overtaken(NotMoved):
    """Somebody else was faster; the sentence says what the report is now."""

    def __init__(self, report: Report) -> None:
        report.refresh_from_db()
        super().__init__(f"Somebody else was faster: the report is {said(report)} now.")


MAX_REASON_CHARS = 2_000
State = Report.State
PUBLISHABLE = frozenset({State.PRODUCING, State.DRAFT, State.REVIEW, State.HELD})
FINISHED = PUBLISHABLE - {State.PRODUCING}
"""What an editor may publish: the work on it is over."""


def publish(job: Job, report: Report, now: datetime) -> None:
    """Publish a report whose slot has come."""
    with transaction.atomic():
        job.finish(now)
        publish_report(report, now=now)


def publish_report(report: Report, *, now: datetime) -> None:
    """Freeze the newest revision and show it to readers, unless they see it already.

    Every claim is verified once more against the stored passages: what an earlier step said
    is not taken on trust. Raises NotPublishable and Overtaken.
    """
    with transaction.atomic():
        take_turns(report)
        if not report.is_published:
            _publish(report, now)


def publish_as_seen(report: Report, *, now: datetime, text: int | None = None) -> None:
    """Publish a finished report that an editor saw in the state it says it is in.

    text: the revision that was seen; if there is a newer one, nothing is published

    Raises NotPublishable, and Overtaken if it is in another state by now.
    """
    seen = report.state
    if seen not in FINISHED:
        raise NotPublishable(f"A report that is {said(report)} cannot be published.")
    with transaction.atomic():
        take_turns(report)
        if report.state != seen:
            raise Overtaken(report)
        _publish(report, now, text=text)


def take_turns(report: Report) -> None:
    """One publication of a briefing at a time: reports are numbered without gaps.

    Whoever saves a text waits here too, and then knows what readers have. In a transaction.
    """
    Briefing.objects.select_for_update().get(pk=report.briefing_id)
    report.refresh_from_db()


def _publish(report: Report, now: datetime, *, text: int | None = None) -> None:
    if report.state not in PUBLISHABLE:
        raise NotPublishable(f"A report that is {said(report)} has no draft.")
    revision = report.revisions.order_by("number").last()
    if revision is None or not revision.title:
        raise NotPublishable("The report has no finished draft yet.")
    # The very row that is published: a text may be saved at any moment before.
    if text is not None and revision.pk != text:
        raise NotPublishable("Somebody changed it after you looked: look at the new text.")
    verify(revision)
    newest = report.briefing.reports.aggregate(newest=Max("number"))["newest"]
    report.number = report.number or (newest or 0) + 1
    _freeze(revision, report, now)
    published = as_seen(report).update(
        state=State.PUBLISHED,
        reason=readers_reason(report),
        number=report.number,
        current=revision,
        published_at=now,
    )
    if not published:
        # What was verified meanwhile is rolled back with the transaction.
        raise Overtaken(report)
    report.refresh_from_db()
    index_report(report)
    address_all(revision, kind=Delivery.Kind.REPORT, now=now)


def _freeze(revision: Revision, report: Report, now: datetime) -> None:
    """Make a text final, with the record of its making, in one row that never changes again."""
    revision.report, revision.published_at = report, now
    record = record_of(revision)
    revision.record, revision.sha256 = record, sha256_of(record)
    revision.previous_sha256 = str(record["previous_sha256"])
    revision.save(update_fields=["published_at", "record", "sha256", "previous_sha256"])


def withdraw_report(report: Report, *, reason: str, now: datetime) -> None:
    """Take a published report back; its page stays and gives the reason.

    Raises NotWithdrawable if it is not published, Overtaken if somebody else was faster,
    ValueError without a reason.
    """
    words = clean_text(reason, max_chars=MAX_REASON_CHARS).strip()
    if not words:
        raise ValueError("A withdrawal needs a reason that readers can read.")
    if not report.is_published:
        raise NotWithdrawable("Only a published report can be withdrawn.")
    with transaction.atomic():
        # A correction of the same moment is over before, or finds the report withdrawn.
        take_turns(report)
        if not report.is_published:
            raise Overtaken(report)
        Report.objects.filter(pk=report.pk).update(state=State.WITHDRAWN, reason=words)
        remove_from_index(report)
        if report.current:
            address_all(report.current, kind=Delivery.Kind.WITHDRAWAL, now=now)
    report.refresh_from_db()


def as_seen(report: Report) -> QuerySet[Report]:
    """Return the row if it still is in the state in which somebody looked at it."""
    return Report.objects.filter(pk=report.pk, state=report.state)


def readers_reason(report: Report) -> str:
    """Return what readers are told of a report: never why it was held.

    A held report gives the reason for that in its first line; what was there before follows.
    """
    if report.state != State.HELD:
        return report.reason
    return report.reason.partition("\n")[2].strip()


def said(report: Report) -> str:
    """Return the report's state in words."""
    return State(report.state).label


def verify(revision: Revision) -> None:
    """Ground every claim of a revision anew from stored rows. Raises NotPublishable.

    The title must be the words of one of them that stands on quotations, and so must whatever
    travels alone: the 30 seconds and the short version.
    """
    claims = examined(revision)
    if revision.title not in {claim.text for claim, _ in claims if not claim.caveat}:
        raise NotPublishable("The title of the report is none of its claims.")
    for claim, result in claims:
        if claim.caveat and (claim.is_short or claim.summary_position is not None):
            raise NotPublishable(f"Claim {claim.pk} has a caveat and may not travel alone.")
        if isinstance(result, Rejected):
            raise NotPublishable(f"Claim {claim.pk} does not hold: {result.reason}")
