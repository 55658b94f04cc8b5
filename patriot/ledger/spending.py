"""What was spent: today, this month, day by day as a chart, and by whom and for what."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, DateField, F, Q, Sum
from django.db.models.functions import TruncDate

from patriot.ledger.models import Call, CallQuerySet
from patriot.ledger.prices import ONE_CENT, exact_dollars, rounded_dollars

CHART_DAYS = 30
ZERO = Decimal(0)
# All that was read, by whatever price.
READ_TOKENS = (
    F("input_tokens")
    + F("cache_write_5m_tokens")
    + F("cache_write_1h_tokens")
    + F("cache_read_tokens")
)

# The chart, in the units of its own drawing.
WIDTH, HEIGHT = 600, 120
GAP = 4


@dataclass(frozen=True, slots=True)
class Spending:
    """What the house has spent, beside what it may."""

    today: Decimal
    month: Decimal
    ceiling: Decimal
    """For a day."""
    days: int
    """Of this month."""
    monthly: Decimal | None = None
    """The ceiling of a month; None for as much as you like."""

    @property
    def is_over(self) -> bool:
        return self.today >= self.ceiling

    @property
    def is_month_over(self) -> bool:
        return self.monthly is not None and self.month >= self.monthly

    @property
    def percent(self) -> int:
        """How full the day's ceiling is, 0 to 100: for the picture."""
        return percent_of(self.today, self.ceiling)

    @property
    def month_percent(self) -> int:
        """The same for the month; 0 where it has no ceiling."""
        return 0 if self.monthly is None else percent_of(self.month, self.monthly)

    @property
    def has_gauge_of_month(self) -> bool:
        """Tell whether the month's ceiling is one that the days' ceilings can reach."""
        return self.monthly is not None and self.monthly <= self.ceiling * self.days

    @property
    def words(self) -> str:
        """Say it in a sentence."""
        if not self.ceiling:
            return "The ceiling is $0.00: no paid request is sent."
        share = f"{100 * self.today / self.ceiling:.0f} %"
        return (
            f"{rounded_dollars(self.today)} of {exact_dollars(self.ceiling)} spent today ({share})."
        )

    @property
    def month_words(self) -> str:
        """Say what the month has cost, and what it can cost at most."""
        if self.monthly is not None and self.has_gauge_of_month:
            if not self.monthly:
                return "The ceiling of a month is $0.00: no paid request is sent."
            share = f"{100 * self.month / self.monthly:.0f} %"
            spent = f"{rounded_dollars(self.month)} of {exact_dollars(self.monthly)}"
            return f"{spent} spent this month ({share})."
        most = rounded_dollars(self.ceiling * self.days)
        return f"{rounded_dollars(self.month)} spent this month, which can cost {most} at most."


def percent_of(amount: Decimal, whole: Decimal) -> int:
    """Return what share of a whole an amount is, 0 to 100; all of it where there is no whole."""
    return int(100 * min(amount / whole, Decimal(1))) if whole else 100


def spending(now: datetime, *, ceiling: Decimal, monthly: Decimal | None = None) -> Spending:
    """Return what the calls of this day and this month (UTC) cost, in one query."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    month = Call.objects.filter(
        started_at__gte=midnight.replace(day=1), started_at__lt=midnight + timedelta(days=1)
    ).aggregate(all=Sum("cost_usd"), today=Sum("cost_usd", filter=Q(started_at__gte=midnight)))
    return Spending(
        today=month["today"] or ZERO,
        month=month["all"] or ZERO,
        ceiling=ceiling,
        days=calendar.monthrange(midnight.year, midnight.month)[1],
        monthly=monthly,
    )


@dataclass(frozen=True, slots=True)
class Bar:
    """One day of the chart: what it cost, and where it stands."""

    day: date
    cost: str
    calls: int
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Chart:
    """The cost of some days, ready to be drawn and to be read."""

    bars: tuple[Bar, ...]
    total: str
    words: str
    """What the picture shows, for those who do not see it."""
    width: int = WIDTH
    height: int = HEIGHT


def since(now: datetime, days: int) -> datetime:
    """Return when the last days (UTC) began, today being the last of them."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - timedelta(days=days - 1)


def cost_chart(now: datetime, *, days: int = CHART_DAYS) -> Chart:
    """Return the chart of the last days up to today (UTC), in one query."""
    first = since(now, days)
    rows = (
        Call.objects.filter(started_at__gte=first)
        .annotate(day=TruncDate("started_at", tzinfo=UTC, output_field=DateField()))
        .values("day")
        .order_by("day")
        .annotate(cost=Sum("cost_usd"), calls=Count("pk"))
    )
    found = {row["day"]: (row["cost"], row["calls"]) for row in rows}
    shown = [first.date() + timedelta(days=number) for number in range(days)]
    return draw([(day, *found.get(day, (ZERO, 0))) for day in shown])


def draw(days: Sequence[tuple[date, Decimal, int]]) -> Chart:
    """Return a bar for each day with its cost and calls; the dearest is as high as the chart."""
    total = sum((cost for _, cost, _ in days), start=ZERO)
    dearest = max(days, key=lambda row: row[1])
    step = WIDTH // len(days)
    gap = min(GAP, step // 3)
    bars = []
    for index, (day, cost, calls) in enumerate(days):
        height = int(HEIGHT * cost / dearest[1]) if dearest[1] else 0
        # What cost anything at all is to be seen.
        height = max(height, 1 if cost else 0)
        bars.append(
            Bar(
                day, rounded_dollars(cost), calls, index * step, HEIGHT - height, step - gap, height
            )
        )
    words = f"In {len(days)} days {rounded_dollars(total)} were spent"
    words += f", most on {dearest[0]:%-d %B}: {rounded_dollars(dearest[1])}." if total else "."
    return Chart(tuple(bars), rounded_dollars(total), words)


# --- By whom and for what -----------------------------------------------------------
ROWS_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Share:
    """What all calls with the same values cost together."""

    values: tuple[str, ...]
    cost: str
    calls: int
    failed: int
    """How many of them brought no answer."""
    each: str
    """What one of them cost on average."""
    percent: int
    """Of the dearest row: for the picture."""


@dataclass(frozen=True, slots=True)
class Breakdown:
    """What calls cost by some of their fields, the dearest first."""

    rows: tuple[Share, ...]
    rest: Share | None
    """All that are not shown, as one row."""


def breakdown(calls: CallQuerySet, *fields: str) -> Breakdown:
    """Return what calls cost by some of their fields, in one query."""
    failed = Count("pk", filter=~Q(outcome__in=(Call.Outcome.ANSWERED, Call.Outcome.RUNNING)))
    groups = (
        calls.order_by()
        .values_list(*fields)
        .annotate(cost=Sum("cost_usd"), calls=Count("pk"), failed=failed)
        .order_by("-cost", *fields)
    )
    rows = list(groups)
    dearest = rows[0][-3] if rows else ZERO
    shown, others = rows[:ROWS_SHOWN], rows[ROWS_SHOWN:]
    rest = [sum(column) for column in zip(*(row[-3:] for row in others), strict=True)]
    noun = "other" if len(others) == 1 else "others"
    return Breakdown(
        rows=tuple(_share(row, dearest) for row in shown),
        rest=_share((f"{len(others):,} {noun}", *rest), dearest) if others else None,
    )


def _share(row: Sequence[Any], dearest: Decimal) -> Share:
    *values, cost, calls, failed = row
    return Share(
        values=tuple(values),
        cost=f"${cost:,.4f}" if cost < ONE_CENT else rounded_dollars(cost),
        calls=calls,
        failed=failed,
        each=f"${cost / calls:,.4f}",
        # What cost anything at all is to be seen.
        percent=max(percent_of(cost, dearest), 1) if cost else 0,
    )
