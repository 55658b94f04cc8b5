"""The sitemap and the rules for robots."""

from datetime import timedelta

import pytest
from lxml import etree

from reports import sitemaps
from tests.factories import (
    TODAY,
    a_briefing,
    a_draft_report,
    a_published_report,
    a_withdrawn_report,
)

pytestmark = pytest.mark.django_db

SITEMAP = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}


def locations(client, url: str, **headers: str) -> list[str]:
    response = client.get(url, **headers)
    assert response.status_code == 200, response.status_code
    assert response["Content-Type"] == "application/xml"
    return etree.fromstring(response.content).xpath("//s:loc/text()", namespaces=SITEMAP)


def test_the_index_names_each_sitemap_with_an_absolute_address(client, settings):
    settings.ALLOWED_HOSTS = ["news.example"]
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

    found = locations(
        client, "/sitemap.xml", HTTP_HOST="news.example", HTTP_X_FORWARDED_PROTO="https"
    )

    assert found == [
        f"https://news.example/sitemap-{name}.xml"
        for name in ("pages", "briefings", "reports", "storylines")
    ]


def test_only_what_readers_can_read_is_listed(client):
    briefing = a_briefing(slug="dawn")
    report = a_published_report(briefing, sections=1)
    a_withdrawn_report(
        briefing, sections=1, local_date=TODAY - timedelta(days=1), reason="Wrong town."
    )
    a_draft_report(briefing, sections=1, local_date=TODAY - timedelta(days=2))

    listed = {
        name: locations(client, f"/sitemap-{name}.xml")
        for name in ("pages", "briefings", "reports")
    }

    assert listed == {
        "pages": [
            f"http://testserver{path}"
            for path in (
                "/",
                "/reports/",
                "/stories/",
                "/sources/",
                "/corrections/",
                "/quality/",
                "/how-it-works/",
            )
        ],
        "briefings": ["http://testserver/reports/dawn/"],
        "reports": [f"http://testserver{report.get_absolute_url()}"],
    }
    for paths in listed.values():
        for path in paths:
            assert client.get(path.removeprefix("http://testserver")).status_code == 200


def test_a_report_and_its_briefing_say_when_they_changed(client):
    a_published_report(sections=1)

    for name in ("briefings", "reports"):
        assert b"<lastmod>2026-06-09</lastmod>" in client.get(f"/sitemap-{name}.xml").content


def test_many_reports_go_on_over_pages(client, monkeypatch):
    monkeypatch.setattr(sitemaps.Reports, "limit", 2)
    briefing = a_briefing()
    for days in range(3):
        a_published_report(briefing, sections=1, local_date=TODAY - timedelta(days=days))

    index = locations(client, "/sitemap.xml")

    assert index[-3:] == [
        "http://testserver/sitemap-reports.xml",
        "http://testserver/sitemap-reports.xml?p=2",
        "http://testserver/sitemap-storylines.xml",
    ]
    assert len(locations(client, "/sitemap-reports.xml?p=2")) == 1


@pytest.mark.parametrize("path", ["/sitemap-nothing.xml", "/sitemap-reports.xml?p=9%00"])
def test_a_sitemap_that_is_not_there_is_404(client, path):
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("reports", [1, 4])
def test_the_number_of_queries_does_not_grow(client, django_assert_num_queries, reports):
    briefing = a_briefing()
    for days in range(reports):
        a_published_report(briefing, sections=1, local_date=TODAY - timedelta(days=days))

    with django_assert_num_queries(5):
        client.get("/sitemap.xml")
    with django_assert_num_queries(2):
        client.get("/sitemap-reports.xml")
    with django_assert_num_queries(2):
        client.get("/sitemap-briefings.xml")


def test_robots_are_led_to_the_sitemap_and_kept_from_what_is_not_for_reading(client):
    rules = client.get("/robots.txt").content.decode().splitlines()

    assert "Sitemap: http://testserver/sitemap.xml" in rules
    for path in ("/admin/", "/accounts/", "/api/"):
        assert f"Disallow: {path}" in rules
