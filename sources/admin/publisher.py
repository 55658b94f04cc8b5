"""Publishers on the desk: who counts as one voice."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from patriot.lib.desk import ModelAdmin, NamedValues
from sources.models import Publisher


@admin.register(Publisher)
class PublisherAdmin(ModelAdmin):
    """Name, country and family are editable; publishers themselves come with their sources."""

    list_display = ("name", "domain", "family", "country", "source_count")
    list_filter = (("country", NamedValues),)
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("name", "domain", "family")
    ordering = ("name", "pk")
    fields = ("domain", "name", "family", "country")
    readonly_fields = ("domain",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        every: QuerySet[Any] = super().get_queryset(request)
        publishers: QuerySet[Any] = every.annotate(source_total=Count("sources"))
        return publishers

    @admin.display(description="sources", ordering="source_total")
    def source_count(self, publisher: Publisher) -> int:
        count: int = publisher.source_total  # type: ignore[attr-defined] # annotated
        return count
