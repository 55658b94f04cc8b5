"""Public answers of the API, kept in this process for a moment, as pages are.

Whoever polls gets what stands ready for the price of one statement: the one that counts the
request, for an allowance is used up by every answer, whoever made it.
"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.utils import timezone

from patriot.accounts.throttling import address_name, headers_of, take
from patriot.lib.kept_pages import KeptPages, Key, Page
from patriot.lib.negotiation import accepts_json

PREFIX = "/api/v1/"
MAX_QUERY = 1_000
"""Longer queries are asked each time: nobody polls with them."""


class KeptAnswers(KeptPages):
    """Keeps pages, and what the public API answers anybody; who shows a key passes by."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if _is_of_api(request) and not _is_anybodys(request):
            return self.passed_on(request)
        return super().__call__(request)

    def may_keep(self, request: HttpRequest, key: Key) -> bool:
        """Tell whether an address answers everybody alike."""
        if not _is_of_api(request):
            return super().may_keep(request, key)
        if len(key.query) > MAX_QUERY:
            return False
        try:
            view = resolve(key.path).func
        except (Resolver404, ValueError):
            return False
        return bool(getattr(getattr(view, "view_class", None), "is_public", False))

    def give(self, request: HttpRequest, page: Page) -> HttpResponse:
        """Return what stands ready. The API counts it; who asks too often is refused further in."""
        if not _is_of_api(request):
            return super().give(request, page)
        now = timezone.now()  # noqa: TID251 (an interface)
        verdict = take(address_name(request), rate=settings.API_RATE_ANONYMOUS, now=now)
        if not verdict.is_allowed:
            return self.passed_on(request)
        response = super().give(request, page)
        for name, said in headers_of(verdict).items():
            response[name] = said
        return response


def _is_of_api(request: HttpRequest) -> bool:
    return request.path.startswith(PREFIX)


def _is_anybodys(request: HttpRequest) -> bool:
    """Tell whether a request shows no key and takes JSON."""
    if "HTTP_AUTHORIZATION" in request.META:
        return False
    accepted = request.META.get("HTTP_ACCEPT", "")
    return not accepted or accepts_json([part.strip() for part in accepted.split(",")])
