"""What editors decided about stories: all of it, and the way back."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from patriot.lib.counting import EstimatingPaginator
from patriot.lib.desk import ReadOnlyAdmin
from reports.admin import acts
from reports.admin.members import DECIDE
from reports.admin.story import log_decision
from reports.models import Decision
from reports.pipeline.deciding import NotDecided
from reports.pipeline.undoing import Undone, undo


class StandingFilter(admin.SimpleListFilter):
    """Decisions by whether they were undone."""

    title, parameter_name = "state", "stands"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "stands"), ("no", "undone")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        asked = {"yes": True, "no": False}.get(self.value() or "")
        return queryset if asked is None else queryset.filter(undone_at__isnull=asked)


@admin.register(Decision)
class DecisionAdmin(ReadOnlyAdmin):
    """Kept for ever: shown, and undone."""

    change_form_template = "admin/reports/decision/change_form.html"
    list_display = ("what", "note", "made_by", "made_at", "state")
    list_filter = ("kind", StandingFilter)
    list_select_related = ("story", "other", "made_by", "undone_by")
    search_fields = ("note", "story__title", "other__title", "made_by__username")
    paginator = EstimatingPaginator
    ordering = ("-made_at", "-pk")
    actions = ("undo_chosen",)
    fields = readonly_fields = ("what", "note", "made_by", "made_at", "state", "stories")

    def get_urls(self) -> list[Any]:
        """Add “undo”."""
        undo_one = self.admin_site.admin_view(self.undo_one)
        return [path("<int:pk>/undo/", undo_one, name="reports_decision_undo"), *super().get_urls()]

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Tell whether the user may undo decisions."""
        return self.has_view_permission(request) and request.user.has_perm(DECIDE)

    # --- What is shown ---------------------------------------------------------
    @admin.display(description="decision")
    def what(self, decision: Decision) -> str:
        return acts.in_words(decision)

    @admin.display(description="state")
    def state(self, decision: Decision) -> str:
        if decision.undone_at is None:
            return "stands"
        who = decision.undone_by.get_username() if decision.undone_by else "somebody"
        return f"undone by {who}, {decision.undone_at:%-d %B %H:%M}"

    @admin.display(description="stories")
    def stories(self, decision: Decision) -> str:
        ids = [pk for pk in (decision.story_id, decision.other_id) if pk]
        links = [(reverse("admin:reports_story_change", args=[pk]), pk) for pk in ids]
        return format_html(
            " · ".join(['<a href="{}">story {}</a>'] * len(links)),
            *[value for link in links for value in link],
        )

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kw: Any) -> Any:
        """Add whether it can be undone."""
        stands = context["original"].undone_at is None
        context["may_undo"] = stands and self.has_decide_permission(request)
        return super().render_change_form(request, context, *args, **kw)

    # --- Undoing -----------------------------------------------------------------
    def undo_one(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Undo a decision, and go back to where the editor was."""
        return require_POST(self._undo_one)(request, pk)

    def _undo_one(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_decide_permission(request):
            raise PermissionDenied
        self._undo(request, pk)
        back = request.POST.get("back", "")
        hosts = {request.get_host()}
        if back and url_has_allowed_host_and_scheme(back, hosts, require_https=request.is_secure()):
            return redirect(back)
        return redirect("admin:reports_decision_changelist")

    @admin.action(description="Undo", permissions=["decide"])
    def undo_chosen(self, request: HttpRequest, chosen: QuerySet[Decision]) -> None:
        """Undo those chosen from the list, newest first."""
        for pk in chosen.order_by("-pk").values_list("pk", flat=True):
            self._undo(request, pk)

    def _undo(self, request: HttpRequest, pk: int) -> None:
        author: Any = request.user
        try:
            undone = undo(pk, author=author, now=timezone.now())  # noqa: TID251 (an interface)
        except NotDecided as error:
            self.message_user(request, str(error), messages.ERROR)
            return
        sentence = f"Undone: {acts.in_words(undone.decision)}"
        log_decision(request, undone.decision, sentence)
        level = messages.WARNING if undone.left else messages.SUCCESS
        self.message_user(request, said_of(undone, sentence), level)


def said_of(undone: Undone, sentence: str) -> str:
    """Say what was put back, and what was not."""
    return " ".join([f"{sentence}.", *undone.left])
