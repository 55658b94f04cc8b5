"""A report as the API says it: for the API, for its page's JSON, for webhooks."""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.db.models import Count, F, OuterRef, Prefetch, QuerySet, Sum, prefetch_related_objects
from django.db.models.functions import Coalesce
from django.http import HttpRequest

from patriot.lib.renderers import as_json
from reports.api.report_serializers import ReportDetailSerializer, page_of
from reports.api.revision_serializers import RevisionDetailSerializer
from reports.api.rows import counted, total
from reports.models import Claim, Evidence, Prompt, Report, Revision, Section
from reports.pages.rendering import ORIGIN, at, kept_text

# What is as long as a text, and not told in a list of texts.
LONG = ("", "correction__replaced__", "based_on__")
PARTS = ("record", "coverage", "left_out", "unchanged", "budget")


class _At(HttpRequest):
    """What serializers ask of a request, where there is none: an origin, such as the site's."""

    def __init__(self, origin: str) -> None:
        super().__init__()
        self._origin = origin

    def build_absolute_uri(self, location: str | None = None) -> str:
        return f"{self._origin}{location or '/'}"


def report_document(report: Report, *, origin: str = "") -> dict[str, Any]:
    """Return a published report as `GET /api/v1/reports/{id}/` answers it.

    origin: such as “https://patriot.example”; by default the site's own
    """
    found = _whole().get(pk=report.pk)
    context: dict[str, Any] = {"request": _At(origin or settings.SITE_URL.rstrip("/"))}
    context["page"] = page_of(found, context)
    return dict(ReportDetailSerializer(found, context=context).data)


def document_text(report: Report, *, origin: str) -> str:
    """Return the same as JSON; one query where it was written before.

    report: with its briefing and current revision
    """
    revision = cast("Revision", report.current)  # every published report has one: a constraint
    revision.report = report
    kept = kept_text(
        revision, "json", lambda: as_json(report_document(report, origin=ORIGIN)).decode()
    )
    return at(origin, kept)


def revision_document(revision: Revision, *, origin: str) -> dict[str, Any]:
    """Return one text of a report as the API answers it.

    revision: a row of `texts_of`
    """
    context: dict[str, Any] = {"request": _At(origin)}
    context["page"] = page_of(revision.report, context)
    revision.refresh_from_db(fields=PARTS)
    prefetch_related_objects(
        [revision], Prefetch("sections", _sections()), Prefetch("prompts", _prompts())
    )
    return dict(RevisionDetailSerializer(revision, context=context).data)


def revision_text(revision: Revision, *, origin: str) -> str:
    """Return the same as JSON; of a published one, one query where it was written before."""
    if not revision.is_frozen:
        return as_json(revision_document(revision, origin=origin)).decode()
    kept = kept_text(
        revision,
        "json of revision",
        lambda: as_json(revision_document(revision, origin=ORIGIN)).decode(),
    )
    return at(origin, kept)


def texts_of(report: Report) -> QuerySet[Any]:
    """Return all texts of a report, drafts too, with what is told of each; they know the report."""
    mine = {"revision": OuterRef("pk")}
    sections = Section.objects.filter(**mine).order_by()
    claims = Claim.objects.filter(section__revision=OuterRef("pk")).order_by()
    return (
        Revision.objects.filter(report=report)
        .select_related("report__briefing", "correction__replaced", "based_on", "editor")
        .defer(*(f"{text}{name}" for text in LONG for name in PARTS))
        .annotate(
            at=Coalesce("published_at", "created_at"),
            section_count=total(sections.values("revision").annotate(total=Count("pk"))),
            article_count=total(sections.values("revision").annotate(total=Sum("article_count"))),
            claim_count=total(claims.values("section__revision").annotate(total=Count("pk"))),
        )
    )


def _sections() -> QuerySet[Section]:
    """Return sections with every sentence and its evidence, in four queries."""
    evidence = (
        Evidence.objects.order_by("position")
        .select_related("passage__article__publisher")
        .annotate(for_story=F("passage__article__source__for_story"))
    )
    claims = Claim.objects.order_by("position").prefetch_related(
        Prefetch("evidence", evidence.defer("passage__article__text"))
    )
    return (
        Section.objects.order_by("position")
        .select_related("story")
        .prefetch_related(Prefetch("claims", claims))
    )


def _prompts() -> QuerySet[Prompt]:
    return Prompt.objects.order_by("purpose")


def _whole() -> QuerySet[Any]:
    """Return reports with all that their documents say, in as many queries as for one."""
    return counted(
        Report.objects.public()
        .select_related("briefing", "current")
        .defer("current__record")
        .prefetch_related(
            Prefetch("current__sections", _sections()), Prefetch("current__prompts", _prompts())
        )
    )
