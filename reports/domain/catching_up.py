"""Which slots get a report, and which are only recorded, with the sentence that says why."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Literal
from zoneinfo import ZoneInfo

from reports.domain.windows import Slot

MISSED = "Nothing worked on this report when it was due; a later one tells what it would have."


class Absence(StrEnum):
    """Why a slot has no report."""

    MISSED = "missed"
    HOLIDAY = "holiday"
    PAUSE = "pause"


@dataclass(frozen=True, slots=True)
class Skipped:
    """A slot that is recorded without a report."""

    slot: Slot
    absence: Absence
    reason: str


@dataclass(frozen=True, slots=True)
class Sorted:
    """What is to become of the slots that nobody has opened yet."""

    open: tuple[Slot, ...]
    skipped: tuple[Skipped, ...]


def sort_slots(
    due: Sequence[Slot],
    *,
    taken: Collection[Slot],
    holidays: Collection[date],
    paused_until: date | None,
    now: datetime,
) -> Sorted:
    """Decide on the slots whose work is due; those that are `taken` are not touched again.

    What is still to come gets its report. Of those whose moment has passed only the very last of
    all may, late: after a long silence readers want one report, not twenty.
    """
    latest = max(due, key=_order, default=None)
    # Of those that a jump of the clocks moved to one moment, the last.
    at_moments = {slot.at: slot for slot in sorted(due, key=_order)}
    opened, skipped = [], []
    for slot in sorted(set(due) - set(taken), key=_order):
        planned = _planned(slot, holidays, paused_until)
        if planned:
            skipped.append(planned)
        elif at_moments[slot.at] != slot:
            skipped.append(_jumped_over(slot))
        elif slot.at > now or slot == latest:
            opened.append(slot)
        else:
            skipped.append(Skipped(slot, Absence.MISSED, MISSED))
    return Sorted(tuple(opened), tuple(skipped))


def _order(slot: Slot) -> tuple[datetime, date, object]:
    return slot.at, slot.local_date, slot.time


def _planned(slot: Slot, holidays: Collection[date], paused_until: date | None) -> Skipped | None:
    """Return why nobody expects a report at this slot; None if they do."""
    absence = planned_absence(slot, holidays, paused_until)
    if absence == Absence.PAUSE:
        return Skipped(slot, Absence.PAUSE, f"This briefing pauses until {paused_until:%-d %B %Y}.")
    if absence == Absence.HOLIDAY:
        return Skipped(slot, Absence.HOLIDAY, "No report on this day: it is a holiday.")
    return None


def planned_absence(
    slot: Slot, holidays: Collection[date], paused_until: date | None
) -> Absence | Literal[""]:
    """Return whether a slot falls into a pause or on a holiday; "" if it does not."""
    if paused_until and slot.local_date < paused_until:
        return Absence.PAUSE
    return Absence.HOLIDAY if slot.local_date in holidays else ""


def _jumped_over(slot: Slot) -> Skipped:
    said = (
        f"The clocks jumped over {slot.time:%H:%M} on this day: it fell on the same moment as "
        "the report that follows."
    )
    return Skipped(slot, Absence.MISSED, said)


def said_of_lateness(slot: Slot, *, zone: ZoneInfo, grace: timedelta, now: datetime) -> str:
    """Return what readers are told of a report that is begun late; "" if it is not late."""
    if now <= slot.at + grace:
        return ""
    due, begun = slot.at.astimezone(zone), now.astimezone(zone)
    day = "" if due.date() == begun.date() else f" on {begun:%-d %B}"
    began = f"work on it began at {begun:%H:%M}{day}."
    return f"This report is late: it was due at {due:%H:%M}, and {began}"
