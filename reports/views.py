"""The public pages: front page, reports, stories, and how it works."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from datetime import date, time
from http import HTTPStatus
from typing import cast

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.views.decorators.http import condition, require_safe

from patriot.accounts.throttling import throttled
from patriot.lib.kept_pages import kept
from reports.api.documents import document_text
from reports.models import Briefing, Report, Revision, Story
from reports.models.report import ReportQuerySet
from reports.pages.archive import ArchivePage, archive_page, listed_briefings
from reports.pages.drafts import draft_page
from reports.pages.edition import Edition
from reports.pages.front import front_page
from reports.pages.provenance import provenance_page, record_document
from reports.pages.punctuality import punctuality_of
from reports.pages.rendering import at, bodies_of, body_of
from reports.pages.report import next_slot_at
from reports.pages.search import Wish, search_page
from reports.pages.stories import Wish as StoryWish
from reports.pages.stories import stories_page
from reports.pages.story import heir_of, story_page
from reports.pages.storyline import storyline_of, storyline_page

FRESH_SECONDS = 1


@kept()
@require_safe
def front(request: HttpRequest) -> HttpResponse:
    """Show what each briefing says now."""
    now = timezone.now()  # noqa: TID251 (a page asks what time it is)
    briefings = front_page(now)
    zone = briefings[0].briefing.zone if briefings else timezone.get_default_timezone()
    return render(request, "reports/front.html", {"briefings": briefings, "now": now, "zone": zone})


@kept()
@require_safe
def archive(request: HttpRequest) -> HttpResponse:
    """List the public reports of a month, newest first."""
    now = timezone.now()  # noqa: TID251 (a page asks what time it is)
    context = {
        "archive": _archive_of(Report.objects.public(), request),
        "briefings": [(one, next_slot_at(one, now)) for one in listed_briefings()],
        "here": "archive",
    }
    return render(request, "reports/archive.html", context)


@kept()
@require_safe
def briefing(request: HttpRequest, slug: str) -> HttpResponse:
    """List a briefing's public reports of a month, newest first."""
    chosen = get_object_or_404(Briefing, slug=slug)
    now = timezone.now()  # noqa: TID251 (a page asks what time it is)
    context = {
        "briefing": chosen,
        "archive": _archive_of(chosen.reports.public(), request),
        "next_at": next_slot_at(chosen, now),
        "punctuality": punctuality_of(chosen, now),
        "here": "archive",
    }
    return render(request, "reports/briefing.html", context)


def _archive_of(reports: ReportQuerySet, request: HttpRequest) -> ArchivePage:
    asked = request.GET
    return archive_page(reports, month=asked.get("month", ""), page=asked.get("page", ""))


@kept("length=short")
@require_safe
def report(request: HttpRequest, slug: str, day: date, slot: time) -> HttpResponseBase:
    """Show one report; staff who may see reports also see a draft, in the same place."""
    found = _report_at(slug, day, slot)
    if found.is_withdrawn:
        return render(request, "reports/withdrawn.html", {"report": found, "here": "archive"})
    if not found.is_published:
        return _draft(request, found)
    return _published(request, found)


def _report_at(slug: str, day: date, slot: time) -> Report:
    """Return the report of a slot; of several within one minute the public or newest one."""
    reports = Report.objects.filter(
        briefing__slug=slug,
        local_date=day,
        slot__hour=slot.hour,
        slot__minute=slot.minute,
    )
    reports = reports.select_related("briefing", "current").defer("current__record")
    candidates = list(reports.newest_first()[:10])
    public = [candidate for candidate in candidates if candidate.published_at]
    if not candidates:
        raise Http404("There is no report of this time.")
    return (public or candidates)[0]


def _published(request: HttpRequest, found: Report) -> HttpResponseBase:
    """Answer 304 to whoever has the page; its text is frozen, only its neighbors change."""
    now = timezone.now()  # noqa: TID251 (as above)
    edition = Edition.of(found, now=now)

    def rendered(request: HttpRequest) -> HttpResponse:
        head, body = bodies_of(_text_of(found), *_forms_for(request))
        context = {"head": at(_origin(request), head), "body": body, "edition": edition}
        context |= {"zone": found.briefing.zone, "here": "archive"}
        return render(request, "reports/report.html", context)

    answer = condition(
        etag_func=lambda _: edition.etag, last_modified_func=lambda _: edition.modified_at
    )(rendered)
    return _public(answer(request))


def _draft(request: HttpRequest, found: Report) -> HttpResponse:
    """Show the newest text to staff who may see reports; to all others there is nothing here."""
    draft, is_short = _draft_of(found, request), _is_short(request)
    context = draft_page(found, draft, origin=_origin(request), is_short=is_short)
    response = render(request, "reports/report.html", context)
    patch_cache_control(response, private=True, no_store=True)
    return response


def _forms_for(request: HttpRequest) -> tuple[str, str]:
    return ("short head", "short page") if _is_short(request) else ("head", "page")


def _is_short(request: HttpRequest) -> bool:
    return request.GET.get("length") == "short"


def _text_of(found: Report) -> Revision:
    """Return what readers see of a public report; it knows its report without asking."""
    revision = cast("Revision", found.current)
    revision.report = found
    return revision


def _origin(request: HttpRequest) -> str:
    """Return scheme and host as they were asked for; the host was checked against those allowed."""
    return f"{request.scheme}://{request.get_host()}"


def _public(response: HttpResponseBase) -> HttpResponseBase:
    """Let readers and what stands between us and them keep it as long as we do ourselves."""
    patch_cache_control(response, public=True, max_age=FRESH_SECONDS)
    return response


def _draft_of(found: Report, request: HttpRequest) -> Revision:
    """Return the newest text of a report that is not public. Raises Http404."""
    revision = found.revisions.order_by("-number").first()
    # The user is asked for only now, so that public pages never depend on a cookie.
    may_see = request.user.is_staff and request.user.has_perm("reports.view_report")
    if revision is None or not may_see:
        raise Http404("There is no report of this time.")
    return revision


# --- A report in other forms ------------------------------------------------------


def _in_another_form(
    request: HttpRequest, found: Report, *, kind: str, write: Callable[[Revision], str | bytes]
) -> HttpResponseBase:
    """Answer with a published report; 410 and the reason where it was withdrawn. Raises Http404."""
    if found.is_withdrawn:
        return _gone(request, found)
    if not found.is_published:
        raise Http404("What is not published has no other forms.")
    edition = Edition(found, None, None, None)

    @condition(etag_func=lambda _: edition.etag)
    def written(request: HttpRequest) -> HttpResponse:
        return HttpResponse(write(_text_of(found)), content_type=kind)

    return _public(written(request))


def _gone(request: HttpRequest, found: Report) -> HttpResponse:
    context = {"report": found, "here": "archive"}
    return render(request, "reports/withdrawn.html", context, status=HTTPStatus.GONE)


@kept()
@require_safe
def markdown(request: HttpRequest, slug: str, day: date, slot: time) -> HttpResponseBase:
    """Answer with a report as Markdown."""

    def write(revision: Revision) -> str:
        return at(_origin(request), body_of(revision, "markdown"))

    found = _report_at(slug, day, slot)
    return _in_another_form(request, found, kind="text/markdown; charset=utf-8", write=write)


@kept()
@require_safe
def as_json(request: HttpRequest, slug: str, day: date, slot: time) -> HttpResponseBase:
    """Answer with a report as the API has it."""

    def write(revision: Revision) -> str:
        return document_text(revision.report, origin=_origin(request))

    return _in_another_form(
        request, _report_at(slug, day, slot), kind="application/json", write=write
    )


@kept()
@require_safe
def card(request: HttpRequest, slug: str, day: date, slot: time) -> HttpResponseBase:
    """Answer with the picture of a report."""

    def write(revision: Revision) -> bytes:
        return b64decode(body_of(revision, "card"))

    found = _report_at(slug, day, slot)
    response = _in_another_form(request, found, kind="image/png", write=write)
    if found.is_published:
        # Whoever links to the report may show it.
        response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@kept()
@require_safe
def provenance(request: HttpRequest, slug: str, day: date, slot: time) -> HttpResponseBase:
    """Show how a report was made: who wrote it, after which prompts, at what cost."""
    found = _report_at(slug, day, slot)
    if found.is_withdrawn:
        return render(request, "reports/withdrawn.html", {"report": found, "here": "archive"})
    revision = found.current if found.is_published else _draft_of(found, request)
    context = {"page": provenance_page(found, cast("Revision", revision)), "here": "archive"}
    response = render(request, "reports/provenance.html", context)
    if found.is_published:
        return _public(response)
    patch_cache_control(response, private=True, no_store=True)
    return response


@kept()
@require_safe
def record(request: HttpRequest, slug: str, day: date, slot: time) -> HttpResponseBase:
    """Answer with the record of a public report, as it can be hashed, and its hash."""
    found = _report_at(slug, day, slot)
    if not (found.is_published or found.is_withdrawn):
        raise Http404("What is not published has no record.")
    document = record_document(found, cast("Revision", found.current))
    response = JsonResponse(document, json_dumps_params={"ensure_ascii": False, "indent": 1})
    return _public(response)


@kept()
@require_safe
def stories(request: HttpRequest) -> HttpResponseBase:
    """List the stories of the press, by topic, name, tone and language."""
    now = timezone.now()  # noqa: TID251 (a page asks what time it is)
    page = stories_page(StoryWish.of(request.GET), now=now)
    return _public(render(request, "reports/stories.html", {"page": page, "here": "stories"}))


@kept()
@require_safe
def story(request: HttpRequest, pk: int) -> HttpResponse:
    """Show all coverage of a story; one that an editor merged leads to the other."""
    found = get_object_or_404(Story, pk=pk)
    heir = heir_of(found)
    if heir != found:
        response = redirect("reports:story", heir.pk, permanent=True)
        # A merge can be undone: what is permanent is kept for some minutes.
        patch_cache_control(response, public=True, max_age=300)
        return response
    return render(request, "reports/story.html", {"page": story_page(found), "here": "stories"})


@kept()
@require_safe
def storyline(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a storyline; the address of a later story of it leads to the first one's."""
    found = get_object_or_404(Story.objects.select_related("merged_into__merged_into"), pk=pk)
    if (beginning := storyline_of(found)) != pk:
        return redirect("reports:storyline", beginning, permanent=True)
    now = timezone.now()  # noqa: TID251 (a page asks what time it is)
    context = {"page": storyline_page(found, now=now), "here": "archive"}
    return render(request, "reports/storyline.html", context)


@throttled("30/min")
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Search published reports and the articles they stand on."""
    now = timezone.now()  # noqa: TID251 (a page asks what time it is)
    page = search_page(Wish.of(request.GET), now=now)
    status = HTTPStatus.SERVICE_UNAVAILABLE if page.is_too_slow else HTTPStatus.OK
    # Engines may know the page, as one: what was not found would be theirs to invent.
    is_for_engines = status == HTTPStatus.OK and not page.is_empty
    context = {"page": page, "here": "search", "is_for_engines": is_for_engines}
    context["address"] = f"{_origin(request)}{reverse('reports:search')}"
    response = render(request, "reports/search.html", context, status=status)
    if not is_for_engines:
        response["X-Robots-Tag"] = "noindex"
    return response


@kept()
@require_safe
def how(request: HttpRequest) -> HttpResponse:
    """Explain the method and its limits."""
    return render(request, "reports/how.html", {"here": "how"})


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Lead those who ask for an icon without reading the page to the one there is."""
    response = redirect(static("patriot/favicon.svg"), permanent=True)
    # The address of the file changes with its content: what is permanent is kept for a day.
    patch_cache_control(response, public=True, max_age=86_400)
    return response


@kept()
@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Tell crawlers what is for people to read: everything but the desk and the API."""
    return render(request, "reports/robots.txt", content_type="text/plain; charset=utf-8")
