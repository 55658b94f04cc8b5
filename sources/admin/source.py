"""Sources on the desk: how each is, what it brought, and what can be done about it."""

from __future__ import annotations

import copy
from collections.abc import Collection
from datetime import timedelta
from typing import Any, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import admin
from django.contrib.messages import SUCCESS, WARNING
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import slugify

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
from patriot.lib.text import one_line
from sources.admin import tried
from sources.admin.filters import HealthFilter
from sources.domain.search import MAX_QUERY_CHARS
from sources.domain.urls import web_url
from sources.models import Article, Fetch, Source
from sources.models.health import health_of, with_last_fetch
from sources.pipeline import control

FETCHES_SHOWN = 20
OTHERS_TOLD = 3
WEEK = timedelta(days=7)
MAX_DOMAINS = 100
NAMES = ("name", "slug")
MAX_NAME_CHARS, MAX_SLUG_CHARS = 200, 100
WITH_USUAL_VALUES = ("topic", "time_range", "max_results")
NEEDED = {"url": "A feed needs an address.", "query": "A search needs a query."}
FOREIGN = {
    "url": "A search has no address: leave this empty, or choose the kind “feed”.",
    "query": "A feed has no query: leave this empty, or choose the kind “search”.",
}
SEARCH_FIELDS = ("topic", "time_range", "max_results", "include_domains", "exclude_domains")


class SourceForm(ModelForm):
    """What staff decide about a source; its health is what fetches say."""

    class Meta:
        model = Source
        fields = (
            "kind",
            "name",
            "url",
            "query",
            "topic",
            "time_range",
            "max_results",
            "include_domains",
            "exclude_domains",
            "slug",
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
            "interval": "How often to look, as hours:minutes:seconds. Each look of a search costs "
            "a credit: 24 a day every hour, 96 every quarter of an hour.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A feed has no use for them, and a search has the usual ones.
        for name in {*WITH_USUAL_VALUES} & set(self.fields):
            self.fields[name].required = False

    def let_it_be_nameless(self) -> None:
        """Ask for no name yet: it is to be tried, and not to be saved."""
        for name in {*NAMES} & set(self.fields):
            self.fields[name].required = False

    def propose_names(self, title: str) -> None:
        """Fill in the names that are missing."""
        source = self.instance
        source.name = source.name or one_line(title, max_chars=MAX_NAME_CHARS)
        source.slug = source.slug or slugify(source.name)[:MAX_SLUG_CHARS].strip("-")
        self.cleaned_data |= {name: getattr(source, name) for name in NAMES}

    def clean(self) -> dict[str, Any]:
        """A feed has an address, a search has a query, and neither has the other's."""
        super().clean()
        found = self.cleaned_data
        for name in {*WITH_USUAL_VALUES} & set(found):
            if found[name] in (None, ""):
                found[name] = getattr(Source(), name)
        is_search = (found.get("kind") or self.instance.kind) == Source.Kind.SEARCH
        needed, foreign = ("query", "url") if is_search else ("url", "query")
        if needed in found and not found[needed]:
            self.add_error(needed, NEEDED[needed])
        if found.get(foreign):
            self.add_error(foreign, FOREIGN[foreign])
        return found

    def clean_query(self) -> str:
        return one_line(str(self.cleaned_data["query"]), max_chars=MAX_QUERY_CHARS)

    def clean_include_domains(self) -> list[str]:
        return _domains(self.cleaned_data["include_domains"])

    def clean_exclude_domains(self) -> list[str]:
        return _domains(self.cleaned_data["exclude_domains"])

    def clean_url(self) -> str:
        """Refuse at once what the outbound policy would refuse at every fetch."""
        url = str(self.cleaned_data["url"])
        if not url:
            return url
        try:
            outbound.check_url(url, allow=settings.OUTBOUND_ALLOW)
        except outbound.Forbidden as error:
            raise ValidationError(str(error)) from error
        return url


def _domains(names: list[str]) -> list[str]:
    """Return domains in their only spelling, each once; refuse what is none."""
    found = []
    for name in names:
        host = urlsplit(web_url(f"https://{name.strip()}/")).netloc
        if "." not in host or ":" in host or "/" in name:
            raise ValidationError(f"“{name[:100]}” is not a domain, such as courier.example.")
        found.append(host)
    if len(found) > MAX_DOMAINS:
        raise ValidationError(f"At most {MAX_DOMAINS} domains.")
    return list(dict.fromkeys(found))


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
    list_filter = (HealthFilter, "kind", ("newsroom", NamedValues))
    list_select_related = ("publisher",)
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("name", "slug", "url", "query", "publisher__name")
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
        (None, {"fields": ("kind", "name", "slug", "tags", "interval", "is_enabled")}),
        ("Feed", {"fields": ("url",)}),
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
        """A new source is due at once; the same address twice is let in with a word."""
        if obj.url and "url" in form.changed_data:
            self._tell_of_same_address(request, obj)
        if not change:
            obj.not_before = timezone.now()  # noqa: TID251 (an interface)
        super().save_model(request, obj, form, change)

    def _tell_of_same_address(self, request: HttpRequest, source: Source) -> None:
        same = Source.objects.filter(url=source.url, newsroom=source.newsroom)
        for other in same.exclude(pk=source.pk).order_by("pk")[:OTHERS_TOLD]:
            address = reverse("admin:sources_source_change", args=[other.pk])
            sentence = 'The same address is that of <a href="{}">{}</a>: it is fetched for each.'
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
        if request.method == "POST" and "_try" in request.POST:
            return self._try(request, object_id, context)
        return super().changeform_view(request, object_id, form_url, context)

    def _may_save(self, request: HttpRequest, object_id: str | None) -> bool:
        if object_id:
            return self.has_change_permission(request)
        return self.has_add_permission(request)

    def _try(self, request: HttpRequest, object_id: str | None, context: dict[str, Any]) -> Any:
        """Fetch what the form describes, keep nothing, and show the form as it was sent."""
        if not context["may_try"]:
            raise PermissionDenied
        obj = self.get_object(request, object_id) if object_id else None
        if object_id and obj is None:
            return super().changeform_view(request, object_id, "", context)
        form_class = cast("type[SourceForm]", self.get_form(request, obj, change=bool(obj)))
        form = form_class(request.POST, instance=obj)
        form.let_it_be_nameless()
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
    def has_fetch_permission(self, request: HttpRequest) -> bool:
        """Tell whether the user may have sources looked at, which may cost money."""
        return request.user.has_perm("sources.fetch_source")

    @admin.action(description="Fetch now", permissions=["fetch"])
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
        self._tell(request, resumed, "resumed. Feeds are due now, searches at their time.")
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
