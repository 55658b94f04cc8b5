"""How a source is, in words that editors, readers and clients understand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

ILL = "It does not answer as it should."
# Addresses of machines, and ports: nothing that readers need to know.
INTERNAL = re.compile(
    r"(?:[0-9]{1,3}\.){3}[0-9]{1,3}|[0-9a-f]{0,4}:[0-9a-f]{0,4}:|[a-z\]]:[0-9]{1,5}"
    r"|\bport [0-9]|\blocalhost\b",
    re.IGNORECASE,
)


class Condition(StrEnum):
    """How a source is, in one word."""

    NEW = "new"
    """Never looked at yet."""
    HEALTHY = "healthy"
    ILL = "ill"
    """Its last fetch failed."""
    PAUSED = "paused"
    """An editor has switched it off."""


@dataclass(frozen=True, slots=True)
class Health:
    """What a source's row and its last fetch say about it."""

    is_enabled: bool
    failures: int
    ill_since: datetime | None
    last_good_at: datetime | None
    last_error: str = ""
    """The sentence of the last fetch, if that failed."""
    last_new: int | None = None
    """New articles of the last fetch; None if there was none."""
    was_held_back: bool = False
    """Whether the last fetch was given up by ourselves, for `last_error`."""

    @property
    def condition(self) -> Condition:
        """Return the one word; paused outranks ill, for nobody waits for a paused source."""
        if not self.is_enabled:
            return Condition.PAUSED
        if self.failures:
            return Condition.ILL
        return Condition.HEALTHY if self.last_good_at else Condition.NEW

    def in_words(self, now: datetime) -> str:
        """Return such as “answered 12 minutes ago, 3 new” or “ill since 3 May: HTTP 410”."""
        match self.condition:
            case Condition.PAUSED:
                return f"paused; last answered {ago(self.last_good_at, now)}"
            case Condition.ILL:
                since = f" since {day(self.ill_since, now)}" if self.ill_since else ""
                return f"ill{since}: {self.last_error or 'it did not answer'}"
            case _ if self.was_held_back:
                return f"last answered {ago(self.last_good_at, now)}: {self.last_error}"
            case Condition.NEW:
                return "not looked at yet"
            case _:
                news = "" if self.last_new is None else f", {self.last_new or 'nothing'} new"
                return f"answered {ago(self.last_good_at, now)}{news}"


def for_readers(sentence: str, *, host: str, outlet: str) -> str:
    """Return why a fetch failed with the outlet's name for its host, and no address at all."""
    if host:
        named = sentence.replace(f"The name {host}", f"The address of {outlet}")
        sentence = named.replace(host, outlet)
    return ILL if not sentence or INTERNAL.search(sentence) else sentence


def ago(moment: datetime | None, now: datetime) -> str:
    """Return such as “12 minutes ago”, in the largest unit that fits; “never” for None."""
    if moment is None:
        return "never"
    passed = now - moment
    for unit, length in (
        ("day", timedelta(days=1)),
        ("hour", timedelta(hours=1)),
        ("minute", timedelta(minutes=1)),
    ):
        if passed >= length:
            count = passed // length
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "just now"


def day(moment: datetime, now: datetime) -> str:
    """Return such as “06:12 UTC” today, “3 May” this year, “3 May 2025” before."""
    if moment.date() == now.date():
        return f"{moment:%H:%M} UTC"
    year = "" if moment.year == now.year else f" {moment.year}"
    return f"{moment.day} {moment:%B}{year}"
