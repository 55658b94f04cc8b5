"""Correcting a published report on the desk: begin, look at the difference, publish it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from patriot.lib.desk import ReadOnlyAdmin, log_action
from reports.models import Correction, ErrorReport, Report, Revision
from reports.pipeline.changed import changes_between
from reports.pipeline.correct import MAX_REASON_CHARS, next_after, publish_correction
from reports.pipeline.drafting import ChangedMeanwhile, next_text
from reports.pipeline.error_reports import Answered, answer, open_of
from reports.pipeline.publish import NotMoved

CORRECT = "reports.correct_report"
EDIT = "reports.edit_report"
BEGUN = "Began a correction."


class CorrectionForm(forms.Form):
    """Why readers get another text, and whose reports of an error it answers."""

    kind = forms.ChoiceField(
        choices=Correction.Kind.choices,
        initial=Correction.Kind.CORRECTION,
        widget=forms.RadioSelect,
        help_text="A correction: it was wrong. A clarification: it could be misread. An update: "
        "it was right then.",
    )
    reason = forms.CharField(
        max_length=MAX_REASON_CHARS,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 60}),
        help_text="For readers: what was wrong and what is right. It stands on the report, on the "
        "page and in the feed of corrections, and goes to everybody who got the report.",
    )
    answers = forms.ModelMultipleChoiceField(
        queryset=ErrorReport.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Readers' reports that it answers",
        help_text="Their pages then lead to the correction.",
    )

    def __init__(self, *args: Any, report: Report, **options: Any) -> None:
        super().__init__(*args, **options)
        answers: Any = self.fields["answers"]
        answers.queryset = open_of(report)
        answers.label_from_instance = lambda one: f"{one.text[:200]} — on: {one.claim.text[:200]}"
        if not answers.queryset.exists():
            del self.fields["answers"]


def may_correct(request: HttpRequest) -> bool:
    """Tell whether the user may begin a correction, at least."""
    return request.user.has_perm(EDIT) or request.user.has_perm(CORRECT)


def correct(desk: ReadOnlyAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Show what a correction would change, and publish it; begin one where there is none.

    Editors may begin and prepare one; to publish it takes a permission of its own.
    """
    publishes = request.method == "POST" and "begin" not in request.POST
    if not may_correct(request) or (publishes and not request.user.has_perm(CORRECT)):
        raise PermissionDenied
    if not desk.has_view_permission(request):
        raise PermissionDenied
    report = get_object_or_404(Report.objects.select_related("briefing", "current"), pk=pk)
    if not report.is_published or report.current is None:
        desk.message_user(request, "Only a published report can be corrected.", messages.ERROR)
        return redirect("admin:reports_report_change", pk)
    if request.method == "POST" and "begin" in request.POST:
        return _begin(desk, request, report)
    text = next_after(report)
    form = CorrectionForm(request.POST if request.method == "POST" else None, report=report)
    if request.method == "POST" and form.is_valid():
        seen = _seen(report, request.POST.get("text", ""))
        if seen is None:
            desk.message_user(request, "There is no such text: look at this one.", messages.ERROR)
        elif _publish(desk, request, report, seen, form.cleaned_data):
            return redirect("admin:reports_report_change", pk)
    return _page(desk, request, report, text, form)


def _page(
    desk: ReadOnlyAdmin,
    request: HttpRequest,
    report: Report,
    text: Revision | None,
    form: CorrectionForm,
) -> HttpResponse:
    changes = changes_between(report.current, text) if text and report.current else None
    context = desk.admin_site.each_context(request) | {
        "title": "Correct",
        "opts": desk.model._meta,
        "report": report,
        "text": text,
        "changes": changes,
        "form": form,
        "errors": open_of(report),
        "may_publish": request.user.has_perm(CORRECT),
    }
    return TemplateResponse(request, "admin/reports/report/correct.html", context)


def _seen(report: Report, number: str) -> Revision | None:
    """Return the text that the editor looked at, as the form names it."""
    texts = report.revisions.defer("record")
    return next((text for text in texts if str(text.pk) == number), None)


def _begin(desk: ReadOnlyAdmin, request: HttpRequest, report: Report) -> HttpResponse:
    """Copy the text that readers see, to be edited; nothing to do if there is a copy already."""
    user: Any = request.user
    if report.current and next_after(report) is None:
        now = timezone.now()  # noqa: TID251 (an interface)
        try:
            with transaction.atomic():
                next_text(report.current, editor=user, edits=BEGUN, now=now)
                log_action(request, Report.objects.filter(pk=report.pk), BEGUN)
        except ChangedMeanwhile as error:
            desk.message_user(request, str(error), messages.WARNING)
    desk.message_user(
        request, "Change the new text here; readers see none of it until it is published."
    )
    return redirect("admin:reports_report_edit", report.pk)


def _publish(
    desk: ReadOnlyAdmin, request: HttpRequest, report: Report, text: Revision, wanted: Any
) -> bool:
    """Publish the text as a correction and answer readers' reports, all or nothing."""
    user: Any = request.user
    now = timezone.now()  # noqa: TID251 (an interface)
    try:
        with transaction.atomic():
            correction = publish_correction(
                report, text, kind=wanted["kind"], reason=wanted["reason"], author=user, now=now
            )
            for error_report in wanted.get("answers", ()):
                answer(
                    error_report,
                    outcome=correction.reason,
                    by=user,
                    now=now,
                    correction=correction,
                )
                rows = ErrorReport.objects.filter(pk=error_report.pk)
                log_action(request, rows, f"Answered with a correction: {correction.reason}")
            words = f"{correction.get_kind_display().capitalize()} published: revision "
            words += f"{correction.replaced.number} → {text.number}. Reason: {correction.reason}"
            log_action(request, Report.objects.filter(pk=report.pk), words)
    except (NotMoved, Answered) as error:
        report.refresh_from_db()
        desk.message_user(request, str(error), messages.ERROR)
        return False
    desk.message_user(request, f"{report} is corrected.", messages.SUCCESS)
    return True
