"""What a report may tell: its briefing's sources, and what came in from them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from reports.models import Report
from sources.models import Article, Source

# Feeds hold old articles too. One that was already this old when the window opened
# belongs to an earlier day, even though we first saw it now.
SLACK = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Window:
    """What a report may tell: articles of its sources that came in between two moments."""

    start: datetime
    end: datetime
    source_ids: tuple[int, ...]


def window_of(report: Report) -> Window:
    """Return the window of a report: its briefing's sources and its two moments."""
    sources = sources_of(report)
    return Window(
        report.window_start, report.window_end, tuple(sources.values_list("pk", flat=True))
    )


def sources_of(report: Report) -> QuerySet[Source]:
    """Return the sources that the report's briefing reads."""
    sources = Source.objects.curated().filter(newsroom=report.briefing.newsroom)
    if report.briefing.tags:
        sources = sources.filter(tags__overlap=report.briefing.tags)
    return sources


def articles_in(window: Window) -> QuerySet[Article]:
    """Return the articles that came in, or changed, within the window; none in quarantine."""
    return Article.objects.usable().filter(
        source_id__in=window.source_ids,
        updated_at__gt=window.start,
        updated_at__lte=window.end,
        published_at__gt=window.start - SLACK,
    )
