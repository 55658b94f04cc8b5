"""The API of corrections: what was wrong in published reports, and what they say now."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from patriot.lib.endpoints import ListEndpoint
from patriot.lib.pagination import NewestFirst
from reports.api.correction_serializers import CorrectionSerializer
from reports.api.queries import MAX_ID, SLUG, SpanQuery, span_of
from reports.pages.corrections import all_corrections, entries_of

# Of each correction two whole texts are read.
MAX_PAGE_SIZE = 25


class CorrectionQuery(SpanQuery):
    """Which corrections: by briefing, by report, by when they were published."""

    page_size = serializers.IntegerField(min_value=1, max_value=MAX_PAGE_SIZE, default=10)
    briefing = serializers.RegexField(
        SLUG, required=False, help_text="Only those of the briefing with this slug."
    )
    report = serializers.IntegerField(
        min_value=1, max_value=MAX_ID, required=False, help_text="Only those of this report."
    )


class CorrectionsNewestFirst(NewestFirst):
    """By when they were published."""

    moment_field = "created_at"


class CorrectionList(ListEndpoint):
    """List the corrections of published reports, newest first.

    A client that polls with the moment of its last look as `since` misses none.
    """

    serializer_class = CorrectionSerializer
    pagination_class = CorrectionsNewestFirst
    query_class = CorrectionQuery

    def get_queryset(self) -> QuerySet[Any]:
        conditions = span_of(self.query, "created_at")
        if slug := self.query.get("briefing"):
            conditions["revision__report__briefing__slug"] = slug
        if report := self.query.get("report"):
            conditions["revision__report"] = report
        return all_corrections().filter(**conditions)

    def get(self, request: Request) -> Response:
        self.query = self.query_class.read(request)
        page = self.paginate_queryset(self.get_queryset())
        entries = list(entries_of(page or ()))
        return self.get_paginated_response(self.get_serializer(entries, many=True).data)
