"""When review ends, and what then becomes of a draft that nobody published."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from math import ceil

from reports.domain.gates import Gate, red


class Course(StrEnum):
    """What is done at the deadline."""

    PUBLISH = "publish"
    REDUCE = "reduce"
    HOLD = "hold"


# What leaving sentences and stories out can mend; the others are for people.
MENDABLE = frozenset({"evidence", "second reading", "caveats", "analyst"})


def deadline_of(slot_at: datetime, margin: timedelta) -> datetime:
    """Return when review ends: a margin before the slot."""
    return slot_at - margin


# What becomes of a draft, by policy: at a deadline to come, and once it has passed.
THEN = {
    "publish": "then it is published at its slot if every gate is green, else held",
    "reduced": "then it is published at its slot, without what is not green",
    "hold": "then it is held",
}
NOW = {
    "publish": "it is published {} if every gate is green, else held",
    "reduced": "it is published {}, without what is not green",
    "hold": "it is held within a minute",
}


def review_in_words(
    slot_at: datetime, *, margin: timedelta, policy: str, zone: tzinfo, now: datetime
) -> str:
    """Return when review of a draft ends, how soon, and what becomes of it then: a sentence.

    policy: see `course_at_deadline`
    zone:   where the briefing's readers are
    """
    ends = deadline_of(slot_at, margin)
    at = _moment_in_words(ends, zone)
    if now < ends:
        return f"Review ends at {at}, in {countdown_in_words(ends - now)}; {THEN[policy]}."
    soon = "at its slot" if now < slot_at else "within a minute"
    return f"Review ended at {at}; {NOW[policy].format(soon)}."


def countdown_in_words(left: timedelta) -> str:
    """Return such as “5 minutes”, “1 hour and 5 minutes” or “2 days and 3 hours”."""
    hours, minutes = divmod(ceil(left / timedelta(minutes=1)), 60)
    days, hours = divmod(hours, 24)
    counted = ((days, "day"), (hours, "hour"), (0 if days else minutes, "minute"))
    said = [f"{number} {unit}{'' if number == 1 else 's'}" for number, unit in counted if number]
    return " and ".join(said)


def _moment_in_words(moment: datetime, zone: tzinfo) -> str:
    """Return such as “06:55 CEST on 9 June (04:55 UTC)”; the day of UTC only if it is another."""
    local, utc = moment.astimezone(zone), moment.astimezone(UTC)
    if not local.utcoffset():
        return f"{utc:%H:%M} UTC on {_day(utc)}"
    other_day = "" if local.date() == utc.date() else f" on {_day(utc)}"
    return f"{local:%H:%M %Z} on {_day(local)} ({utc:%H:%M} UTC{other_day})"


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B}"


def course_at_deadline(policy: str, gates: Sequence[Gate]) -> Course:
    """Return what becomes of a draft at its deadline.

    policy: "publish" if every gate is green, else hold; "reduced" leaves out what is not green;
            "hold" holds whatever the gates say
    A text without a title or a story is held under any policy: there is nothing to publish.
    """
    not_green = {gate.name for gate in red(gates)}
    if policy == "hold" or "text" in not_green:
        return Course.HOLD
    if not not_green:
        return Course.PUBLISH
    return Course.REDUCE if policy == "reduced" else Course.HOLD


def why_held(policy: str, gates: Sequence[Gate]) -> str:
    """Return why a report was held at its deadline: a line for the desk."""
    if policy == "hold":
        return "Held at the deadline: nobody had published it."
    return f"Held at the deadline: {' '.join(gate.sentence for gate in red(gates))}"


def said_of_reduction(sentences: int, stories: int, others: Sequence[Gate]) -> str:
    """Return what readers are told of a reduced report: a sentence or two."""
    parts = [
        f"{number} {one if number == 1 else many}"
        for number, one, many in (
            (sentences, "sentence", "sentences"),
            (stories, "story", "stories"),
        )
        if number
    ]
    left_out = f"{' and '.join(parts)} left out that nobody approved in time" if parts else ""
    said = f"This report is reduced: {left_out}." if left_out else "This report was not reviewed."
    return " ".join([said, *(gate.sentence for gate in others)])
