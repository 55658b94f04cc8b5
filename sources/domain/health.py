"""How a source is, in words that editors, readers and clients understand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sources.domain.moves import CONFIRMATIONS

ILL = "It does not answer as it should."
# Addresses of machines, and ports: nothing that readers need to know.
INTERNAL = re.compile(
    r"(?:[0-9]{1,3}\.){3}[0-9]{1,3}|[0-9a-f]{0,4}:[0-9a-f]{0,4}:|[a-z\]]:[0-9]{1,5}"
    r"|\bport [0-9]|\blocalhost\b",
    re.IGNORECASE,
)
DAY = timedelta(days=1)
# A feed that brings something every few hours is missed after a long weekend ...
SHORTEST_SILENCE = timedelta(days=3)
# ... one that brings less than an article a day, not before a fortnight.
SHORTEST_SILENCE_OF_THE_SLOW = timedelta(days=14)
SLOW_BELOW_A_DAY = 1.0
# So many times its usual gap is no chance any more.
GAPS = 6
# What servers answer that ask for patience.
PATIENCE_WANTED = frozenset({429, 503})
TIMES = ("never", "once", "twice")


class Condition(StrEnum):
    """How a source is, in one word."""

    UNCHECKED = "unchecked"
    """Never looked at yet."""
    HEALTHY = "healthy"
    SILENT = "silent"
    """It answers, and has brought nothing new for much longer than usual."""
    ILL = "ill"
    """Its last fetch failed."""
    GONE = "gone"
    """It said that it is gone for good (HTTP 410); nobody asks any more."""
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
    last_status: int | None = None
    """The HTTP status of the last fetch, if any."""
    was_held_back: bool = False
    """Whether the last fetch was given up by ourselves, for `last_error`."""
    gone_at: datetime | None = None
    newest_entry_at: datetime | None = None
    articles_per_day: float | None = None
    """Its usual rhythm; None while that is unknown."""
    next_look_at: datetime | None = None
    """None where that is told beside it."""
    moved_to: str = ""
    moves_seen: int = 0
    is_barren: bool = False
    """Whether it has never brought an entry, however often it answered."""

    @property
    def condition(self) -> Condition:
        """Return the one word; paused outranks ill, for nobody waits for a paused source."""
        if not self.is_enabled:
            return Condition.PAUSED
        if self.gone_at:
            return Condition.GONE
        if self.failures:
            return Condition.ILL
        if not self.last_good_at:
            return Condition.UNCHECKED
        return Condition.SILENT if self.is_silent else Condition.HEALTHY

    @property
    def silence(self) -> timedelta | None:
        """How long it has brought nothing, as far as we looked; None if it never brought any.

        To the last good answer and not to this moment: when we are the ones who stood still,
        no source has fallen silent.
        """
        if self.newest_entry_at is None or self.last_good_at is None:
            return None
        return self.last_good_at - self.newest_entry_at

    @property
    def is_silent(self) -> bool:
        """Whether it has brought nothing for much longer than its rhythm explains."""
        patience, silence = patience_with(self.articles_per_day), self.silence
        return patience is not None and silence is not None and silence > patience

    def in_words(self, now: datetime) -> str:  # noqa: PLR0911 (a table of conditions)
        """Return such as “answered 304 at 6:40 UTC, nothing new” or “ill since 3 May: …”."""
        match self.condition:
            case Condition.PAUSED:
                return f"paused; last answered {at(self.last_good_at, now)}"
            case Condition.GONE:
                return f"gone{_since(self.gone_at, now)}: HTTP 410"
            case Condition.ILL:
                return self._illness(now)
            case _ if self.was_held_back:
                return f"last answered {at(self.last_good_at, now)}: {self.last_error}"
            case Condition.UNCHECKED:
                return "unchecked: not looked at yet"
            case Condition.SILENT:
                return f"{self._silence_in_words}{self._move}"
            case _:
                return f"{self._answer(now)}{self._move}"

    def _answer(self, now: datetime) -> str:
        status = f" {self.last_status}" if self.last_status else ""
        if self.is_barren and not self.last_new:
            return f"answered{status} {at(self.last_good_at, now)}, has never brought an entry"
        news = "" if self.last_new is None else f", {self.last_new or 'nothing'} new"
        return f"answered{status} {at(self.last_good_at, now)}{news}"

    def _illness(self, now: datetime) -> str:
        since = f"ill{_since(self.ill_since, now)}"
        reason = self.last_error or "it did not answer"
        if self.next_look_at is None or self.next_look_at <= now:
            return f"{since}: {reason}"
        when = clock(self.next_look_at, now)
        if self.last_status in PATIENCE_WANTED:
            # How long is our own decision: never less than it asked for, more after each failure.
            count = f"{self.failures} failure{'' if self.failures == 1 else 's'}"
            asked = f"it asked for patience (HTTP {self.last_status})"
            return f"{since}: {asked}; after {count} we wait until {when}"
        if reason.endswith("."):
            return f"{since}: {reason} Next look at {when}."
        return f"{since}: {reason}; next look at {when}"

    @property
    def _silence_in_words(self) -> str:
        days = (self.silence or timedelta()) // DAY
        usual = rhythm_in_words(self.articles_per_day)
        return f"silent for {days} days, usually {usual}"

    @property
    def _move(self) -> str:
        moved = move_in_words(self.moved_to, self.moves_seen)
        return f"; {moved}" if moved else ""


def patience_with(articles_per_day: float | None) -> timedelta | None:
    """Return after how long without anything new a source is silent; None if it never is.

    max(3 days, 6 × usual gap), where the usual gap is a day divided by `articles_per_day`;
    with less than an article a day, 14 days instead of 3. Without a known rhythm nobody can
    tell silence from calm.
    """
    if not articles_per_day or articles_per_day <= 0:
        return None
    is_slow = articles_per_day < SLOW_BELOW_A_DAY
    shortest = SHORTEST_SILENCE_OF_THE_SLOW if is_slow else SHORTEST_SILENCE
    try:
        return max(shortest, GAPS * DAY / articles_per_day)
    except OverflowError:  # an article in a million years
        return timedelta.max


def rhythm_in_words(articles_per_day: float | None) -> str:
    """Return such as “4 articles a day” or “2 articles a month”; “no known rhythm” without one."""
    if not articles_per_day or articles_per_day <= 0:
        return "no known rhythm"
    for unit, days in (("day", 1), ("week", 7), ("month", 30), ("year", 365)):
        if count := round(articles_per_day * days):
            return f"{count:,} article{'' if count == 1 else 's'} a {unit}"
    return "less than an article a year"


def every(interval: timedelta) -> str:
    """Return such as “every 15 minutes”, “every 2 hours” or “once a day”."""
    minutes = round(interval / timedelta(minutes=1))
    if minutes < 60:
        return f"every {minutes} minutes"
    hours = round(minutes / 60)
    if hours < 24:
        return "every hour" if hours == 1 else f"every {hours} hours"
    days = round(hours / 24)
    return "once a day" if days == 1 else f"every {days} days"


def move_in_words(address: str, seen: int) -> str:
    """Return where it says that it has moved for good, and what will come of it; '' if nowhere."""
    if not address or not seen:
        return ""
    if seen >= CONFIRMATIONS:
        return f"moved for good to {address}, which another source reads already: pause one of them"
    times = TIMES[seen] if seen < len(TIMES) else f"{seen} times"
    return f"moved for good to {address}, seen {times}; adopted after the third time"


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


def at(moment: datetime | None, now: datetime) -> str:
    """Return such as “at 6:12 UTC” today, “on 3 May” before; “never” for None."""
    if moment is None:
        return "never"
    return f"{'at' if moment.date() == now.date() else 'on'} {day(moment, now)}"


def day(moment: datetime, now: datetime) -> str:
    """Return such as “6:12 UTC” today, “3 May” this year, “3 May 2025” before."""
    if moment.date() == now.date():
        return f"{moment.hour}:{moment:%M} UTC"
    year = "" if moment.year == now.year else f" {moment.year}"
    return f"{moment.day} {moment:%B}{year}"


def clock(moment: datetime, now: datetime) -> str:
    """Return such as “7:30 UTC” today, “7:30 UTC on 10 June” on another day."""
    time = day(moment, moment)
    return time if moment.date() == now.date() else f"{time} on {day(moment, now)}"


def _since(moment: datetime | None, now: datetime) -> str:
    return f" since {day(moment, now)}" if moment else ""
