"""How good the reports of a week were, in figures that anybody can recount."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Self, TypeVar

from reports.domain.punctuality import Record

WEEK = timedelta(days=7)
# Of fewer a percentage would only pretend to be exact.
LEAST_FOR_PERCENT = 20

Figures = TypeVar("Figures", bound="Sums")


@dataclass(frozen=True, slots=True)
class Week:
    """A week from Monday to Sunday, in UTC."""

    monday: date

    @classmethod
    def of(cls, moment: datetime) -> Self:
        day = moment.astimezone(UTC).date()
        return cls(day - timedelta(days=day.weekday()))

    @property
    def start(self) -> datetime:
        return datetime.combine(self.monday, datetime.min.time(), tzinfo=UTC)

    @property
    def end(self) -> datetime:
        """The next Monday's midnight, which is no part of it."""
        return self.start + WEEK

    @property
    def sunday(self) -> date:
        return self.monday + timedelta(days=6)

    @property
    def name(self) -> str:
        """Such as 2026-W24 (ISO 8601)."""
        year, number, _ = self.monday.isocalendar()
        return f"{year}-W{number:02}"


def last_weeks(now: datetime, count: int) -> tuple[Week, ...]:
    """Return the week of `now` and those before it, the oldest first."""
    this = Week.of(now)
    return tuple(Week(this.monday - WEEK * ago) for ago in reversed(range(count)))


@dataclass(frozen=True, slots=True)
class Sums:
    """Figures that add up."""

    def __add__(self, other: Self) -> Self:
        names = [one.name for one in fields(self)]
        return type(self)(*(getattr(self, name) + getattr(other, name) for name in names))


@dataclass(frozen=True, slots=True)
class Sentences(Sums):
    """What became of the sentences that analysts proposed, as the reports' records tell."""

    held: int = 0
    """At the first look."""
    refused: int = 0
    """At the first look."""
    mended: int = 0
    """Of those, by the model that had proposed them."""
    contradicted: int = 0
    """Dropped after a second reading."""

    @property
    def proposed(self) -> int:
        return self.held + self.refused

    @property
    def dropped(self) -> int:
        """Those that no reader saw. A repair may have made several of one: never less than 0."""
        return min(max(self.refused - self.mended, 0) + self.contradicted, self.proposed)

    @property
    def grounded(self) -> int:
        return self.proposed - self.dropped

    @property
    def share(self) -> float | None:
        """How much of what was proposed stood, 0 to 1; None if nothing was proposed."""
        return self.grounded / self.proposed if self.proposed else None


def sentences_of(checks: object) -> Sentences | None:
    """Return what a published record says of its checks; None if it says nothing readable."""
    if not isinstance(checks, Mapping) or not checks:
        return None
    return Sentences(
        held=_count(checks, "ground", "held"),
        refused=_count(checks, "ground", "refused"),
        mended=_count(checks, "repair", "held"),
        contradicted=_count(checks, "judge", "refused"),
    )


def _count(checks: Mapping[str, Any], step: str, name: str) -> int:
    counts = checks.get(step)
    found = counts.get(name) if isinstance(counts, Mapping) else None
    return found if isinstance(found, int) and found > 0 else 0


@dataclass(frozen=True, slots=True)
class Printed(Sums):
    """What readers got."""

    reports: int = 0
    recorded: int = 0
    """Of the reports, those whose record tells what was proposed."""
    withdrawn: int = 0
    """Of the reports, those taken back since."""
    sentences: int = 0
    edited: int = 0
    """Of the sentences, those that an editor wrote."""
    caveats: int = 0
    """Of those, the ones that no quotation supports, which readers are told."""


@dataclass(frozen=True, slots=True)
class Corrected(Sums):
    """What was put right in public, and what readers had found."""

    corrections: int = 0
    clarifications: int = 0
    updates: int = 0
    told: int = 0
    """Errors that readers reported."""
    open: int = 0
    """Of those, not looked at yet."""

    @property
    def total(self) -> int:
        return self.corrections + self.clarifications + self.updates


@dataclass(frozen=True, slots=True)
class Stories(Sums):
    """How independently the stories in reports were told."""

    told: int = 0
    publishers: int = 0
    """Independent ones, added up over the stories."""
    single: int = 0
    """Stories that one voice alone tells."""

    @property
    def mean(self) -> float | None:
        """Independent publishers of a story; None if none was told."""
        return self.publishers / self.told if self.told else None


@dataclass(frozen=True, slots=True)
class Cost(Sums):
    """What models and searches cost for reports."""

    usd: Decimal = Decimal(0)
    requests: int = 0


@dataclass(frozen=True, slots=True)
class WeekQuality:
    """Everything about one week."""

    week: Week
    printed: Printed = field(default_factory=Printed)
    sentences: Sentences = field(default_factory=Sentences)
    corrected: Corrected = field(default_factory=Corrected)
    stories: Stories = field(default_factory=Stories)
    slots: Record = field(default_factory=lambda: Record(()))
    cost: Cost = field(default_factory=Cost)

    @property
    def usd_per_report(self) -> Decimal | None:
        reports = self.printed.reports
        return self.cost.usd / reports if reports else None


def share_in_words(part: int, whole: int) -> str:
    """Return such as “97 %”; of a few “3 of 4”, and never 100 % or 0 % that is not whole."""
    if not whole:
        return "none"
    if whole < LEAST_FOR_PERCENT:
        return f"{part} of {whole}"
    tenths = round(part / whole * 1000)
    if 0 < part < whole:
        tenths = min(max(tenths, 1), 999)
    return f"{tenths // 10} %" if tenths % 10 == 0 else f"{tenths / 10:.1f} %"


def summed(figures: Iterable[Figures], nothing: Figures) -> Figures:
    """Return the sum of several weeks' figures."""
    return sum(figures, start=nothing)
