"""Open a report for each slot whose time has come: the row is the slot.

A slot that gets no report gets a row too, which says why: nothing is skipped in silence.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Max, QuerySet

from patriot.work.looks import enqueue
from patriot.work.models import Job
from reports.domain import windows
from reports.domain.catching_up import Skipped, said_of_lateness, sort_slots
from reports.domain.lead_time import LONGEST, LOOKED_AT, Lead, lead_of
from reports.domain.windows import Slot
from reports.models import Briefing, Report
from reports.pipeline.stages import Stage

FIRST_WINDOW = timedelta(hours=24)
# How far back missed slots are recorded: longer silences are known to everybody.
LOOK_BACK = timedelta(days=31)
# A clock that is wrong by more is none of ours: a run over past feeds sets its own.
LONGEST_STEP = timedelta(days=1)

Key = tuple[date, time]


def open_due_reports(now: datetime, *, briefings: QuerySet[Briefing] | None = None) -> list[Report]:
    """Open the reports whose work is due, and record the slots that get none.

    The work on a slot begins by the briefing's lead before it, the set or the learnt one. Of
    missed slots only the latest gets a report, marked late.
    """
    chosen = list(Briefing.objects.enabled() if briefings is None else briefings)
    taken = _taken(chosen, now)
    opened = []
    for briefing in chosen:
        due = due_slots(briefing, now, taken=taken[briefing.pk])
        fate = sort_slots(
            due,
            taken=[slot for slot in due if _key(slot) in taken[briefing.pk]],
            holidays=briefing.holidays,
            paused_until=briefing.paused_until,
            now=now,
        )
        _record(briefing, fate.skipped, now)
        reports = [_open(briefing, slot, now) for slot in fate.open]
        opened += [report for report in reports if report]
    return opened


def _taken(briefings: Iterable[Briefing], now: datetime) -> Mapping[int, set[Key]]:
    """Return which slots have a row, by briefing."""
    rows = Report.objects.filter(
        briefing__in=briefings, slot_at__gt=now - LOOK_BACK - timedelta(days=3)
    )
    taken: dict[int, set[Key]] = defaultdict(set)
    for briefing_id, local_date, slot in rows.values_list("briefing_id", "local_date", "slot"):
        taken[briefing_id].add((local_date, slot))
    return taken


def _key(slot: Slot) -> Key:
    return slot.local_date, slot.time


def due_slots(briefing: Briefing, now: datetime, *, taken: set[Key]) -> list[Slot]:
    """Return the promised slots whose work has begun or is due, also those of the last weeks."""
    after = max(promised_since(briefing, now), now - LOOK_BACK)
    until = now + max(briefing.lead, LONGEST)
    slots = windows.slots_between(briefing.times, briefing.weekdays, briefing.zone, after, until)
    ends = now + briefing.lead
    if any(slot.at > ends and _key(slot) not in taken for slot in slots):
        # Asked only where it matters: when a slot is near.
        ends = now + learnt_lead(briefing).time
    return [slot for slot in slots if slot.at <= ends]


def promised_since(briefing: Briefing, now: datetime) -> datetime:
    """Return from when on its slots count as promised.

    What was written down under a clock that ran ahead must not make a slot disappear.
    """
    since = briefing.promised_since
    return since if since > now + LONGEST_STEP else min(since, now)


def learnt_lead(briefing: Briefing) -> Lead:
    """Return how long before a slot work on it begins, from how long the last reports took."""
    reports = list(
        briefing.reports.filter(occasion=Report.Occasion.SCHEDULE)
        .exclude(state__in=[Report.State.SKIPPED, Report.State.PRODUCING])
        .newest_first()
        .only("pk", "created_at")[:LOOKED_AT]
    )
    composed = dict(
        Job.objects.filter(subject__in=[report.subject for report in reports], kind="compose")
        .values_list("subject")
        .annotate(at=Max("finished_at"))
    )
    took = [
        composed[report.subject] - report.created_at
        for report in reports
        if composed.get(report.subject)
    ]
    margin = briefing.review_margin if briefing.policy == Briefing.Policy.REVIEW else timedelta(0)
    return lead_of(took, at_least=briefing.lead, margin=margin)


def _record(briefing: Briefing, skipped: Sequence[Skipped], now: datetime) -> None:
    """Write down the slots that get no report."""
    Report.objects.bulk_create(
        (
            Report(
                briefing=briefing,
                local_date=each.slot.local_date,
                slot=each.slot.time,
                slot_at=each.slot.at,
                state=Report.State.SKIPPED,
                occasion=each.absence.value,
                reason=each.reason,
                window_start=each.slot.at - FIRST_WINDOW,
                window_end=each.slot.at,
                created_at=now,
            )
            for each in skipped
        ),
        # Another scheduler may have been faster.
        ignore_conflicts=True,
    )


def open_report_now(briefing: Briefing, now: datetime) -> Report:
    """Open a report out of turn, for this very minute; return the one that is there if it is."""
    slot = windows.slot_at(now, briefing.zone)
    report = _open(briefing, slot, now, occasion=Report.Occasion.ASKED)
    return report or Report.objects.get(
        briefing=briefing, local_date=slot.local_date, slot=slot.time
    )


def _open(
    briefing: Briefing,
    slot: Slot,
    now: datetime,
    *,
    occasion: Report.Occasion = Report.Occasion.SCHEDULE,
) -> Report | None:
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
                "occasion": occasion,
                "reason": said_of_lateness(slot, zone=briefing.zone, grace=briefing.grace, now=now),
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
    """Return where the last report that readers can read ended, or a day ago.

    What a withdrawn one told may be told again.
    """
    last = briefing.reports.published().filter(window_end__lt=now).order_by("-window_end").first()
    return last.window_end if last else now - FIRST_WINDOW
