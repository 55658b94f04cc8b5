"""The API of sources: what we read, and how it is."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from patriot.lib.endpoints import DetailEndpoint, Endpoint, ListEndpoint
from patriot.lib.pagination import ByID
from sources.api.queries import SourceQuery
from sources.api.serializers import SourceSerializer
from sources.domain.health import Condition
from sources.models import Source
from sources.models.health import in_condition, with_last_fetch


class Sources(Endpoint):
    """What both addresses share."""

    serializer_class = SourceSerializer

    def get_queryset(self) -> QuerySet[Any]:
        return with_last_fetch(Source.objects.select_related("publisher"))


class SourceList(Sources, ListEndpoint):
    """List the feeds and searches that we watch, with their health."""

    pagination_class = ByID
    query_class = SourceQuery

    def get_queryset(self) -> QuerySet[Any]:
        query = self.query
        names = ("kind", "publisher", "language")
        conditions: dict[str, Any] = {name: query[name] for name in names if name in query}
        if tag := query.get("tag"):
            conditions["tags__contains"] = [tag]
        found = super().get_queryset().filter(for_story=None, **conditions)
        if condition := query.get("condition"):
            found = in_condition(found, Condition(condition))
        return found


class SourceDetail(Sources, DetailEndpoint):
    """One feed or search with its health."""

    noun = "source"
