"""The API of producing: ask for a report of a briefing now."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from patriot.accounts.access import Restricted
from patriot.accounts.idempotency import Idempotent
from patriot.accounts.models import ApiKey
from patriot.lib.desk import log_action
from patriot.lib.endpoints import refuse_body, with_key
from patriot.work.models import Job
from patriot.work.serializers import StartedJobSerializer
from reports.api.report_serializers import page_of
from reports.models import Briefing, Report
from reports.pipeline.slots import open_report_now


class OpenedReportSerializer(serializers.Serializer[Any]):
    """A report that is being made."""

    id = serializers.IntegerField()
    url = serializers.HyperlinkedIdentityField(
        view_name="api:report", lookup_url_kwarg="pk", help_text="A 404 until it is published."
    )
    html_url = serializers.SerializerMethodField(help_text="Its page for people, then too.")
    briefing = serializers.CharField(source="briefing.slug")
    state = serializers.ChoiceField(choices=Report.State.choices)
    slot_at = serializers.DateTimeField()
    jobs = serializers.SerializerMethodField(
        help_text="Those there are so far; more follow with the same subject."
    )

    @extend_schema_field(OpenApiTypes.URI)
    def get_html_url(self, report: Report) -> str:
        return page_of(report, self.context)

    @extend_schema_field(StartedJobSerializer(many=True))
    def get_jobs(self, report: Report) -> Any:
        jobs = Job.objects.filter(subject=report.subject).only("id", "kind").order_by("pk")
        return StartedJobSerializer(jobs, many=True, context=self.context).data


class Produce(Idempotent, Restricted):
    """Have a report of this briefing produced now.

    It is begun, not finished, when the answer comes: follow its jobs. Asked again within the
    same minute of the clock, it is the same report. Send no body.
    """

    serializer_class = OpenedReportSerializer
    scope = ApiKey.Scope.PRODUCE_REPORTS
    problem_codes = (
        *("permission_denied", "not_found", "in_progress", "outcome_unknown"),
        *("unsupported_media_type", "key_reused"),
    )
    success = 202
    located_by = "url"

    def get_queryset(self) -> QuerySet[Briefing]:
        return Briefing.objects.all()

    @extend_schema(request=None)
    def post(self, request: Request, slug: str) -> Response:
        self.query = self.query_class.read(request)
        refuse_body(request)
        briefing = self.get_queryset().filter(slug=slug).first()
        if briefing is None:
            raise NotFound(f"There is no briefing {slug}.")
        return self.done_once(request, lambda: self.opened(request, briefing), status=self.success)

    def opened(self, request: Request, briefing: Briefing) -> Any:
        """Open the report, note who asked, and return it."""
        report = open_report_now(briefing, timezone.now())  # noqa: TID251 (an interface)
        sentence = f"Asked for a report now{with_key(request)}"
        log_action(request._request, Briefing.objects.filter(pk=briefing.pk), sentence)
        return self.get_serializer(report).data
