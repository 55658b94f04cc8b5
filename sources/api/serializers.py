"""What clients see of sources and publishers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.reverse import reverse

from sources.domain.health import Condition
from sources.models import Source
from sources.models.health import health_for_readers
from sources.models.publisher import DOMAIN, FAMILY

DIGITS_OF_RHYTHM = 2


class PublisherSerializer(serializers.Serializer[Any]):
    """Who stands behind a source. Publishers of one family count as one voice."""

    name = serializers.CharField()
    domain = serializers.CharField(source="told_domain", help_text=DOMAIN)
    family = serializers.CharField(source="told_family", help_text=FAMILY)
    country = serializers.CharField(help_text="ISO 3166-1 alpha-2; empty if unknown.")
    language = serializers.CharField(help_text="In which it mostly writes; empty if unknown.")


class HealthSerializer(serializers.Serializer[Any]):
    """How a source is: in one word, in a sentence, and by its moments."""

    condition = serializers.ChoiceField(choices=[str(condition) for condition in Condition])
    in_words = serializers.CharField(
        help_text="Such as “answered at 6:18 UTC, 3 new”: for people, its wording may change."
    )
    failures = serializers.IntegerField(help_text="Failed fetches since the last good one.")
    ill_since = serializers.DateTimeField(allow_null=True)
    last_good_at = serializers.DateTimeField(allow_null=True)
    gone_at = serializers.DateTimeField(
        allow_null=True, help_text="Since when it says that it is gone for good (HTTP 410)."
    )

    def to_representation(self, source: Source) -> dict[str, Any]:
        health = health_for_readers(source)
        now = timezone.now()  # noqa: TID251 (an interface)
        return super().to_representation(
            {
                "condition": health.condition.value,
                "in_words": health.in_words(now),
                "failures": health.failures,
                "ill_since": health.ill_since,
                "last_good_at": health.last_good_at,
                "gone_at": health.gone_at,
            }
        )


class SourceSerializer(serializers.Serializer[Any]):
    """A feed or a saved search that we watch."""

    id = serializers.IntegerField()
    url = serializers.HyperlinkedIdentityField(view_name="api:source", lookup_url_kwarg="pk")
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=Source.Kind.choices)
    publisher = PublisherSerializer(
        allow_null=True, help_text="None for a search: each article has its own."
    )
    publisher_url = serializers.SerializerMethodField(
        help_text="null for a search, and while it is not known who publishes."
    )
    feed_url = serializers.CharField(
        source="url", help_text="The address that we read; empty for a search."
    )
    query = serializers.CharField(help_text="What we search for; empty for a feed.")
    site_url = serializers.CharField(help_text="The publisher's page for people; may be empty.")
    language = serializers.CharField(help_text="ISO 639, as declared; empty if unknown.")
    tags = serializers.ListField(child=serializers.CharField())
    health = HealthSerializer(source="*")
    newest_entry_at = serializers.DateTimeField(allow_null=True)
    next_fetch_at = serializers.SerializerMethodField(
        help_text="Null for one that is paused or gone: nobody asks it."
    )
    articles_per_day = serializers.SerializerMethodField(
        help_text="Its usual rhythm; null while that is unknown."
    )
    interval_seconds = serializers.SerializerMethodField(
        help_text="How often we look, as an editor set it; null: as often as its rhythm asks for."
    )
    full_text = serializers.ChoiceField(
        choices=Source.FullText.choices, help_text="When the articles' own pages are read too."
    )
    articles_url = serializers.SerializerMethodField(help_text="The list of its articles.")

    @extend_schema_field({"type": ["string", "null"], "format": "uri"})
    def get_publisher_url(self, source: Source) -> str | None:
        if source.publisher is None or not source.publisher.is_known:
            return None
        return reverse("api:publisher", args=[source.publisher_id], request=self.context["request"])

    def get_next_fetch_at(self, source: Source) -> datetime | None:
        return None if source.gone_at or not source.is_enabled else source.not_before

    def get_articles_per_day(self, source: Source) -> float | None:
        rhythm = source.articles_per_day
        return None if rhythm is None else round(rhythm, DIGITS_OF_RHYTHM)

    def get_interval_seconds(self, source: Source) -> int | None:
        return int(source.interval.total_seconds()) if source.interval else None

    def get_articles_url(self, source: Source) -> str:
        address = reverse("api:articles", request=self.context["request"])
        return f"{address}?source={source.pk}"
