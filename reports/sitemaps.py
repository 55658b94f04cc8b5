"""The sitemap: what is for people to read, for those who search on their behalf."""

from __future__ import annotations

from datetime import datetime

from django.contrib.sitemaps import Sitemap
from django.db.models import F, Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse

from reports.models import Briefing, Report, Section, Story

# A sitemap may hold 50,000 addresses; a page of this many is made within a second.
REPORTS_A_PAGE = 2_000


class Pages(Sitemap):  # type: ignore[type-arg] # not at run time
    """The pages that are always there."""

    def items(self) -> list[str]:
        return [
            "reports:front",
            "reports:archive",
            "reports:stories",
            "sources:sources",
            "reports:corrections",
            "reports:quality",
            "reports:how",
        ]

    def location(self, item: str) -> str:
        return reverse(item)


class Briefings(Sitemap):  # type: ignore[type-arg]
    """Each briefing's archive, as of its newest report."""

    def items(self) -> QuerySet[Briefing]:
        newest = Report.objects.published().filter(briefing=OuterRef("pk")).newest_first()
        return Briefing.objects.annotate(
            newest_at=Subquery(newest.values("current__published_at")[:1])
        ).order_by("slug")

    def location(self, item: Briefing) -> str:
        return reverse("reports:briefing", args=[item.slug])

    def lastmod(self, item: Briefing) -> datetime | None:
        newest_at: datetime | None = item.newest_at  # type: ignore[attr-defined] # annotated
        return newest_at


class Reports(Sitemap):  # type: ignore[type-arg]
    """Every report that readers can read, newest first."""

    limit = REPORTS_A_PAGE

    def items(self) -> QuerySet[Report]:
        reports = Report.objects.published().newest_first()
        return reports.select_related("briefing", "current").defer("current__record")

    def lastmod(self, item: Report) -> datetime | None:
        return item.current.published_at if item.current else None

    def get_latest_lastmod(self) -> datetime | None:
        """Ask the database: Django would load every report."""
        newest = Report.objects.published().aggregate(newest=Max("current__published_at"))
        moment: datetime | None = newest["newest"]
        return moment


class Storylines(Sitemap):  # type: ignore[type-arg]
    """Every storyline of several stories that a public report told, newest first."""

    limit = REPORTS_A_PAGE

    def items(self) -> QuerySet[Story]:
        # From what was told: that is little beside all stories.
        told = Section.objects.filter(
            revision=F("revision__report__current"),
            revision__report__state=Report.State.PUBLISHED,
        ).annotate(line=Coalesce("story__beginning", "story"))
        parts = Story.objects.filter(beginning=OuterRef("pk")).order_by("pk").values("pk")[:1]
        lines: QuerySet[Story] = (
            Story.objects.filter(pk__in=told.values("line"), beginning=None, merged_into=None)
            .alias(part=Subquery(parts))
            .filter(part__isnull=False)
            .only("pk")
            .order_by("-pk")
        )
        return lines

    def location(self, item: Story) -> str:
        return reverse("reports:storyline", args=[item.pk])


SITEMAPS = {
    "pages": Pages,
    "briefings": Briefings,
    "reports": Reports,
    "storylines": Storylines,
}
