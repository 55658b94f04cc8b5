"""The API of storylines: stories that continue one another, and what reports told of them."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from patriot.lib.endpoints import DetailEndpoint, ListEndpoint
from patriot.lib.pagination import NewestFirst
from reports.api.queries import SpanQuery, span_of
from reports.api.serializers import PageField, StoryLinkSerializer
from reports.domain.storylines import Status
from reports.models import Claim, Section, Story
from reports.pages.storyline import storyline_of
from reports.pages.storylines import Line, Telling, line_of, lines_of, newest_stories, why_of


# --- What is said -----------------------------------------------------------------
class StorylineSerializer(serializers.Serializer[Any]):
    """Stories that continue one another."""

    id = serializers.IntegerField(help_text="That of the story that it began with.")
    url = serializers.HyperlinkedIdentityField(
        view_name="api:storyline", lookup_field="id", lookup_url_kwarg="pk"
    )
    html_url = PageField("reports:storyline", source="id")
    title = serializers.CharField(
        help_text="The headline of the report that told it last; else its newest story's title."
    )
    language = serializers.CharField(help_text="Of the title; empty if unknown.")
    status = serializers.ChoiceField(
        choices=[status.value for status in Status],
        help_text="How it stands for whoever reads the reports.",
    )
    first_article_at = serializers.DateTimeField()
    last_article_at = serializers.DateTimeField()
    story_count = serializers.SerializerMethodField()
    article_count = serializers.IntegerField()
    last_told_at = serializers.SerializerMethodField(
        help_text="The slot of the published report that told it last; null if none did."
    )
    last_told_url = serializers.SerializerMethodField(help_text="That report.")

    def get_story_count(self, line: Line) -> int:
        return len(line.stories)

    @extend_schema_field({"type": ["string", "null"], "format": "date-time"})
    def get_last_told_at(self, line: Line) -> Any:
        return line.told[0].report.slot_at if line.told else None

    @extend_schema_field({"type": ["string", "null"], "format": "uri"})
    def get_last_told_url(self, line: Line) -> str | None:
        if not line.told:
            return None
        address = reverse("api:report", args=[line.told[0].report.pk])
        return str(self.context["request"].build_absolute_uri(address))


class PartSerializer(StoryLinkSerializer):
    """One story of a storyline."""

    language = serializers.CharField()
    first_article_at = serializers.DateTimeField()
    last_article_at = serializers.DateTimeField()
    article_count = serializers.IntegerField()
    why = serializers.SerializerMethodField(
        help_text="Why it continues the one before, in a sentence; empty for the first."
    )

    def get_why(self, story: Story) -> str:
        return why_of(story)


class SaidSerializer(serializers.Serializer[Any]):
    """A sentence of a report."""

    text = serializers.CharField()
    language = serializers.CharField()
    permalink = serializers.SerializerMethodField(help_text="Where its evidence can be opened.")

    @extend_schema_field(OpenApiTypes.URI)
    def get_permalink(self, claim: Claim) -> str:
        return f"{self.context['page']}#{claim.anchor}"


class DevelopmentSerializer(serializers.Serializer[Any]):
    """What one published report told of a storyline."""

    report_url = serializers.HyperlinkedRelatedField(  # type: ignore[var-annotated]
        source="report", view_name="api:report", lookup_url_kwarg="pk", read_only=True
    )
    permalink = serializers.CharField(help_text="The section on the report's page.")
    briefing = serializers.CharField(source="report.briefing.slug", help_text="Its slug.")
    slot_at = serializers.DateTimeField(source="report.slot_at")
    story = serializers.IntegerField(source="section.story_id", help_text="The one told: its id.")
    status = serializers.ChoiceField(source="section.status", choices=Section.Status.choices)
    headline = SaidSerializer(allow_null=True)
    changed = SaidSerializer(many=True, help_text="What it said is new.")

    def to_representation(self, told: Telling) -> dict[str, Any]:
        report = told.report
        request = self.context["request"]
        page = str(request.build_absolute_uri(report.get_absolute_url()))
        context = dict(self.context) | {"page": page}
        headline, changed = told.headline, told.changed
        return {
            "report_url": request.build_absolute_uri(reverse("api:report", args=[report.pk])),
            "permalink": f"{page}#{told.section.anchor}",
            "briefing": report.briefing.slug,
            "slot_at": report.slot_at,
            "story": told.section.story_id,
            "status": told.section.status,
            "headline": SaidSerializer(headline, context=context).data if headline else None,
            "changed": SaidSerializer(changed, many=True, context=context).data,
        }


class StorylineDetailSerializer(StorylineSerializer):
    """A storyline with its stories, the oldest first, and what reports told, the newest first."""

    stories = PartSerializer(many=True)
    told_in = DevelopmentSerializer(source="told", many=True)


# --- The addresses ----------------------------------------------------------------
class LinesNewestFirst(NewestFirst):
    """By the newest article of all their stories."""

    moment_field = "last_article_at"


class StorylineQuery(SpanQuery):
    """Which storylines: by their newest article."""


class StorylineList(ListEndpoint):
    """List the storylines of more than one story, those with the newest articles first."""

    serializer_class = StorylineSerializer
    pagination_class = LinesNewestFirst
    query_class = StorylineQuery

    def get_queryset(self) -> QuerySet[Any]:
        return newest_stories().filter(**span_of(self.query, "last_article_at"))

    def written(self, page: Any) -> Any:
        now = timezone.now()  # noqa: TID251 (an interface)
        return super().written(lines_of(page, now=now))


class StorylineDetail(DetailEndpoint):
    """One storyline, by the id of any of its stories: its own id is that of the first."""

    serializer_class = StorylineDetailSerializer
    noun = "story"

    def get_queryset(self) -> QuerySet[Any]:
        return Story.objects.select_related("merged_into__merged_into")

    def get(self, request: Request, pk: int) -> Response:  # type: ignore[override]
        self.query = self.query_class.read(request)
        beginning = self.found(pk=pk)
        if (first := storyline_of(beginning)) != pk:
            beginning = self.found(pk=first)
        now = timezone.now()  # noqa: TID251 (an interface)
        return Response(self.get_serializer(line_of(beginning, now=now)).data)
