"""Who we read, as a list that any feed reader takes."""

from __future__ import annotations

import hashlib

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from sources.domain.outlines import written
from sources.domain.publishers import is_of_this_house
from sources.pipeline.imports import read_feeds

MAX_AGE = 300


@require_safe
def sources_opml(request: HttpRequest) -> HttpResponse:
    """Send the feeds that we read; those of our own network nobody else could reach."""
    feeds = [feed for feed in read_feeds() if not is_of_this_house(feed.url)]
    document = written(feeds, title=f"Sources of {settings.SITE_NAME}").encode()
    response = HttpResponse(document, content_type="text/x-opml; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="sources.opml"'
    # ConditionalGetMiddleware answers 304 to whoever has this very list.
    response["ETag"] = f'"{hashlib.sha256(document).hexdigest()[:32]}"'
    patch_cache_control(response, public=True, max_age=MAX_AGE)
    return response
