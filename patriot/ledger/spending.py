"""What was spent: today, this month, and day by day as a chart."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from django.db.models import Count, DateField, F, Q, Sum
from django.db.models.functions import TruncDate

from patriot.ledger.models import Call
from patriot.ledger.prices import exact_dollars, rounded_dollars

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

    @property
    def is_over(self) -> bool:
        return self.today >= self.ceiling

    @property
    def percent(self) -> int:
        """How full the day's ceiling is, 0 to 100: for the picture."""
        return 100 if self.is_over else int(100 * self.today / self.ceiling)

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
        most = rounded_dollars(self.ceiling * self.days)
        return f"{rounded_dollars(self.month)} spent this month, which can cost {most} at most."


def spending(now: datetime, *, ceiling: Decimal) -> Spending:
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


def cost_chart(now: datetime) -> Chart:
    """Return the chart of the last days up to today (UTC), in one query."""
    today = now.astimezone(UTC).date()
    days = [today - timedelta(days=back) for back in reversed(range(CHART_DAYS))]
    first = datetime.combine(days[0], datetime.min.time(), tzinfo=UTC)
    rows = (
        Call.objects.filter(started_at__gte=first)
        .annotate(day=TruncDate("started_at", tzinfo=UTC, output_field=DateField()))
        .values("day")
        .order_by("day")
        .annotate(cost=Sum("cost_usd"), calls=Count("pk"))
    )
    found = {row["day"]: (row["cost"], row["calls"]) for row in rows}
    return draw([(day, *found.get(day, (ZERO, 0))) for day in days])


def draw(days: Sequence[tuple[date, Decimal, int]]) -> Chart:
    """Return a bar for each day with its cost and calls; the dearest is as high as the chart."""
    total = sum((cost for _, cost, _ in days), start=ZERO)
    dearest = max(days, key=lambda row: row[1])
    step = WIDTH // len(days)
    bars = []
    for index, (day, cost, calls) in enumerate(days):
        height = int(HEIGHT * cost / dearest[1]) if dearest[1] else 0
        # What cost anything at all is to be seen.
        height = max(height, 1 if cost else 0)
        bars.append(
            Bar(
                day, rounded_dollars(cost), calls, index * step, HEIGHT - height, step - GAP, height
            )
        )
    words = f"In {len(days)} days {rounded_dollars(total)} were spent"
    words += f", most on {dearest[0]:%-d %B}: {rounded_dollars(dearest[1])}." if total else "."
    return Chart(tuple(bars), rounded_dollars(total), words)
