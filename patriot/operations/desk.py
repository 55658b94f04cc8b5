"""The desk: the stock admin, with our words and a first page that says how things are."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.shortcuts import redirect
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
# Parts of a day, as the links above a list ask for them; years that a calendar has a next one of.
PART_OF_DAY, YEAR = re.compile(r"__(year|month|day)$"), re.compile(r"[12]\d{3}")


class Desk(AdminSite):
    """Where staff work."""

    site_header = "Patriot desk"
    site_title = "Patriot desk"
    index_title = "Today"

    def register(self, model_or_iterable: Any, *args: Any, **options: Any) -> None:
        """Register a model's pages, unless it is hidden."""
        if model_or_iterable not in HIDDEN:
            super().register(model_or_iterable, *args, **options)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Guard a view; what no list can be asked for leads to the list without any filter."""
        guarded: Callable[..., Any] = super().admin_view(view, cacheable)

        @wraps(guarded)
        def asked(request: HttpRequest, *args: Any, **named: Any) -> Any:
            if _is_list(request) and any(is_unanswerable(*part) for part in _parts_of(request)):
                return redirect(f"{request.path}?e=1")
            return guarded(request, *args, **named)

        return asked

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


def _is_list(request: HttpRequest) -> bool:
    """Tell whether a list is asked for: other pages know what to do with what is odd."""
    match = request.resolver_match
    return match is not None and (match.url_name or "").endswith("_changelist")


def is_unanswerable(name: str, value: str) -> bool:
    """Tell whether the database or the calendar would break over a parameter of a list.

    Django finds most of what is wrong in a filter; this it finds only while it draws the page.
    """
    if "\0" in name or "\0" in value:
        return True
    part = PART_OF_DAY.search(name)
    if part is None:
        return False
    return not (YEAR.fullmatch(value) if part[1] == "year" else re.fullmatch(r"[0-9]{1,2}", value))


def _parts_of(request: HttpRequest) -> list[tuple[str, str]]:
    return [(name, value) for name, values in request.GET.lists() for value in values]
