"""What readers reported as wrong: the queue of the desk, and the answers."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from patriot.lib.desk import ReadOnlyAdmin, log_action
from reports.admin.correcting import may_correct
from reports.models import Correction, ErrorReport
from reports.pipeline.error_reports import MAX_OUTCOME_CHARS, Answered, answer

ANSWER = "reports.edit_report"
SHOWN_CHARS = 120


class AnswerForm(forms.Form):
    """What the reader is told."""

    outcome = forms.CharField(
        label="Answer",
        max_length=MAX_OUTCOME_CHARS,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 60}),
        help_text="For the reader: it stands on the page whose address they have.",
    )
    correction = forms.ModelChoiceField(
        queryset=Correction.objects.none(),
        required=False,
        empty_label="Nothing was changed",
        help_text="The correction that put it right, if one did.",
    )

    def __init__(self, *args: Any, error_report: ErrorReport, **options: Any) -> None:
        super().__init__(*args, **options)
        report = error_report.claim.section.revision.report_id
        corrections = Correction.objects.filter(revision__report=report).order_by("-created_at")
        chosen: Any = self.fields["correction"]
        chosen.queryset = corrections


@admin.register(ErrorReport)
class ErrorReportAdmin(ReadOnlyAdmin):
    """Open ones first, the oldest on top; answered once."""

    change_form_template = "admin/reports/errorreport/change_form.html"
    list_display = ("said", "sentence", "report", "state", "more", "created_at", "decided_by")
    list_filter = ("state", "claim__section__revision__report__briefing")
    search_fields = ("text", "outcome", "claim__text")
    ordering = (F("decided_at").desc(nulls_first=True), "created_at", "pk")
    fields = readonly_fields = (
        *("state", "text", "more", "sentence_now", "created_at", "outcome", "correction"),
        *("decided_by", "decided_at"),
    )

    def get_urls(self) -> list[Any]:
        """Add the answer."""
        guarded = self.admin_site.admin_view(self.answer_one)
        address = path("<int:pk>/answer/", guarded, name="reports_errorreport_answer")
        return [address, *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        path_to_briefing = "claim__section__revision__report__briefing"
        rows = rows.select_related(path_to_briefing, "decided_by", "correction")
        return rows.defer("claim__section__revision__record")

    def has_answer_permission(self, request: HttpRequest) -> bool:
        """Tell whether the user may answer readers."""
        return self.has_view_permission(request) and request.user.has_perm(ANSWER)

    @admin.display(description="what the reader says", ordering="text")
    def said(self, error_report: ErrorReport) -> str:
        return error_report.text[:SHOWN_CHARS]

    @admin.display(description="more", ordering="turned_away", empty_value="none")
    def more(self, error_report: ErrorReport) -> str | None:
        """Return how many more came about the sentence that nobody kept."""
        number = error_report.turned_away
        return f"{number} more came, not kept" if number else None

    @admin.display(description="sentence")
    def sentence(self, error_report: ErrorReport) -> str:
        return error_report.claim.text[:SHOWN_CHARS]

    @admin.display(description="report")
    def report(self, error_report: ErrorReport) -> str:
        report = error_report.claim.section.revision.report
        address = reverse("admin:reports_report_change", args=[report.pk])
        return format_html('<a href="{}">{}</a>', address, report)

    @admin.display(description="the sentence it is about")
    def sentence_now(self, error_report: ErrorReport) -> str:
        claim = error_report.claim
        report = claim.section.revision.report
        return format_html(
            '{} <a href="{}#{}">on its page</a>',
            claim.text,
            report.get_absolute_url(),
            claim.anchor,
        )

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kw: Any) -> Any:
        """Add the evidence of the sentence, and the answer where none was given."""
        error_report = context["original"]
        claim = error_report.claim
        report = claim.section.revision.report
        evidence = claim.evidence.order_by("position").select_related("passage__article__publisher")
        is_open = error_report.state == ErrorReport.State.OPEN
        may_answer = is_open and self.has_answer_permission(request)
        form = kw.pop("answer_form", None) or AnswerForm(error_report=error_report)
        context |= {
            "evidence": evidence.defer("passage__article__text", "passage__article__html"),
            "answer_form": form if may_answer else None,
            "report": report,
            "may_correct": report.is_published and may_correct(request),
        }
        return super().render_change_form(request, context, *args, **kw)

    def answer_one(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Answer a reader."""
        return require_POST(self._answer_one)(request, pk)

    def _answer_one(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_answer_permission(request):
            raise PermissionDenied
        error_report = get_object_or_404(self.get_queryset(request), pk=pk)
        form = AnswerForm(request.POST, error_report=error_report)
        back = redirect("admin:reports_errorreport_change", pk)
        if not form.is_valid():
            self.message_user(request, _mistakes(form), messages.ERROR)
            return back
        user: Any = request.user
        now = timezone.now()  # noqa: TID251 (an interface)
        try:
            answer(error_report, by=user, now=now, **form.cleaned_data)
        except (Answered, ValueError) as error:
            self.message_user(request, str(error), messages.ERROR)
            return back
        words = f"Answered: {error_report.outcome}"
        log_action(request, ErrorReport.objects.filter(pk=pk), words)
        self.message_user(request, "The reader's page says so now.", messages.SUCCESS)
        return redirect("admin:reports_errorreport_changelist")


def _mistakes(form: forms.Form) -> str:
    """Return in a line what is wrong with a form, field by field."""
    return " ".join(
        f"{form.fields[name].label or name.capitalize()}: {' '.join(map(str, said))}"
        for name, said in form.errors.items()
    )
