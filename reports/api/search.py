"""The API of the search: what reports and articles say about a question, best first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from django.urls import reverse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from patriot.lib.endpoints import ListEndpoint, ListQuery, MomentField
from patriot.lib.pagination import EPOCH, ByID, Cursor
from patriot.lib.problems import Unavailable
from patriot.lib.text import one_line
from reports.api.queries import SLUG
from reports.api.serializers import ArticlePublisherSerializer, moment
from reports.models import Briefing
from reports.pages.search import TOO_SLOW, Hit, Search, Where
from sources.domain.highlights import Piece
from sources.domain.questions import MAX_CHARS, Unanswerable, parse_question
from sources.models.search import MAX_RANKED, Found, TooSlow

MAX_DOMAIN_CHARS = 253

SPANS = {
    "type": "array",
    "items": {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2},
}


class SearchQuery(ListQuery):
    """What to look for, and where."""

    q = serializers.CharField(
        max_length=MAX_CHARS, help_text='Words, "a phrase", -without, one or another.'
    )
    since = MomentField(required=False, help_text="From this moment on (included).")
    until = MomentField(required=False, help_text="Before this moment.")
    publisher = serializers.CharField(
        required=False,
        max_length=MAX_DOMAIN_CHARS,
        help_text="A domain: only this publisher's articles, and what quotes them.",
    )
    briefing = serializers.RegexField(
        SLUG, required=False, help_text="Only reports of the briefing with this slug."
    )

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        # A word of Python, so it cannot be declared like the others.
        where = serializers.ChoiceField(
            choices=[where.value for where in Where],
            default=Where.REPORTS.value,
            help_text="What is searched.",
        )
        return super().get_fields() | {"in": where}

    def validate_q(self, text: str) -> str:
        """Return the text clean. Raises ValidationError with what to ask instead."""
        text = one_line(text, max_chars=MAX_CHARS)
        try:
            parse_question(text)
        except Unanswerable as error:
            raise serializers.ValidationError(str(error)) from error
        return text

    def validate_cursor(self, cursor: Cursor) -> Cursor:
        """A cursor of another list leads nowhere here."""
        if cursor.moment != EPOCH or cursor.id > MAX_RANKED:
            raise serializers.ValidationError(
                "This is no cursor of a search: take it from `next` of the page before."
            )
        return cursor


class HitSerializer(serializers.Serializer[Any]):
    """A section of a published report, or an article."""

    kind = serializers.SerializerMethodField()
    url = serializers.SerializerMethodField(help_text="Of the report or article, in this API.")
    html_url = serializers.SerializerMethodField(
        help_text="Of the section in its report, or of the article's story; null if it has none."
    )
    link = serializers.SerializerMethodField(help_text="At the publisher's; may be empty.")
    title = serializers.SerializerMethodField()
    title_marks = serializers.SerializerMethodField(help_text="Like `marks`, in the title.")
    language = serializers.CharField(source="title_language", help_text="ISO 639; may be empty.")
    excerpt = serializers.SerializerMethodField(help_text="The sentence or passage that fits best.")
    excerpt_language = serializers.CharField()
    marks = serializers.SerializerMethodField(
        help_text="Where the excerpt has the words: start and end, in code points from 0."
    )
    at = serializers.SerializerMethodField(
        help_text="The report's slot, or when the article was published."
    )
    briefing = serializers.SerializerMethodField(help_text="The slug; null for an article.")
    publisher = serializers.SerializerMethodField(help_text="Null for a report.")

    @extend_schema_field({"type": "string", "enum": ["report", "article"]})
    def get_kind(self, hit: Hit) -> str:
        return "report" if hit.section else "article"

    @extend_schema_field(OpenApiTypes.URI)
    def get_url(self, hit: Hit) -> str:
        if hit.section:
            return self._absolute(reverse("api:report", args=[hit.section.revision.report_id]))
        return self._absolute(reverse("api:article", args=[hit.article and hit.article.pk]))

    @extend_schema_field({"type": ["string", "null"], "format": "uri"})
    def get_html_url(self, hit: Hit) -> str | None:
        if hit.section:
            return self._absolute(hit.url)
        if hit.story_id:
            return self._absolute(reverse("reports:story", args=[hit.story_id]))
        return None

    def get_link(self, hit: Hit) -> str:
        return hit.url if hit.article else ""

    def get_title(self, hit: Hit) -> str:
        return text_of(hit.title)

    @extend_schema_field(SPANS)
    def get_title_marks(self, hit: Hit) -> list[tuple[int, int]]:
        return list(marks_of(hit.title))

    def get_excerpt(self, hit: Hit) -> str:
        return text_of(hit.excerpt)

    @extend_schema_field(SPANS)
    def get_marks(self, hit: Hit) -> list[tuple[int, int]]:
        return list(marks_of(hit.excerpt))

    @extend_schema_field(OpenApiTypes.DATETIME)
    def get_at(self, hit: Hit) -> str:
        return moment(hit.at)

    @extend_schema_field({"type": ["string", "null"]})
    def get_briefing(self, hit: Hit) -> str | None:
        return hit.section.revision.report.briefing.slug if hit.section else None

    @extend_schema_field(ArticlePublisherSerializer(allow_null=True))
    def get_publisher(self, hit: Hit) -> Any:
        return ArticlePublisherSerializer(hit.article.publisher).data if hit.article else None

    def _absolute(self, address: str) -> str:
        return str(self.context["request"].build_absolute_uri(address))


def text_of(pieces: Iterable[Piece]) -> str:
    """Return the pieces as one text."""
    return "".join(piece.text for piece in pieces)


def marks_of(pieces: Iterable[Piece]) -> Iterable[tuple[int, int]]:
    """Yield where in that text the marked pieces are."""
    end = 0
    for piece in pieces:
        start, end = end, end + len(piece.text)
        if piece.is_marked:
            yield start, end


class BestFirst(ByID):
    """The best matches, as far as they are ranked; a cursor says how many were read."""

    found: Found

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """Return the ids of one page."""
        self.request, self.found = request, queryset
        begin = view.query["cursor"].id if "cursor" in view.query else 0
        end = begin + view.query["page_size"]
        self.cursor = Cursor(EPOCH, end) if end < len(self.found.ids) else None
        return list(self.found.ids[begin:end])

    def get_paginated_response(self, data: Any) -> Response:
        """Return the page, with how many matches there are."""
        response = super().get_paginated_response(data)
        counts = {"total": self.found.total, "is_capped": self.found.is_capped}
        response.data = {"next": response.data["next"], **counts, "results": data}
        return response

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Describe the page for OpenAPI."""
        described = super().get_paginated_response_schema(schema)
        described["required"] = ["next", "total", "is_capped", "results"]
        described["properties"] |= {
            "total": {
                "type": "integer",
                "description": f"How many match. At most {MAX_RANKED} can be read.",
            },
            "is_capped": {
                "type": "boolean",
                "description": "So many match that only the newest were ranked; of a phrase, "
                "that only among the newest `total` was counted.",
            },
        }
        return described


class SearchList(ListEndpoint):
    """Search published reports, or articles: the best matches first.

    A match has all the words, in any form and in any language that is read here. Newer ones come
    first among equals.
    """

    serializer_class = HitSerializer
    pagination_class = BestFirst
    query_class = SearchQuery
    problem_codes: ClassVar[tuple[str, ...]] = ()

    def get(self, request: Request) -> Response:
        self.query = self.query_class.read(request)
        is_about_reports = self.query["in"] == Where.REPORTS
        try:
            search = self._search()
            slug = self.query.get("briefing", "")
            found = search.reports(slug) if is_about_reports else search.articles()
        except Unanswerable as error:
            raise serializers.ValidationError({"q": str(error)}) from error
        except TooSlow as error:
            raise Unavailable(TOO_SLOW) from error
        ids: Sequence[int] = self.paginate_queryset(found)  # type: ignore[arg-type,assignment] # ours takes it
        hits = search.sections(ids) if is_about_reports else search.read(ids)
        return self.get_paginated_response(self.get_serializer(list(hits), many=True).data)

    def _search(self) -> Search:
        now = timezone.now()  # noqa: TID251 (an interface)
        return Search(
            parse_question(self.query["q"]),
            list(Briefing.objects.all()),
            now=now,
            since=self.query.get("since"),
            until=self.query.get("until"),
            publisher=self.query.get("publisher", ""),
        )
