"""How long before its slot a report is begun: learnt from those before it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

LONGEST = timedelta(hours=2)
# Fewer say nothing: the next one may be the first of its size.
ENOUGH = 3
LOOKED_AT = 20
# A share of the time it took, for the day that is a little busier than all before.
MARGIN = 1.25
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Lead:
    """When work begins, and why then."""

    time: timedelta
    reports: int
    """How many reports it was learnt from; 0 if the briefing's own is long enough."""
    took: timedelta | None
    """How long nearly all of them took at most."""

    @property
    def in_words(self) -> str:
        """Say it in a sentence."""
        begins = f"Work begins {minutes_in_words(self.time)} before the slot"
        if self.took is None:
            return f"{begins}, as it is set here."
        took = f"of the last {self.reports} reports nearly all took at most"
        if not self.reports:
            return f"{begins}, as it is set here: nearly all reports took at most " + (
                f"{minutes_in_words(self.took)}."
            )
        return f"{begins}: {took} {minutes_in_words(self.took)}."


def lead_of(took: Sequence[timedelta], *, at_least: timedelta, margin: timedelta) -> Lead:
    """Return the lead for a briefing whose last reports took so long, newest first.

    at_least: what the briefing asks for; it is never cut short
    margin:   how long before the slot the text must be finished: the time people have to review

    The time that nine in ten of them needed (nearest rank), and a quarter more. One report that
    hung for hours moves nothing; three that did move it, to LONGEST at most.
    """
    known = sorted(each for each in took[:LOOKED_AT] if each > timedelta(0))
    if len(known) < ENOUGH:
        return Lead(at_least, 0, None)
    usual = _nine_in_ten(known)
    wanted = min(_whole_minutes(usual * MARGIN + margin), LONGEST)
    if wanted <= at_least:
        return Lead(at_least, 0, usual)
    return Lead(wanted, len(known), usual)


def _nine_in_ten(known: Sequence[timedelta]) -> timedelta:
    """Return the value that nine in ten do not exceed; of up to ten, all but the worst one."""
    rank = min(math.ceil(0.9 * len(known)), len(known) - 1)
    return known[rank - 1]


def _whole_minutes(span: timedelta) -> timedelta:
    return math.ceil(span / MINUTE) * MINUTE


def minutes_in_words(span: timedelta) -> str:
    """Return such as “12 minutes”, “1 hour” or “1 hour 5 minutes”."""
    hours, minutes = divmod(math.ceil(span / MINUTE), 60)
    said = [_counted(hours, "hour")] if hours else []
    if minutes or not hours:
        said.append(_counted(minutes, "minute"))
    return " ".join(said)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
