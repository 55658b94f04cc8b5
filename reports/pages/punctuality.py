"""The on-time record of a briefing, public: what was promised, and what came when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from reports.domain.lead_time import minutes_in_words
from reports.domain.punctuality import Kept, Record, SlotKept, kept, record_of
from reports.models import Briefing, Report
from reports.models.report import ReportQuerySet

SLOTS_SHOWN = 30
BAR_WIDTH, BAR_GAP, HEIGHT = 8, 3, 32
SHORT, FULL = 6, 28
# A bar grows from on time to as late as this.
VERY_LATE = timedelta(hours=2)

PLANNED_ABSENCES = (Report.Occasion.HOLIDAY, Report.Occasion.PAUSE)


@dataclass(frozen=True, slots=True)
class Bar:
    """One slot in the picture, and as a row of its table."""

    x: int
    y: int
    height: int
    slot: SlotKept

    @property
    def kind(self) -> str:
        """The name of its class in the style sheet."""
        return self.slot.kept.name.lower().replace("_", "-")

    @property
    def in_words(self) -> str:
        if self.slot.kept == Kept.LATE:
            return f"late by {minutes_in_words(self.slot.delay)}"
        words = {Kept.MISSING: "did not come", Kept.NO_NEWS: "nothing new to tell"}
        return words.get(self.slot.kept, str(self.slot.kept))


@dataclass(frozen=True, slots=True)
class Punctuality:
    """What the page shows."""

    record: Record
    bars: Sequence[Bar]
    """Oldest first, as one reads a picture."""
    zone: tzinfo

    @property
    def rows(self) -> Sequence[Bar]:
        """Newest first, as one reads a table."""
        return self.bars[::-1]

    @property
    def width(self) -> int:
        return max(len(self.bars) * (BAR_WIDTH + BAR_GAP) - BAR_GAP, 1)

    @property
    def height(self) -> int:
        return HEIGHT

    @property
    def bar_width(self) -> int:
        return BAR_WIDTH


def punctuality_of(briefing: Briefing, now: datetime, *, count: int = SLOTS_SHOWN) -> Punctuality:
    """Return what became of the last slots whose grace is over. One query."""
    reports = _promised(Report.objects.filter(briefing=briefing), now - briefing.grace)
    record = record_of(slots_kept(reports.newest_first()[:count]))
    bars = [_bar(index, slot) for index, slot in enumerate(reversed(record.slots))]
    return Punctuality(record, tuple(bars), briefing.zone)


def record_between(since: datetime, until: datetime) -> Record:
    """Return the record of all briefings for slots from `since` on and before `until`. One query.

    Each counts by its own briefing's grace; what is still within it is left out by `until`.
    """
    return record_of(slots_kept(_promised(Report.objects.filter(slot_at__gte=since), until)))


def _promised(reports: ReportQuerySet, until: datetime) -> ReportQuerySet:
    """Narrow down to slots of a schedule; what was asked for out of turn promised nothing."""
    return reports.filter(slot_at__lt=until).exclude(occasion=Report.Occasion.ASKED)


def slots_kept(reports: ReportQuerySet) -> list[SlotKept]:
    """Return what became of the slots of these reports."""
    rows = reports.values_list(
        "slot_at", "published_at", "state", "occasion", "briefing__grace", named=True
    )
    return [
        SlotKept(
            row.slot_at,
            kept(
                slot_at=row.slot_at,
                published_at=row.published_at,
                skipped_as=row.occasion if row.state == Report.State.SKIPPED else "",
                grace=row.briefing__grace,
            ),
            row.published_at,
        )
        for row in rows
    ]


def _bar(index: int, slot: SlotKept) -> Bar:
    """Return a bar: short when on time, taller the later, full when nothing came."""
    height = SHORT
    if slot.kept == Kept.MISSING:
        height = FULL
    elif slot.kept == Kept.LATE:
        grown = min(slot.delay / VERY_LATE, 1.0) * (FULL - SHORT)
        height = SHORT + max(round(grown), 2)
    return Bar(index * (BAR_WIDTH + BAR_GAP), HEIGHT - height, height, slot)
