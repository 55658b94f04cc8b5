"""Lists that clients poll, written from rows with no serializer between.

What stands here is what the serializers of the same things say; a test holds one against the
other. Moments stay moments: the renderer writes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, time
from typing import Any, ClassVar

from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, Left
from django.urls import reverse

from patriot.lib.endpoints import RowsEndpoint
from reports.api.serializers import EXCERPT_CHARS, excerpt
from reports.models import Claim, Report, Section
from sources.models import Article, Passage
from sources.models.publisher import known_or_empty

# What stands for the parts of a report's address while it is reversed.
A_SLUG, A_DAY, A_SLOT = "a-slug", "2000-01-01", "0000"


def total(rows: QuerySet[Any, Any]) -> Coalesce:
    """Return an expression for what one subquery's `total` counts; 0 where it has no row."""
    return Coalesce(Subquery(rows.values("total")), 0, output_field=IntegerField())


# --- Reports ----------------------------------------------------------------------
def counted(reports: QuerySet[Report]) -> QuerySet[Any]:
    """Annotate what each report's current revision holds."""
    sections = Section.objects.filter(revision=OuterRef("current")).order_by()
    claims = Claim.objects.filter(section__revision=OuterRef("current")).order_by()
    return reports.annotate(
        section_count=total(sections.values("revision").annotate(total=Count("pk"))),
        article_count=total(sections.values("revision").annotate(total=Sum("article_count"))),
        claim_count=total(claims.values("section__revision").annotate(total=Count("pk"))),
    )


class ReportRows(RowsEndpoint):
    """Reports as `ReportSerializer` says them."""

    columns: ClassVar[tuple[str, ...]] = (
        *("pk", "briefing__slug", "current__title", "number", "state"),
        *("local_date", "slot", "slot_at", "published_at"),
        *("section_count", "claim_count", "article_count"),
    )

    def write(self, rows: Sequence[Any]) -> Iterator[dict[str, Any]]:
        url, briefing_url = self.addresses("api:report"), self.addresses("api:briefing")
        page = self._pages()
        for row in rows:
            slug = row.briefing__slug
            yield {
                "id": row.pk,
                "url": url(row.pk),
                "html_url": page(slug, row.local_date, row.slot),
                "briefing": slug,
                "briefing_url": briefing_url(slug),
                "title": row.current__title,
                "number": row.number,
                "state": row.state,
                "local_date": row.local_date,
                "slot": row.slot,
                "slot_at": row.slot_at,
                "published_at": row.published_at,
                "counts": {
                    "sections": row.section_count,
                    "claims": row.claim_count,
                    "articles": row.article_count,
                },
            }

    def _pages(self) -> Callable[[str, date, time], str]:
        """Return what gives the address of a report's page."""
        route = reverse("reports:report", args=[A_SLUG, A_DAY, A_SLOT])
        whole = self.request.build_absolute_uri(route)
        start, _, end = whole.rpartition(f"{A_SLUG}/{A_DAY}/{A_SLOT}")
        return lambda slug, day, slot: f"{start}{slug}/{day.isoformat()}/{slot:%H%M}{end}"


# --- Articles ---------------------------------------------------------------------
def excerpted(articles: QuerySet[Article]) -> QuerySet[Any]:
    """Annotate how each article begins, and in how many passages it stands."""
    passages = Passage.objects.filter(article=OuterRef("pk"), version=OuterRef("version"))
    counts = passages.order_by().values("article").annotate(total=Count("pk"))
    return articles.annotate(beginning=Left("text", EXCERPT_CHARS * 2), passage_count=total(counts))


class ArticleRows(RowsEndpoint):
    """Articles as `ArticleSerializer` says them."""

    columns: ClassVar[tuple[str, ...]] = (
        *("pk", "url", "title", "language", "published_at", "beginning", "author"),
        *("publisher__name", "publisher__domain", "publisher__family", "source_id"),
        *("first_seen_at", "updated_at", "version", "passage_count"),
        *("membership__story_id", "membership__story__title", "membership__copy_of_id"),
    )

    def write(self, rows: Sequence[Any]) -> Iterator[dict[str, Any]]:
        url, source_url = self.addresses("api:article"), self.addresses("api:source")
        story_url, story_page = self.addresses("api:story"), self.addresses("reports:story")
        for row in rows:
            story, original = row.membership__story_id, row.membership__copy_of_id
            yield {
                "id": row.pk,
                "url": url(row.pk),
                "link": row.url,
                "title": row.title,
                "language": row.language,
                "published_at": row.published_at,
                "excerpt": excerpt(row.beginning),
                "author": row.author,
                "publisher": {
                    "name": row.publisher__name,
                    "domain": known_or_empty(row.publisher__domain),
                    "family": known_or_empty(row.publisher__family),
                },
                "source_url": source_url(row.source_id),
                "first_seen_at": row.first_seen_at,
                "updated_at": row.updated_at,
                "version": row.version,
                "passage_count": row.passage_count,
                "story": None
                if story is None
                else {
                    "id": story,
                    "url": story_url(story),
                    "html_url": story_page(story),
                    "title": row.membership__story__title,
                },
                "copy_of_url": None if original is None else url(original),
            }
