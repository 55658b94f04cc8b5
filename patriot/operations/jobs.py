"""The API of jobs: what waits, what is done, and what was given up."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from patriot.accounts.access import Restricted
from patriot.accounts.models import ApiKey
from patriot.lib.endpoints import DetailEndpoint, ListEndpoint, ListQuery
from patriot.lib.pagination import ByID, Cursor
from patriot.work.models import Job


class JobSerializer(serializers.Serializer[Any]):
    """A piece of work with its attempts and its outcome."""

    id = serializers.IntegerField()
    url = serializers.HyperlinkedIdentityField(view_name="api:job", lookup_url_kwarg="pk")
    kind = serializers.CharField(help_text="The step, such as “ground”.")
    subject = serializers.CharField(help_text="What it is about, such as “report 12”.")
    part = serializers.CharField(help_text="Which part, such as “story 5”; may be empty.")
    state = serializers.ChoiceField(choices=Job.State.choices)
    attempts = serializers.IntegerField()
    error = serializers.CharField(
        source="last_error", help_text="Why the last attempt failed, in a sentence; may be empty."
    )
    created_at = serializers.DateTimeField()
    not_before = serializers.DateTimeField(help_text="It is not tried before this moment.")
    finished_at = serializers.DateTimeField(allow_null=True)


class JobQuery(ListQuery):
    """Which jobs."""

    subject = serializers.CharField(
        max_length=60, required=False, help_text="Only those about this, such as “report 12”."
    )
    state = serializers.ChoiceField(choices=Job.State.choices, required=False)


class LastMadeFirst(ByID):
    """In reverse order of their making."""

    def after(self, queryset: QuerySet[Any], cursor: Cursor | None) -> QuerySet[Any]:
        rows = queryset.order_by("-pk")
        return rows.filter(pk__lt=cursor.id) if cursor else rows


class Jobs(Restricted):
    """What both addresses share. What a step wrote is not shown: it is not checked yet."""

    serializer_class = JobSerializer
    scope = ApiKey.Scope.READ_JOBS

    def get_queryset(self) -> QuerySet[Any]:
        return Job.objects.defer("output")


class JobList(Jobs, ListEndpoint):
    """List the jobs, the newest first."""

    pagination_class = LastMadeFirst
    query_class = JobQuery

    def get_queryset(self) -> QuerySet[Any]:
        asked = {name: self.query[name] for name in ("subject", "state") if name in self.query}
        return super().get_queryset().filter(**asked)


class JobDetail(Jobs, DetailEndpoint):
    """One job."""

    problem_codes = ("permission_denied", "not_found")
    noun = "job"
