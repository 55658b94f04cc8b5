"""By what the desk's list of stories can be narrowed."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest

from reports.domain.topics import TOPICS
from reports.models import Decision, Sentiment
from sources.models import Source

MAX_CHOICES = 200

_standing = Decision.objects.filter(undone_at=None)
DECIDED = Exists(_standing.filter(story=OuterRef("pk"))) | Exists(
    _standing.filter(other=OuterRef("pk"))
)
"""That a decision about a story stands."""


class OfSources(admin.SimpleListFilter):
    """Stories by something that their sources say: stories are too many to ask."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        field = str(self.parameter_name)
        values = Source.objects.order_by(field).values_list(field, flat=True).distinct()
        return [(value, value) for value in values[:MAX_CHOICES] if value]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if not value:
            return queryset
        known = dict(self.lookup_choices)
        return (
            queryset.filter(**{str(self.parameter_name): value})
            if value in known
            else (queryset.none())
        )


class NewsroomFilter(OfSources):
    title = parameter_name = "newsroom"


class LanguageFilter(OfSources):
    title = parameter_name = "language"


class Known(admin.SimpleListFilter):
    """A filter of known values; any other finds nothing."""

    conditions: dict[str, tuple[str, Q]]
    """By the value: its label and what it means."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(value, label) for value, (label, _) in self.conditions.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if not value:
            return queryset
        _, condition = self.conditions.get(value, ("", Q(pk__in=[])))
        return queryset.filter(condition)


class MarkFilter(Known):
    title, parameter_name = "mark", "mark"
    conditions = {
        "pinned": ("pinned", Q(is_pinned=True)),
        "muted": ("muted", Q(is_muted=True)),
        "none": ("neither", Q(is_pinned=False, is_muted=False)),
    }


class TopicFilter(Known):
    title = parameter_name = "topic"
    conditions = {
        slug: (label, Q(topics__contains=[slug]))
        for slug, label in sorted(TOPICS.items(), key=lambda item: item[1])
    } | {"none": ("(none)", Q(topics=[]))}


class ToneFilter(Known):
    title, parameter_name = "sentiment", "sentiment"
    conditions = {value: (label, Q(sentiment=value)) for value, label in Sentiment.choices}


class SupportFilter(Known):
    title, parameter_name = "independent reports", "independent"
    conditions = {
        "1": ("one", Q(independent_count=1)),
        "few": ("two or three", Q(independent_count__in=(2, 3))),
        "many": ("four and more", Q(independent_count__gte=4)),
    }


class DecidedFilter(Known):
    title, parameter_name = "editors", "decided"
    conditions = {
        "yes": ("decided about it", Q(DECIDED)),
        "emptied": ("merged it away", Q(merged_into__isnull=False)),
    }


STORY_FILTERS = (
    NewsroomFilter,
    LanguageFilter,
    MarkFilter,
    TopicFilter,
    ToneFilter,
    SupportFilter,
    DecidedFilter,
)
