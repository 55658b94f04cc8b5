"""Whether reports came when they were promised: what counts, and what it adds up to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Kept(StrEnum):
    """What became of a promised slot. The last three are no fault, and count for nothing."""

    ON_TIME = "on time"
    LATE = "late"
    MISSING = "missing"
    NO_NEWS = "no news"
    HOLIDAY = "holiday"
    PAUSE = "pause"

    @property
    def counts(self) -> bool:
        return self in (Kept.ON_TIME, Kept.LATE, Kept.MISSING)


@dataclass(frozen=True, slots=True)
class SlotKept:
    """One slot, and what became of it."""

    slot_at: datetime
    kept: Kept
    published_at: datetime | None = None

    @property
    def delay(self) -> timedelta:
        """How long after its slot it came; nothing if it did not come or was early."""
        late = (self.published_at or self.slot_at) - self.slot_at
        return max(late, timedelta(0))


def kept(
    *, slot_at: datetime, published_at: datetime | None, skipped_as: str, grace: timedelta
) -> Kept:
    """Return what became of a slot whose grace is over.

    skipped_as: “schedule”, “missed”, “holiday” or “pause” if it has no report; else ""
    """
    if published_at is not None:
        return Kept.ON_TIME if published_at <= slot_at + grace else Kept.LATE
    planned = {"schedule": Kept.NO_NEWS, "holiday": Kept.HOLIDAY, "pause": Kept.PAUSE}
    return planned.get(skipped_as, Kept.MISSING)


@dataclass(frozen=True, slots=True)
class Record:
    """The slots of a briefing, newest first."""

    slots: Sequence[SlotKept]

    @property
    def promised(self) -> int:
        return sum(slot.kept.counts for slot in self.slots)

    @property
    def on_time(self) -> int:
        return self._count(Kept.ON_TIME)

    @property
    def late(self) -> int:
        return self._count(Kept.LATE)

    @property
    def missing(self) -> int:
        return self._count(Kept.MISSING)

    @property
    def share(self) -> float | None:
        """Return how much of what was promised came on time, 0 to 1; None if nothing was."""
        return self.on_time / self.promised if self.promised else None

    @property
    def in_words(self) -> str:
        """Say it in a sentence; small numbers are no percentages."""
        if not self.promised:
            return "No report was due yet."
        if self.promised == self.on_time:
            what = "report" if self.promised == 1 else f"{self.promised} reports"
            return f"The last {what} came on time."
        said = [f"{self.on_time} of the last {self.promised} reports came on time"]
        said += [f"{self.late} came late"] if self.late else []
        said += [f"{self.missing} did not come"] if self.missing else []
        return f"{', '.join(said)}."

    def _count(self, kind: Kept) -> int:
        return sum(slot.kept == kind for slot in self.slots)


def record_of(slots: Iterable[SlotKept]) -> Record:
    """Return the record, newest first."""
    return Record(tuple(sorted(slots, key=lambda slot: slot.slot_at, reverse=True)))
