"""The schedule of a briefing on the desk: its fields, its next runs, an edit before saving."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from patriot.lib.outbound import Forbidden, check_url
from reports.domain import windows
from reports.domain.clock_changes import Run, next_runs
from reports.models import Briefing, Report

RUNS_SHOWN = 10
SCHEDULE_FIELDS = ("times", "weekdays", "timezone", "is_enabled")
TRIED_FIELDS = ("times", "weekdays", "timezone", "holidays", "paused_until")
MAX_TIMES, MAX_HOLIDAYS = 48, 400
LONGEST_SPAN = timedelta(days=1)
BREAK = format_html('<li class="break">{}</li>', "… and around the next clock change:")
ABSENT = {"holiday": "no report: a holiday", "pause": "no report: a pause"}


def check_times(times: list[Any]) -> None:
    """Raise ValidationError if there are too many times to keep."""
    if len(times) > MAX_TIMES:
        raise ValidationError(f"At most {MAX_TIMES} times a day.")


def check_holidays(days: list[Any]) -> None:
    """Raise ValidationError if there are too many holidays to keep."""
    if len(days) > MAX_HOLIDAYS:
        raise ValidationError(f"At most {MAX_HOLIDAYS} days: take those out that are over.")


def check_span(span: timedelta | None) -> None:
    """Raise ValidationError unless a span is one that a schedule can have."""
    if span is not None and not timedelta(0) <= span <= LONGEST_SPAN:
        raise ValidationError("Between nothing and a day, such as 00:15:00.")


def check_ping(url: str) -> None:
    """Raise ValidationError unless this house may call that address."""
    try:
        check_url(url, allow=settings.OUTBOUND_ALLOW)
    except Forbidden as error:
        raise ValidationError(str(error)) from error


def runs_of(briefing: Briefing, now: datetime, *, count: int = RUNS_SHOWN) -> list[Run]:
    """Return the next runs of a briefing as its fields are, saved or not."""
    return next_runs(
        briefing.times,
        briefing.weekdays,
        briefing.zone,
        now,
        count,
        holidays=briefing.holidays,
        paused_until=briefing.paused_until,
    )


def runs_in_html(runs: Iterable[Run]) -> SafeString:
    """Set runs as a list: local time, UTC, and what is odd about them."""
    rows = (
        (
            BREAK if run.is_after_a_break else "",
            run.local_in_words,
            "" if run.local_in_words.endswith(" UTC") else run.utc_in_words,
            _remark(run),
        )
        for run in runs
    )
    items = format_html_join("", "{}<li>{} <small>{}</small>{}</li>", rows)
    return format_html('<ul class="runs">{}</ul>', items)


def _remark(run: Run) -> SafeString | str:
    said = " ".join(filter(None, [ABSENT.get(run.absence, ""), run.oddity]))
    return format_html(" <strong>{}</strong>", said) if said else ""


def schedule_changed(before: Briefing, after: Briefing) -> bool:
    """Tell whether other slots are promised than before."""
    return any(getattr(before, name) != getattr(after, name) for name in SCHEDULE_FIELDS)


def preview(
    model_admin: Any, request: HttpRequest, saved: Briefing | None, form: Any, now: datetime
) -> HttpResponse:
    """Show what an edit would change in the next runs; nothing is saved.

    saved: the briefing as it is; None for one that is being added
    """
    form.full_clean()
    errors = [
        (form.fields[name].label or name.replace("_", " "), form.errors[name])
        for name in TRIED_FIELDS
        if name in form.errors
    ]
    before = runs_of(saved, now) if saved else []
    after = [] if errors else runs_of(_as_typed(form), now)
    context = admin.site.each_context(request) | {
        "title": "Preview of the schedule",
        "opts": model_admin.model._meta,
        "briefing": saved,
        "errors": errors,
        "before": runs_in_html(before),
        "after": runs_in_html(after),
        "words": "" if errors else _words(_as_typed(form)),
        "words_before": _words(saved) if saved else "",
        "begun": _begun(saved, after, now) if saved and not errors else [],
        "is_same": before == after,
    }
    return TemplateResponse(request, "admin/reports/briefing/schedule.html", context)


def _as_typed(form: Any) -> Briefing:
    """Return a briefing of nothing but the schedule that was typed."""
    return Briefing(**{name: form.cleaned_data[name] for name in TRIED_FIELDS})


def _words(briefing: Briefing) -> str:
    return windows.schedule_in_words(briefing.times, briefing.weekdays, briefing.timezone)


def _begun(saved: Briefing, after: Iterable[Run], now: datetime) -> list[str]:
    """Return the reports that are begun already and that the new schedule does not have."""
    kept = {(run.slot.local_date, run.slot.time) for run in after}
    begun = saved.reports.filter(slot_at__gt=now, occasion=Report.Occasion.SCHEDULE)
    return [
        f"The report of {report.slot_at.astimezone(saved.zone):%a %-d %B, %H:%M %Z} is begun "
        "already, and comes all the same."
        for report in begun.order_by("slot_at")
        if (report.local_date, report.slot) not in kept
    ]


class ScheduleField(forms.DurationField):
    """A span of a schedule."""

    default_validators = [check_span]


class WatchdogField(forms.URLField):
    """The address of a watchdog."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"assume_scheme": "https"} | options)
