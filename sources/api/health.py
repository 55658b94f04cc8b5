"""The API of a source's health as the desk sees it: every look at it, and what went wrong."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from patriot.accounts.access import Restricted
from patriot.accounts.models import ApiKey
from patriot.accounts.roles import only
from patriot.lib.endpoints import DetailEndpoint
from sources.domain.health import Condition
from sources.models import Fetch, Source
from sources.models.health import health_of, with_last_fetch

LOOK = "sources.view_source"
MAX_FETCHES = 20


class FetchSerializer(serializers.Serializer[Any]):
    """One attempt to read a source, with its outcome."""

    started_at = serializers.DateTimeField()
    seconds = serializers.SerializerMethodField(help_text="How long it took; null if unknown.")
    outcome = serializers.ChoiceField(choices=Fetch.Outcome.choices)
    status = serializers.IntegerField(allow_null=True, help_text="Of HTTP, if there was one.")
    error = serializers.CharField(help_text="What happened, in a sentence; may be empty.")
    bytes = serializers.IntegerField(source="byte_count")
    entries = serializers.IntegerField(source="entry_count")
    new = serializers.IntegerField(source="new_count", help_text="Articles.")
    updated = serializers.IntegerField(source="updated_count", help_text="Articles.")

    def get_seconds(self, fetch: Fetch) -> float | None:
        return None if fetch.took is None else round(fetch.took.total_seconds(), 3)


class SourceHealthSerializer(serializers.Serializer[Any]):
    """How a source is, without what readers are spared."""

    id = serializers.IntegerField()
    url = serializers.HyperlinkedIdentityField(view_name="api:source-health", lookup_url_kwarg="pk")
    source_url = serializers.HyperlinkedIdentityField(view_name="api:source", lookup_url_kwarg="pk")
    condition = serializers.SerializerMethodField()
    in_words = serializers.SerializerMethodField(
        help_text="For people; its wording may change. Settings and machines are named."
    )
    failures = serializers.IntegerField(help_text="Failed fetches since the last good one.")
    ill_since = serializers.DateTimeField(allow_null=True)
    last_good_at = serializers.DateTimeField(allow_null=True)
    gone_at = serializers.DateTimeField(allow_null=True)
    last_error = serializers.CharField(help_text="Of the last failed fetch; may be empty.")
    next_fetch_at = serializers.DateTimeField(source="not_before")
    attempts = serializers.IntegerField(help_text="Begun since the last fetch that was recorded.")
    moved_to = serializers.CharField(help_text="Where it says that it has moved; may be empty.")
    moves_seen = serializers.IntegerField(help_text="How often in a row it said so.")
    notes = serializers.CharField(help_text="What was wrong with the last good document.")
    fetches = serializers.SerializerMethodField(help_text=f"The last {MAX_FETCHES}, newest first.")

    @extend_schema_field({"type": "string", "enum": [str(each) for each in Condition]})
    def get_condition(self, source: Source) -> str:
        return health_of(source).condition.value

    def get_in_words(self, source: Source) -> str:
        now = timezone.now()  # noqa: TID251 (an interface)
        return health_of(source).in_words(now)

    @extend_schema_field(FetchSerializer(many=True))
    def get_fetches(self, source: Source) -> Any:
        newest = source.fetches.order_by("-started_at", "-pk")[:MAX_FETCHES]
        return FetchSerializer(newest, many=True).data


class SourceHealth(Restricted, DetailEndpoint):
    """How one source is, as the desk sees it: the last looks at it, and what went wrong."""

    serializer_class = SourceHealthSerializer
    scope = ApiKey.Scope.READ_DESK
    problem_codes = ("permission_denied", "not_found")
    noun = "source"

    def get_queryset(self) -> QuerySet[Any]:
        return with_last_fetch(Source.objects.all())

    def check_permissions(self, request: Request) -> None:
        super().check_permissions(request)
        if not request.user.has_perm(LOOK):
            raise PermissionDenied(f"{only(LOOK).capitalize()} may look at sources' health.")
