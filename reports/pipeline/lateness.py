"""Which reports staff must hear of: the late, and those that will not come by themselves."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import DateTimeField, F, Q, QuerySet, Value

from reports.models import Report

# Nobody is told of what was late before that: an alarm of the day before yesterday helps nobody.
TOO_OLD = timedelta(days=2)
UNFINISHED = (Report.State.PRODUCING, Report.State.DRAFT, Report.State.REVIEW)
# Only people can bring them out now: no reason to wait until their slot is over.
STUCK = (Report.State.HELD, Report.State.FAILED)


def to_tell(now: datetime) -> QuerySet[Report]:
    """Return those that staff were not told of; each is told of once."""
    is_late = Q(
        state__in=UNFINISHED, slot_at__lte=Value(now, DateTimeField()) - F("briefing__grace")
    )
    is_missed = Q(occasion=Report.Occasion.MISSED)
    return Report.objects.filter(
        is_late | is_missed | Q(state__in=STUCK),
        lateness_told_at=None,
        slot_at__gt=now - TOO_OLD,
        briefing__is_enabled=True,
        # What was asked for out of turn was promised to nobody.
    ).exclude(occasion=Report.Occasion.ASKED)


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
