"""Sources on the desk: how each is, what it brought, and what can be done about it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import admin
from django.contrib.messages import SUCCESS, WARNING
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from patriot.lib import outbound
from patriot.lib.desk import (
    InlineFormSet,
    ModelAdmin,
    ModelForm,
    NamedValues,
    ReadOnlyInline,
    counted,
    log_action,
)
from sources.models import Article, Fetch, Source
from sources.models.health import health_of, with_last_fetch
from sources.pipeline import control

FETCHES_SHOWN = 20
WEEK = timedelta(days=7)


class SourceForm(ModelForm):
    """What staff decide about a source; its health is what fetches say."""

    class Meta:
        model = Source
        fields = (
            "name",
            "url",
            "slug",
            "kind",
            "publisher",
            "tags",
            "interval",
            "is_enabled",
            "language",
            "weight",
            "newsroom",
        )
        help_texts = {
            "slug": "Its short name, for commands; made from the name. "
            "It stays when the feed's address changes.",
            "tags": "Divided by commas; briefings choose their sources by them.",
            "newsroom": "Leave empty. Demonstrations keep their sources apart with it.",
        }

    def clean_url(self) -> str:
        """Refuse at once what the outbound policy would refuse at every fetch."""
        url = str(self.cleaned_data["url"])
        try:
            outbound.check_url(url, allow=settings.OUTBOUND_ALLOW)
        except outbound.Forbidden as error:
            raise ValidationError(f"{error}{_way_out(url)}") from error
        return url


def _way_out(url: str) -> str:
    """Return how an operator lets this address through; nothing where that cannot be."""
    try:
        address = urlsplit(url)
        port = address.port or {"http": 80, "https": 443}[address.scheme]
        host = f"[{address.hostname}]" if ":" in (address.hostname or "") else address.hostname
        pair = f"{host}:{port}"
        outbound.check_url(url, allow=[pair])
    except (outbound.Forbidden, KeyError, ValueError):
        return ""
    return f" An operator can allow it: add {pair} to PATRIOT_OUTBOUND_ALLOW."


class HealthFilter(admin.SimpleListFilter):
    """Sources by how they are."""

    title = "health"
    parameter_name = "health"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("healthy", "healthy"),
            ("ill", "ill"),
            ("paused", "paused"),
            ("new", "not looked at yet"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Source]) -> QuerySet[Source]:
        conditions = {
            "healthy": Q(is_enabled=True, failures=0, last_good_at__isnull=False),
            "ill": Q(is_enabled=True, failures__gt=0),
            "paused": Q(is_enabled=False),
            "new": Q(is_enabled=True, failures=0, last_good_at=None),
        }
        return queryset.filter(conditions.get(self.value() or "", Q()))


class LastFetches(InlineFormSet):
    """The newest fetches of a source, and no more: it may have thousands."""

    def get_queryset(self) -> QuerySet[Fetch]:
        if not hasattr(self, "_newest"):
            self._newest = super().get_queryset().order_by("-started_at")[:FETCHES_SHOWN]
        return self._newest


class FetchInline(ReadOnlyInline):
    """The health record."""

    model = Fetch
    formset = LastFetches
    verbose_name_plural = f"The last {FETCHES_SHOWN} fetches"
    fields = ("started_at", "outcome", "status", "entry_count", "new_count", "error")
    readonly_fields = fields


@admin.register(Source)
class SourceAdmin(ModelAdmin):
    """Add, mend, pause and fetch."""

    form = SourceForm
    list_display = (
        "name",
        "outlet",
        "state_in_words",
        "next_look",
        "articles_of_7_days",
    )
    list_filter = (HealthFilter, ("newsroom", NamedValues))
    list_select_related = ("publisher",)
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("name", "slug", "url", "publisher__name")
    ordering = ("name", "pk")
    autocomplete_fields = ("publisher",)
    prepopulated_fields = {"slug": ("name",)}
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    inlines = (FetchInline,)
    actions = ("fetch_now", "pause", "resume")
    readonly_fields = (
        "state_in_words",
        "ill_since",
        "last_good_at",
        "newest_entry_at",
        "next_look",
        "articles_of_7_days",
    )
    fieldsets = (
        (None, {"fields": ("name", "url", "slug", "tags", "is_enabled")}),
        ("Health", {"fields": readonly_fields}),
        (
            "Details",
            {
                "classes": ("collapse",),
                "fields": ("kind", "publisher", "language", "interval", "weight", "newsroom"),
            },
        ),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Source | None = None) -> Any:
        """A source that is being added has no health yet."""
        fieldsets = super().get_fieldsets(request, obj)
        return fieldsets if obj else [part for part in fieldsets if part[0] != "Health"]

    def get_inlines(self, request: HttpRequest, obj: Source | None = None) -> Any:
        return self.inlines if obj else ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        since = timezone.now() - WEEK  # noqa: TID251 (an interface)
        articles = Article.objects.filter(source=OuterRef("pk"), published_at__gt=since)
        counts = articles.order_by().values("source").annotate(total=Count("pk")).values("total")
        every: QuerySet[Any] = with_last_fetch(super().get_queryset(request))
        sources: QuerySet[Any] = every.annotate(week_count=Coalesce(Subquery(counts), 0))
        return sources

    def has_delete_permission(self, request: HttpRequest, obj: Source | None = None) -> bool:
        """Only a source that brought nothing can go; another is paused, and keeps its articles."""
        if obj is None or obj.articles.exists():
            return False
        return super().has_delete_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Source, form: Any, change: bool) -> None:
        """A new source is due at once."""
        if not change:
            obj.not_before = timezone.now()  # noqa: TID251 (an interface)
        super().save_model(request, obj, form, change)

    @admin.display(description="publisher", ordering="publisher__name")
    def outlet(self, source: Source) -> str:
        return source.publisher.name if source.publisher else "not known yet"

    @admin.display(description="state")
    def state_in_words(self, source: Source) -> str:
        now = timezone.now()  # noqa: TID251 (an interface)
        health = health_of(source)
        return format_html(
            '<span class="condition {}">{}</span>', health.condition, health.in_words(now)
        )

    @admin.display(description="next fetch", ordering="not_before")
    def next_look(self, source: Source) -> str:
        if not source.is_enabled:
            return "paused"
        now = timezone.now()  # noqa: TID251 (an interface)
        minutes = int((source.not_before - now) / timedelta(minutes=1))
        return "due" if minutes <= 0 else f"in {minutes} min"

    @admin.display(description="articles of 7 days", ordering="week_count")
    def articles_of_7_days(self, source: Source) -> str:
        address = reverse("admin:sources_article_changelist")
        count: int = source.week_count  # type: ignore[attr-defined] # annotated
        return format_html('<a href="{}?source__id__exact={}">{}</a>', address, source.pk, count)

    # --- Actions --------------------------------------------------------------
    @admin.action(description="Fetch now", permissions=["change"])
    def fetch_now(self, request: HttpRequest, chosen: QuerySet[Source]) -> None:
        now = timezone.now()  # noqa: TID251 (an interface)
        asked = control.fetch_now(_ids(chosen), now)
        log_action(request, Source.objects.filter(pk__in=asked.due), "Asked for a fetch now.")
        self._tell(
            request,
            asked.due,
            "will be fetched within a minute. Reload this page to see what came in.",
        )
        self._warn(request, asked.busy, "left alone: being fetched at this moment.")
        self._warn(request, asked.paused, "left alone: paused. Resume first, then fetch.")
        if asked.due and not control.is_anybody_working(now):
            self.message_user(
                request, "No worker has ticked lately: nothing is fetched until one runs.", WARNING
            )

    @admin.action(description="Pause", permissions=["change"])
    def pause(self, request: HttpRequest, chosen: QuerySet[Source]) -> None:
        ids = _ids(chosen)
        paused = control.pause(ids)
        log_action(request, Source.objects.filter(pk__in=paused), "Paused.")
        self._tell(request, paused, "paused.")
        self._warn(request, set(ids) - set(paused), "left alone: paused already.")

    @admin.action(description="Resume", permissions=["change"])
    def resume(self, request: HttpRequest, chosen: QuerySet[Source]) -> None:
        ids = _ids(chosen)
        resumed = control.resume(ids, timezone.now())  # noqa: TID251 (an interface)
        log_action(request, Source.objects.filter(pk__in=resumed), "Resumed.")
        self._tell(request, resumed, "resumed, and due now.")
        self._warn(request, set(ids) - set(resumed), "left alone: not paused.")

    def _tell(self, request: HttpRequest, ids: Collection[int], what: str) -> None:
        """Say what was done to how many sources; nothing if there are none."""
        if ids:
            self.message_user(request, f"{counted(len(ids), Source)} {what}", SUCCESS)

    def _warn(self, request: HttpRequest, ids: Collection[int], why: str) -> None:
        """Say why nothing was done to how many sources; nothing if there are none."""
        if ids:
            self.message_user(request, f"{counted(len(ids), Source)} {why}", WARNING)


def _ids(chosen: QuerySet[Source]) -> list[int]:
    return list(chosen.values_list("pk", flat=True))
