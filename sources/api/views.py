"""The API of sources: what we read, and how it is."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from patriot.lib.endpoints import DetailEndpoint, Endpoint, ListEndpoint
from patriot.lib.pagination import ByID
from sources.api.serializers import SourceSerializer
from sources.models import Source
from sources.models.health import with_last_fetch


class Sources(Endpoint):
    """What both addresses share."""

    serializer_class = SourceSerializer

    def get_queryset(self) -> QuerySet[Any]:
        return with_last_fetch(Source.objects.select_related("publisher"))


class SourceList(Sources, ListEndpoint):
    """List the feeds and searches that we watch, with their health."""

    pagination_class = ByID

    def get_queryset(self) -> QuerySet[Any]:
        return super().get_queryset().filter(for_story=None)


class SourceDetail(Sources, DetailEndpoint):
    """One feed or search with its health."""

    noun = "source"
