"""What readers, clients and staff see of a search for a second source."""

from __future__ import annotations

from datetime import timedelta

import pytest

from patriot import retention
from patriot.accounts.models import User
from patriot.ledger import book
from patriot.ledger.models import Call, Service
from patriot.ledger.prices import Usage
from sources.models import Article, Source
from tests.factories import NOW, a_draft_report, a_search, publish

pytestmark = pytest.mark.django_db

SENTENCE = (
    "Only one of our sources tells this. We searched for a second source: {} <i>tells</i> it too."
)


@pytest.fixture
def report():
    """A published report whose first story stands on an article that only a search found."""
    draft = a_draft_report(sections=1)
    section = draft.revisions.get().sections.get()
    search = a_search(
        "old bridge", name="Second source for: Old Bridge", for_story=section.story_id,
        is_enabled=False,
    )  # fmt: skip
    evidence = section.claims.order_by("position").first().evidence.first()
    article = evidence.passage.article
    Article.objects.filter(pk=article.pk).update(source=search)
    section.corroboration = {
        "query": "old bridge",
        "reason": "Only one of our sources tells this.",
        "asked_at": NOW.isoformat(),
        "outcome": "found",
        "sentence": SENTENCE.format(article.publisher.name),
        "error": "",
        "articles": [article.pk],
        "publishers": [article.publisher.name],
        "source": search.pk,
    }
    section.save()
    plan = book.Plan(
        Service.TAVILY, "search", "basic", f"source {search.pk}", "", Usage(credits=1)
    )  # fmt: skip
    call = book.reserve(plan, ceilings=book.Ceilings(daily=None), now=NOW)
    book.settle(call, book.Settlement(Call.Outcome.ANSWERED, usage=Usage(credits=1)), now=NOW)
    return publish(draft)


@pytest.fixture
def search(report):
    return Source.objects.get(for_story__isnull=False)


def test_the_page_tells_what_was_found_and_marks_what_only_the_search_brought(client, report):
    page = client.get(report.get_absolute_url()).content.decode()

    outlet = Article.objects.get(source__for_story__isnull=False).publisher.name
    assert f'<p class="second-source">{SENTENCE.format(outlet)}</p>'.replace(
        "<i>tells</i>", "&lt;i&gt;tells&lt;/i&gt;"
    ) in page  # fmt: skip
    assert f'<li>{outlet} <span class="aside-word">found by search</span></li>' in page
    assert page.count('<span class="aside-word">found by search</span></p>') >= 1


def test_a_report_without_searches_says_nothing_of_them(client):
    page = client.get(publish(a_draft_report(sections=2)).get_absolute_url()).content.decode()

    assert "second-source" not in page
    assert "found by search" not in page


def test_a_feed_tells_it_too(client, report):
    feed = client.get(f"/reports/{report.briefing.slug}/feed.atom").content.decode()

    assert "We searched for a second source" in feed
    assert "(found by search)" in feed


def test_clients_learn_what_came_of_it(client, report):
    [section] = client.get(f"/api/v1/reports/{report.pk}/").json()["sections"]

    outlet = Article.objects.get(source__for_story__isnull=False).publisher.name
    assert section["corroboration"] == {
        "outcome": "found",
        "reason": "Only one of our sources tells this.",
        "query": "old bridge",
        "sentence": SENTENCE.format(outlet),
        "asked_at": NOW.isoformat(),
        "publishers": [outlet],
    }
    evidence = [item for claim in section["claims"] for item in claim["evidence"]]
    assert {
        item["found_by_search"] for item in evidence if item["publisher"]["name"] == outlet
    } == {True}


def test_clients_get_null_where_nobody_looked(client):
    report = publish(a_draft_report(sections=1))

    [section] = client.get(f"/api/v1/reports/{report.pk}/").json()["sections"]

    assert section["corroboration"] is None


def test_staff_see_the_question_the_reason_and_the_cost(client, report, search):
    client.force_login(User.objects.create_superuser("chief"))

    page = client.get(f"/admin/reports/report/{report.pk}/change/").content.decode()

    assert f'<a href="/admin/sources/source/{search.pk}/change/">old bridge</a>' in page
    assert "Only one of our sources tells this. · $0.008" in page


def test_such_a_search_is_in_no_list_of_sources(client, search):
    public = client.get("/sources/").content.decode()
    listed = client.get("/api/v1/sources/").json()["results"]
    client.force_login(User.objects.create_superuser("chief"))
    usual = client.get("/admin/sources/source/").content.decode()
    asked_for = client.get("/admin/sources/source/?made_for=story").content.decode()

    assert search.name not in public
    assert search.pk not in [source["id"] for source in listed]
    assert search.name not in usual
    assert search.name in asked_for
    assert "none: asked once" in asked_for


def test_nobody_changes_it(client, search):
    client.force_login(User.objects.create_superuser("chief"))

    page = client.get(f"/admin/sources/source/{search.pk}/change/")
    answer = client.post(f"/admin/sources/source/{search.pk}/change/", {"is_enabled": "on"})

    assert page.status_code == 200
    assert 'name="is_enabled"' not in page.content.decode()
    assert answer.status_code == 403


def test_it_goes_when_its_last_article_has_gone(report, search):
    empty = a_search("pier", for_story=7, is_enabled=False)
    Source.objects.filter(pk__in=[empty.pk, search.pk]).update(created_at=NOW)
    later = NOW + timedelta(days=2_000)

    pruned, _ = retention.prune(later, before=retention.limits(later))

    assert pruned.searches == 1
    assert list(Source.objects.exclude(for_story=None)) == [search]
