"""The API of acting on sources: fetch one now, pause it, resume it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import APIException, NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from patriot.accounts.access import Restricted
from patriot.accounts.idempotency import Idempotent
from patriot.accounts.models import ApiKey
from patriot.lib.desk import log_action
from patriot.lib.endpoints import ListEndpoint, ListQuery, MomentField, refuse_body, with_key
from patriot.lib.moments import rfc3339
from patriot.lib.pagination import NewestFirst
from sources.api.health import FetchSerializer
from sources.api.serializers import SourceSerializer
from sources.models import Fetch, Source
from sources.models.health import with_last_fetch
from sources.pipeline import control

PROBLEMS = (
    *("permission_denied", "not_found", "in_progress", "outcome_unknown"),
    *("unsupported_media_type", "key_reused"),
)


class Paused(APIException):
    """Nobody asks the source until it is resumed."""

    status_code = 409
    default_code = "source_paused"


class Busy(APIException):
    """A worker is at it."""

    status_code = 409
    default_code = "source_busy"


class FetchAskedSerializer(serializers.Serializer[Any]):
    """A fetch that somebody asked for."""

    source_url = serializers.HyperlinkedIdentityField(view_name="api:source", lookup_url_kwarg="pk")
    fetches_url = serializers.SerializerMethodField(
        help_text="Its fetches since it was asked for: empty until a worker has been there."
    )
    asked_at = serializers.SerializerMethodField()
    is_worker_there = serializers.SerializerMethodField(
        help_text="Whether a worker ticked lately; without one it waits."
    )

    @extend_schema_field(OpenApiTypes.URI)
    def get_fetches_url(self, source: Source) -> str:
        address = reverse("api:source-fetches", [source.pk], request=self.context["request"])
        return f"{address}?since={rfc3339(self.context['now'])}"

    @extend_schema_field(OpenApiTypes.DATETIME)
    def get_asked_at(self, source: Source) -> str:
        return rfc3339(self.context["now"])

    def get_is_worker_there(self, source: Source) -> bool:
        return control.is_anybody_working(self.context["now"])


class Acting(Idempotent, Restricted):
    """What every deed shares: the source, who asks, its history."""

    problem_codes: ClassVar[tuple[str, ...]] = PROBLEMS
    noted: ClassVar[str]

    def get_queryset(self) -> QuerySet[Any]:
        return with_last_fetch(Source.objects.curated().select_related("publisher"))

    def act(self, source: Source, now: datetime) -> bool:
        """Do it; tell whether anything has changed. Raises what is in the way."""
        raise NotImplementedError

    def acted(self, request: Request, pk: int) -> Response:
        """Do it once for this request, note it and answer with what there is then."""
        self.query = self.query_class.read(request)
        refuse_body(request)
        if not self.get_queryset().filter(pk=pk).exists():
            raise NotFound(f"There is no source {pk}.")
        return self.done_once(request, lambda: self.told(request, pk), status=self.success)

    def told(self, request: Request, pk: int) -> Mapping[str, Any]:
        """Do it and return what the client is told."""
        self.now = timezone.now()  # noqa: TID251 (an interface)
        if self.act(self.get_queryset().get(pk=pk), self.now):
            sentence = f"{self.noted}{with_key(request)}"
            log_action(request._request, Source.objects.filter(pk=pk), sentence)
        answer: Mapping[str, Any] = self.get_serializer(self.get_queryset().get(pk=pk)).data
        return answer

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "now": getattr(self, "now", None)}


class FetchNow(Acting):
    """Have a source fetched now.

    A worker looks within a minute; follow Location until it lists a fetch. A search may cost money.
    A source that is paused or just being fetched is left alone: a 409. Send no body.
    """

    serializer_class = FetchAskedSerializer
    scope = ApiKey.Scope.FETCH_SOURCES
    problem_codes = (*PROBLEMS, "source_paused", "source_busy")
    success = 202
    located_by = "fetches_url"
    noted = "Asked for a fetch now"

    @extend_schema(request=None)
    def post(self, request: Request, pk: int) -> Response:
        return self.acted(request, pk)

    def act(self, source: Source, now: datetime) -> bool:
        asked = control.fetch_now([source.pk], now)
        if asked.paused:
            raise Paused(f"{source.name} is paused: resume it first, then fetch.")
        if asked.busy:
            raise Busy(f"{source.name} is being fetched at this moment.")
        return True


class Pause(Acting):
    """Pause a source: nobody looks at it until it is resumed. Send no body."""

    serializer_class = SourceSerializer
    scope = ApiKey.Scope.WRITE_SOURCES
    noted = "Paused"

    @extend_schema(request=None)
    def post(self, request: Request, pk: int) -> Response:
        return self.acted(request, pk)

    def act(self, source: Source, now: datetime) -> bool:
        return bool(control.pause([source.pk]))


class Resume(Acting):
    """Resume a source that was paused: a feed is due now, a search at its time. Send no body."""

    serializer_class = SourceSerializer
    scope = ApiKey.Scope.WRITE_SOURCES
    noted = "Resumed"

    @extend_schema(request=None)
    def post(self, request: Request, pk: int) -> Response:
        return self.acted(request, pk)

    def act(self, source: Source, now: datetime) -> bool:
        return bool(control.resume([source.pk], now))


# --- What came of it --------------------------------------------------------------
class FetchQuery(ListQuery):
    """Which fetches."""

    since = MomentField(required=False, help_text="Begun from this moment on (included).")


class NewestFetchFirst(NewestFirst):
    """By when they began."""

    moment_field = "started_at"


class SourceFetches(Restricted, ListEndpoint):
    """List the fetches of a source, the newest first."""

    serializer_class = FetchSerializer
    scope = ApiKey.Scope.FETCH_SOURCES
    problem_codes = ("permission_denied", "not_found")
    pagination_class = NewestFetchFirst
    query_class = FetchQuery

    def get(self, request: Request, pk: int) -> Response:  # type: ignore[override] # one of many
        if not Source.objects.filter(pk=pk).exists():
            raise NotFound(f"There is no source {pk}.")
        return super().get(request)

    def get_queryset(self) -> QuerySet[Any]:
        query = getattr(self, "query", {})
        since = {"started_at__gte": query["since"]} if "since" in query else {}
        return Fetch.objects.filter(source=self.kwargs.get("pk"), **since)
