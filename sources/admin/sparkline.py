"""Sparklines: how many articles came in day by day, drawn by the server."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta

from django.db.models import Count
from django.db.models.functions import TruncDate
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from sources.domain.health import day
from sources.models import Article

DAYS = 14
WIDTH, GAP, HEIGHT = 4, 1, 16
DAY = timedelta(days=1)


def articles_by_day(
    source_ids: Collection[int], now: datetime, *, days: int = DAYS
) -> dict[int, list[int]]:
    """Return how many articles of each source are of each of the last days, oldest first.

    One query, whatever the number of sources.
    """
    today = now.date()
    first = datetime.combine(today - (days - 1) * DAY, datetime.min.time(), tzinfo=now.tzinfo)
    counts = {pk: [0] * days for pk in source_ids}
    rows = (
        Article.objects.filter(source__in=source_ids, published_at__gte=first)
        .order_by()
        .values("source_id", on=TruncDate("published_at"))
        .annotate(total=Count("pk"))
    )
    for pk, on, total in rows.values_list("source_id", "on", "total"):
        if 0 <= (place := _place(on, today, days)) < days:
            counts[pk][place] += total
    return counts


def _place(on: date, today: date, days: int) -> int:
    return days - 1 - (today - on).days


def sparkline(counts: Sequence[int], now: datetime) -> SafeString:
    """Return a small chart of articles a day up to today; its words say the same."""
    highest = max(*counts, 1)
    bars = (
        (number * (WIDTH + GAP), HEIGHT - height, WIDTH, height)
        for number, height in enumerate(_height(count, highest) for count in counts)
    )
    first = day(now - (len(counts) - 1) * DAY, now)
    words = f"Articles a day since {first}: {', '.join(map(str, counts))}"
    return format_html(
        '<svg class="sparkline" viewBox="0 0 {} {}" width="{}" height="{}" role="img" '
        'aria-label="{}"><title>{}</title>{}</svg>',
        *(len(counts) * (WIDTH + GAP) - GAP, HEIGHT) * 2,
        words,
        words,
        format_html_join("", '<rect x="{}" y="{}" width="{}" height="{}"></rect>', bars),
    )


def _height(count: int, highest: int) -> int:
    """Return the height of a bar: a day without articles shows that it was one."""
    return max(round(count / highest * HEIGHT), 2 if count else 1)


def by_source(source_ids: Collection[int], now: datetime) -> Mapping[int, SafeString]:
    """Return the sparkline of each source."""
    counts = articles_by_day(source_ids, now)
    return {pk: sparkline(of_source, now) for pk, of_source in counts.items()}
