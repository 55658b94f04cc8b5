"""Addresses of the API of sources."""

from django.urls import path

from patriot.lib import converters  # noqa: F401 (registers <id:…>)
from sources.api import views

urlpatterns = [
    path("sources/", views.SourceList.as_view(), name="sources"),
    path("sources/<id:pk>/", views.SourceDetail.as_view(), name="source"),
]
