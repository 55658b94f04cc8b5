"""Who we read, and how they are."""

from __future__ import annotations

from datetime import UTC

from django.core.paginator import Paginator
from django.db.models import Count, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, Lower
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from sources.models import Fetch, Source

SOURCES_A_PAGE = 150


@require_safe
def sources(request: HttpRequest) -> HttpResponse:
    """List all sources by publisher, with their health in plain words."""
    page = Paginator(_listed(), SOURCES_A_PAGE).get_page(request.GET.get("page"))
    enabled = Source.objects.enabled()
    context = {
        "page": page,
        "enabled_count": enabled.count(),
        "ill_count": Source.objects.ill().count(),
        "utc": UTC,
        "here": "sources",
    }
    return render(request, "sources/sources.html", context)


def _listed() -> QuerySet[Source]:
    last_error = (
        Fetch.objects.filter(source=OuterRef("pk"), outcome=Fetch.Outcome.FAILED)
        .order_by("-started_at")
        .values("error")[:1]
    )
    listed: QuerySet[Source] = (
        Source.objects.select_related("publisher")
        .annotate(
            article_count=Count("articles"),
            last_failure=Subquery(last_error),
            shelf=Coalesce(Lower("publisher__name"), Lower("name")),
        )
        .order_by("shelf", F("publisher_id").asc(nulls_last=True), Lower("name"), "pk")
    )
    return listed
