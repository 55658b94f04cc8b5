"""Open a report for each slot whose time has come: the row is the slot."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from patriot.work.looks import enqueue
from patriot.work.models import Job
from reports.domain import windows
from reports.domain.windows import Slot
from reports.models import Briefing, Report
from reports.pipeline.stages import Stage

FIRST_WINDOW = timedelta(hours=24)
GRACE = timedelta(minutes=15)


def open_due_reports(now: datetime, *, briefings: QuerySet[Briefing] | None = None) -> list[Report]:
    """Open the report of every briefing whose latest slot has no row yet.

    Only the latest slot: after a long silence readers get one report, marked late, not many.
    The work on a slot begins `briefing.lead` before it.
    """
    chosen = Briefing.objects.enabled() if briefings is None else briefings
    opened = []
    for briefing in chosen:
        slot = windows.latest_slot(
            briefing.times, briefing.weekdays, briefing.zone, now + briefing.lead
        )
        # Slots from before the briefing existed were never promised to anybody.
        if slot and slot.at > briefing.created_at and (report := _open(briefing, slot, now)):
            opened.append(report)
    return opened


def open_report_now(briefing: Briefing, now: datetime) -> Report:
    """Open a report out of turn, for this very minute; return the one that is there if it is."""
    slot = windows.slot_at(now, briefing.zone)
    return _open(briefing, slot, now) or Report.objects.get(
        briefing=briefing, local_date=slot.local_date, slot=slot.time
    )


def _open(briefing: Briefing, slot: Slot, now: datetime) -> Report | None:
    """Insert the slot's row with its first jobs; None if the slot has a row."""
    with transaction.atomic():
        report, is_new = Report.objects.get_or_create(
            briefing=briefing,
            local_date=slot.local_date,
            slot=slot.time,
            defaults={
                "slot_at": slot.at,
                "window_start": window_start(briefing, now),
                "window_end": now,
                "created_at": now,
                "reason": _lateness(briefing, slot, now),
            },
        )
        if not is_new:
            return None
        jobs = Job.objects.bulk_create(
            Job(kind=kind, subject=report.subject, stage=stage, not_before=now, created_at=now)
            for kind, stage in (("regroup", Stage.REGROUP), ("select", Stage.SELECT))
        )
        enqueue("reports.tasks.work", [job.pk for job in jobs])
    return report


def window_start(briefing: Briefing, now: datetime) -> datetime:
    """Return where the last report that told anything ended, or a day ago."""
    last = (
        briefing.reports.filter(
            state__in=[Report.State.PUBLISHED, Report.State.WITHDRAWN], window_end__lt=now
        )
        .order_by("-window_end")
        .first()
    )
    return last.window_end if last else now - FIRST_WINDOW


def _lateness(briefing: Briefing, slot: Slot, now: datetime) -> str:
    """Return what readers are told of a late report, in the briefing's time; "" if it is not."""
    if now <= slot.at + GRACE:
        return ""
    due, begun = (moment.astimezone(briefing.zone) for moment in (slot.at, now))
    return f"This report is late: it was due at {due:%H:%M}, and work on it began at {begun:%H:%M}."
