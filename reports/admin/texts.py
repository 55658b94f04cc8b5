"""The texts of a report on the desk: compare any two, go back to an earlier one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from patriot.lib.desk import ReadOnlyAdmin, log_action
from reports.admin.editing import EDIT, NOT_NOW, may_edit
from reports.models import Report, Revision
from reports.pipeline.changed import changes_between
from reports.pipeline.drafting import ChangedMeanwhile, GoneOut, next_text, take_pen

MAX_NUMBER_CHARS = 6
SHOWN = 100


def texts_of(report: Report) -> list[Revision]:
    """Return a report's latest texts, newest first, without what is in them."""
    texts = report.revisions.select_related("editor").defer("record", "coverage", "left_out")
    return list(texts.order_by("-number")[:SHOWN])


def compare_page(desk: ReadOnlyAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Show what differs between two texts: those asked for, else the last two."""
    if not desk.has_view_permission(request):
        raise PermissionDenied
    report = get_object_or_404(Report.objects.select_related("briefing"), pk=pk)
    texts = texts_of(report)
    if not texts:
        raise Http404("The report has no text yet.")
    after = _named(texts, request.GET.get("after")) or texts[0]
    earlier = [text for text in texts if text.number < after.number]
    before = _named(texts, request.GET.get("before")) or (earlier or [after])[0]
    context = desk.admin_site.each_context(request) | {
        "title": "Compare texts",
        "opts": desk.model._meta,
        "report": report,
        "texts": texts,
        "before": before,
        "after": after,
        "changes": changes_between(before, after),
        "may_edit": may_edit(report, request),
        "newest": texts[0],
    }
    return TemplateResponse(request, "admin/reports/report/texts.html", context)


def go_back(desk: ReadOnlyAdmin, request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Make an earlier text the next one; what was written since stays among the texts."""
    if not (desk.has_view_permission(request) and request.user.has_perm(EDIT)):
        raise PermissionDenied
    report = get_object_or_404(Report.objects.select_related("current"), pk=pk)
    to = get_object_or_404(report.revisions, number=number)
    newest = report.revisions.order_by("-number").first() or to
    page = redirect("admin:reports_report_change", pk)
    if not may_edit(report, request):
        said = NOT_NOW % report.get_state_display()
        desk.message_user(request, said, messages.WARNING)
        return page
    # The page says which text the editor saw as the newest: words that came later are not undone.
    if request.POST.get("newest", str(newest.number)) != str(newest.number):
        desk.message_user(request, str(ChangedMeanwhile(newest)), messages.ERROR)
        return page
    user: Any = request.user
    edits = f"Went back to text {to.number}."
    now = timezone.now()  # noqa: TID251 (an interface)
    try:
        with transaction.atomic():
            take_pen(report)
            text = next_text(to, editor=user, edits=edits, now=now, after=newest)
            log_action(request, Report.objects.filter(pk=pk), edits)
    except ChangedMeanwhile as error:
        desk.message_user(request, str(error), messages.ERROR)
        return page
    except GoneOut:
        said = NOT_NOW % report.get_state_display()
        desk.message_user(request, said, messages.WARNING)
        return page
    desk.message_user(request, f"{edits} It is text {text.number} now.", messages.SUCCESS)
    return page


def _named(texts: list[Revision], number: str | None) -> Revision | None:
    """Return the text of this number, as an address says it; None if there is none."""
    if not number or len(number) > MAX_NUMBER_CHARS:
        return None
    return next((text for text in texts if str(text.number) == number), None)
