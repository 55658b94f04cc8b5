"""Addresses of the API of sources."""

from django.urls import path

from patriot.lib import converters  # noqa: F401 (registers <id:…>)
from sources.api import views
from sources.api.acting import FetchNow, Pause, Resume, SourceFetches
from sources.api.health import SourceHealth
from sources.api.imports import BringList, ImportDetail
from sources.api.publishers import PublisherDetail, PublisherList

urlpatterns = [
    path("sources/", views.SourceList.as_view(), name="sources"),
    path("sources/<id:pk>/", views.SourceDetail.as_view(), name="source"),
    path("sources/<id:pk>/health/", SourceHealth.as_view(), name="source-health"),
    path("sources/<id:pk>/fetch/", FetchNow.as_view(), name="source-fetch"),
    path("sources/<id:pk>/fetches/", SourceFetches.as_view(), name="source-fetches"),
    path("sources/<id:pk>/pause/", Pause.as_view(), name="source-pause"),
    path("sources/<id:pk>/resume/", Resume.as_view(), name="source-resume"),
    path("sources/import/", BringList.as_view(), name="source-import"),
    path("imports/<id:pk>/", ImportDetail.as_view(), name="import"),
    path("publishers/", PublisherList.as_view(), name="publishers"),
    path("publishers/<id:pk>/", PublisherDetail.as_view(), name="publisher"),
]
