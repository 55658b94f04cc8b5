"""Which reports staff must hear of: the late, and those that will not come by themselves."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import DateTimeField, F, Q, QuerySet, Value

from reports.domain import windows
from reports.models import Briefing, Report

# Nobody is told of what was late before that: an alarm of the day before yesterday helps nobody.
TOO_OLD = timedelta(days=2)
# Slots are looked for this far back, as far as `windows.latest_slot` looks.
LOOK_BACK = timedelta(days=15)
UNFINISHED = (Report.State.PRODUCING, Report.State.DRAFT, Report.State.REVIEW)
# Only people can bring them out now: no reason to wait until their slot is over.
STUCK = (Report.State.HELD, Report.State.FAILED)


def to_tell(now: datetime) -> QuerySet[Report]:
    """Return those that staff were not told of; each is told of once."""
    is_missed = Q(occasion=Report.Occasion.MISSED)
    return promised().filter(
        (is_unfinished() & grace_is_over(now)) | is_missed | Q(state__in=STUCK),
        lateness_told_at=None,
        slot_at__gt=now - TOO_OLD,
    )


def promised() -> QuerySet[Report]:
    """Return all but those that were asked for out of turn, which were promised to nobody."""
    return Report.objects.filter(briefing__is_enabled=True).exclude(occasion=Report.Occasion.ASKED)


def is_unfinished() -> Q:
    """Those that are late once their grace is over."""
    return Q(state__in=UNFINISHED)


def grace_is_over(now: datetime) -> Q:
    """Those that are due, as their briefing counts it."""
    return Q(slot_at__lte=Value(now, DateTimeField()) - F("briefing__grace"))


def by_briefing(now: datetime) -> dict[str, timedelta]:
    """Return by how much the newest due report of each enabled briefing is late; zero if it is not.

    It is late if it is unfinished, or not there at all, when the grace of its slot is over: the
    rule by which staff are told. What was held, failed or missed says so itself.
    """
    newest = {
        briefing_id: (slot_at, state)
        for briefing_id, slot_at, state in promised()
        .filter(grace_is_over(now), slot_at__gt=now - LOOK_BACK)
        .order_by("briefing_id", "-slot_at")
        .distinct("briefing_id")
        .values_list("briefing_id", "slot_at", "state")
    }
    return {
        briefing.slug: _lateness(briefing, newest.get(briefing.pk), now)
        for briefing in Briefing.objects.enabled().order_by("slug")
    }


def _lateness(briefing: Briefing, newest: tuple[datetime, str] | None, now: datetime) -> timedelta:
    slot = windows.latest_slot(
        briefing.times, briefing.weekdays, briefing.zone, now - briefing.grace
    )
    if (
        slot is not None
        and slot.at > briefing.promised_since
        and (newest is None or newest[0] < slot.at)
    ):
        return now - slot.at
    if newest is not None and newest[1] in UNFINISHED:
        return now - newest[0]
    return timedelta()


def in_words(report: Report) -> str:
    """Return what became of it, in a sentence for staff."""
    match report.state:
        case Report.State.PRODUCING:
            return "It is still in production."
        case Report.State.DRAFT:
            return "It is a draft: an editor submits it, or a publisher publishes it."
        case Report.State.REVIEW:
            return "It is in review: a publisher publishes it."
        case Report.State.HELD:
            return f"It is held, and a publisher decides. {report.reason}"
        case Report.State.FAILED:
            return f"It failed. {report.reason}"
        case _:
            return f"It was missed. {report.reason}"
