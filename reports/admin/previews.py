"""Previews: any text of a report as its readers would get it, as page, letter and feed entry.

Everything is set by what sets it when it is published; the desk frames it, and says what it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp, csp_update
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.safestring import SafeString
from django.views.decorators.clickjacking import xframe_options_sameorigin

from patriot.lib.desk import ReadOnlyAdmin
from patriot.lib.syndication import Entry
from reports.channels.letters import unsent_letter
from reports.models import Report, Revision, Subscription
from reports.pages.drafts import draft_page
from reports.pages.entries import WRITERS, entry_of, feed_of
from reports.pages.letter import PREFERENCES, UNSUBSCRIBE
from reports.pages.report import report_page

Length = Subscription.Length
# A letter's styles stand in its elements. It loads nothing, runs nothing, sends nothing.
FRAMED_POLICY = {
    "default-src": [NONE],
    "style-src": [UNSAFE_INLINE],
    "base-uri": [NONE],
    "form-action": [NONE],
    "frame-ancestors": [SELF],
    # What is clicked opens in a window of its own, without these bounds.
    "sandbox": ["allow-popups", "allow-popups-to-escape-sandbox"],
}
View = Callable[[HttpRequest], HttpResponseBase]
FORMATS = {"atom": "Atom", "rss": "RSS", "json": "JSON Feed"}
# Where each reader's own links go: nobody unsubscribes from a preview.
NO_LINK = "#"
_BODY = re.compile(r"<body[^>]*>")


@dataclass(frozen=True, slots=True)
class Preview:
    """A text that is looked at: what it is, and the ways to look at it."""

    report: Report
    revision: Revision
    is_short: bool
    here: str
    """The name of the way that it is looked at now."""

    @property
    def is_draft(self) -> bool:
        """Whether readers never got this text."""
        return not self.revision.is_frozen

    @property
    def name(self) -> str:
        return f"{'Draft, text' if self.is_draft else 'Text'} {self.revision.number}"

    @property
    def words(self) -> str:
        """What it is to readers."""
        if self.is_draft:
            return "Readers see nothing of it: only staff see this preview."
        if self.revision.pk == self.report.current_id and self.report.is_published:
            return "Readers see this text."
        return "Readers saw this text; now they do not."

    @property
    def tabs(self) -> tuple[tuple[str, str, bool], ...]:
        """Label, address and whether it is this one, of every way to look at it."""
        return tuple(
            (label, self.address(form, is_short=is_short), self._is_here(form, is_short))
            for form, label, is_short in TABS
            if not is_short or self.has_short
        )

    @property
    def desk_url(self) -> str:
        return reverse("admin:reports_report_change", args=[self.report.pk])

    @property
    def frame_url(self) -> str:
        return self.address(f"{self.here}-frame", is_short=self.is_short)

    @property
    def has_short(self) -> bool:
        return self.revision.sections.filter(claims__is_short=True).exists()

    def address(self, form: str, *, is_short: bool) -> str:
        """Return where it is looked at in another way."""
        return address_of(self.report.pk, self.revision.number, form, is_short=is_short)

    def _is_here(self, form: str, is_short: bool) -> bool:
        return form == self.here and is_short == self.is_short


def address_of(pk: int, number: int, form: str, *, is_short: bool = False) -> str:
    """Return the address of a preview."""
    page = reverse("admin:reports_report_preview", args=[pk, number, form])
    return f"{page}?length=short" if is_short else page


def preview_page(
    desk: ReadOnlyAdmin, request: HttpRequest, pk: int, number: int, form: str
) -> HttpResponseBase:
    """Show a text of a report in one of the forms; nobody keeps it, no engine lists it."""
    if not desk.has_view_permission(request):
        raise PermissionDenied
    if form not in FORMS:
        raise Http404("There is no such preview.")
    report = get_object_or_404(Report.objects.select_related("briefing", "current"), pk=pk)
    revision = get_object_or_404(report.revisions.defer("record"), number=number)
    revision.report = report
    is_short = request.GET.get("length") == Length.SHORT
    looked_at = Preview(report, revision, is_short, form)
    show, within = FORMS[form]
    response = within(partial(show, desk, looked_at))(request)
    patch_cache_control(response, private=True, no_store=True)
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


# --- The forms --------------------------------------------------------------------------
def _page(desk: ReadOnlyAdmin, preview: Preview, request: HttpRequest) -> HttpResponse:
    context = draft_page(
        preview.report, preview.revision, origin=_origin(request), is_short=preview.is_short
    )
    return TemplateResponse(request, "reports/report.html", context | {"preview": preview})


def _email(desk: ReadOnlyAdmin, preview: Preview, request: HttpRequest) -> HttpResponse:
    letter = unsent_letter(preview.revision, length=_length(preview))
    text = _without_own_links(letter.text)
    shown = {"letter": letter, "text": text, "sender": settings.DEFAULT_FROM_EMAIL}
    return _on_the_desk(desk, request, preview, "email", shown)


def _feed(desk: ReadOnlyAdmin, preview: Preview, request: HttpRequest) -> HttpResponse:
    entry = _entry(preview, request)
    feed = feed_of(preview.report.briefing, origin=_origin(request), path=request.path)
    feed = replace(feed, updated_at=entry.updated_at, entries=[entry])
    documents = [
        (FORMATS[name], writer.document(feed).decode("utf-8", "replace"))
        for name, writer in WRITERS.items()
    ]
    return _on_the_desk(desk, request, preview, "feed", {"entry": entry, "documents": documents})


def _email_frame(desk: ReadOnlyAdmin, preview: Preview, request: HttpRequest) -> HttpResponse:
    letter = unsent_letter(preview.revision, length=_length(preview))
    return HttpResponse(_marked(_without_own_links(letter.html), preview))


def _feed_frame(desk: ReadOnlyAdmin, preview: Preview, request: HttpRequest) -> HttpResponse:
    entry = _entry(preview, request)
    context = {"entry": entry, "html": SafeString(entry.html)}
    html = render_to_string("admin/reports/report/framed_entry.html", context)
    return HttpResponse(_marked(html, preview))


def _alone(view: View) -> View:
    return view


def _framing(view: View) -> View:
    return csp_update({"frame-src": SELF})(view)


def _framed(view: View) -> View:
    return xframe_options_sameorigin(csp(FRAMED_POLICY)(view))


FORMS: dict[
    str,
    tuple[Callable[[ReadOnlyAdmin, Preview, HttpRequest], HttpResponse], Callable[[View], View]],
] = {
    "page": (_page, _alone),
    "email": (_email, _framing),
    "email-frame": (_email_frame, _framed),
    "feed": (_feed, _framing),
    "feed-frame": (_feed_frame, _framed),
}
TABS = (
    ("page", "Page", False),
    ("page", "Short page", True),
    ("email", "E-mail", False),
    ("email", "Short e-mail", True),
    ("feed", "Feed entry", False),
)


def _on_the_desk(
    desk: ReadOnlyAdmin,
    request: HttpRequest,
    preview: Preview,
    form: str,
    shown: dict[str, object],
) -> HttpResponse:
    context = desk.admin_site.each_context(request) | {
        "title": "Preview",
        "opts": desk.model._meta,
        "report": preview.report,
        "preview": preview,
        **shown,
    }
    return TemplateResponse(request, f"admin/reports/report/preview_{form}.html", context)


def _entry(preview: Preview, request: HttpRequest) -> Entry:
    page = report_page(preview.report, preview.revision)
    return entry_of(preview.report, page, origin=_origin(request))


def _origin(request: HttpRequest) -> str:
    return f"{request.scheme}://{request.get_host()}"


def _length(preview: Preview) -> str:
    return Length.SHORT if preview.is_short else Length.FULL


def _without_own_links(text: str) -> str:
    return text.replace(UNSUBSCRIBE, NO_LINK).replace(PREFERENCES, NO_LINK)


def _marked(html: str, preview: Preview) -> str:
    """Return a document with what it is above it, also where it is opened by itself."""
    mark = render_to_string("admin/reports/report/_mark.html", {"preview": preview}).strip()
    # Nothing else of it is touched: links open beside the frame, which the site refuses to be in.
    marked = _BODY.sub(lambda body: body.group() + mark, html, count=1)
    return marked.replace("<head>", '<head><base target="_blank">', 1)
