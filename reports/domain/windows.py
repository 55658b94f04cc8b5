"""When a briefing is due: slots in local time, and what a clock change makes of them.

The rule, stated once: a local time that does not exist (the clock jumps over it) means the
first instant that does; a local time that comes twice means the first of the two.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
A_YEAR_OF_DAYS = 370


@dataclass(frozen=True, slots=True)
class Slot:
    """One time at which a report is due."""

    local_date: date
    time: time
    at: datetime
    """The same moment in UTC."""


def instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return the UTC instant of a local time, by the rule above."""
    local = datetime.combine(day, at, tzinfo=zone)
    by_offset_before = local.replace(fold=0).astimezone(UTC)
    if by_offset_before.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return by_offset_before
    # In a gap, the offset after it names an instant before the jump, and the
    # offset before it one after the jump: the jump lies between the two (PEP 495).
    return _jump_between(local.replace(fold=1).astimezone(UTC), by_offset_before, zone)


def _jump_between(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Return the first instant at which the zone has its offset of `after`."""
    offset = after.astimezone(zone).utcoffset()
    low, high = int(before.timestamp()), int(after.timestamp())
    while low < high:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, tz=zone).utcoffset() == offset:
            high = middle
        else:
            low = middle + 1
    return datetime.fromtimestamp(high, tz=UTC)


def _slots_from(
    day: date, times: Sequence[time], weekdays: Sequence[int], zone: ZoneInfo
) -> Iterator[Slot]:
    for ahead in range(A_YEAR_OF_DAYS):
        local_date = day + timedelta(days=ahead)
        if local_date.isoweekday() in weekdays:
            for at in sorted(set(times)):
                yield Slot(local_date, at, instant(local_date, at, zone))


def next_slots(
    times: Sequence[time], weekdays: Sequence[int], zone: ZoneInfo, after: datetime, count: int
) -> list[Slot]:
    """Return the next `count` slots later than `after`; fewer only if no weekday is chosen."""
    found: list[Slot] = []
    # From the day before: a jump can push a slot past midnight.
    for slot in _slots_from(_local_day(after, zone, days=-1), times, weekdays, zone):
        if slot.at > after:
            found.append(slot)
        if len(found) == count:
            break
    return found


def latest_slot(
    times: Sequence[time], weekdays: Sequence[int], zone: ZoneInfo, now: datetime
) -> Slot | None:
    """Return the last slot at or before `now`, looking back two weeks at most."""
    past: list[Slot] = []
    for slot in _slots_from(_local_day(now, zone, days=-14), times, weekdays, zone):
        # Two days of margin: a jump never moves a slot further.
        if slot.at > now + timedelta(days=2):
            break
        if slot.at <= now:
            past.append(slot)
    return max(past, key=lambda slot: slot.at, default=None)


def slots_between(
    times: Sequence[time],
    weekdays: Sequence[int],
    zone: ZoneInfo,
    after: datetime,
    until: datetime,
) -> list[Slot]:
    """Return the slots later than `after` and not later than `until`, in order of time."""
    found: list[Slot] = []
    # From the day before: a jump can push a slot past midnight, or over a whole day.
    first = _local_day(after, zone, days=-2)
    for slot in _slots_from(first, times, weekdays, zone):
        # Two days of margin: a jump never moves a slot further.
        if slot.at > until + timedelta(days=2):
            break
        if after < slot.at <= until:
            found.append(slot)
    return sorted(found, key=lambda slot: (slot.at, slot.local_date, slot.time))


def slot_at(now: datetime, zone: ZoneInfo) -> Slot:
    """Return a slot at this very minute: a report asked for out of turn."""
    minute = now.replace(second=0, microsecond=0)
    local = minute.astimezone(zone)
    return Slot(local.date(), local.time().replace(fold=0), minute.astimezone(UTC))


def _local_day(moment: datetime, zone: ZoneInfo, *, days: int) -> date:
    return moment.astimezone(zone).date() + timedelta(days=days)


def schedule_in_words(times: Sequence[time], weekdays: Sequence[int], timezone: str) -> str:
    """Return such as “Monday to Friday at 07:00 and 18:30, Europe/Berlin time”."""
    clock = _listed([f"{at:%H:%M}" for at in sorted(set(times))])
    return f"{_days_in_words(sorted(set(weekdays)))} at {clock}, {timezone} time"


def _days_in_words(days: Sequence[int]) -> str:
    if len(days) == 7:
        return "Every day"
    names = [WEEKDAYS[day - 1] for day in days if 1 <= day <= 7]
    if len(days) > 2 and list(days) == list(range(days[0], days[-1] + 1)):
        return f"{names[0]} to {names[-1]}"
    return _listed([f"{name}s" for name in names]) if names else "Never"


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
