"""Notes between staff, on the desk's page of a report."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone

from patriot.lib.desk import ReadOnlyAdmin, log_action
from reports.models import DeskNote, Report
from reports.pipeline.notes import MAX_NOTE_CHARS, NotNoted, note, settle

EDIT = "reports.edit_report"
MAX_ID_CHARS = 18


def leave_note(desk: ReadOnlyAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Leave the note that was typed."""
    _demand(desk, request)
    report = get_object_or_404(Report, pk=pk)
    user: Any = request.user
    text = request.POST.get("note", "")[: MAX_NOTE_CHARS + 1]
    name = request.POST.get("note-about", "")
    about = int(name) if name.isascii() and name.isdigit() and len(name) <= MAX_ID_CHARS else None
    now = timezone.now()  # noqa: TID251 (an interface)
    try:
        with transaction.atomic():
            left = note(report, text=text, about=about, author=user, now=now)
            log_action(request, Report.objects.filter(pk=pk), f"Note: {left.text[:200]}")
    except NotNoted as error:
        desk.message_user(request, str(error), messages.ERROR)
    return _back(pk)


def settle_note(desk: ReadOnlyAdmin, request: HttpRequest, pk: int, one: int) -> HttpResponse:
    """Mark a note as settled."""
    _demand(desk, request)
    found = get_object_or_404(DeskNote, pk=one, report=pk)
    user: Any = request.user
    now = timezone.now()  # noqa: TID251 (an interface)
    with transaction.atomic():
        if settle(found, by=user, now=now):
            log_action(request, Report.objects.filter(pk=pk), f"Settled: {found.text[:200]}")
    return _back(pk)


def _demand(desk: ReadOnlyAdmin, request: HttpRequest) -> None:
    if not (desk.has_view_permission(request) and request.user.has_perm(EDIT)):
        raise PermissionDenied


def _back(pk: int) -> HttpResponse:
    answer = redirect("admin:reports_report_change", pk)
    answer["Location"] += "#notes-title"
    return answer
