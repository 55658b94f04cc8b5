"""Briefings on the desk: when they are due, in words, and “produce now”."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.postgres.forms import SimpleArrayField
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.views.decorators.http import require_POST, require_safe

from patriot.ledger.models import Price, Service
from patriot.lib.desk import ModelAdmin, ModelForm, log_action
from patriot.lib.text import clean_text, one_line
from reports.admin.scheduling import (
    RUNS_SHOWN,
    ScheduleField,
    WatchdogField,
    check_holidays,
    check_ping,
    check_times,
    preview,
    runs_in_html,
    runs_of,
    schedule_changed,
)
from reports.admin.selection import selection_page
from reports.admin.topic_weights import TopicWeightsField
from reports.domain import windows
from reports.models import Briefing, Prompt, Report
from reports.models.briefing import every_day
from reports.pipeline import pinging
from reports.pipeline.select import RESERVES
from reports.pipeline.slots import learnt_lead, open_due_reports, open_report_now
from sources.models import Source

MODEL_FIELDS = ("analyze_model", "repair_model", "judge_model", "compose_model")
# What decides whether a report gets out without people, and what it may cost.
PUBLISHERS_ONLY = ("policy", "at_deadline", "ceiling_usd", "monthly_ceiling_usd")
MAX_PART_CHARS = 40
LANGUAGE = re.compile(r"[a-z]{2,3}", re.ASCII)
ASKED = "Asked for a report now."
MAX_TITLE_CHARS, MAX_DESCRIPTION_CHARS = 200, 5_000
# What some systems keep among the zones and no place is in.
NO_PLACES = {"Factory", "localtime"}


def time_zones() -> list[tuple[str, str]]:
    """Return the zones of the IANA database, to choose from."""
    return [(name, name) for name in sorted(zoneinfo.available_timezones() - NO_PLACES)]


def priced_models() -> list[str]:
    """Return the models whose price we know."""
    prices = Price.objects.filter(service=Service.CLAUDE).order_by("model")
    return list(prices.values_list("model", flat=True).distinct())


def model_choices(priced: list[str], stored: str) -> list[tuple[str, str]]:
    """Return the models to choose from; one that is stored stays, with a warning."""
    choices = [(model, model) for model in priced]
    if stored and stored not in priced:
        choices.append((stored, f"{stored} (no price is known: booked as the dearest there is)"))
    return choices


class ListField(SimpleArrayField):
    """Values divided by commas: a wrong one is named, with what would be right."""

    noun = "value"
    example = ""

    def to_python(self, value: Any) -> Any:
        """Return the values. Raises ValidationError."""
        parts = value if isinstance(value, list) else (value or "").split(",")
        return [self._read(part) for part in parts] if value else []

    def _read(self, part: Any) -> Any:
        try:
            return self.base_field.clean(part)
        except ValidationError:
            shown = str(part).strip()[:MAX_PART_CHARS]
            wrong = f"“{shown}” is no {self.noun}" if shown else f"A {self.noun} is missing"
            raise ValidationError(f"{wrong}; write such as {self.example}.") from None


class TimesField(ListField):
    """Times of day."""

    noun, example = "time of day", "07:00,18:30"


class TagsField(ListField):
    """Tags, as sources have them."""

    noun, example = "tag", "politics,local-sport"


class HolidaysField(ListField):
    """Days without a report."""

    noun, example = "date", "2026-12-25,2027-01-01"


class BriefingForm(ModelForm):
    """A briefing, with its weekdays to tick, its time zone and its models to choose.

    What publishes without people, and what may be spent, is set by those who may publish.
    """

    may_publish = False
    """Whether whoever fills it in may publish reports."""

    analyze_model = forms.ChoiceField(label="Model that writes")
    repair_model = forms.ChoiceField(
        label="Model that mends", help_text="It is asked once for the sentences that did not hold."
    )
    judge_model = forms.ChoiceField(
        label="Model of the second reading", help_text="Asked only where there is a second reading."
    )
    compose_model = forms.ChoiceField(
        label="Model that composes",
        help_text="It orders the report and chooses its title and short versions: once a report.",
    )

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

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        priced = priced_models()
        for name in MODEL_FIELDS:
            field = self.fields.get(name)
            # Whoever may only look has no such fields.
            if isinstance(field, forms.ChoiceField):
                stored = getattr(self.instance, name)
                field.choices = model_choices(priced, stored)
                field.initial = stored
        self._check_the_schedule()
        if not self.may_publish:
            self._keep_what_publishers_set()

    def clean_title(self) -> str:
        """Return the title in one line, with nothing hidden in it."""
        title = one_line(self.cleaned_data["title"], max_chars=MAX_TITLE_CHARS)
        if not title:
            raise forms.ValidationError("There is nothing in this title that one can see.")
        return title

    def clean_language(self) -> str:
        """Return the code in small letters. Raises ValidationError."""
        language: str = self.cleaned_data["language"].strip().lower()
        if not LANGUAGE.fullmatch(language):
            raise forms.ValidationError("Two or three letters, such as en, de or yue.")
        return language

    def clean_description(self) -> str:
        """Return the description without what cannot be seen."""
        return clean_text(self.cleaned_data["description"], max_chars=MAX_DESCRIPTION_CHARS)

    def _check_the_schedule(self) -> None:
        """Bound what is typed; what a schedule can do without may be left out."""
        checks: dict[str, Callable[[Any], None]] = {
            "times": check_times,
            "holidays": check_holidays,
            "ping_url": check_ping,
        }
        for name in self.fields.keys() & checks.keys():
            self.fields[name].validators.append(checks[name])
        for name in self.fields.keys() & {"grace", "review_margin", "at_deadline"}:
            self.fields[name].required = False

    def _keep_what_publishers_set(self) -> None:
        """Let these fields only be looked at; what is new begins with people who publish."""
        if self.instance.pk is None:
            self.initial["policy"] = Briefing.Policy.REVIEW
            for name in ("ceiling_usd", "monthly_ceiling_usd"):
                self.initial[name] = getattr(self.instance, name)
        # Whoever may only look has no such fields.
        for name in self.fields.keys() & set(PUBLISHERS_ONLY):
            self.fields[name].disabled = True
            self.fields[name].help_text = "Whoever may publish reports sets this."

    topic_weights = TopicWeightsField(
        label="Topics",
        help_text="How much of each this briefing wants. A level is worth as much as twice as many "
        "independent reports. The preview of the selection shows what it changes.",
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
            "grace",
            "holidays",
            "paused_until",
            "ping_url",
            "policy",
            "review_margin",
            "at_deadline",
            "max_sections",
            "tags",
            "topic_weights",
            "analyst",
            "analyze_model",
            "repair_model",
            "is_judged",
            "judge_model",
            "compose_model",
            "ceiling_usd",
            "monthly_ceiling_usd",
            "second_source_searches",
            "newsroom",
            "is_enabled",
        )
        help_texts = {
            "slug": "Its part of the address of its page and of its reports. "
            "Links break when it changes.",
            "language": "Two letters, such as en or de.",
            "times": "Local times, divided by commas: 07:00,18:30.",
            "lead": "At least so long before that time the work begins, as hours:minutes:seconds; "
            "earlier when past reports took longer.",
            "holidays": "Local dates without a report, divided by commas: 2026-12-25,2027-01-01.",
            "ping_url": "An address of a watchdog outside, such as of a cron monitor: called when "
            "a report is out, and on days without one by plan.",
            "policy": "“People publish it”: the report waits as a draft; an editor submits it, and "
            "a publisher publishes it.",
            "analyst": "Without a key, and beyond a ceiling, the local analyst writes.",
            "tags": "Only sources with one of these tags, divided by commas; empty for all.",
            "max_sections": "How many stories a report has at most. "
            f"Up to {RESERVES} more stand by, for those that cannot be told: no model is asked "
            "about them, and the local analyst writes the one that comes in.",
            "newsroom": "Leave empty. Demonstrations keep their sources apart with it.",
        }
        field_classes = {
            "times": TimesField,
            "tags": TagsField,
            "holidays": HolidaysField,
            "ping_url": WatchdogField,
            "lead": ScheduleField,
            "grace": ScheduleField,
            "review_margin": ScheduleField,
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
    actions = ("produce_now", "pause", "resume", "call_watchdog")
    change_form_template = "admin/reports/briefing/change_form.html"
    readonly_fields = (
        "schedule",
        "learnt",
        "last_ping",
        "next_runs",
        "prompts_in_use",
        "what_it_would_tell",
    )
    fieldsets = (
        (None, {"fields": ("title", "slug", "description", "language", "is_enabled")}),
        (
            "Schedule",
            {
                "fields": (
                    "schedule",
                    "times",
                    "weekdays",
                    "timezone",
                    "holidays",
                    "paused_until",
                    "lead",
                    "learnt",
                    "grace",
                    "ping_url",
                    "last_ping",
                    "next_runs",
                )
            },
        ),
        (
            "Review",
            {"fields": ("policy", "review_margin", "at_deadline")},
        ),
        (
            "Content",
            {"fields": ("max_sections", "tags", "topic_weights", "what_it_would_tell")},
        ),
        (
            "Writing",
            {
                "fields": (
                    "analyst",
                    "analyze_model",
                    "repair_model",
                    "is_judged",
                    "judge_model",
                    "compose_model",
                    "ceiling_usd",
                    "monthly_ceiling_usd",
                    "second_source_searches",
                    "prompts_in_use",
                )
            },
        ),
        ("Advanced", {"classes": ("collapse",), "fields": ("newsroom",)}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Leave out the watchdog's address for those who only look: whoever has it can call it."""
        found = super().get_fieldsets(request, obj)
        if self.has_change_permission(request, obj) or self.has_add_permission(request):
            return found
        return [
            (name, {**shown, "fields": [one for one in shown["fields"] if one != "ping_url"]})
            for name, shown in found
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        newest = Report.objects.filter(briefing=OuterRef("pk")).newest_first()
        every: QuerySet[Any] = super().get_queryset(request)
        briefings: QuerySet[Any] = every.annotate(
            last_report_id=Subquery(newest.values("pk")[:1]),
            last_report_state=Subquery(newest.values("state")[:1]),
        )
        return briefings

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Begin in the newsroom of all sources, where there is only one."""
        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        rooms = list(Source.objects.curated().values_list("newsroom", flat=True).distinct()[:2])
        return initial | ({"newsroom": rooms[0]} if len(rooms) == 1 else {})

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any
    ) -> Any:
        """Tell the form who fills it in."""
        form: Any = super().get_form(request, obj, change=change, **options)
        form.may_publish = request.user.has_perm("reports.publish_report")
        return form

    def get_urls(self) -> list[Any]:
        """Add the previews of what it would tell, and when."""
        page = self.admin_site.admin_view(self.preview)
        schedule = self.admin_site.admin_view(self.preview_schedule)
        return [
            path("schedule/", schedule, name="reports_briefing_schedule"),
            path("<int:pk>/selection/", page, name="reports_briefing_selection"),
            *super().get_urls(),
        ]

    def preview(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show what a report that began now would tell, and why."""
        return require_safe(self._preview)(request, pk)

    def _preview(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        briefing = get_object_or_404(Briefing, pk=pk)
        now = timezone.now()  # noqa: TID251 (an interface)
        context = self.admin_site.each_context(request) | {
            "title": "Preview of the selection",
            "opts": self.model._meta,
            "briefing": briefing,
            "page": selection_page(briefing, now),
            "can_change": self.has_change_permission(request, briefing),
        }
        return TemplateResponse(request, "admin/reports/briefing/selection.html", context)

    def preview_schedule(self, request: HttpRequest) -> HttpResponse:
        """Show the next runs of a schedule that is typed and not saved."""
        return require_POST(self._preview_schedule)(request)

    def _preview_schedule(self, request: HttpRequest) -> HttpResponse:
        if not (self.has_change_permission(request) or self.has_add_permission(request)):
            raise PermissionDenied
        pk = request.GET.get("briefing", "")
        is_number = pk.isascii() and pk.isdecimal() and len(pk) < 10
        saved = get_object_or_404(Briefing, pk=pk) if is_number else None
        # The instance is a copy: what is typed must not show as what is.
        form = BriefingForm(request.POST, instance=Briefing())
        now = timezone.now()  # noqa: TID251 (an interface)
        return preview(self, request, saved, form, now)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> Any:
        """Add what the buttons below the form need."""
        briefing = context.get("original")
        if self.has_change_permission(request, briefing):
            address = reverse("admin:reports_briefing_schedule")
            asked = f"?briefing={briefing.pk}" if briefing else ""
            context |= {
                "preview_url": f"{address}{asked}",
                "has_ping": bool(briefing and briefing.ping_url),
                "can_produce": self.has_produce_permission(request),
            }
        return super().render_change_form(request, context, *args, **options)

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Have a report produced where that was asked for, and show it."""
        if "_produce" in request.POST:
            return self._show_produced(request, obj)
        return super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Have a report produced, or call the watchdog, where that was asked for."""
        if "_produce" in request.POST:
            return self._show_produced(request, obj)
        if "_ping" not in request.POST:
            return super().response_change(request, obj)
        self._call(request, obj)
        return HttpResponseRedirect(reverse("admin:reports_briefing_change", args=[obj.pk]))

    def _show_produced(self, request: HttpRequest, briefing: Briefing) -> HttpResponse:
        if not self.has_produce_permission(request):
            raise PermissionDenied
        log_action(request, Briefing.objects.filter(pk=briefing.pk), ASKED)
        report = open_report_now(briefing, timezone.now())  # noqa: TID251 (an interface)
        said = f"A report of {briefing.title} is in production: this page says how far it is."
        self.message_user(request, said, messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:reports_report_change", args=[report.pk]))

    def _call(self, request: HttpRequest, briefing: Briefing) -> None:
        if not briefing.ping_url:
            said, level = f"{briefing} has no watchdog.", messages.WARNING
        else:
            try:
                pinging.call(briefing.ping_url, allow=settings.OUTBOUND_ALLOW)
                said, level = f"The watchdog of {briefing} took the call.", messages.SUCCESS
            except pinging.NotPinged as error:
                said, level = f"The watchdog of {briefing}: {error}", messages.ERROR
        self.message_user(request, said, level)

    @admin.display(description="learnt")
    def learnt(self, briefing: Briefing) -> str:
        if briefing.pk is None:
            return "Reports tell how long they take."
        return learnt_lead(briefing).in_words

    @admin.display(description="last call")
    def last_ping(self, briefing: Briefing) -> str:
        if briefing.pk is None:
            return "never"
        called = Q(pinged_at__isnull=False) | ~Q(ping_said="")
        report = briefing.reports.filter(called).newest_first().first()
        if report is None:
            return "never"
        if report.pinged_at:
            at = report.pinged_at.astimezone(briefing.zone)
            return f"{at:%a %-d %B %Y, %H:%M %Z}, for the report of {report.local_date}"
        return f"{report.ping_said} (for the report of {report.local_date})"

    @admin.display(description="what it would tell now")
    def what_it_would_tell(self, briefing: Briefing) -> str:
        if briefing.pk is None:
            return "Save it to see which stories it would tell."
        address = reverse("admin:reports_briefing_selection", args=[briefing.pk])
        return format_html('<a href="{}">Preview of the selection</a>, as it was saved', address)

    @admin.display(description="schedule in words")
    def schedule(self, briefing: Briefing) -> str:
        if briefing.pk is None:
            return "Save it to see its schedule in words."
        return windows.schedule_in_words(briefing.times, briefing.weekdays, briefing.timezone)

    @admin.display(description="next run")
    def next_run(self, briefing: Briefing) -> str:
        if not briefing.is_enabled:
            return "paused"
        now = timezone.now()  # noqa: TID251 (an interface)
        coming = (run for run in runs_of(briefing, now, count=RUNS_SHOWN) if not run.absence)
        return next((run.local_in_words for run in coming), "not soon")

    @admin.display(description=f"next {RUNS_SHOWN} runs")
    def next_runs(self, briefing: Briefing) -> str:
        if briefing.pk is None:
            return "Preview the schedule below to see when it runs."
        now = timezone.now()  # noqa: TID251 (an interface)
        return runs_in_html(runs_of(briefing, now))

    @admin.display(description="prompts in use")
    def prompts_in_use(self, briefing: Briefing) -> str:
        if briefing.pk is None:
            return "The general ones, until it has its own."
        add = reverse("admin:reports_prompt_add")
        rows = (
            (
                reverse("admin:reports_prompt_change", args=[prompt.pk]),
                prompt,
                f"{add}?from={prompt.pk}&briefing={briefing.pk}",
                "Edit it" if prompt.briefing_id else "Write its own",
                prompt.get_purpose_display(),
            )
            for prompt in Prompt.objects.live_for(briefing).select_related("briefing")
        )
        row = (
            '<li><a href="{}">{}</a> · '
            '<a href="{}">{}<span class="visually-hidden"> to {}</span></a></li>'
        )
        return format_html('<ul class="runs">{}</ul>', format_html_join("", row, rows))

    def save_model(self, request: HttpRequest, obj: Briefing, form: Any, change: bool) -> None:
        """Say so if a model is chosen whose price nobody knows."""
        unpriced = {getattr(obj, name) for name in MODEL_FIELDS} - set(priced_models())
        for model in sorted(unpriced):
            self.message_user(
                request,
                f"No price is known for “{model}”: its calls are booked as the dearest there are.",
                messages.WARNING,
            )
        self._keep_promises(obj)
        super().save_model(request, obj, form, change)

    def _keep_promises(self, briefing: Briefing) -> None:
        """Open what is due by the schedule as it was; the new one begins now."""
        saved = Briefing.objects.filter(pk=briefing.pk)
        before = saved.first() if briefing.pk else None
        if before is None or schedule_changed(before, briefing):
            now = timezone.now()  # noqa: TID251 (an interface)
            open_due_reports(now, briefings=saved.enabled())
            briefing.schedule_from = now

    @admin.action(description="Pause", permissions=["change"])
    def pause(self, request: HttpRequest, chosen: QuerySet[Briefing]) -> None:
        """Have no more reports opened, until somebody resumes."""
        running = chosen.filter(is_enabled=True)
        log_action(request, running, "Paused.")
        count = running.update(is_enabled=False)
        self.message_user(request, f"{count} paused: no report until somebody resumes.")

    @admin.action(description="Resume", permissions=["change"])
    def resume(self, request: HttpRequest, chosen: QuerySet[Briefing]) -> None:
        """Have reports opened again, from the next slot on."""
        now = timezone.now()  # noqa: TID251 (an interface)
        standing = chosen.filter(is_enabled=False) | chosen.filter(paused_until__isnull=False)
        log_action(request, standing, "Resumed.")
        pks = list(standing.values_list("pk", flat=True))
        resumed = Briefing.objects.filter(pk__in=pks)
        resumed.update(is_enabled=True, paused_until=None, schedule_from=now)
        self.message_user(request, f"{len(pks)} resumed, from the next slot on.")

    @admin.action(description="Call the watchdog now", permissions=["change"])
    def call_watchdog(self, request: HttpRequest, chosen: QuerySet[Briefing]) -> None:
        """Try the ping of each."""
        for briefing in chosen[:RUNS_SHOWN]:
            self._call(request, briefing)

    def has_produce_permission(self, request: HttpRequest) -> bool:
        """Tell whether the user may have a report produced out of turn."""
        return request.user.has_perm("reports.produce_briefing")

    @admin.display(description="last report")
    def last_report(self, briefing: Any) -> str:
        if briefing.last_report_id is None:
            return "none yet"
        address = reverse("admin:reports_report_change", args=[briefing.last_report_id])
        label = Report.State(briefing.last_report_state).label
        return format_html('<a href="{}">{}</a>', address, label)

    @admin.action(description="Produce now", permissions=["produce"])
    def produce_now(self, request: HttpRequest, chosen: QuerySet[Briefing]) -> None:
        now = timezone.now()  # noqa: TID251 (an interface)
        log_action(request, chosen, ASKED)
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
