"""The archive, month by month."""

from datetime import date, time, timedelta
from html import unescape

import pytest

from reports.models import Report
from reports.pages import archive
from reports.pages.archive import archive_page
from tests.factories import TODAY, a_briefing, a_published_report, a_withdrawn_report

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock(time_machine, now):
    time_machine.move_to(now, tick=False)


def text_of(client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200, response.status_code
    return unescape(" ".join(response.content.decode().split()))


def test_a_month_is_a_calendar_and_a_list_newest_first(client):
    briefing = a_briefing(times=[time(7), time(18)])
    for days, slot in ((1, time(7)), (1, time(18)), (0, time(7))):
        report = a_published_report(
            briefing, sections=1, local_date=TODAY - timedelta(days=days), slot=slot
        )

    page = text_of(client, "/reports/")

    assert "<h2>June 2026</h2>" in page
    assert '<a href="#day-2026-06-08" aria-label="8 June, 2 reports">8</a>' in page
    assert '<a href="#day-2026-06-09" aria-label="9 June, 1 report">9</a>' in page
    assert "<td>10</td>" in page
    assert page.index('id="day-2026-06-09"') < page.index('id="day-2026-06-08"')
    assert page.index("18:00</time>") < page.rindex("07:00</time>")
    assert report.get_absolute_url() in page


def test_the_calendar_has_the_days_of_its_month_only():
    a_published_report(sections=1)

    page = archive_page(Report.objects.public(), month="", page="")

    squares = [day for week in page.weeks for day in week]
    assert len(squares) == 35
    assert [day.on.day for day in squares if day.on] == list(range(1, 31))
    assert page.weeks[0][0].on == date(2026, 6, 1)


def test_months_lead_to_each_other(client):
    briefing = a_briefing()
    for on in (date(2026, 6, 9), date(2026, 4, 2), date(2025, 12, 31)):
        a_published_report(briefing, sections=1, local_date=on)

    newest = text_of(client, "/reports/")
    april = text_of(client, "/reports/?month=2026-04")

    assert '<a rel="prev" href="?month=2026-04">April 2026</a>' in newest
    assert 'rel="next"' not in newest
    assert "<h2>April 2026</h2>" in april
    assert '<a rel="prev" href="?month=2025-12">December 2025</a>' in april
    assert '<a rel="next" href="?month=2026-06">June 2026</a>' in april
    assert "<dt>2025</dt>" in april
    assert 'aria-current="true" aria-label="April 2026, 1 report">Apr</a>' in april


@pytest.mark.parametrize("month", ["2026-05", "2026-13", "x%00", "9999999-01", "2026-06-09"])
def test_a_month_without_reports_means_the_newest_one(client, month):
    a_published_report(sections=1)

    assert "<h2>June 2026</h2>" in text_of(client, f"/reports/?month={month}")


def test_a_late_report_and_a_withdrawn_one_are_marked(client):
    briefing = a_briefing()
    late = a_published_report(briefing, sections=1)
    Report.objects.filter(pk=late.pk).update(published_at=late.slot_at + timedelta(minutes=25))
    a_published_report(briefing, sections=1, local_date=TODAY - timedelta(days=1))
    a_withdrawn_report(
        briefing, sections=1, local_date=TODAY - timedelta(days=2), reason="It named a wrong town."
    )

    page = text_of(client, "/reports/")

    assert page.count('class="late"') == 1
    assert 'late: out at <time datetime="2026-06-09T07:25+02:00">07:25</time>' in page
    assert page.count(">Withdrawn</a>") == 1

    Report.objects.filter(pk=late.pk).update(occasion=Report.Occasion.ASKED)
    assert "late: out at" not in text_of(client, "/reports/")
    assert "· It named a wrong town." in page


def test_a_busy_month_goes_on_over_pages_and_forgives_odd_numbers(client, monkeypatch):
    monkeypatch.setattr(archive, "REPORTS_A_PAGE", 2)
    briefing = a_briefing()
    for days in range(3):
        report = a_published_report(briefing, sections=1, local_date=TODAY - timedelta(days=days))

    first = text_of(client, "/reports/?page=x%00")

    assert "Page 1 of 2" in first
    assert 'href="?month=2026-06&page=2"' in first
    assert report.get_absolute_url() in text_of(client, "/reports/?month=2026-06&page=999")


def test_reports_are_listed_on_their_local_day_whatever_the_zone(client):
    west = a_briefing(timezone="Pacific/Honolulu", times=[time(20)])
    a_published_report(west, sections=1, local_date=date(2026, 5, 31), slot=time(20))

    page = text_of(client, "/reports/")

    assert "<h2>May 2026</h2>" in page
    assert "<h3>Sunday, 31 May</h3>" in page


def test_an_empty_archive_says_what_comes_and_when(client):
    without_briefing = text_of(client, "/reports/")
    briefing = a_briefing()
    of_all, of_one = text_of(client, "/reports/"), text_of(client, f"/reports/{briefing.slug}/")

    assert "An editor first chooses the" in without_briefing
    assert "No report has been published yet." in of_all
    for page in (of_all, of_one):
        assert '<time datetime="2026-06-10T07:00+02:00">Wednesday, 10 June 2026</time>' in page
        assert f"/reports/{briefing.slug}/feed.atom" in page
    assert "each sentence of the report will stand on words quoted from them" in of_one


def test_a_briefing_that_is_off_promises_nothing(client):
    never = a_briefing(is_enabled=False, title="Never")
    once = a_briefing(is_enabled=False, title="Once")
    a_published_report(once, sections=1)

    page = text_of(client, "/reports/")

    assert "It is switched off at the moment." in text_of(client, f"/reports/{never.slug}/")
    assert "Never" not in page
    assert "No more reports are planned" in page


@pytest.mark.parametrize("reports", [1, 5])
def test_the_archive_costs_the_same_however_long_it_is(client, django_assert_num_queries, reports):
    briefing = a_briefing()
    for days in range(reports):
        a_published_report(briefing, sections=2, local_date=TODAY - timedelta(days=days))

    # A briefing's own page also says how punctual it is.
    for url, cost in (("/reports/", 4), (f"/reports/{briefing.slug}/", 5)):
        with django_assert_num_queries(cost):
            client.get(url)
