"""The API of jobs: what waits, what is done, what was given up; to cancel and to run again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import APIException, NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from patriot.accounts.access import Restricted
from patriot.accounts.idempotency import Idempotent
from patriot.accounts.models import ApiKey
from patriot.lib.desk import log_action
from patriot.lib.endpoints import (
    DetailEndpoint,
    ListEndpoint,
    ListQuery,
    MomentField,
    refuse_body,
    with_key,
)
from patriot.lib.pagination import LastAddedFirst
from patriot.work import jobs
from patriot.work.models import Job
from reports.models import Report
from reports.pipeline.jobs import STEPS
from reports.pipeline.trials import KIND as TRY
from sources.pipeline.taking_in import KIND as IMPORT

MAX_ID = 2**63 - 1


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
    request_id = serializers.CharField(
        help_text="The X-Request-ID of the request that asked for it; empty if none did."
    )
    created_at = serializers.DateTimeField()
    not_before = serializers.DateTimeField(help_text="It is not tried before this moment.")
    finished_at = serializers.DateTimeField(allow_null=True)


class JobQuery(ListQuery):
    """Which jobs."""

    subject = serializers.CharField(
        max_length=60, required=False, help_text="Only those about this, such as “report 12”."
    )
    report = serializers.IntegerField(
        min_value=1, max_value=MAX_ID, required=False, help_text="Only those of this report (id)."
    )
    kind = serializers.ChoiceField(
        choices=[*STEPS, TRY, IMPORT], required=False, help_text="Only this step."
    )
    state = serializers.ChoiceField(choices=Job.State.choices, required=False)
    since = MomentField(required=False, help_text="Made from this moment on (included).")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse two subjects: jobs have one."""
        if {"subject", "report"} <= attrs.keys():
            raise serializers.ValidationError(
                {"report": "It says the same as `subject`: give one."}
            )
        return attrs


class Jobs(Restricted):
    """What both addresses share. What a step wrote is not shown: it is not checked yet."""

    serializer_class = JobSerializer
    scope = ApiKey.Scope.READ_JOBS

    def get_queryset(self) -> QuerySet[Any]:
        return Job.objects.defer("output")


class JobList(Jobs, ListEndpoint):
    """List the jobs, the newest first."""

    pagination_class = LastAddedFirst
    query_class = JobQuery

    def get_queryset(self) -> QuerySet[Any]:
        query = self.query
        asked: dict[str, Any] = {
            name: query[name] for name in ("subject", "kind", "state") if name in query
        }
        if "report" in query:
            asked["subject"] = f"report {query['report']}"
        if "since" in query:
            asked["created_at__gte"] = query["since"]
        return super().get_queryset().filter(**asked)


class JobDetail(Jobs, DetailEndpoint):
    """One job."""

    problem_codes = ("permission_denied", "not_found")
    noun = "job"


# --- Acting -----------------------------------------------------------------------
class NotCancelable(APIException):
    """The job is over."""

    status_code = 409
    default_code = "not_cancelable"


class NotDead(APIException):
    """Nothing is to be run again."""

    status_code = 409
    default_code = "not_dead"


class Acting(Idempotent, Jobs):
    """What both deeds share: the job, who asks, the histories."""

    scope = ApiKey.Scope.WRITE_JOBS
    noted: ClassVar[str]
    """For the histories of the job and of its report."""

    def done_to(
        self, request: Request, pk: int, act: Callable[[Job, datetime], None]
    ) -> Mapping[str, Any]:
        """Do something to a job; return it as it is then. Raises NotFound and what `act` does."""
        job = self.get_queryset().filter(pk=pk).first()
        if job is None:
            raise NotFound(f"There is no job {pk}.")
        act(job, timezone.now())  # noqa: TID251 (an interface)
        sentence = f"{self.noted}{with_key(request)}"
        log_action(request._request, Job.objects.filter(pk=pk), sentence)
        if job.subject.startswith("report "):
            report = Report.objects.filter(pk=int(job.subject.removeprefix("report ")))
            log_action(request._request, report, f"{job}: {sentence}")
        job.refresh_from_db()
        answer: Mapping[str, Any] = self.get_serializer(job).data
        return answer


class Cancel(Acting):
    """Cancel a job.

    One that waits never starts; one that is being worked on is overtaken when it wants to finish,
    and what it did is not kept. A report goes on without one of its stories; without a step of its
    own (a job without a `part`) it is over, with every step that still waits, and its reason says
    why. What is over is a 409 that says how it ended. Send no body.
    """

    problem_codes = (
        *("permission_denied", "not_found", "in_progress", "outcome_unknown", "not_cancelable"),
        *("unsupported_media_type", "key_reused"),
    )
    noted = "Canceled"

    @extend_schema(request=None)
    def post(self, request: Request, pk: int) -> Response:
        self.query = self.query_class.read(request)
        refuse_body(request)
        return self.done_once(request, lambda: self.done_to(request, pk, _cancel), status=200)


class RunAgain(Acting):
    """Run a dead job again.

    It gets fresh attempts, and its report another chance. A job that is not dead, and one that its
    report went on without, is left alone: a 409. Send no body.
    """

    success = 202
    located_by = "url"
    problem_codes = (
        *("permission_denied", "not_found", "in_progress", "outcome_unknown", "not_dead"),
        *("unsupported_media_type", "key_reused"),
    )
    noted = "Run again"

    @extend_schema(request=None)
    def post(self, request: Request, pk: int) -> Response:
        self.query = self.query_class.read(request)
        refuse_body(request)
        return self.done_once(
            request, lambda: self.done_to(request, pk, _run_again), status=self.success
        )


def _cancel(job: Job, now: datetime) -> None:
    """Raises NotCancelable."""
    if not jobs.cancel(job, now, way="through the API"):
        job.refresh_from_db()
        raise NotCancelable(f"{job} is {job.state} since {job.finished_at:%Y-%m-%d %H:%M} UTC.")


def _run_again(job: Job, now: datetime) -> None:
    """Raises NotDead."""
    if job.state != Job.State.DEAD:
        raise NotDead(f"{job} is {job.state}: only a dead job runs again.")
    if not jobs.run_again(job, now):
        raise NotDead(f"{job}: its report went on without it. Have another one produced instead.")
