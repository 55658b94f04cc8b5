"""The next runs of a schedule, also across the next clock change, with the odd ones explained."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from reports.domain.catching_up import planned_absence
from reports.domain.windows import Slot, next_slots, slots_between

A_YEAR = timedelta(days=366)
AROUND = timedelta(days=1.5)
MAX_SHOWN_AROUND = 8


@dataclass(frozen=True, slots=True)
class Run:
    """One run to come, ready to be shown."""

    slot: Slot
    zone: ZoneInfo
    oddity: str = ""
    """Why it is not simply at its local time, or not as the one before; a sentence."""
    absence: str = ""
    """“holiday” or “pause”: then there is no report."""
    is_after_a_break: bool = False
    """Runs are left out between the one before and this one."""

    @property
    def local_in_words(self) -> str:
        return f"{self.slot.at.astimezone(self.zone):%a %-d %B %Y, %H:%M %Z}"

    @property
    def utc_in_words(self) -> str:
        return f"{self.slot.at:%a %-d %B, %H:%M} UTC"


def next_runs(
    times: Sequence[time],
    weekdays: Sequence[int],
    zone: ZoneInfo,
    after: datetime,
    count: int,
    *,
    holidays: Collection[date] = (),
    paused_until: date | None = None,
) -> list[Run]:
    """Return the next `count` runs, then those around the next clock change, if it is later."""
    slots = next_slots(times, weekdays, zone, after, count)
    change = next_clock_change(zone, after)
    beyond: list[Slot] = []
    if slots and change and change > slots[-1].at - AROUND:
        begin, end = max(slots[-1].at, change - AROUND), change + AROUND
        beyond = slots_between(times, weekdays, zone, begin, end)[:MAX_SHOWN_AROUND]
    runs = list(_explained([*slots, *beyond], zone))
    if beyond and change and change - AROUND > slots[-1].at:
        runs[len(slots)] = replace(runs[len(slots)], is_after_a_break=True)
    return [replace(run, absence=planned_absence(run.slot, holidays, paused_until)) for run in runs]


def next_clock_change(zone: ZoneInfo, after: datetime) -> datetime | None:
    """Return the next moment within a year at which the zone's clocks change; None without one.

    Looked for day by day, then by halving: two changes within a day would be one.
    """
    day = after
    while day < after + A_YEAR:
        following = day + timedelta(days=1)
        if _offset(day, zone) != _offset(following, zone):
            return _halved(day, following, zone)
        day = following
    return None


def _halved(low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    before = _offset(low, zone)
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        low, high = (middle, high) if _offset(middle, zone) == before else (low, middle)
    return high.replace(microsecond=0)


def _explained(slots: Iterable[Slot], zone: ZoneInfo) -> Iterator[Run]:
    before: timedelta | None = None
    for slot in slots:
        own = _offset(slot.at, zone)
        oddity = _oddity(slot, zone)
        # What is odd explains itself: the change is told with the first run at its usual time.
        if not oddity:
            oddity = _changed(before, own)
            before = own
        yield Run(slot, zone, oddity)


def _changed(before: timedelta | None, own: timedelta) -> str:
    if before is None or own == before:
        return ""
    return f"From here on it is {_utc(own)}, not {_utc(before)}: the clocks have changed."


def _oddity(slot: Slot, zone: ZoneInfo) -> str:
    """Return what a clock change makes of a slot, in a sentence; "" if nothing."""
    wanted = datetime.combine(slot.local_date, slot.time)
    came = slot.at.astimezone(zone).replace(tzinfo=None)
    if came != wanted and came - wanted.replace(hour=0, minute=0) >= timedelta(days=1):
        day = f"{slot.local_date:%a %-d %B %Y}"
        return f"{day} does not exist here: the clocks jump over the day."
    if came != wanted:
        return f"{slot.time:%H:%M} does not exist on this day: the clocks jump over it."
    again = wanted.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if again != slot.at:
        return f"{slot.time:%H:%M} comes twice on this day: it runs the first time."
    return ""


def _offset(moment: datetime, zone: ZoneInfo) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta(0)


def _utc(offset: timedelta) -> str:
    """Return such as “UTC+2” or “UTC−3:30”."""
    minutes = abs(int(offset.total_seconds())) // 60
    sign = "−" if offset < timedelta(0) else "+"
    rest = f":{minutes % 60:02}" if minutes % 60 else ""
    return f"UTC{sign}{minutes // 60}{rest}"
