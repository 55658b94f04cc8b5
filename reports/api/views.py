"""The API of briefings, reports, stories and articles: read-only, public."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Count, F, IntegerField, OuterRef, Prefetch, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, Left

from patriot.lib.endpoints import DetailEndpoint, Endpoint, ListEndpoint
from patriot.lib.pagination import ByID, NewestFirst
from patriot.lib.problems import Gone
from reports.api.queries import ArticleQuery, ReportQuery, StoryQuery, span_of
from reports.api.report_serializers import ReportDetailSerializer, ReportSerializer, page_of
from reports.api.serializers import (
    EXCERPT_CHARS,
    ArticleSerializer,
    BriefingSerializer,
    BriefingWithRecordSerializer,
    StoryDetailSerializer,
    StorySerializer,
)
from reports.models import Briefing, Claim, Evidence, Membership, Prompt, Report, Section, Story
from sources.models import Article, Passage


# --- Briefings --------------------------------------------------------------------
class Briefings(Endpoint):
    """What both addresses share."""

    serializer_class = BriefingSerializer

    def get_queryset(self) -> QuerySet[Any]:
        published = Count("reports", filter=Q(reports__state=Report.State.PUBLISHED))
        return Briefing.objects.annotate(report_count=published)


class BriefingList(Briefings, ListEndpoint):
    """List the recurring reports, with their schedules."""

    pagination_class = ByID


class BriefingDetail(Briefings, DetailEndpoint):
    """One recurring report, with its on-time record."""

    serializer_class = BriefingWithRecordSerializer
    noun = "briefing"
    lookup_field = "slug"


# --- Reports ----------------------------------------------------------------------
def counted(reports: QuerySet[Report]) -> QuerySet[Any]:
    """Annotate what the report's current revision holds."""
    sections = Section.objects.filter(revision=OuterRef("current")).order_by()
    claims = Claim.objects.filter(section__revision=OuterRef("current")).order_by()
    return reports.annotate(
        section_count=_total(sections.values("revision").annotate(total=Count("pk"))),
        article_count=_total(sections.values("revision").annotate(total=Sum("article_count"))),
        claim_count=_total(claims.values("section__revision").annotate(total=Count("pk"))),
    )


def _total(rows: QuerySet[Any, Any]) -> Coalesce:
    return Coalesce(Subquery(rows.values("total")), 0, output_field=IntegerField())


class ReportsNewestFirst(NewestFirst):
    """By slot, so that a report which came late stands where it belongs."""

    moment_field = "slot_at"


class ReportList(ListEndpoint):
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
        published = Report.objects.published().filter(**conditions)
        listed = published.select_related("briefing", "current").defer("current__record")
        return counted(listed)


class ReportDetail(DetailEndpoint):
    """One published report: sections, claims, and the evidence of every claim.

    A report that was withdrawn answers 410 with the reason.
    """

    serializer_class = ReportDetailSerializer
    problem_codes: ClassVar[tuple[str, ...]] = ("not_found", "gone")
    noun = "report"

    def get_queryset(self) -> QuerySet[Any]:
        evidence = (
            Evidence.objects.order_by("position")
            .select_related("passage__article__publisher")
            .annotate(for_story=F("passage__article__source__for_story"))
        )
        claims = Claim.objects.order_by("position").prefetch_related(
            Prefetch("evidence", evidence.defer("passage__article__text"))
        )
        sections = (
            Section.objects.order_by("position")
            .select_related("story")
            .prefetch_related(Prefetch("claims", claims))
        )
        return counted(
            Report.objects.public()
            .select_related("briefing", "current")
            .defer("current__record")
            .prefetch_related(
                Prefetch("current__sections", sections),
                Prefetch("current__prompts", Prompt.objects.order_by("purpose")),
            )
        )

    def found(self, **address: Any) -> Report:
        """Return the published report. Raises NotFound, or Gone with the reason."""
        state, reason = (
            Report.objects.public().filter(**address).values_list("state", "reason").first()
        ) or ("", "")
        if state == Report.State.WITHDRAWN:
            raise Gone(f"This report was withdrawn. {reason}")
        return super().found(**address)  # type: ignore[no-any-return]

    def get_serializer(self, *args: Any, **options: Any) -> Any:
        """Return the serializer; it knows the page that the permalinks lead to."""
        context = dict(self.get_serializer_context())
        if args:
            context["page"] = page_of(args[0], context)
        return super().get_serializer(*args, **{"context": context} | options)


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
class Articles(Endpoint):
    """What both addresses share. The text stays with its publisher; we show how it begins."""

    serializer_class = ArticleSerializer

    def get_queryset(self) -> QuerySet[Any]:
        passages = Passage.objects.filter(article=OuterRef("pk"), version=OuterRef("version"))
        counted_passages = passages.order_by().values("article").annotate(total=Count("pk"))
        articles: QuerySet[Any] = Article.objects.defer("text").annotate(
            beginning=Left("text", EXCERPT_CHARS * 2), passage_count=_total(counted_passages)
        )
        return articles.select_related("publisher", "source", "membership__story")


class ArticleList(Articles, ListEndpoint):
    """List the articles, newest first."""

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
        articles: QuerySet[Any] = super().get_queryset().filter(**conditions)
        return articles


class ArticleDetail(Articles, DetailEndpoint):
    """One article: what it is, where it stands, how it begins, and its story."""

    noun = "article"
