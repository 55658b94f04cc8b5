"""The public page of quality figures."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from patriot.lib.kept_pages import kept
from reports.pages.quality import KEPT_FOR, kept_quality
from reports.pages.quality_page import quality_page

MAX_AGE = round(KEPT_FOR.total_seconds())


@kept()
@require_safe
def quality(request: HttpRequest) -> HttpResponse:
    """Show how good the reports of the last weeks were."""
    now = timezone.now()  # noqa: TID251 (a page asks what time it is)
    page = quality_page(kept_quality(now))
    response = render(request, "reports/quality.html", {"page": page, "here": "quality"})
    patch_cache_control(response, public=True, max_age=MAX_AGE)
    return response
