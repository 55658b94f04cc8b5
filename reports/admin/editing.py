"""Editing a draft on the desk: one page, one save, the next text of the report."""

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
from reports.admin.edit_forms import ADDABLE, Sent, rebased
from reports.admin.making import revision_with_evidence
from reports.models import Report, Revision
from reports.pipeline.changed import changes_between
from reports.pipeline.correct import next_after
from reports.pipeline.deadline import review_ends
from reports.pipeline.drafting import ChangedMeanwhile, GoneOut
from reports.pipeline.editing import WHOLE, NotEdited, edit
from reports.pipeline.gates import examine

EDIT = "reports.edit_report"
State = Report.State
EDITABLE = frozenset({State.DRAFT, State.REVIEW, State.HELD})
MAX_WHY_CHARS = 300
MAX_ID_CHARS = 19
DOUBTED = "The second reading: its quotations do not say so much."
NOT_NOW = "A report that is %s cannot be edited."
GONE_OUT = (
    "Nothing of this was saved: the report was published while you wrote. What you typed is still "
    "in the fields: begin a correction, then save this again."
)
NOT_SAVED = (
    "Nothing of this was saved: the report is %s by now. What you typed is still in the fields."
)


def may_edit(report: Report, request: HttpRequest) -> bool:
    """Tell whether this user may edit the report as it is: a draft, or the text of a correction."""
    if not request.user.has_perm(EDIT):
        return False
    return report.state in EDITABLE or (report.is_published and next_after(report) is not None)


def edit_page(desk: ReadOnlyAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Show a draft with a field for everything that can be changed, or save what was changed."""
    if not (desk.has_view_permission(request) and request.user.has_perm(EDIT)):
        raise PermissionDenied
    report = get_object_or_404(Report.objects.select_related("briefing", "current"), pk=pk)
    newest = revision_with_evidence(report)
    if newest is None or not (may_edit(report, request) or request.method == "POST"):
        said = NOT_NOW % report.get_state_display()
        desk.message_user(request, said, messages.WARNING)
        return redirect("admin:reports_report_change", pk)
    if request.method == "POST" and not may_edit(report, request):
        return _gone_out(desk, request, report)
    if request.method == "POST":
        return _save(desk, request, report, newest)
    return _page(desk, request, report, Sent(newest, None))


def _save(
    desk: ReadOnlyAdmin, request: HttpRequest, report: Report, newest: Revision
) -> HttpResponse:
    sent = Sent(newest, request.POST)
    if request.POST.get("base") != str(newest.pk):
        return _conflict(desk, request, report, newest)
    if request.POST.get("pick"):
        return _page(desk, request, report, sent)
    try:
        text = _edited(request, report, newest, sent)
    except NotEdited as error:
        return _page(desk, request, report, sent, problems=error.problems, status=422)
    except ChangedMeanwhile:
        return _conflict(desk, request, report, revision_with_evidence(report) or newest)
    except GoneOut:
        report.refresh_from_db()
        return _gone_out(desk, request, report)
    desk.message_user(request, f"Saved as text {text.number}.", messages.SUCCESS)
    return redirect("admin:reports_report_change", report.pk)


def _edited(request: HttpRequest, report: Report, newest: Revision, sent: Sent) -> Revision:
    user: Any = request.user
    now = timezone.now()  # noqa: TID251 (an interface)
    changes = sent.changes()
    why = " ".join(request.POST.get("why", "")[:MAX_WHY_CHARS].split())
    with transaction.atomic():
        text = edit(newest, changes, editor=user, now=now, why=why)
        log_action(request, Report.objects.filter(pk=report.pk), f"Edited: {text.edits}")
    return text


def _gone_out(desk: ReadOnlyAdmin, request: HttpRequest, report: Report) -> HttpResponse:
    """Say that readers have another text by now, and keep what this editor typed."""
    newest, base = revision_with_evidence(report), _base(request, report)
    if newest is None:
        raise Http404("The report has no text.")
    typed: Any = request.POST
    if base is not None and base.pk != newest.pk:
        typed = rebased(typed, base=base, newest=newest)
    state = report.get_state_display()
    problems = {WHOLE: GONE_OUT if report.is_published else NOT_SAVED % state}
    return _page(desk, request, report, Sent(newest, typed), problems=problems, status=409)


def _base(request: HttpRequest, report: Report) -> Revision | None:
    """Return the text that the editor began with, as the form names it."""
    name = request.POST.get("base", "")
    is_number = name.isascii() and name.isdigit() and len(name) < MAX_ID_CHARS
    return revision_with_evidence(report, int(name)) if is_number else None


def _conflict(
    desk: ReadOnlyAdmin, request: HttpRequest, report: Report, newest: Revision
) -> HttpResponse:
    """Show what somebody else made of the text, with what this editor typed laid over it."""
    base = _base(request, report)
    if base is None:
        problems = {WHOLE: "There is no such text: open the page anew."}
        return _page(desk, request, report, Sent(newest, None), problems=problems, status=409)
    sent = Sent(newest, rebased(request.POST, base=base, newest=newest))
    return _page(desk, request, report, sent, theirs=base, status=409)


def _page(
    desk: ReadOnlyAdmin,
    request: HttpRequest,
    report: Report,
    sent: Sent,
    *,
    problems: dict[int, str] | None = None,
    theirs: Revision | None = None,
    status: int = 200,
) -> HttpResponse:
    """Show the form; what was typed stays in it, and nothing is saved by asking for evidence.

    theirs: the text that the editor began with, if somebody else changed it meanwhile
    """
    found = examine(sent.revision)
    doubts = dict(found.fallen) | dict.fromkeys(found.doubtful, DOUBTED)
    picking = sent.owner_named(request.POST.get("pick", ""))
    context = desk.admin_site.each_context(request) | {
        "title": "Edit",
        "opts": desk.model._meta,
        "report": report,
        "revision": sent.revision,
        "stories": sent.with_picks(sent.stories(problems or {}, doubts), picking=picking),
        "picking": picking,
        "picking_at": f"claim-{picking}" if picking.isdigit() else f"pick-{picking}",
        "kinds": [(kind.value, kind.label) for kind in ADDABLE],
        "problem": (problems or {}).get(WHOLE, ""),
        "problem_count": len(problems or {}),
        "is_conflict": status == 409 and not problems,
        "their_changes": changes_between(theirs, sent.revision) if theirs else None,
        "why": request.POST.get("why", "")[:MAX_WHY_CHARS],
        "gates": found.gates,
        "review_ends": review_ends(report, timezone.now()),  # noqa: TID251 (an interface)
    }
    return TemplateResponse(request, "admin/reports/report/edit.html", context, status=status)
