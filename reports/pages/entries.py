"""What feeds say of reports: each as an entry, whole, with an id that outlives every address."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.dateformat import format as format_date

from patriot.lib import atom, json_feed, rss
from patriot.lib.syndication import Entry, Feed
from reports.models import Briefing, Report
from reports.pages.report import ReportPage

# Any UUID of our own will do; it must never change.
IDS = uuid.UUID("5f1e6c1c-6a0e-4d0e-9a53-0c8a3d7c2b41")


@dataclass(frozen=True, slots=True)
class Writer:
    """One of the formats."""

    document: Callable[[Feed], bytes]
    content_type: str


WRITERS = {
    "atom": Writer(atom.document, atom.CONTENT_TYPE),
    "rss": Writer(rss.document, rss.CONTENT_TYPE),
    "json": Writer(json_feed.document, json_feed.CONTENT_TYPE),
}


def feed_of(briefing: Briefing, *, origin: str, path: str) -> Feed:
    """Return a briefing's feed without its entries.

    origin: the site's own, such as “https://patriot.example”
    path:   where the feed itself stands
    """
    return Feed(
        id=stable_id("briefing", briefing),
        title=briefing.title,
        subtitle=briefing.description,
        author=settings.SITE_NAME,
        language=briefing.language,
        url=f"{origin}{reverse('reports:briefing', args=[briefing.slug])}",
        self_url=f"{origin}{path}",
        updated_at=briefing.created_at,
        entries=(),
    )


def entry_of(report: Report, page: ReportPage | None, *, origin: str) -> Entry:
    """Return a report as an entry; without a page of it, that it was withdrawn."""
    context = {"page": page, "report": report, "zone": report.briefing.zone, "origin": origin}
    name = f"{report.briefing}, {format_date(report.local_date, 'j F Y')}"
    return Entry(
        id=stable_id("report", report.briefing, report),
        title=page.title if page else f"Withdrawn: {name}",
        url=f"{origin}{report.get_absolute_url()}",
        language=report.briefing.language if page else "en",
        category=report.briefing.title,
        published_at=report.published_at or report.slot_at,
        updated_at=updated_at(report),
        summary=" ".join(point.sentence.text for point in page.summary) if page else "",
        html=render_to_string(f"reports/feed/{'entry' if page else 'withdrawn'}.html", context),
    )


def updated_at(report: Report) -> datetime:
    """Return when its current text was published."""
    current = report.current
    return (current and current.published_at) or report.published_at or report.slot_at


def stable_id(kind: str, briefing: Briefing, report: Report | None = None) -> str:
    """Return an id that outlives every address, as a URN.

    It is made of what never changes and no other house has: the row's number and the
    microsecond in which its briefing was made. A tag: URI would need a domain that is ours for
    ever, and a new site has none.
    """
    made = briefing.created_at.astimezone(UTC).isoformat()
    number = report.pk if report else briefing.pk
    return uuid.uuid5(IDS, f"{kind} {made} {number}").urn
