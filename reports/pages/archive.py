"""The archive: months of reports, as a calendar and as a list."""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, OuterRef, Q
from django.db.models.functions import TruncMonth

from reports.models import Briefing, Report
from reports.models.report import ReportQuerySet
from reports.pages.front import PATIENCE

# A month of a few briefings is one page; a busy house gets several.
REPORTS_A_PAGE = 100


@dataclass(frozen=True, slots=True)
class Month:
    """A month that has reports."""

    first: date
    reports: int

    @property
    def key(self) -> str:
        return f"{self.first:%Y-%m}"


@dataclass(frozen=True, slots=True)
class Row:
    """One report of the list."""

    report: Report
    stories: int

    @property
    def is_late(self) -> bool:
        published_at = self.report.published_at
        if self.report.occasion == Report.Occasion.ASKED:
            return False
        return published_at is not None and published_at - self.report.slot_at > PATIENCE


@dataclass(frozen=True, slots=True)
class Day:
    """A day that has reports, newest first."""

    on: date
    rows: tuple[Row, ...]

    @property
    def anchor(self) -> str:
        return f"day-{self.on.isoformat()}"


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A square of the calendar; of another month it is empty."""

    on: date | None
    anchor: str
    reports: int


@dataclass(frozen=True, slots=True)
class ArchivePage:
    """A month of reports, ready to be set."""

    months: tuple[Month, ...]
    """All there are, newest first."""
    month: Month | None
    """The one shown; None if nothing was ever published."""
    earlier: Month | None
    later: Month | None
    weeks: tuple[tuple[CalendarDay, ...], ...]
    days: tuple[Day, ...]
    page: Page[Report] | None

    @property
    def report_count(self) -> int:
        return sum(month.reports for month in self.months)


def archive_page(reports: ReportQuerySet, *, month: str, page: str) -> ArchivePage:
    """Return a month of these reports, in three queries; one if there are none.

    month: such as "2026-06"; anything else means the newest that has reports
    page:  of the month; anything odd means the first or the last
    """
    months = _months(reports)
    if not months:
        return ArchivePage((), None, None, None, (), (), None)
    place = next((place for place, some in enumerate(months) if some.key == month), 0)
    shown = months[place]
    rows = _page_of(reports, shown, page)
    days = tuple(_days(rows))
    return ArchivePage(
        months=months,
        month=shown,
        earlier=months[place + 1] if place + 1 < len(months) else None,
        later=months[place - 1] if place else None,
        weeks=tuple(_weeks(shown, days)),
        days=days,
        page=rows,
    )


def _months(reports: ReportQuerySet) -> tuple[Month, ...]:
    rows = (
        reports.order_by()
        .annotate(month=TruncMonth("local_date"))
        .values_list("month")
        .annotate(reports=Count("pk"))
        .order_by("-month")
    )
    return tuple(Month(first, count) for first, count in rows)


def _page_of(reports: ReportQuerySet, month: Month, page: str) -> Page[Report]:
    _, days = calendar.monthrange(month.first.year, month.first.month)
    of_month = reports.filter(
        local_date__gte=month.first, local_date__lte=month.first.replace(day=days)
    )
    # By the day first: of briefings in far zones a later slot may bear the earlier date.
    listed = (
        of_month.select_related("briefing", "current")
        .defer("current__record")
        .annotate(story_count=Count("current__sections"))
        .order_by("-local_date", "-slot_at", "-pk")
    )
    return Paginator(listed, REPORTS_A_PAGE).get_page(page)


def _days(reports: Iterable[Report]) -> Iterable[Day]:
    for on, some in groupby(reports, key=lambda report: report.local_date):
        rows = (Row(report, report.story_count) for report in some)  # type: ignore[attr-defined]
        yield Day(on, tuple(rows))


def _weeks(month: Month, days: Sequence[Day]) -> Iterable[tuple[CalendarDay, ...]]:
    """Return the month from Monday to Sunday."""
    known = {day.on: day for day in days}
    for week in calendar.Calendar().monthdatescalendar(month.first.year, month.first.month):
        yield tuple(_square(on, month, known.get(on)) for on in week)


def _square(on: date, month: Month, day: Day | None) -> CalendarDay:
    return CalendarDay(
        on=on if on.month == month.first.month else None,
        anchor=day.anchor if day else "",
        reports=len(day.rows) if day else 0,
    )


def listed_briefings() -> list[Briefing]:
    """Return the briefings that have something to read, or will have."""
    public = Report.objects.public().filter(briefing=OuterRef("pk"))
    listed = Briefing.objects.filter(Q(is_enabled=True) | Exists(public))
    return list(listed.order_by("title", "pk"))
