"""The front door of the API: what is at which address, its schema, its docs, its errors."""

from __future__ import annotations

from functools import cache
from typing import Any

from csp.decorators import csp_update
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path, re_path, reverse
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from patriot.accounts.api import Me
from patriot.accounts.people_api import UserDetail, UserList
from patriot.lib.endpoints import Endpoint
from patriot.lib.problems import CODES, Missing
from patriot.operations.jobs import Cancel, JobDetail, JobList, RunAgain
from reports.api import urls as reports_urls
from sources.api import urls as sources_urls

PRIVATE = [
    path("me/", Me.as_view(), name="me"),
    path("users/", UserList.as_view(), name="users"),
    path("users/<id:pk>/", UserDetail.as_view(), name="user"),
    path("jobs/", JobList.as_view(), name="jobs"),
    path("jobs/<id:pk>/", JobDetail.as_view(), name="job"),
    path("jobs/<id:pk>/cancel/", Cancel.as_view(), name="job-cancel"),
    path("jobs/<id:pk>/run-again/", RunAgain.as_view(), name="job-run-again"),
]
COLLECTIONS = (
    *("briefings", "reports", "stories", "storylines", "articles"),
    *("sources", "publishers"),
    *("search", "corrections", "quality", "subscriptions", "users", "jobs", "me"),
)


class IndexSerializer(serializers.Serializer[Any]):
    """Where everything is."""

    briefings = serializers.URLField()
    reports = serializers.URLField()
    stories = serializers.URLField()
    storylines = serializers.URLField()
    articles = serializers.URLField()
    sources = serializers.URLField()
    publishers = serializers.URLField()
    search = serializers.URLField()
    corrections = serializers.URLField()
    quality = serializers.URLField()
    subscriptions = serializers.URLField()
    users = serializers.URLField()
    jobs = serializers.URLField()
    me = serializers.URLField()
    openapi = serializers.URLField(allow_null=True, help_text="null where it is switched off.")
    docs = serializers.URLField(allow_null=True, help_text="null where they are switched off.")


class Index(Endpoint):
    """Name the collections of this API, and where it is described."""

    serializer_class = IndexSerializer

    def get(self, request: Request) -> Response:
        self.query = self.query_class.read(request)
        names = {name: f"api:{name}" for name in COLLECTIONS}
        described = {"openapi": "api-schema", "docs": "api-docs"}
        if settings.API_DOCS:
            names |= described
        found = {key: request.build_absolute_uri(reverse(name)) for key, name in names.items()}
        return Response(dict.fromkeys(described) | found)


@cache
def schema() -> dict[str, Any]:
    """Return the OpenAPI 3.1 description of the API; the same for everybody, so made once."""
    generator = SchemaGenerator()  # type: ignore[no-untyped-call]
    found: dict[str, Any] = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return found


class Schema(Endpoint):
    """The OpenAPI description itself."""

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        self.query = self.query_class.read(request)
        if not settings.API_DOCS:
            raise Missing
        return Response(schema())


class Unknown(Endpoint):
    """Every other address under /api/: nothing is there, by whatever method."""

    schema = None  # type: ignore[assignment] # part of no description
    # Saying so costs nothing: neither a key nor an allowance is looked up.
    authentication_classes = ()
    throttle_classes = ()

    def initial(self, request: Request, *args: Any, **address: Any) -> None:
        super().initial(request, *args, **address)
        raise Missing


# Swagger's style sheet draws its icons as data: images.
@csp_update({"img-src": ["data:"]})
@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Show the description for people: Swagger UI from our own static files."""
    if not settings.API_DOCS:
        raise Http404
    return render(request, "docs/api.html")


@require_safe
def problems(request: HttpRequest) -> HttpResponse:
    """Explain each error code: where the `type` of a problem leads."""
    rows = [(code, status, sentence) for code, (status, sentence) in CODES.items()]
    return render(request, "docs/problems.html", {"problems": rows})


urlpatterns = [
    path("docs/", docs, name="api-docs"),
    path("problems/", problems, name="api-problems"),
    path("schema/", Schema.as_view(), name="api-schema"),
    path("v1/", Index.as_view(), name="api-index"),
    path(
        "v1/",
        include(([*reports_urls.urlpatterns, *sources_urls.urlpatterns, *PRIVATE], "api")),
    ),
    re_path("^", Unknown.as_view()),
]
