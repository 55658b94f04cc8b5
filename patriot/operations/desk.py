"""The desk: the stock admin, with our words and a first page that says how things are."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils import timezone
from django_q.models import OrmQ, Schedule

from patriot.operations.dashboard import dashboard

# One edited schedule can stop all of them, and the queue carries only looks: neither is
# for hands. What went wrong in it stays visible, as failed tasks.
HIDDEN = (OrmQ, Schedule)
# Whoever may look at these may see the state of the house.
NEEDED = ("reports.view_report", "sources.view_source", "work.view_job")


class Desk(AdminSite):
    """Where staff work."""

    site_header = "Patriot desk"
    site_title = "Patriot desk"
    index_title = "Today"

    def register(self, model_or_iterable: Any, *args: Any, **options: Any) -> None:
        """Register a model's pages, unless it is hidden."""
        if model_or_iterable not in HIDDEN:
            super().register(model_or_iterable, *args, **options)

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """Show the first page; the state of the house only to those who may look at it."""
        context = dict(extra_context or {})
        if request.user.has_perms(NEEDED):
            context["desk"] = dashboard(timezone.now())  # noqa: TID251 (an interface)
        return super().index(request, context)
