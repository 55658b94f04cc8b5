"""Sources on the desk: how each is, what it brought, and what can be done about it."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.contrib.messages import WARNING
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from patriot.lib.desk import ModelAdmin, NamedValues
from sources.admin import sparkline, tried
from sources.admin.discovery import AddByAddress
from sources.admin.fetch import FetchInline
from sources.admin.filters import HealthFilter, LanguageOfSources, MadeFor, TagFilter
from sources.admin.source_actions import SourceActionForm, SourceActions
from sources.admin.source_form import SEARCH_FIELDS, SourceForm, TriedForm
from sources.domain.cadence import next_fetch_at
from sources.domain.health import clock, every, move_in_words
from sources.models import Article, Source
from sources.models.health import health_of, with_last_fetch

OTHERS_TOLD = 3
WEEK = timedelta(days=7)
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
MINUTES_TOLD = 120
# What is known of the document at an address says nothing of the one at another.
OF_THE_OLD_ADDRESS: dict[str, Any] = {
    "etag": "",
    "last_modified": "",
    "body_hash": "",
    "moved_to": "",
    "moves_seen": 0,
    "gone_at": None,
}


class SourceList(ChangeList):
    """The list, with the sparklines of one page read together."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows = list(self.result_list)
        now = timezone.now()  # noqa: TID251 (an interface)
        lines = sparkline.by_source([source.pk for source in rows], now)
        for source in rows:
            source.sparkline = lines[source.pk]
        self.result_list = rows


@admin.register(Source)
class SourceAdmin(AddByAddress, SourceActions, ModelAdmin):
    """Add, mend, pause and fetch."""

    form = SourceForm
    list_display = (
        "name",
        # Beside the name: on a phone the rest is out of sight.
        "state_in_words",
        "outlet",
        "next_look",
        "articles_of_7_days",
    )
    list_filter = (
        HealthFilter,
        "kind",
        TagFilter,
        LanguageOfSources,
        "full_text",
        ("newsroom", NamedValues),
        MadeFor,
    )
    list_select_related = ("publisher",)
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("name", "slug", "url", "query", "publisher__name")
    action_form = SourceActionForm
    ordering = ("name", "pk")
    autocomplete_fields = ("publisher",)
    prepopulated_fields = {"slug": ("name",)}
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    inlines = (FetchInline,)
    actions = (
        "fetch_now",
        "pause",
        "resume",
        "add_tag",
        "remove_tag",
        "read_pages_never",
        "read_pages_when_short",
        "read_pages_always",
        "follow_rhythm",
        "adopt_new_address",
    )
    readonly_fields = (
        "state_in_words",
        "cadence",
        "next_look",
        "last_good_at",
        "newest_entry_at",
        "articles_of_7_days",
    )
    fieldsets = (
        (None, {"fields": ("kind", "name", "slug", "tags", "interval", "is_enabled")}),
        ("Feed", {"fields": ("url", "full_text")}),
        (
            "Search",
            {
                "fields": ("query", *SEARCH_FIELDS),
                "description": "Asked of Tavily. Each look costs a credit of your account, "
                "however many results it brings.",
            },
        ),
        ("Health", {"fields": readonly_fields}),
        (
            "Details",
            {
                "classes": ("collapse",),
                "fields": ("publisher", "language", "weight", "newsroom"),
            },
        ),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Source | None = None) -> Any:
        """A source that is being added has no health yet; one that is there has one kind."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None:
            return [part for part in fieldsets if part[0] != "Health"]
        if not obj.is_search:
            return [part for part in fieldsets if part[0] != "Search"]
        return [
            (name, options | {"fields": (*options["fields"], "cost")})
            if name == "Search"
            else (name, options)
            for name, options in fieldsets
            if name != "Feed"
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Source | None = None) -> Any:
        """A feed does not become a search: its articles would have another origin."""
        if obj is None:
            return self.readonly_fields
        cost = ("cost",) if obj.is_search else ()
        return ("kind", *self.readonly_fields, *cost)

    def get_form(
        self, request: HttpRequest, obj: Source | None = None, change: bool = False, **options: Any
    ) -> Any:
        """Return the form; one that is only tried asks for no name."""
        if _is_test(request):
            options["form"] = TriedForm
        return super().get_form(request, obj, change, **options)

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[ChangeList]:
        return SourceList

    def get_inlines(self, request: HttpRequest, obj: Source | None = None) -> Any:
        return self.inlines if obj else ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        since = timezone.now() - WEEK  # noqa: TID251 (an interface)
        articles = Article.objects.filter(source=OuterRef("pk"), published_at__gt=since)
        counts = articles.order_by().values("source").annotate(total=Count("pk")).values("total")
        every: QuerySet[Any] = with_last_fetch(super().get_queryset(request))
        sources: QuerySet[Any] = every.annotate(week_count=Coalesce(Subquery(counts), 0))
        return sources

    def has_change_permission(self, request: HttpRequest, obj: Source | None = None) -> bool:
        """A search for one story is as the report asked it: to be looked at, not mended."""
        if obj is not None and obj.is_for_one_story:
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Source | None = None) -> bool:
        """Only a source that brought nothing can go; another is paused, and keeps its articles."""
        if obj is None or obj.articles.exists():
            return False
        return super().has_delete_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Source, form: Any, change: bool) -> None:
        """A new source is due at once; the same address twice is let in with a word."""
        if _is_test(request):  # its form asks for less
            raise PermissionDenied
        if obj.url and "url" in form.changed_data:
            self._tell_of_same_address(request, obj)
            for name, value in OF_THE_OLD_ADDRESS.items():
                setattr(obj, name, value)
        if not change:
            obj.not_before = timezone.now()  # noqa: TID251 (an interface)
        super().save_model(request, obj, form, change)

    def _tell_of_same_address(self, request: HttpRequest, source: Source) -> None:
        there = models.Q(url=source.url) | models.Q(former_urls__contains=[source.url])
        same = Source.objects.filter(there, newsroom=source.newsroom)
        for other in same.exclude(pk=source.pk).order_by("pk")[:OTHERS_TOLD]:
            address = reverse("admin:sources_source_change", args=[other.pk])
            sentence = (
                'The same address is that of <a href="{}">{}</a>: it is fetched for each.'
                if other.url == source.url
                else 'From this address <a href="{}">{}</a> has moved: it may be the same feed.'
            )
            self.message_user(request, format_html(sentence, address, other.name), WARNING)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Show the form; having been asked to, with what the source would bring."""
        may_try = self.has_fetch_permission(request) and self._may_save(request, object_id)
        context = (extra_context or {}) | {"may_try": may_try}
        if object_id and may_try:
            context["move"] = self._move_of(object_id)
        if _is_test(request):
            return self._try(request, object_id, context)
        if request.method == "POST" and "_adopt" in request.POST:
            return self._adopt(request, object_id, context)
        return super().changeform_view(request, object_id, form_url, context)

    def _move_of(self, object_id: str) -> str:
        """Return where the source says that it has moved; empty if nowhere."""
        if not object_id.isdecimal():
            return ""
        moved = Source.objects.filter(pk=object_id).values_list("moved_to", "moves_seen").first()
        return move_in_words(*moved) if moved else ""

    def _adopt(
        self, request: HttpRequest, object_id: str | None, context: dict[str, Any]
    ) -> HttpResponse:
        """Read the source at its new address from now on."""
        if not object_id or not context["may_try"]:
            raise PermissionDenied
        if not object_id.isdecimal():
            raise Http404("There is no such source.")
        self.adopt_new_address(request, Source.objects.filter(pk=object_id))
        return HttpResponseRedirect(request.path)

    def _may_save(self, request: HttpRequest, object_id: str | None) -> bool:
        if object_id:
            return bool(self.has_change_permission(request))
        return bool(self.has_add_permission(request))

    def _try(self, request: HttpRequest, object_id: str | None, context: dict[str, Any]) -> Any:
        """Fetch what the form describes, keep nothing, and show the form as it was sent."""
        if not context["may_try"]:
            raise PermissionDenied
        obj = self.get_object(request, object_id) if object_id else None
        if object_id and obj is None:
            return super().changeform_view(request, object_id, "", context)
        form_class = cast("type[SourceForm]", self.get_form(request, obj, change=bool(obj)))
        form = form_class(request.POST, instance=obj)
        if not form.is_valid():
            return super().changeform_view(request, object_id, "", context)
        found = tried.try_source(form.instance)
        form.propose_names(found.title or form.instance.query)
        context["tried"] = found
        shown = copy.copy(request)
        shown.method = "GET"
        shown.tried_form = form  # type: ignore[attr-defined] # read by the two below
        return super().changeform_view(shown, object_id, "", context)

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        """Return the row, or what the form makes of it while that is only tried."""
        form = getattr(request, "tried_form", None)
        return form.instance if form else super().get_object(request, object_id, from_field)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        form = getattr(request, "tried_form", None)
        return form.cleaned_data if form else super().get_changeform_initial_data(request)

    @admin.display(description="publisher or query", ordering="publisher__name")
    def outlet(self, source: Source) -> str:
        if source.is_search:
            return f"“{source.query}”"
        return source.publisher.name if source.publisher else "not known yet"

    @admin.display(description="cost")
    def cost(self, source: Source) -> str:
        now = timezone.now()  # noqa: TID251 (an interface)
        return tried.cost_of(source, now)

    @admin.display(description="state")
    def state_in_words(self, source: Source) -> str:
        now = timezone.now()  # noqa: TID251 (an interface)
        health = health_of(source)
        color = "held" if health.was_held_back else health.condition
        return format_html('<span class="condition {}">{}</span>', color, health.in_words(now))

    @admin.display(description="next fetch", ordering="not_before")
    def next_look(self, source: Source) -> str:
        if not source.is_enabled:
            return "none: asked once" if source.is_for_one_story else "paused"
        if source.gone_at:
            return "none: gone"
        now = timezone.now()  # noqa: TID251 (an interface)
        minutes = int((source.not_before - now) / timedelta(minutes=1))
        if minutes <= 0:
            return "due"
        return (
            f"in {minutes} min" if minutes < MINUTES_TOLD else f"at {clock(source.not_before, now)}"
        )

    @admin.display(description="looked at")
    def cadence(self, source: Source) -> str:
        if source.interval is not None:
            return f"{every(source.interval)}, as set here"
        wait = next_fetch_at(EPOCH, usual=None, per_day=source.articles_per_day) - EPOCH
        why = "by its rhythm" if source.articles_per_day else "until its rhythm is known"
        return f"{every(wait)}, {why}"

    @admin.display(description="articles of 7 days", ordering="week_count")
    def articles_of_7_days(self, source: Source) -> str:
        address = reverse("admin:sources_article_changelist")
        line = getattr(source, "sparkline", None)
        if line is None:
            now = timezone.now()  # noqa: TID251 (an interface)
            line = sparkline.by_source([source.pk], now)[source.pk]
        return format_html(
            '<a href="{}?source__id__exact={}">{}</a> {}',
            *(address, source.pk, getattr(source, "week_count", 0), line),
        )


def _is_test(request: HttpRequest) -> bool:
    return request.method == "POST" and "_try" in request.POST
