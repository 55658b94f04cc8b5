"""The deadline: a report that waits for people does not wait for ever, and never in silence.

A margin before its slot, or as soon as its text is finished if that comes later, what cannot go out
by itself is held, so that people have the margin to do something about it. What can go out is
published at the slot, or published reduced, as its briefing says.
"""

from __future__ import annotations

from datetime import datetime

import structlog
from django.db.models import DateTimeField, ExpressionWrapper, F, QuerySet, Value

from reports.domain.deadlines import (
    MENDABLE,
    Course,
    course_at_deadline,
    review_in_words,
    said_of_reduction,
    why_held,
)
from reports.domain.gates import red
from reports.models import Claim, Report, Revision, Section
from reports.pipeline import review
from reports.pipeline.drafting import ChangedMeanwhile, GoneOut
from reports.pipeline.editing import Changes, NotEdited, edit, thread_of
from reports.pipeline.gates import Examination, examine
from reports.pipeline.publish import NotMoved, publish_as_seen

log = structlog.get_logger(__name__)

WAITING = (Report.State.DRAFT, Report.State.REVIEW)
UNPROMISED = "It was asked for out of turn, so it waits until somebody publishes it."
BY_THE_DEADLINE = "Left out at the deadline."


def due(now: datetime) -> QuerySet[Report]:
    """Return the reports whose review is over, and that still wait for somebody.

    Nobody was promised one that was asked for out of turn: that waits for people.
    """
    over = Report.objects.filter(
        state__in=WAITING, slot_at__lte=Value(now, DateTimeField()) + F("briefing__review_margin")
    )
    return over.exclude(occasion=Report.Occasion.ASKED)


def review_ends(report: Report, now: datetime) -> str:
    """Return when review of a report ends and what becomes of it then; "" if it does not wait."""
    if report.state not in WAITING:
        return ""
    if report.occasion == Report.Occasion.ASKED:
        return UNPROMISED
    briefing = report.briefing
    return review_in_words(
        report.slot_at,
        margin=briefing.review_margin,
        policy=briefing.at_deadline,
        zone=briefing.zone,
        now=now,
    )


def waiting_by_deadline() -> QuerySet[Report]:
    """Return the reports that wait for people, those with the least time left first."""
    ends = ExpressionWrapper(F("slot_at") - F("briefing__review_margin"), DateTimeField())
    waiting = Report.objects.filter(state__in=WAITING).select_related("briefing")
    return waiting.order_by(ends, "pk")


def meet(now: datetime) -> int:
    """Decide on all whose deadline has come; return how many were published or held."""
    decided = 0
    for report in due(now).select_related("briefing").order_by("slot_at", "pk"):
        try:
            decided += _decide(report, now)
        except (NotMoved, ChangedMeanwhile, GoneOut) as error:
            # Somebody is at it: the next look decides on what he leaves.
            log.info("deadline_postponed", report=report.pk, why=str(error))
    return decided


def _decide(report: Report, now: datetime) -> bool:
    """Publish or hold a report; False while it waits for its slot."""
    revision = report.revisions.order_by("number").last()
    if revision is None:
        review.hold(report, reason="Held at the deadline: it has no text.")
        return True
    examination = examine(revision)
    policy = report.briefing.at_deadline
    course = course_at_deadline(policy, examination.gates)
    if course is not Course.HOLD and now < report.slot_at:
        return False
    if course is Course.REDUCE:
        reduced = _reduce(report, revision, examination, now)
        course = course if reduced else Course.HOLD
        revision = reduced or revision
    if course is Course.HOLD:
        review.hold(report, reason=why_held(policy, examination.gates))
        return True
    # Only what was examined: an editor may save another text meanwhile.
    publish_as_seen(report, now=now, text=revision.pk)
    return True


def _reduce(
    report: Report, revision: Revision, found: Examination, now: datetime
) -> Revision | None:
    """Leave out what is not green, and tell readers; return the text, None if nothing is left."""
    doubted = found.doubtful | found.bare | found.fallen.keys()
    claims = list(Claim.objects.filter(section__revision=revision))
    bad = [claim for claim in claims if claim.pk in doubted]
    headless = {claim.section_id for claim in bad if claim.kind == Claim.Kind.HEADLINE}
    sections = Section.objects.filter(revision=revision)
    gone = {s.story_id for s in sections if s.pk in headless or s.fallback}
    dropped = {thread_of(claim) for claim in bad if claim.section_id not in headless}
    if gone or dropped:
        changes = Changes(dropped=frozenset(dropped), dropped_stories=frozenset(gone))
        try:
            revision = edit(revision, changes, editor=None, now=now, why=BY_THE_DEADLINE)
        except NotEdited:
            return None
    others = [gate for gate in red(found.gates) if gate.name not in MENDABLE]
    reason = " ".join([report.reason, said_of_reduction(len(dropped), len(gone), others)]).strip()
    review.say(report, reason=reason)
    return revision
