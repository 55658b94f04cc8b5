"""The API of lists of feeds: bring one, look at what becomes of each row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from patriot.accounts.access import Restricted
from patriot.accounts.idempotency import Idempotent
from patriot.accounts.models import ApiKey
from patriot.lib.bodies import Body, TextField, YesOrNoField
from patriot.lib.desk import log_action
from patriot.lib.endpoints import DetailEndpoint, with_key
from patriot.work.models import Job
from patriot.work.serializers import StartedJobSerializer
from sources.domain.outlines import tag_of
from sources.gateways.parser import Parser
from sources.gateways.unreadable import Unreadable
from sources.models import Import
from sources.pipeline import taking_in
from sources.pipeline.imports import (
    Preview,
    Verdict,
    counts_of,
    keep,
    preview,
    read_list,
    rows_of,
)

MAX_LIST_CHARS = 500_000
MAX_NAME_CHARS = 200
MAX_TAGS = 10
MAX_TAG_CHARS = 40
USUAL_NAME = "A list by the API"


class ListSerializer(Body):
    """A list of feeds."""

    list = TextField(
        min_length=1,
        max_length=MAX_LIST_CHARS,
        trim_whitespace=False,
        help_text="OPML as every feed reader exports it, CSV with a column of addresses, a "
        "browser's bookmarks, or one address on each line. Larger lists: at the desk, or in parts.",
    )
    name = TextField(
        max_length=MAX_NAME_CHARS, required=False, help_text="What it is called at the desk."
    )
    tags = serializers.ListField(
        child=TextField(max_length=MAX_TAG_CHARS),
        max_length=MAX_TAGS,
        required=False,
        help_text="For all feeds, before those of their folders.",
    )
    is_dry_run = YesOrNoField(
        default=False, help_text="Only say what would become of each row; add nothing."
    )


class CountsSerializer(serializers.Serializer[Any]):
    """How many rows have each verdict."""

    new = serializers.IntegerField(help_text="Could be added, or will be.")
    known = serializers.IntegerField(help_text="We watch them already.")
    twice = serializers.IntegerField(help_text="They stand further up in the list.")
    refused = serializers.IntegerField(help_text="Their addresses are none that we read.")
    added = serializers.IntegerField()


class ImportSerializer(serializers.Serializer[Any]):
    """A list of feeds that somebody brought."""

    id = serializers.IntegerField()
    url = serializers.HyperlinkedIdentityField(view_name="api:import", lookup_url_kwarg="pk")
    name = serializers.CharField()
    created_at = serializers.DateTimeField()
    applied_at = serializers.DateTimeField(
        allow_null=True,
        help_text="When its feeds were added; null until then, and after a dry run.",
    )
    counts = serializers.SerializerMethodField()
    notes = serializers.ListField(
        child=serializers.CharField(), help_text="What was odd about the list, in sentences."
    )
    jobs = serializers.SerializerMethodField(
        help_text="The one that adds its feeds; none for a dry run, nor for a list from the desk."
    )

    @extend_schema_field(CountsSerializer)
    def get_counts(self, stored: Import) -> Any:
        found = counts_of(row["verdict"] for row in stored.rows)
        return {str(verdict): found.get(str(verdict), 0) for verdict in Verdict}

    @extend_schema_field(StartedJobSerializer(many=True))
    def get_jobs(self, stored: Import) -> Any:
        jobs = Job.objects.filter(subject=stored.subject).only("id", "kind")
        return StartedJobSerializer(jobs, many=True, context=self.context).data


class RowSerializer(serializers.Serializer[Any]):
    """One feed of a list, and what became of it."""

    number = serializers.IntegerField(help_text="Its place among the feeds of the list, from 1.")
    feed_url = serializers.CharField(source="url")
    name = serializers.CharField()
    verdict = serializers.ChoiceField(choices=[str(verdict) for verdict in Verdict])
    in_words = serializers.CharField(help_text="For people: its wording may change.")
    source_id = serializers.IntegerField(
        source="source", allow_null=True, help_text="The source that it is, or became."
    )


class ImportWithRowsSerializer(ImportSerializer):
    """A list of feeds with each of its rows."""

    rows = serializers.SerializerMethodField()

    @extend_schema_field(RowSerializer(many=True))
    def get_rows(self, stored: Import) -> Any:
        return RowSerializer(rows_of(stored), many=True).data


class BringList(Idempotent, Restricted):
    """Import a list of feeds, or look at what would become of it.

    The list is read at once: the answer counts its rows, and Location says of each what it is. A
    job adds those that are new; follow Location until `applied_at` is there. A dry run has no job
    and adds nothing; it may be taken in at the desk. New sources are fetched for the first time
    within a quarter of an hour.
    """

    serializer_class = ImportSerializer
    scope = ApiKey.Scope.WRITE_SOURCES
    problem_codes = (
        *("permission_denied", "in_progress", "outcome_unknown", "too_large"),
        *("unsupported_media_type", "key_reused"),
    )
    success = 202
    located_by = "url"

    @extend_schema(
        request=ListSerializer,
        examples=[
            OpenApiExample(
                "Two addresses",
                value={
                    "list": "https://courier.example/feed\nhttps://echo.example/rss",
                    "tags": ["valley"],
                    "is_dry_run": False,
                },
                request_only=True,
            ),
        ],
    )
    def post(self, request: Request) -> Response:
        self.query = self.query_class.read(request)
        asked = ListSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        found = found_in(said["list"], tags=said.get("tags", []))
        name = said.get("name") or USUAL_NAME
        return self.done_once(
            request,
            lambda: self.brought(request, found, name=name, is_dry_run=said["is_dry_run"]),
            status=self.success,
        )

    def brought(
        self, request: Request, found: Preview, *, name: str, is_dry_run: bool
    ) -> Mapping[str, Any]:
        """Keep the list, have it taken in unless it is a dry run, and say what it is."""
        now = timezone.now()  # noqa: TID251 (an interface)
        stored = keep(found, name=name, author=request.user, now=now)
        if not is_dry_run:
            taking_in.begin(stored, now)
        log_action(
            request._request, Import.objects.filter(pk=stored.pk), f"Brought{with_key(request)}"
        )
        answer: Mapping[str, Any] = self.get_serializer(stored).data
        return answer


def found_in(text: str, *, tags: list[str]) -> Preview:
    """Return what a list says. Raises ValidationError if it is none."""
    try:
        read = read_list(text.encode("utf-8", "replace"), parser=Parser.shared())
    except Unreadable as error:
        raise serializers.ValidationError({"list": [str(error)]}) from error
    known = [tag for name in tags if (tag := tag_of(name))]
    return preview(read, tags=known, allow=settings.OUTBOUND_ALLOW)


class ImportDetail(Restricted, DetailEndpoint):
    """One list of feeds that was brought, with what became of each row."""

    serializer_class = ImportWithRowsSerializer
    scope = ApiKey.Scope.WRITE_SOURCES
    problem_codes = ("permission_denied", "not_found")
    noun = "import"

    def get_queryset(self) -> QuerySet[Any]:
        return Import.objects.all()
