"""The desk: the stock admin, with our words and a first page that says how things are."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils import timezone
from django_q.models import Failure, OrmQ, Schedule, Success

from patriot.operations.dashboard import dashboard

# One edited schedule can stop all of them, and the queue carries only looks: neither is
# for hands. What was done says nothing that articles and reports do not say.
HIDDEN = (OrmQ, Schedule, Success)
# Errors that nobody foresaw. The first page counts and links them when there are any.
UNLISTED = Failure._meta.app_label
# Whoever may look at these may see the state of the house.
NEEDED = ("reports.view_report", "sources.view_source", "work.view_job", "ledger.view_call")


class Desk(AdminSite):
    """Where staff work."""

    site_header = "Patriot desk"
    site_title = "Patriot desk"
    index_title = "Today"

    def register(self, model_or_iterable: Any, *args: Any, **options: Any) -> None:
        """Register a model's pages, unless it is hidden."""
        if model_or_iterable not in HIDDEN:
            super().register(model_or_iterable, *args, **options)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """List what staff work with; the queue's own pages only when they are asked for."""
        apps = super().get_app_list(request, app_label)
        return [app for app in apps if app_label or app["app_label"] != UNLISTED]

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """Show the first page; the state of the house only to those who may look at it."""
        context = dict(extra_context or {})
        if request.user.has_perms(NEEDED):
            now = timezone.now()  # noqa: TID251 (an interface)
            context["desk"] = dashboard(now, may=request.user.has_perm)
        return super().index(request, context)
