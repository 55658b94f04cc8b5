"""Filters of the desk's lists, each of which costs at most one small query."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import admin
from django.db.models import F, Func, QuerySet
from django.http import HttpRequest

from patriot.templatetags.reading import language_name
from sources.domain.health import Condition
from sources.models import Article, Source
from sources.models.health import in_condition

MAX_CHOICES = 200
# A tag, or the code of a language: nothing that the database would choke on.
WORD = re.compile(r"[\w-]{1,40}")


class HealthFilter(admin.SimpleListFilter):
    """Sources by how they are."""

    title = "health"
    parameter_name = "health"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(condition.value, condition.value) for condition in Condition]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Source]) -> QuerySet[Source]:
        value = self.value() or ""
        return in_condition(queryset, Condition(value)) if value in {*Condition} else queryset


class MadeFor(admin.SimpleListFilter):
    """Sources that staff keep; the searches that reports made for one story only if asked for."""

    title = "made for"
    parameter_name = "made_for"
    ONE_STORY = "story"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(self.ONE_STORY, "one story, to find a second source")]

    def choices(self, changelist: Any) -> Any:
        kept, *others = super().choices(changelist)
        yield dict(kept) | {"display": "every report"}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Source]) -> QuerySet[Source]:
        return queryset.filter(for_story__isnull=self.value() != self.ONE_STORY)


class TagFilter(admin.SimpleListFilter):
    """Sources by tag."""

    title = "tag"
    parameter_name = "tag"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        tags = Source.objects.annotate(tag=Func(F("tags"), function="unnest"))
        names = tags.order_by("tag").values_list("tag", flat=True).distinct()[:MAX_CHOICES]
        return [(name, name) for name in names]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Source]) -> QuerySet[Source]:
        tag = self.value()
        if not tag:
            return queryset
        return queryset.filter(tags__contains=[tag]) if WORD.fullmatch(tag) else queryset.none()


class LanguageOfSources(admin.SimpleListFilter):
    """Rows by the language of their source: articles are too many to ask which there are."""

    title = "language"
    parameter_name = "language"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        codes = Source.objects.exclude(language="").order_by("language").values_list("language")
        return [(code, language_name(code)) for (code,) in codes.distinct()[:MAX_CHOICES]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        code = self.value()
        if not code:
            return queryset
        if not WORD.fullmatch(code):
            return queryset.none()
        field = "source__language" if queryset.model is Article else "language"
        return queryset.filter(**{field: code})
