"""The public pages and the feed of corrections, and the texts of a report side by side."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from http import HTTPStatus

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.dateformat import format as format_date
from django.views.decorators.http import condition, require_safe

from patriot.lib import atom
from patriot.lib.syndication import Entry as FeedEntry
from patriot.lib.syndication import Feed
from reports.models import Briefing, Correction, Report
from reports.pages.corrections import (
    Entry,
    corrections_page,
    entries_of,
    newest_corrections,
    revisions_page,
)
from reports.pages.edition import clothes

MAX_ENTRIES = 30
MAX_AGE = 60
# Any UUID of our own will do; it must never change.
IDS = uuid.UUID("0d8a0f0a-3f4b-4c86-8a0e-7b0a3f1d6c95")
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@require_safe
def corrections(request: HttpRequest) -> HttpResponse:
    """List what was put right, newest first."""
    page = corrections_page(page=request.GET.get("page", ""))
    response = render(
        request, "reports/corrections.html", {"page": page, "here": "corrections", "kept": ""}
    )
    patch_cache_control(response, public=True, max_age=MAX_AGE)
    return response


@require_safe
def revisions(request: HttpRequest, slug: str, day: date, slot: time) -> HttpResponse:
    """Show all texts of a report that readers saw, each against the one before it.

    Of a withdrawn report no text is shown any more: 410, and the reason.
    """
    report = _public_report(slug, day, slot)
    context = {"report": report, "here": "archive"}
    if report.is_withdrawn:
        return render(request, "reports/withdrawn.html", context, status=HTTPStatus.GONE)
    page = revisions_page(report)
    response = render(request, "reports/revisions.html", context | {"page": page})
    patch_cache_control(response, public=True, max_age=MAX_AGE)
    return response


def _public_report(slug: str, day: date, slot: time) -> Report:
    """Return the public report of a slot. Raises Http404."""
    reports = Report.objects.public().filter(
        briefing__slug=slug, local_date=day, slot__hour=slot.hour, slot__minute=slot.minute
    )
    found = reports.select_related("briefing").newest_first().first()
    if found is None:
        raise Http404("There is no report of this time.")
    return found


# --- Feed -------------------------------------------------------------------------


@require_safe
def feed(request: HttpRequest) -> HttpResponseBase:
    """Answer with the newest corrections, each with what it changed."""
    newest = newest_corrections(MAX_ENTRIES)
    updated_at = max((one.created_at for one in newest), default=LONG_AGO)

    def written(request: HttpRequest) -> HttpResponse:
        document = atom.document(_feed(request, newest, updated_at))
        return HttpResponse(document, content_type=atom.CONTENT_TYPE)

    # A report may be withdrawn, which no date of ours tells: only the ETag can.
    response = condition(etag_func=lambda _: _etag(request, newest))(written)(request)
    patch_cache_control(response, public=True, max_age=MAX_AGE)
    return response


def _etag(request: HttpRequest, newest: Sequence[Correction]) -> str:
    """Corrections and their texts never change; whether they are shown may."""
    shown = [(one.pk, one.revision.report.state, str(one.revision.report)) for one in newest]
    parts = repr((request.get_host(), request.scheme, settings.SITE_NAME, shown, clothes()))
    return f'"{hashlib.sha256(parts.encode()).hexdigest()[:32]}"'


def _feed(request: HttpRequest, newest: Sequence[Correction], updated_at: datetime) -> Feed:
    return Feed(
        id=_id_of_feed(),
        title=f"Corrections: {settings.SITE_NAME}",
        subtitle="What was wrong in published reports, and what they say now.",
        author=settings.SITE_NAME,
        language="en",
        url=request.build_absolute_uri(reverse("reports:corrections")),
        self_url=request.build_absolute_uri(request.path),
        updated_at=updated_at,
        entries=[_entry(entry, request) for entry in entries_of(newest)],
    )


def _id_of_feed() -> str:
    """Return an id that no other house has: it holds the moment of the first briefing."""
    first = Briefing.objects.order_by("pk").first()
    made = first.created_at.astimezone(UTC).isoformat() if first else "none yet"
    return uuid.uuid5(IDS, f"corrections {made}").urn


def _entry(entry: Entry, request: HttpRequest) -> FeedEntry:
    """Return a correction as an entry; its id outlives every address."""
    origin = f"{request.scheme}://{request.get_host()}"
    correction, report = entry.correction, entry.report
    name = f"{report.briefing}, {format_date(report.local_date, 'j F Y')}"
    made = correction.created_at.astimezone(UTC).isoformat()
    return FeedEntry(
        id=uuid.uuid5(IDS, f"correction {made} {correction.pk}").urn,
        title=f"{entry.label}: {name}",
        url=f"{origin}{reverse('reports:corrections')}#{correction.anchor}",
        language="en",
        category=report.briefing.title,
        published_at=correction.created_at,
        updated_at=correction.created_at,
        summary=correction.reason,
        html=render_to_string("reports/feed/correction.html", {"entry": entry, "origin": origin}),
    )
