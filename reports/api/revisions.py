"""The API of a report's texts: what readers saw, what it was before, and at the desk the drafts."""

from __future__ import annotations

from typing import Any, ClassVar

import orjson
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.utils.cache import patch_cache_control
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from patriot.accounts.access import may
from patriot.accounts.models import ApiKey
from patriot.lib.endpoints import DetailEndpoint, Endpoint, ListEndpoint
from patriot.lib.pagination import NewestFirst
from patriot.lib.problems import Gone
from reports.api.documents import revision_text, texts_of
from reports.api.queries import SpanQuery, span_of
from reports.api.revision_serializers import ListedRevisionSerializer, RevisionDetailSerializer
from reports.models import Report


class RevisionQuery(SpanQuery):
    """Which texts: by when they were published, drafts by when they were begun."""


class TextsNewestFirst(NewestFirst):
    """By when readers could see them; drafts by when they were begun."""

    moment_field = "at"


class Texts(Endpoint):
    """What both addresses share: whoever may not see a draft is not told that there is one.

    Only a key opens drafts. A session does not: answers without a key are the same for
    everybody, and kept.
    """

    problem_codes: ClassVar[tuple[str, ...]] = ("not_found", "gone")

    @property
    def is_of_desk(self) -> bool:
        """Whether the client may see drafts."""
        return may(self.request, ApiKey.Scope.READ_DESK)

    def texts(self, report_id: int) -> QuerySet[Any]:
        """Return the texts that the client may see. Raises NotFound, or Gone with the reason."""
        missing = NotFound(f"There is no report {report_id}.")
        report = Report.objects.filter(pk=report_id).first()
        if report is None:
            raise missing
        if self.is_of_desk:
            return texts_of(report)
        if report.is_withdrawn:
            raise Gone(f"This report was withdrawn. {report.reason}")
        if not report.is_published:
            raise missing
        return texts_of(report).exclude(published_at=None)

    def finalize_response(self, request: Request, *args: Any, **kw: Any) -> Response:
        response = super().finalize_response(request, *args, **kw)
        if getattr(request, "auth", None):
            patch_cache_control(response, private=True, no_store=True)
        return response


class RevisionList(Texts, ListEndpoint):
    """List the texts of a report that readers saw, the newest first.

    With a key of the scope `desk:read` drafts are among them, also of reports that are not
    published or were withdrawn.
    """

    serializer_class = ListedRevisionSerializer
    pagination_class = TextsNewestFirst
    query_class = RevisionQuery

    def get(self, request: Request, pk: int) -> Response:  # type: ignore[override]
        self.query = self.query_class.read(request)
        texts = self.texts(pk).filter(**span_of(self.query, "at"))
        return self.get_paginated_response(self.written(self.paginate_queryset(texts)))


class RevisionDetail(Texts, DetailEndpoint):
    """One text of a report: sections, claims, the evidence of every claim, and its record.

    Drafts answer to keys with the scope `desk:read` only. One that was published never changes.
    """

    serializer_class = RevisionDetailSerializer
    problem_codes: ClassVar[tuple[str, ...]] = ("not_found", "gone")

    def get(self, request: Request, pk: int, number: int) -> HttpResponseBase:  # type: ignore[override]
        self.query = self.query_class.read(request)
        known = RevisionDetailSerializer().fields
        wanted = self.wanted(known)
        revision = self.texts(pk).filter(number=number).first()
        if revision is None:
            raise NotFound(f"There is no revision {number} of report {pk}.")
        text = revision_text(revision, origin=request.build_absolute_uri("/")[:-1])
        if len(wanted) == len(known):
            return HttpResponse(text, content_type="application/json")
        whole = orjson.loads(text.encode())
        return Response({name: whole[name] for name in whole if name in wanted})
