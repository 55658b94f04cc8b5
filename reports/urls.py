"""The addresses of the public pages of reports and stories."""

from __future__ import annotations

from datetime import date, datetime, time

from django.contrib.sitemaps import views as sitemaps
from django.urls import path, register_converter
from django.views.decorators.http import require_safe

from patriot.lib import converters  # noqa: F401 (registers <id:…>)
from reports import correction_views, error_views, feeds, quality_views, subscription_views, views
from reports.sitemaps import SITEMAPS


class DayConverter:
    """A date as 2026-06-09."""

    regex = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"

    def to_python(self, value: str) -> date:
        return date.fromisoformat(value)

    def to_url(self, value: str | date) -> str:
        return str(value)


class SlotConverter:
    """A local time as 0700."""

    regex = r"[0-9]{4}"

    def to_python(self, value: str) -> time:
        return datetime.strptime(value, "%H%M").time()  # noqa: DTZ007 (a time of day has no zone)

    def to_url(self, value: str) -> str:
        return value


register_converter(DayConverter, "day")
register_converter(SlotConverter, "slot")

app_name = "reports"
urlpatterns = [
    path("", views.front, name="front"),
    path("reports/", views.archive, name="archive"),
    path("reports/feed.atom", feeds.all_reports, name="feed"),
    path("reports/feed.rss", feeds.all_reports, {"kind": "rss"}, name="feed_rss"),
    path("reports/feed.json", feeds.all_reports, {"kind": "json"}, name="feed_json"),
    path("reports/<slug:slug>/feed.atom", feeds.of_briefing, name="briefing_feed"),
    path(
        "reports/<slug:slug>/feed.rss", feeds.of_briefing, {"kind": "rss"}, name="briefing_feed_rss"
    ),
    path(
        "reports/<slug:slug>/feed.json",
        feeds.of_briefing,
        {"kind": "json"},
        name="briefing_feed_json",
    ),
    path("reports/<slug:slug>/", views.briefing, name="briefing"),
    path("reports/<slug:slug>/<day:day>/<slot:slot>/", views.report, name="report"),
    path(
        "reports/<slug:slug>/<day:day>/<slot:slot>.md",
        views.markdown,
        name="markdown",
    ),
    path(
        "reports/<slug:slug>/<day:day>/<slot:slot>.json",
        views.as_json,
        name="json",
    ),
    path("reports/<slug:slug>/<day:day>/<slot:slot>.png", views.card, name="card"),
    path(
        "reports/<slug:slug>/<day:day>/<slot:slot>/provenance/",
        views.provenance,
        name="provenance",
    ),
    path("reports/<slug:slug>/<day:day>/<slot:slot>/provenance.json", views.record, name="record"),
    path(
        "reports/<slug:slug>/<day:day>/<slot:slot>/revisions/",
        correction_views.revisions,
        name="revisions",
    ),
    path("corrections/", correction_views.corrections, name="corrections"),
    path("errors/new/<id:number>/", error_views.new_error, name="new_error"),
    path("errors/<uuid:public_id>/", error_views.error_report, name="error_report"),
    path("corrections/feed.atom", correction_views.feed, name="corrections_feed"),
    path("quality/", quality_views.quality, name="quality"),
    path("stories/", views.stories, name="stories"),
    path("stories/<int:pk>/", views.story, name="story"),
    path("storylines/<int:pk>/", views.storyline, name="storyline"),
    path("storylines/<int:pk>/feed.atom", feeds.of_storyline, name="storyline_feed"),
    path("search/", views.search, name="search"),
    path("subscribe/", subscription_views.subscribe, name="subscribe"),
    path("subscribe/confirm/<str:token>/", subscription_views.confirm, name="confirm"),
    path("unsubscribe/<str:token>/", subscription_views.unsubscribe, name="unsubscribe"),
    path("preferences/<str:token>/", subscription_views.preferences, name="preferences"),
    path("how-it-works/", views.how, name="how"),
    path("favicon.ico", views.favicon, name="favicon"),
    path("robots.txt", views.robots, name="robots"),
    path(
        "sitemap.xml",
        require_safe(sitemaps.index),
        {"sitemaps": SITEMAPS, "sitemap_url_name": "reports:sitemap"},
        name="sitemap_index",
    ),
    path(
        "sitemap-<section>.xml",
        require_safe(sitemaps.sitemap),
        {"sitemaps": SITEMAPS},
        name="sitemap",
    ),
]
