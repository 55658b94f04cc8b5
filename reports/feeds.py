"""Feeds: the newest reports in full, of one briefing or of all; what was told of a storyline."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import condition, require_safe

from patriot.lib import atom
from patriot.lib.syndication import Entry, Feed
from reports.models import Briefing, Report, Story
from reports.models.report import ReportQuerySet
from reports.pages.edition import clothes
from reports.pages.entries import IDS, WRITERS, Writer, entry_of, feed_of, stable_id, updated_at
from reports.pages.report import report_pages
from reports.pages.storyline import Development, developments, storyline_of

# Whoever looks once a week misses nothing of a daily briefing; full texts are long.
MAX_ENTRIES = 10
MAX_AGE = 300
KEPT_SECONDS = 86_400
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@require_safe
def all_reports(request: HttpRequest, kind: str = "atom") -> HttpResponseBase:
    """Answer with the newest reports of all briefings."""
    first = Briefing.objects.order_by("pk").first()
    feed = Feed(
        id=stable_id("all", first) if first else IDS.urn,
        title=settings.SITE_NAME,
        subtitle="News in which every sentence stands on a quotation that you can open.",
        author=settings.SITE_NAME,
        language="en",
        url=request.build_absolute_uri(reverse("reports:front")),
        self_url=request.build_absolute_uri(request.path),
        updated_at=first.created_at if first else LONG_AGO,
        entries=(),
    )
    return _answer(request, feed, Report.objects.public(), writer=WRITERS[kind])


@require_safe
def of_briefing(request: HttpRequest, slug: str, kind: str = "atom") -> HttpResponseBase:
    """Answer with the newest reports of a briefing."""
    briefing = get_object_or_404(Briefing, slug=slug)
    feed = feed_of(briefing, origin=_origin(request), path=request.path)
    return _answer(request, feed, briefing.reports.public(), writer=WRITERS[kind])


@require_safe
def of_storyline(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Answer with what reports told of a storyline, each telling in full."""
    story = get_object_or_404(Story.objects.select_related("merged_into__merged_into"), pk=pk)
    if (beginning := storyline_of(story)) != pk:
        return redirect("reports:storyline_feed", beginning, permanent=True)
    told = developments(story)[:MAX_ENTRIES]
    title = told[0].page.title if told else story.title
    feed = Feed(
        id=_storyline_id(story),
        title=f"Storyline: {title}",
        subtitle="What reports told of it, and what changed each time.",
        author=settings.SITE_NAME,
        language=(told[0].page.language if told else story.language) or "en",
        url=request.build_absolute_uri(reverse("reports:storyline", args=[pk])),
        self_url=request.build_absolute_uri(request.path),
        updated_at=max((updated_at(one.report) for one in told), default=story.first_article_at),
        entries=(),
    )
    parts = repr((feed, [one.section_id for one in told], clothes()))
    etag = f'"{hashlib.sha256(parts.encode()).hexdigest()[:32]}"'

    def written(request: HttpRequest) -> HttpResponse:
        entries = [_telling(one, request) for one in told]
        document = atom.document(replace(feed, entries=entries))
        return HttpResponse(document, content_type=atom.CONTENT_TYPE)

    # A report may be withdrawn, and a story may join: only the ETag can tell.
    response = condition(etag_func=lambda _: etag)(written)(request)
    patch_cache_control(response, public=True, max_age=MAX_AGE)
    return response


def _storyline_id(story: Story) -> str:
    """Return an id that outlives every address; see `stable_id`."""
    began = story.first_article_at.astimezone(UTC).isoformat()
    return uuid.uuid5(IDS, f"storyline {began} {story.pk}").urn


def _telling(one: Development, request: HttpRequest) -> Entry:
    """Return what one report told as an entry. A correction of the report keeps its id."""
    origin = _origin(request)
    report, page = one.report, one.page
    address = f"{origin}{report.get_absolute_url()}"
    context = {"section": page, "zone": one.zone, "address": address, "report": report}
    told = stable_id("telling", report.briefing, report)
    return Entry(
        id=uuid.uuid5(IDS, f"{told} {page.story_id}").urn,
        title=page.title,
        url=f"{origin}{one.url}",
        language=page.language or report.briefing.language,
        category=page.status_in_words,
        published_at=report.published_at or report.slot_at,
        updated_at=updated_at(report),
        summary=" ".join(sentence.text for sentence in one.changed or page.lead),
        html=render_to_string("reports/feed/telling.html", context),
    )


def _answer(
    request: HttpRequest, feed: Feed, reports: ReportQuerySet, *, writer: Writer
) -> HttpResponseBase:
    """Answer 304 to whoever has these reports; else write them out."""
    listed = reports.newest_first().select_related("briefing", "current")
    newest = list(listed.defer("current__record")[:MAX_ENTRIES])
    changed_at = max(map(updated_at, newest), default=feed.updated_at)

    etag = _etag(feed, newest)

    def written(request: HttpRequest) -> HttpResponse:
        # Many readers never ask with an ETag, and a long feed takes a second to write.
        document = cache.get(f"feed:{etag}")
        if document is None:
            entries = _entries(newest, request)
            document = writer.document(replace(feed, updated_at=changed_at, entries=entries))
            cache.set(f"feed:{etag}", document, timeout=KEPT_SECONDS)
        return HttpResponse(document, content_type=writer.content_type)

    # We do not keep when a report was withdrawn: then only the ETag can tell.
    is_dated = not any(report.is_withdrawn for report in newest)
    response = condition(
        etag_func=lambda _: etag,
        last_modified_func=lambda _: changed_at if is_dated else None,
    )(written)(request)
    patch_cache_control(response, public=True, max_age=MAX_AGE)
    return response


def _etag(feed: Feed, newest: Sequence[Report]) -> str:
    """Published texts are frozen: their ids, and what surrounds them, say all."""
    texts = [(report.current_id, report.state, report.reason) for report in newest]
    briefings = sorted({(r.briefing.slug, r.briefing.title, r.briefing.timezone) for r in newest})
    parts = repr((feed, texts, briefings, clothes()))
    return f'"{hashlib.sha256(parts.encode()).hexdigest()[:32]}"'


def _entries(newest: Sequence[Report], request: HttpRequest) -> list[Entry]:
    pages = report_pages([report for report in newest if report.is_published])
    told = {page.report.pk: page for page in pages}
    return [entry_of(report, told.get(report.pk), origin=_origin(request)) for report in newest]


def _origin(request: HttpRequest) -> str:
    return f"{request.scheme}://{request.get_host()}"
