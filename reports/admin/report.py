"""Reports on the desk: every sentence beside its evidence, and the moves to publication."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST, require_safe

from patriot.lib.desk import ModelForm, ReadOnlyAdmin, log_action
from patriot.work.jobs import run_again
from patriot.work.models import Job
from reports.admin.correcting import correct, may_correct
from reports.admin.editing import EDIT, edit_page, may_edit
from reports.admin.making import making_of
from reports.admin.moves import BY_NAME, MOVES, Move, doubts_of, moves_now, reason_form
from reports.admin.notes import leave_note, settle_note
from reports.admin.previews import preview_page
from reports.admin.texts import compare_page, go_back
from reports.models import Report, Revision, Section
from reports.pipeline.deadline import review_ends
from reports.pipeline.publish import NotMoved

REASON_CHARS = 120
MAX_ID_CHARS = 19
UNSEEN = "{}: this page did not show its text. Look at it on its own page, and publish it there."
GONE_ON = "The report went on without it. Produce another one instead."
REVIVE = "work.revive_job"


def action_of(move: Move) -> Callable[..., Any]:
    """Return a move as an action on those that were chosen from the list."""

    @admin.action(description=move.label, permissions=[move.right])
    def act(desk: ReportAdmin, request: HttpRequest, chosen: QuerySet[Report]) -> Any:
        return desk.move_chosen(request, chosen, move)

    act.__name__ = move.name
    return act


class ReportForm(ModelForm):
    """Nothing to fill in: what the fields that are shown mean."""

    class Meta:
        model = Report
        fields = ()
        help_texts = {
            "slot_at": "When the report is due, in UTC.",
            "window_start": "Articles that came in after this moment are its news; older ones of "
            "the same stories may be quoted beside them.",
            "window_end": "Articles that came in later are left to the next report.",
        }


@admin.register(Report)
class ReportAdmin(ReadOnlyAdmin):
    """Shown with all its claims; what is published never changes here."""

    # The page for readers has a link of our own: it says when only staff see it.
    view_on_site = False
    form = ReportForm
    change_form_template = "admin/reports/report/change_form.html"
    list_display = ("__str__", "state", "number", "section_count", "said_why", "published_at")
    list_filter = ("state", "briefing")
    list_select_related = ("briefing",)
    search_fields = ("briefing__title", "revisions__title", "reason")
    ordering = ("-slot_at", "-pk")
    actions = tuple(action_of(move) for move in MOVES)
    fields = (
        ("state", "reason"),
        ("briefing", "number"),
        ("slot_at", "published_at"),
        ("window_start", "window_end"),
    )

    def get_urls(self) -> list[Any]:
        """Add the pages of the moves, and “run again” for the report's jobs."""
        guarded = self.admin_site.admin_view
        return [
            path("<int:pk>/run-again/<int:job>/", guarded(self.revive), name="reports_report_run"),
            path("<int:pk>/to/<slug:move>/", guarded(self.move_one), name="reports_report_move"),
            path("<int:pk>/edit/", guarded(self.edit), name="reports_report_edit"),
            path("<int:pk>/correct/", guarded(self.correct), name="reports_report_correct"),
            path("<int:pk>/note/", guarded(self.note), name="reports_report_note"),
            path("<int:pk>/settle/<int:one>/", guarded(self.settle), name="reports_report_settle"),
            path("<int:pk>/texts/", guarded(self.texts), name="reports_report_texts"),
            path("<int:pk>/back/<int:number>/", guarded(self.back), name="reports_report_back"),
            path(
                "<int:pk>/preview/<int:number>/<slug:form>/",
                guarded(self.preview),
                name="reports_report_preview",
            ),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        sections = Section.objects.filter(revision__report=OuterRef("pk")).order_by()
        by_revision = sections.values("revision__number").annotate(total=Count("pk"))
        newest = by_revision.order_by("-revision__number").values("total")[:1]
        texts = Revision.objects.filter(report=OuterRef("pk")).order_by("-number").values("pk")[:1]
        every: QuerySet[Any] = super().get_queryset(request)
        reports: QuerySet[Any] = every.annotate(
            section_total=Coalesce(Subquery(newest), 0), newest_text=Subquery(texts)
        )
        return reports

    def action_checkbox(self, obj: Any) -> SafeString:
        """Send with each row what the list shows of it: a text that came later is not published."""
        return format_html(
            '{}<input type="hidden" name="seen-{}" value="{}">'
            '<input type="hidden" name="text-{}" value="{}">',
            *(super().action_checkbox(obj), obj.pk, obj.state, obj.pk, obj.newest_text or ""),
        )

    def has_publish_permission(self, request: HttpRequest) -> bool:
        """Tell whether the user may publish, hold and withdraw."""
        return request.user.has_perm("reports.publish_report")

    def has_submit_permission(self, request: HttpRequest) -> bool:
        """Tell whether the user may hand drafts in, and send them back."""
        return request.user.has_perm("reports.submit_report")

    @admin.display(description="sections", ordering="section_total")
    def section_count(self, report: Any) -> int:
        return int(report.section_total)

    @admin.display(description="reason", ordering="reason")
    def said_why(self, report: Report) -> str:
        return report.reason[:REASON_CHARS]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kw: Any) -> Any:
        """Add how the report was made, and what can be done with it."""
        report = context["original"]
        making = making_of(report)
        now = timezone.now()  # noqa: TID251 (an interface)
        context |= {
            "making": making,
            "review_ends": review_ends(report, now),
            "is_being_corrected": report.is_published
            and making.revision is not None
            and making.revision.pk != report.current_id,
            "notes": report.desk_notes.select_related("author", "settled_by").order_by("pk"),
            "may_note": request.user.has_perm(EDIT),
            "moves": moves_now(report, request),
            "can_revive": request.user.has_perm(REVIVE),
            "is_public": report.is_published or report.is_withdrawn,
            "can_preview": making.revision is not None,
            "may_edit": may_edit(report, request),
            "may_correct": report.is_published and may_correct(request),
        }
        return super().render_change_form(request, context, *args, **kw)

    # --- Moves ----------------------------------------------------------------
    def move_one(self, request: HttpRequest, pk: int, move: str) -> HttpResponse:
        """Make a move with one report; ask for the reason first where it takes one."""
        chosen = BY_NAME.get(move)
        if chosen is None:
            raise Http404("There is no such move.")
        if not (self.has_view_permission(request) and chosen.is_allowed(request)):
            raise PermissionDenied
        report = get_object_or_404(Report.objects.select_related("briefing"), pk=pk)
        back = redirect("admin:reports_report_change", pk)
        form = reason_form(chosen, request)
        doubts = doubts_of(report, chosen, request) if request.method == "POST" else []
        if doubts:
            return self._ask(request, [report], chosen, form, action="", doubts=doubts)
        if request.method == "POST" and (not chosen.asks or form.is_valid()):
            reason = form.cleaned_data["reason"] if chosen.asks else ""
            self._move(request, report, chosen, reason)
            return back
        return self._ask(request, [report], chosen, form, action="")

    def move_chosen(
        self, request: HttpRequest, chosen: QuerySet[Report], move: Move
    ) -> HttpResponse | None:
        """Make a move with those chosen from the list; ask for one reason for all of them."""
        form = reason_form(move, request)
        if move.asks and not form.is_valid():
            action = reverse("admin:reports_report_changelist")
            return self._ask(request, list(chosen), move, form, action=action)
        for report in chosen:
            if doubts := doubts_of(report, move, request):
                said = f"{report}: {' '.join(doubts)} Publish it on its own page if it is right."
                self.message_user(request, said, messages.ERROR)
                continue
            self._move(request, report, move, form.cleaned_data["reason"] if move.asks else "")
        return None

    def _ask(
        self,
        request: HttpRequest,
        reports: list[Report],
        move: Move,
        form: Any,
        *,
        action: str,
        doubts: Sequence[str] = (),
    ) -> HttpResponse:
        context = self.admin_site.each_context(request) | {
            "title": move.label.removesuffix(" …"),
            "opts": self.model._meta,
            "reports": reports,
            "move": move,
            "form": form,
            "action": action,
            "doubts": doubts,
            "text": _text_shown(request, reports[0]) if move.name == "publish" else "",
            "action_checkbox_name": helpers.ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/reports/report/move.html", context)

    def _move(self, request: HttpRequest, report: Report, move: Move, reason: str) -> None:
        # The page says in which state the editor saw the report; it may be another by now.
        seen = request.POST.get(f"seen-{report.pk}", report.state)
        if seen in Report.State.values:
            report.state = seen
        before = report.get_state_display()
        text = _number(request.POST.get(f"text-{report.pk}", ""))
        if move.name == "publish" and text is None:
            self.message_user(request, UNSEEN.format(report), messages.ERROR)
            return
        try:
            with transaction.atomic():
                now = timezone.now()  # noqa: TID251 (an interface)
                move.act(report, reason, now, text)
                words = f"{before} → {report.get_state_display()}."
                words += f" Reason: {reason}" if reason else ""
                log_action(request, Report.objects.filter(pk=report.pk), words)
        except NotMoved as error:
            self.message_user(request, f"{report}: {error}", messages.ERROR)
            return
        self.message_user(request, f"{report} is {move.done}.", messages.SUCCESS)

    # --- Before publication ----------------------------------------------------
    def edit(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Edit a draft, or the text of a correction."""
        return edit_page(self, request, pk)

    def note(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Leave a note for colleagues."""
        return require_POST(partial(leave_note, self))(request, pk)

    def settle(self, request: HttpRequest, pk: int, one: int) -> HttpResponse:
        """Settle a note."""
        return require_POST(partial(settle_note, self))(request, pk, one)

    def texts(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Compare two texts of a report."""
        return compare_page(self, request, pk)

    def preview(self, request: HttpRequest, pk: int, number: int, form: str) -> HttpResponseBase:
        """Show a text as readers would get it."""
        return require_safe(partial(preview_page, self))(request, pk, number, form)

    def back(self, request: HttpRequest, pk: int, number: int) -> HttpResponse:
        """Go back to an earlier text."""
        return require_POST(partial(go_back, self))(request, pk, number)

    # --- After publication -----------------------------------------------------
    def correct(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Correct a published report."""
        return correct(self, request, pk)

    # --- Its jobs -------------------------------------------------------------
    def revive(self, request: HttpRequest, pk: int, job: int) -> HttpResponse:
        """Put a dead job of the report back to work."""
        return require_POST(self._revive)(request, pk, job)

    def _revive(self, request: HttpRequest, pk: int, job: int) -> HttpResponse:
        if not (self.has_view_permission(request) and request.user.has_perm(REVIVE)):
            raise PermissionDenied
        report = get_object_or_404(Report, pk=pk)
        dead = Job.objects.filter(pk=job, subject=report.subject, state=Job.State.DEAD).first()
        now = timezone.now()  # noqa: TID251 (an interface)
        if dead is None:
            self.message_user(request, "This job is not dead, or not any more.", messages.WARNING)
        elif not run_again(dead, now):
            self.message_user(request, f"{dead}: {GONE_ON}", messages.WARNING)
        else:
            log_action(request, Job.objects.filter(pk=job), "Run again.")
            log_action(request, Report.objects.filter(pk=pk), f"Run again: {dead}.")
            self.message_user(request, f"{dead} is back at work.", messages.SUCCESS)
        return redirect("admin:reports_report_change", pk)


def _text_shown(request: HttpRequest, report: Report) -> str:
    """Return the text that an editor looks at: the one that the page before showed, or this one."""
    if request.method == "POST":
        return request.POST.get(f"text-{report.pk}", "")
    newest = report.revisions.order_by("number").values_list("pk", flat=True).last()
    return f"{newest or ''}"


def _number(text: str) -> int | None:
    """Return an id as a form sends it; None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < MAX_ID_CHARS else None
