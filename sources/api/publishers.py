"""The API of publishers: who stands behind sources, and how these are."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from patriot.lib.endpoints import DetailEndpoint, Endpoint, ListEndpoint, ListQuery
from patriot.lib.pagination import ByID
from sources.api.queries import COUNTRY, LANGUAGE, MAX_FAMILY_CHARS
from sources.api.serializers import PublisherSerializer
from sources.domain.health import Condition
from sources.models import Publisher
from sources.models.health import conditions_of_publishers
from sources.models.publisher import INVENTED


class ConditionsSerializer(serializers.Serializer[Any]):
    """How many sources are in each condition."""

    healthy = serializers.IntegerField()
    silent = serializers.IntegerField(help_text="They answer, and have long brought nothing.")
    ill = serializers.IntegerField(help_text="Their last fetch failed.")
    gone = serializers.IntegerField(help_text="They said that they are gone for good.")
    unchecked = serializers.IntegerField(help_text="Not looked at yet.")
    paused = serializers.IntegerField()


class CountedPublishers(serializers.ListSerializer[Any]):
    """Publishers, with the conditions of their sources counted for all at once."""

    def to_representation(self, data: Any) -> list[Any]:
        publishers = list(data)
        conditions = conditions_of_publishers([publisher.pk for publisher in publishers])
        for publisher in publishers:
            publisher.conditions = conditions[publisher.pk]
        return super().to_representation(publishers)


class KnownPublisherSerializer(PublisherSerializer):
    """Who stands behind sources, and how these are."""

    class Meta:
        list_serializer_class = CountedPublishers

    id = serializers.IntegerField()
    url = serializers.HyperlinkedIdentityField(view_name="api:publisher", lookup_url_kwarg="pk")
    source_count = serializers.SerializerMethodField(help_text="Sources that staff keep.")
    conditions = serializers.SerializerMethodField(help_text="Of these, by how they are.")
    sources_url = serializers.SerializerMethodField(help_text="The list of them.")

    def get_source_count(self, publisher: Publisher) -> int:
        return sum(_conditions(publisher).values())

    @extend_schema_field(ConditionsSerializer)
    def get_conditions(self, publisher: Publisher) -> dict[str, int]:
        return {str(name): count for name, count in _conditions(publisher).items()}

    @extend_schema_field(OpenApiTypes.URI)
    def get_sources_url(self, publisher: Publisher) -> str:
        address = f"{reverse('api:sources')}?publisher={publisher.pk}"
        return str(self.context["request"].build_absolute_uri(address))


def _conditions(publisher: Publisher) -> dict[Condition, int]:
    if not hasattr(publisher, "conditions"):
        found = conditions_of_publishers([publisher.pk])[publisher.pk]
        publisher.conditions = found  # type: ignore[attr-defined]
    return publisher.conditions  # type: ignore[no-any-return, attr-defined]


class PublisherQuery(ListQuery):
    """Which publishers."""

    family = serializers.CharField(
        max_length=MAX_FAMILY_CHARS, required=False, help_text="Only those of this family."
    )
    country = serializers.RegexField(COUNTRY, required=False, help_text="ISO 3166-1, such as DE.")
    language = serializers.RegexField(
        LANGUAGE, required=False, help_text="ISO 639, with a land or without, such as pt-br."
    )


class Publishers(Endpoint):
    """What both addresses share. Who is not known yet has no address of their own."""

    serializer_class = KnownPublisherSerializer

    def get_queryset(self) -> QuerySet[Any]:
        return Publisher.objects.exclude(domain__endswith=INVENTED)


class PublisherList(Publishers, ListEndpoint):
    """List the publishers that we know, in the order in which they were added."""

    pagination_class = ByID
    query_class = PublisherQuery

    def get_queryset(self) -> QuerySet[Any]:
        names = ("family", "country", "language")
        asked = {name: self.query[name] for name in names if name in self.query}
        return super().get_queryset().filter(**asked)


class PublisherDetail(Publishers, DetailEndpoint):
    """One publisher."""

    noun = "publisher"
