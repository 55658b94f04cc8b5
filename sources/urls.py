"""The public page of who we read."""

from __future__ import annotations

from django.urls import path

from sources import opml_views, views

app_name = "sources"
urlpatterns = [
    path("sources/", views.sources, name="sources"),
    path("sources.opml", opml_views.sources_opml, name="opml"),
]
