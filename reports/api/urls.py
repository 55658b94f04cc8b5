"""Addresses of the API of briefings, reports, stories and articles."""

from django.urls import path

from patriot.lib import converters  # noqa: F401 (registers <id:…>)
from reports.api import views
from reports.api.complete import Complete
from reports.api.corrections import CorrectionList
from reports.api.predictions import SentimentPrediction
from reports.api.production import Produce
from reports.api.quality import QualityDetail
from reports.api.revisions import RevisionDetail, RevisionList
from reports.api.search import SearchList
from reports.api.storylines import StorylineDetail, StorylineList
from reports.api.subscriptions import (
    DeliveryList,
    SubscriptionDetail,
    SubscriptionList,
    SubscriptionSecret,
    SubscriptionTest,
)
from reports.api.trials import BeginTrial, PromptList, StopTrial, TrialDetail

urlpatterns = [
    path("briefings/", views.BriefingList.as_view(), name="briefings"),
    path("briefings/<slug:slug>/", views.BriefingDetail.as_view(), name="briefing"),
    path("briefings/<slug:slug>/reports/", Produce.as_view(), name="produce"),
    path("reports/", views.ReportList.as_view(), name="reports"),
    path("reports/<id:pk>/", views.ReportDetail.as_view(), name="report"),
    path("reports/<id:pk>/revisions/", RevisionList.as_view(), name="revisions"),
    path("reports/<id:pk>/revisions/<id:number>/", RevisionDetail.as_view(), name="revision"),
    path("corrections/", CorrectionList.as_view(), name="corrections"),
    path("stories/", views.StoryList.as_view(), name="stories"),
    path("stories/<id:pk>/", views.StoryDetail.as_view(), name="story"),
    path("storylines/", StorylineList.as_view(), name="storylines"),
    path("storylines/<id:pk>/", StorylineDetail.as_view(), name="storyline"),
    path("articles/", views.ArticleList.as_view(), name="articles"),
    path("articles/<id:pk>/", views.ArticleDetail.as_view(), name="article"),
    path("predictions/sentiment/", SentimentPrediction.as_view(), name="sentiment-prediction"),
    path("complete/", Complete.as_view(), name="complete"),
    # These two had no final slash in the services that Patriot stands in for.
    path("predictions/sentiment", SentimentPrediction.as_view()),
    path("complete", Complete.as_view()),
    path("subscriptions/", SubscriptionList.as_view(), name="subscriptions"),
    path("subscriptions/<id:pk>/", SubscriptionDetail.as_view(), name="subscription"),
    path("subscriptions/<id:pk>/deliveries/", DeliveryList.as_view(), name="deliveries"),
    path("subscriptions/<id:pk>/secret/", SubscriptionSecret.as_view(), name="new-secret"),
    path("subscriptions/<id:pk>/test/", SubscriptionTest.as_view(), name="test-delivery"),
    path("prompts/", PromptList.as_view(), name="prompts"),
    path("trials/", BeginTrial.as_view(), name="trials"),
    path("trials/<id:pk>/", TrialDetail.as_view(), name="trial"),
    path("trials/<id:pk>/stop/", StopTrial.as_view(), name="trial-stop"),
    path("quality/", QualityDetail.as_view(), name="quality"),
    path("search/", SearchList.as_view(), name="search"),
]
