"""Fetches on the desk: what each look at a source brought, or why it brought nothing."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html

from patriot.lib.counting import EstimatingPaginator
from patriot.lib.desk import InlineFormSet, ReadOnlyAdmin, ReadOnlyInline
from sources.models import Fetch

FETCHES_SHOWN = 20
MAX_ERROR_CHARS = 200


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


@admin.register(Fetch)
class FetchAdmin(ReadOnlyAdmin):
    """Only shown. By id, which is by time: the table is long, and its key is there already."""

    list_display = (
        "started_at",
        "of_source",
        "outcome",
        "status",
        "entry_count",
        "new_count",
        "updated_count",
        "sentence",
    )
    list_filter = ("outcome",)
    list_display_links = ("started_at",)
    list_select_related = ("source",)
    ordering = ("-pk",)
    sortable_by = ()
    paginator = EstimatingPaginator

    @admin.display(description="source")
    def of_source(self, fetch: Fetch) -> str:
        address = reverse("admin:sources_source_change", args=[fetch.source_id])
        return format_html('<a href="{}">{}</a>', address, fetch.source.name)

    @admin.display(description="what happened")
    def sentence(self, fetch: Fetch) -> str:
        return fetch.error[:MAX_ERROR_CHARS]
