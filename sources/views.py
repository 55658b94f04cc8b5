"""Who we read, and how they are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC
from itertools import groupby

from django.core.paginator import Paginator
from django.db.models import Count, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, Lower
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from sources.models import Fetch, Publisher, Source

SOURCES_A_PAGE = 150


@dataclass(frozen=True, slots=True)
class Line:
    """A source, and why it is ill as readers are told."""

    source: Source
    error: str


@dataclass(frozen=True, slots=True)
class Shelf:
    """Sources that stand together: those of a publisher, or the searches."""

    heading: str
    publisher: Publisher | None
    lines: tuple[Line, ...]


@require_safe
def sources(request: HttpRequest) -> HttpResponse:
    """List all sources by publisher, with their health in plain words."""
    page = Paginator(_listed(), SOURCES_A_PAGE).get_page(request.GET.get("page"))
    enabled = Source.objects.enabled()
    context = {
        "page": page,
        "shelves": _shelves(page.object_list),
        "enabled_count": enabled.count(),
        "ill_count": Source.objects.ill().count(),
        "utc": UTC,
        "here": "sources",
    }
    return render(request, "sources/sources.html", context)


def _shelves(listed: Iterable[Source]) -> list[Shelf]:
    shelves = []
    for (is_search, _), group in groupby(listed, key=lambda s: (s.is_search, s.publisher_id)):
        sources = tuple(group)
        publisher = None if is_search else sources[0].publisher
        heading = publisher.name if publisher else "Publisher not known yet"
        lines = tuple(
            Line(
                source,
                source.told_readers(getattr(source, "last_failure", None) or source.last_error),
            )
            for source in sources
        )
        shelves.append(Shelf("Searches" if is_search else heading, publisher, lines))
    return shelves


def _listed() -> QuerySet[Source]:
    """Return the sources with what the page says of them: feeds by publisher, then searches."""
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
        .order_by("kind", "shelf", F("publisher_id").asc(nulls_last=True), Lower("name"), "pk")
    )
    return listed
