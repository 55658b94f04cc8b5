"""A report as the API says it, for those who do not ask the API, such as webhooks."""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.http import HttpRequest

from reports.api.report_serializers import page_of
from reports.api.views import ReportDetail
from reports.models import Report


class _AtTheSite(HttpRequest):
    """What serializers ask of a request, where there is none: the site's own address."""

    def build_absolute_uri(self, location: str | None = None) -> str:
        return urljoin(settings.SITE_URL, location or "/")


def report_document(report: Report) -> dict[str, Any]:
    """Return a published report as `GET /api/v1/reports/{id}/` answers it."""
    found = ReportDetail().get_queryset().get(pk=report.pk)
    context: dict[str, Any] = {"request": _AtTheSite()}
    context["page"] = page_of(found, context)
    return dict(ReportDetail.serializer_class(found, context=context).data)
