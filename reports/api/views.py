"""The API of briefings, reports, stories and articles: read-only, public."""

from __future__ import annotations

from typing import Any, ClassVar

import orjson
from django.db.models import Count, F, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.http import HttpResponse, HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from patriot.lib.endpoints import DetailEndpoint, Endpoint, ListEndpoint
from patriot.lib.pagination import ByID, NewestFirst
from patriot.lib.problems import Gone
from reports.api.documents import document_text
from reports.api.queries import ArticleQuery, ReportQuery, StoryQuery, span_of
from reports.api.report_serializers import ReportDetailSerializer, ReportSerializer
from reports.api.rows import ArticleRows, ReportRows, counted, excerpted
from reports.api.serializers import (
    ArticleSerializer,
    BriefingSerializer,
    BriefingWithRecordSerializer,
    StoryDetailSerializer,
    StorySerializer,
)
from reports.models import Briefing, Membership, Report, Section, Story
from sources.models import Article


# --- Briefings --------------------------------------------------------------------
class Briefings(Endpoint):
    """What both addresses share."""

    serializer_class = BriefingSerializer

    def get_queryset(self) -> QuerySet[Any]:
        published = Count("reports", filter=Q(reports__state=Report.State.PUBLISHED))
        reports = Report.objects.published().filter(briefing=OuterRef("pk"))
        newest = Subquery(reports.newest_first().values("pk")[:1])
        return Briefing.objects.annotate(report_count=published, newest_report_id=newest)


class BriefingList(Briefings, ListEndpoint):
    """List the recurring reports, with their schedules."""

    pagination_class = ByID


class BriefingDetail(Briefings, DetailEndpoint):
    """One recurring report, with its on-time record."""

    serializer_class = BriefingWithRecordSerializer
    noun = "briefing"
    lookup_field = "slug"


# --- Reports ----------------------------------------------------------------------
class ReportsNewestFirst(NewestFirst):
    """By slot, so that a report which came late stands where it belongs."""

    moment_field = "slot_at"


class ReportList(ReportRows):
    """List the published reports, newest first.

    `since` and `until` ask when a report was published: a client that polls with the moment of
    its last look misses none.
    """

    serializer_class = ReportSerializer
    pagination_class = ReportsNewestFirst
    query_class = ReportQuery

    def get_queryset(self) -> QuerySet[Any]:
        conditions = span_of(self.query, "published_at")
        if slug := self.query.get("briefing"):
            conditions["briefing__slug"] = slug
        return counted(Report.objects.published().filter(**conditions))


class ReportDetail(DetailEndpoint):
    """One published report: sections, claims, and the evidence of every claim.

    A report that was withdrawn answers 410 with the reason.
    """

    serializer_class = ReportDetailSerializer
    problem_codes: ClassVar[tuple[str, ...]] = ("not_found", "gone")
    noun = "report"

    def get_queryset(self) -> QuerySet[Any]:
        listed = Report.objects.public().select_related("briefing", "current")
        return listed.defer("current__record")

    def get(self, request: Request, **address: Any) -> HttpResponseBase:  # type: ignore[override]
        """Answer with the text that is kept of the report."""
        self.query = self.query_class.read(request)
        known = ReportDetailSerializer._declared_fields
        wanted = self.wanted(known)
        text = document_text(self.found(**address), origin=request.build_absolute_uri("/")[:-1])
        if len(wanted) == len(known):
            return HttpResponse(text, content_type="application/json")
        whole = orjson.loads(text.encode())
        return Response({name: whole[name] for name in whole if name in wanted})

    def found(self, **address: Any) -> Report:
        """Return the published report. Raises NotFound, or Gone with the reason."""
        report: Report = super().found(**address)
        if report.is_withdrawn:
            raise Gone(f"This report was withdrawn. {report.reason}")
        return report


# --- Stories ----------------------------------------------------------------------
class StoriesNewestFirst(NewestFirst):
    """By the newest article."""

    moment_field = "last_article_at"


class StoryList(ListEndpoint):
    """List the stories, those with the newest articles first."""

    serializer_class = StorySerializer
    pagination_class = StoriesNewestFirst
    query_class = StoryQuery

    def get_queryset(self) -> QuerySet[Any]:
        query = self.query
        conditions = span_of(query, "last_article_at")
        if sentiment := query.get("sentiment"):
            conditions["sentiment"] = sentiment
        return Story.objects.about(
            topic=query.get("topic", ""),
            person=query.get("person", ""),
            place=query.get("place", ""),
            organization=query.get("organization", ""),
        ).filter(**conditions)


class StoryDetail(DetailEndpoint):
    """One story with its articles, why each belongs to it, and the reports that told it."""

    serializer_class = StoryDetailSerializer
    noun = "story"

    def get_queryset(self) -> QuerySet[Any]:
        memberships = (
            Membership.objects.select_related("article__publisher")
            .defer("article__text")
            .order_by("article__published_at", "pk")
        )
        published = (
            Section.objects.filter(
                revision__report__state=Report.State.PUBLISHED,
                revision__report__current=F("revision"),
            )
            .select_related("revision__report")
            .defer("revision__record")
        )
        return Story.objects.prefetch_related(
            Prefetch("memberships", memberships),
            Prefetch(
                "sections",
                published.order_by("-revision__report__slot_at"),
                to_attr="published_sections",
            ),
        )


# --- Articles ---------------------------------------------------------------------
class ArticleList(ArticleRows):
    """List the articles, newest first."""

    serializer_class = ArticleSerializer
    pagination_class = NewestFirst
    query_class = ArticleQuery

    def get_queryset(self) -> QuerySet[Any]:
        conditions = span_of(self.query, "published_at")
        for name, field in (
            ("source", "source"),
            ("story", "membership__story"),
            ("language", "language"),
        ):
            if name in self.query:
                conditions[field] = self.query[name]
        return excerpted(Article.objects.filter(**conditions))


class ArticleDetail(DetailEndpoint):
    """One article: what it is, where it stands, how it begins, and its story.

    The text stays with its publisher; we show how it begins.
    """

    serializer_class = ArticleSerializer
    noun = "article"

    def get_queryset(self) -> QuerySet[Any]:
        articles = excerpted(Article.objects.defer("text"))
        return articles.select_related("publisher", "source", "membership__story")
