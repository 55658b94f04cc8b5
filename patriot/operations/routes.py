"""What answered a request, by name: for metrics and traces."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse

PROBE = "PROBE"
"""Where a request carries which of the addresses that need no route it asked."""
UNMATCHED = "unmatched"


def route_of(request: HttpRequest, response: HttpResponse) -> str:
    """Return the name of what answered; there are only so many, whatever addresses are invented."""
    if request.resolver_match is not None:
        return request.resolver_match.view_name or UNMATCHED
    if PROBE in request.META:
        return str(request.META[PROBE])
    if response.status_code < 400 and request.path.startswith(settings.STATIC_URL):
        return "static"
    return UNMATCHED
