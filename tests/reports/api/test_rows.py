"""Lists that are written from rows say what their serializers say."""

import json
from datetime import date

import pytest
from django.db.models import QuerySet
from django.test import Client, RequestFactory

from patriot.lib.renderers import JSONRenderer
from reports.api.report_serializers import ReportSerializer
from reports.api.rows import counted, excerpted
from reports.api.serializers import ArticleSerializer
from reports.models import Membership, Report
from sources.models import Article
from tests import factories

pytestmark = pytest.mark.django_db


def as_serialized(serializer_class, rows: QuerySet) -> list[dict]:
    """What a client would be told if the serializer wrote the list."""
    context = {"request": RequestFactory().get("/")}
    written = serializer_class(rows, many=True, context=context).data
    return json.loads(JSONRenderer().render(written))


@pytest.fixture
def reports() -> list[Report]:
    """Two reports of two briefings, one with a late hour and words that need escaping."""
    odd = factories.a_briefing(slug="dusk_2", title="Dusk & “Dawn”")
    return [
        factories.a_published_report(sections=2),
        factories.a_published_report(odd, sections=1, local_date=date(2026, 6, 8)),
    ]


def test_reports_are_said_as_their_serializer_says_them(client: Client, reports) -> None:
    told = client.get("/api/v1/reports/").json()["results"]

    rows = counted(Report.objects.published().select_related("briefing", "current"))
    assert told == as_serialized(ReportSerializer, rows.order_by("-slot_at", "-pk"))
    assert len(told) == len(reports)


def test_articles_are_said_as_their_serializer_says_them(client: Client, reports) -> None:
    first, second = Article.objects.order_by("pk")[:2]
    Membership.objects.filter(article=second).update(copy_of=first)
    Membership.objects.filter(article=first).delete()
    Article.objects.filter(pk=second.pk).update(text="Wörter “und” \u2028 mehr. " * 40, url="")

    told = client.get("/api/v1/articles/?page_size=100").json()["results"]

    rows = excerpted(Article.objects.select_related("publisher", "source", "membership__story"))
    assert told == as_serialized(ArticleSerializer, rows.order_by("-published_at", "-pk"))
    assert {item["copy_of_url"] is None for item in told} == {True, False}
    assert {item["story"] is None for item in told} == {True, False}


@pytest.mark.parametrize("address", ["/api/v1/reports/", "/api/v1/articles/"])
def test_a_list_of_rows_takes_two_queries(
    client: Client, reports, address: str, django_assert_num_queries
) -> None:
    with django_assert_num_queries(2):  # the throttle's, and the rows
        client.get(f"{address}?page_size=100")


@pytest.mark.parametrize("address", ["/api/v1/reports/", "/api/v1/articles/"])
def test_only_the_members_that_were_asked_for_are_written(
    client: Client, reports, address: str
) -> None:
    told = client.get(f"{address}?fields=title,id").json()["results"]

    assert {frozenset(item) for item in told} == {frozenset({"id", "title"})}


def test_a_report_is_kept_once_it_was_written(
    client: Client, reports, settings, django_assert_num_queries
) -> None:
    settings.KEPT_PAGE_SECONDS = 0
    address = f"/api/v1/reports/{reports[0].pk}/"

    first = client.get(address).json()
    with django_assert_num_queries(3):  # the throttle's, the report, its text
        again = client.get(address).json()

    assert again == first


def test_a_kept_report_names_the_host_that_was_asked(client: Client, reports, settings) -> None:
    settings.ALLOWED_HOSTS = ["testserver", "other.example"]
    address = f"/api/v1/reports/{reports[0].pk}/"
    client.get(address)

    elsewhere = client.get(address, headers={"host": "other.example"})

    assert elsewhere.json()["url"] == f"http://other.example{address}"
    assert "testserver" not in elsewhere.text
