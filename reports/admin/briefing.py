"""Briefings on the desk: when they are due, in words, and “produce now”."""

from __future__ import annotations

import zoneinfo
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.postgres.forms import SimpleArrayField
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.views.decorators.http import require_safe

from patriot.ledger.models import Price, Service
from patriot.lib.desk import ModelAdmin, ModelForm, log_action
from reports.admin.selection import selection_page
from reports.admin.topic_weights import TopicWeightsField
from reports.domain import windows
from reports.models import Briefing, Prompt, Report
from reports.models.briefing import every_day
from reports.pipeline.select import RESERVES
from reports.pipeline.slots import open_report_now

RUNS_SHOWN = 10
MODEL_FIELDS = ("analyze_model", "repair_model", "judge_model", "compose_model")
# What decides whether a report gets out without people, and what it may cost.
PUBLISHERS_ONLY = ("policy", "ceiling_usd", "monthly_ceiling_usd")
MAX_PART_CHARS = 40
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
        if not self.may_publish:
            self._keep_what_publishers_set()

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
            "policy",
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
            "lead": "How long before that time the work begins, as hours:minutes:seconds.",
            "policy": "“People publish it”: the report waits as a draft; an editor submits it, and "
            "a publisher publishes it.",
            "analyst": "Without a key, and beyond a ceiling, the local analyst writes.",
            "tags": "Only sources with one of these tags, divided by commas; empty for all.",
            "max_sections": "How many stories a report has at most. "
            f"Up to {RESERVES} more stand by, for those that cannot be told: no model is asked "
            "about them, and the local analyst writes the one that comes in.",
            "newsroom": "Leave empty. Demonstrations keep their sources apart with it.",
        }
        field_classes = {"times": TimesField, "tags": TagsField}


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
    readonly_fields = ("schedule", "next_runs", "prompts_in_use", "what_it_would_tell")
    fieldsets = (
        (None, {"fields": ("title", "slug", "description", "language", "is_enabled")}),
        (
            "Schedule",
            {"fields": ("schedule", "times", "weekdays", "timezone", "lead", "next_runs")},
        ),
        (
            "Content",
            {"fields": ("policy", "max_sections", "tags", "topic_weights", "what_it_would_tell")},
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

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        newest = Report.objects.filter(briefing=OuterRef("pk")).newest_first()
        every: QuerySet[Any] = super().get_queryset(request)
        briefings: QuerySet[Any] = every.annotate(
            last_report_id=Subquery(newest.values("pk")[:1]),
            last_report_state=Subquery(newest.values("state")[:1]),
        )
        return briefings

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any
    ) -> Any:
        """Tell the form who fills it in."""
        form: Any = super().get_form(request, obj, change=change, **options)
        form.may_publish = request.user.has_perm("reports.publish_report")
        return form

    def get_urls(self) -> list[Any]:
        """Add the preview of what it would tell."""
        page = self.admin_site.admin_view(self.preview)
        return [
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
        return next(iter(next_runs(briefing, 1)), "never")

    @admin.display(description=f"next {RUNS_SHOWN} runs")
    def next_runs(self, briefing: Briefing) -> str:
        if briefing.pk is None:
            return "Save it to see when it runs."
        rows = ((run,) for run in next_runs(briefing, RUNS_SHOWN))
        return format_html('<ol class="runs">{}</ol>', format_html_join("", "<li>{}</li>", rows))

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
        super().save_model(request, obj, form, change)

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
