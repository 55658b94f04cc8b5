"""Reports on the desk: every sentence beside its evidence; publish, and withdraw."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.db.models import Count, OuterRef, Prefetch, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from patriot.lib.desk import ReadOnlyAdmin, log_action
from patriot.work.models import Job
from reports.models import Claim, Evidence, Report, Revision, Section
from reports.pipeline.publish import (
    PUBLISHABLE,
    NotPublishable,
    publish_report,
    withdraw_report,
)

REASON_CHARS = 120
MAX_REASON_CHARS = 1_000


class WithdrawForm(forms.Form):
    """Why a report is taken back; readers read it."""

    reason = forms.CharField(
        max_length=MAX_REASON_CHARS,
        label="Reason, for readers",
        widget=forms.Textarea(attrs={"rows": 3, "cols": 60}),
        help_text="It stands on the report's page from now on, and in the API.",
    )


@admin.register(Report)
class ReportAdmin(ReadOnlyAdmin):
    """Shown with all its claims; what is published never changes here."""

    # The page for readers has a link of our own: it says when only staff see it.
    view_on_site = False
    change_form_template = "admin/reports/report/change_form.html"
    list_display = ("__str__", "state", "number", "section_count", "said_why", "published_at")
    list_filter = ("state", "briefing")
    list_select_related = ("briefing",)
    search_fields = ("briefing__title", "revisions__title", "reason")
    ordering = ("-slot_at", "-pk")
    actions = ("publish", "withdraw")
    fields = (
        ("state", "reason"),
        ("briefing", "number"),
        ("slot_at", "published_at"),
        ("window_start", "window_end"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        sections = Section.objects.filter(revision__report=OuterRef("pk")).order_by()
        by_revision = sections.values("revision__number").annotate(total=Count("pk"))
        newest = by_revision.order_by("-revision__number").values("total")[:1]
        every: QuerySet[Any] = super().get_queryset(request)
        reports: QuerySet[Any] = every.annotate(section_total=Coalesce(Subquery(newest), 0))
        return reports

    def has_publish_permission(self, request: HttpRequest) -> bool:
        """Tell whether the user may publish and withdraw: reports themselves are read-only."""
        return request.user.has_perm("reports.change_report")

    @admin.display(description="sections", ordering="section_total")
    def section_count(self, report: Any) -> int:
        return int(report.section_total)

    @admin.display(description="reason", ordering="reason")
    def said_why(self, report: Report) -> str:
        return report.reason[:REASON_CHARS]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kw: Any) -> Any:
        """Add the newest revision with its evidence, the report's jobs, and what can be done."""
        report = context["original"]
        may_publish = self.has_publish_permission(request)
        revision = revision_with_evidence(report)
        context |= {
            "revision": revision,
            "is_public": report.is_published or report.is_withdrawn,
            "can_preview": revision is not None,
            "jobs": list(Job.objects.filter(subject=report.subject).order_by("stage", "pk")),
            "can_publish": may_publish and report.state in PUBLISHABLE - {Report.State.PRODUCING},
            "can_withdraw": may_publish and report.is_published,
        }
        return super().render_change_form(request, context, *args, **kw)

    # --- Actions --------------------------------------------------------------
    @admin.action(description="Publish", permissions=["publish"])
    def publish(self, request: HttpRequest, chosen: QuerySet[Report]) -> None:
        for report in chosen:
            self._publish(request, report)

    def _publish(self, request: HttpRequest, report: Report) -> None:
        try:
            if report.is_published:
                raise NotPublishable("It is published already.")
            publish_report(report, now=timezone.now())  # noqa: TID251 (an interface)
        except NotPublishable as error:
            self.message_user(request, f"{report}: {error}", messages.ERROR)
            return
        log_action(request, Report.objects.filter(pk=report.pk), "Published.")
        self.message_user(request, f"{report} is published.", messages.SUCCESS)

    @admin.action(description="Withdraw …", permissions=["publish"])
    def withdraw(self, request: HttpRequest, chosen: QuerySet[Report]) -> HttpResponse | None:
        """Ask for the reason on a page of its own, then withdraw."""
        form = WithdrawForm(request.POST if "reason" in request.POST else None)
        if form.is_valid():
            for report in chosen:
                self._withdraw(request, report, form.cleaned_data["reason"])
            return None
        context = self.admin_site.each_context(request) | {
            "title": "Withdraw reports",
            "opts": self.model._meta,
            "reports": chosen,
            "form": form,
            "action_checkbox_name": helpers.ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/reports/report/withdraw.html", context)

    def _withdraw(self, request: HttpRequest, report: Report, reason: str) -> None:
        try:
            withdraw_report(report, reason=reason, now=timezone.now())  # noqa: TID251 (an interface)
        except NotPublishable as error:
            self.message_user(request, f"{report}: {error}", messages.ERROR)
            return
        log_action(request, Report.objects.filter(pk=report.pk), f"Withdrawn: {reason}")
        self.message_user(request, f"{report} is withdrawn.", messages.SUCCESS)


def revision_with_evidence(report: Report) -> Revision | None:
    """Return the report's newest revision with everything that its page shows."""
    evidence = Evidence.objects.order_by("position").select_related("passage__article__publisher")
    claims = Claim.objects.order_by("position").prefetch_related(
        Prefetch("evidence", evidence.defer("passage__article__text"))
    )
    sections = (
        Section.objects.order_by("position")
        .select_related("story")
        .prefetch_related(Prefetch("claims", claims))
    )
    newest = report.revisions.order_by("-number")
    return newest.prefetch_related(Prefetch("sections", sections)).first()
