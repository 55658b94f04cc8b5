"""Briefings on the desk: when they are due, in words, and “produce now”."""

from __future__ import annotations

import zoneinfo
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join

from patriot.lib.desk import ModelAdmin, ModelForm, log_action
from reports.domain import windows
from reports.models import Briefing, Report
from reports.models.briefing import every_day
from reports.pipeline.slots import open_report_now

RUNS_SHOWN = 10
# What some systems keep among the zones and no place is in.
NO_PLACES = {"Factory", "localtime"}


def time_zones() -> list[tuple[str, str]]:
    """Return the zones of the IANA database, to choose from."""
    return [(name, name) for name in sorted(zoneinfo.available_timezones() - NO_PLACES)]


class BriefingForm(ModelForm):
    """A briefing, with its weekdays to tick and its time zone to choose."""

    weekdays = forms.TypedMultipleChoiceField(
        coerce=int,
        choices=list(enumerate(windows.WEEKDAYS, start=1)),
        initial=every_day,
        widget=forms.CheckboxSelectMultiple,
    )
    timezone = forms.ChoiceField(
        choices=time_zones,
        initial="UTC",
        label="Time zone",
        help_text="Type the first letters to find it: Europe/Berlin, Asia/Tokyo.",
    )

    class Meta:
        model = Briefing
        fields = (
            "title",
            "slug",
            "description",
            "language",
            "times",
            "weekdays",
            "timezone",
            "lead",
            "policy",
            "max_sections",
            "tags",
            "newsroom",
            "is_enabled",
        )
        help_texts = {
            "slug": "Its part of the address of its page and of its reports. "
            "Links break when it changes.",
            "language": "Two letters, such as en or de.",
            "times": "Local times, divided by commas: 07:00,18:30.",
            "lead": "How long before that time the work begins, as hours:minutes:seconds.",
            "tags": "Only sources with one of these tags, divided by commas; empty for all.",
            "newsroom": "Leave empty. Demonstrations keep their sources apart with it.",
        }


@admin.register(Briefing)
class BriefingAdmin(ModelAdmin):
    """Plan, and produce out of turn."""

    form = BriefingForm
    list_display = ("title", "schedule", "next_run", "policy", "last_report")
    list_filter = ("is_enabled", "policy")
    search_fields = ("title", "slug", "description")
    ordering = ("title", "pk")
    prepopulated_fields = {"slug": ("title",)}
    actions = ("produce_now",)
    readonly_fields = ("schedule", "next_runs")
    fieldsets = (
        (None, {"fields": ("title", "slug", "description", "language", "is_enabled")}),
        (
            "Schedule",
            {"fields": ("schedule", "times", "weekdays", "timezone", "lead", "next_runs")},
        ),
        ("Content", {"fields": ("policy", "max_sections", "tags")}),
        ("Advanced", {"classes": ("collapse",), "fields": ("newsroom",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        newest = Report.objects.filter(briefing=OuterRef("pk")).newest_first()
        every: QuerySet[Any] = super().get_queryset(request)
        briefings: QuerySet[Any] = every.annotate(
            last_report_id=Subquery(newest.values("pk")[:1]),
            last_report_state=Subquery(newest.values("state")[:1]),
        )
        return briefings

    @admin.display(description="schedule in words")
    def schedule(self, briefing: Briefing) -> str:
        if briefing.pk is None:
            return "Save it to see its schedule in words."
        return windows.schedule_in_words(briefing.times, briefing.weekdays, briefing.timezone)

    @admin.display(description="next run")
    def next_run(self, briefing: Briefing) -> str:
        if not briefing.is_enabled:
            return "paused"
        return next(iter(next_runs(briefing, 1)), "never")

    @admin.display(description=f"next {RUNS_SHOWN} runs")
    def next_runs(self, briefing: Briefing) -> str:
        if briefing.pk is None:
            return "Save it to see when it runs."
        rows = ((run,) for run in next_runs(briefing, RUNS_SHOWN))
        return format_html('<ol class="runs">{}</ol>', format_html_join("", "<li>{}</li>", rows))

    @admin.display(description="last report")
    def last_report(self, briefing: Any) -> str:
        if briefing.last_report_id is None:
            return "none yet"
        address = reverse("admin:reports_report_change", args=[briefing.last_report_id])
        label = Report.State(briefing.last_report_state).label
        return format_html('<a href="{}">{}</a>', address, label)

    @admin.action(description="Produce now", permissions=["change"])
    def produce_now(self, request: HttpRequest, chosen: QuerySet[Briefing]) -> None:
        now = timezone.now()  # noqa: TID251 (an interface)
        log_action(request, chosen, "Asked for a report now.")
        for briefing in chosen:
            report = open_report_now(briefing, now)
            address = reverse("admin:reports_report_change", args=[report.pk])
            self.message_user(
                request,
                format_html(
                    'A report of {} is in production. <a href="{}">Look at it</a>',
                    briefing.title,
                    address,
                ),
                messages.SUCCESS,
            )


def next_runs(briefing: Briefing, count: int) -> list[str]:
    """Return the next runs in local time, such as “Wed 10 June 2026, 07:00 CEST”."""
    now = timezone.now()  # noqa: TID251 (an interface)
    zone = briefing.zone
    slots = windows.next_slots(briefing.times, briefing.weekdays, zone, now, count)
    return [f"{slot.at.astimezone(zone):%a %-d %B %Y, %H:%M %Z}" for slot in slots]
