"""The whole morning: feeds come in over HTTP, and a report goes out that can be checked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command

from patriot.demo import newsroom, production
from patriot.demo.server import FeedServer
from reports.models import Claim, Evidence, Membership, Report
from sources.models import Article, ArticleVersion, Fetch, Passage, Source

CLOCK = datetime(2026, 6, 9, 6, 30, tzinfo=UTC)


def run_demonstration(now: datetime, *, edition: int = 1) -> production.Counts:
    press = newsroom.load()
    documents = newsroom.documents(press, anchor=now, edition=edition)
    with FeedServer(documents) as server:
        return production.run_newsroom(
            documents, address=server.address, now=now, on_progress=lambda step, rows: None
        )


@pytest.fixture(scope="module")
def morning(django_db_setup, django_db_blocker):
    """One run of the main job, for all the tests that only look at what it left."""
    with django_db_blocker.unblock():
        yield run_demonstration(CLOCK)
        # What a new house begins with (prompts, prices, roles) is there again afterwards.
        call_command("flush", verbosity=0, interactive=False)


@pytest.mark.django_db
def test_feeds_become_a_published_report_that_readers_can_check(morning, client):
    counts = morning

    assert counts.report is not None, counts.reason
    page = client.get(counts.report)
    assert page.status_code == 200
    report = Report.objects.published().get()
    claims = list(Claim.objects.filter(section__revision=report.current))
    assert len(claims) == counts.claims > 0
    html = page.content.decode()
    for claim in claims:
        assert f'id="{claim.anchor}"' in html


@pytest.mark.django_db
def test_every_entry_is_an_article_or_has_a_counted_reason(morning):
    counts = morning

    assert counts.entries >= 130
    assert counts.entries == counts.articles + sum(counts.skipped.values())
    assert counts.articles == Article.objects.count()


@pytest.mark.django_db
def test_every_sentence_stands_on_the_exact_words_of_a_stored_passage(morning):
    evidence = list(Evidence.objects.select_related("passage"))
    assert evidence
    for item in evidence:
        assert item.passage.text[item.start : item.end] == item.quote
    assert not Claim.objects.filter(evidence=None).exists()


@pytest.mark.django_db
def test_every_article_is_in_exactly_one_story(morning):
    states = set(Article.objects.values_list("state", flat=True))
    assert states == {Article.State.CLUSTERED}
    assert Membership.objects.count() == Article.objects.count()


@pytest.mark.django_db
def test_the_ill_feed_is_recorded_as_ill_and_stops_nobody(morning):
    counts = morning

    ill = Source.objects.get(failures__gt=0)
    fetch = Fetch.objects.get(source=ill)
    assert fetch.outcome == Fetch.Outcome.FAILED
    assert fetch.error
    assert counts.report


@pytest.mark.django_db
def test_the_attack_of_the_hostile_feed_reaches_no_page(morning, client):
    counts = morning

    assert counts.report is not None
    addresses = [counts.report, "/", "/sources/", "/api/v1/articles/?page_size=100"]
    addresses += [
        f"/stories/{pk}/" for pk in Membership.objects.values_list("story", flat=True).distinct()
    ]
    for address in addresses:
        text = client.get(address).content.decode()
        for attack in ("<script>alert", "onerror=", 'href="javascript:', 'href="data:', "\u202e"):
            assert attack not in text, f"{attack!r} on {address}"


@pytest.mark.django_db(transaction=True)
def test_a_second_run_finds_nothing_new_and_keeps_the_report(now):
    first = run_demonstration(now)

    second = run_demonstration(now + timedelta(minutes=30))

    assert second.articles == second.updated == second.stories == 0
    assert second.report == first.report
    assert Report.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_changed_article_keeps_its_earlier_version_and_the_report_its_passage(now):
    first = run_demonstration(now)
    quoted = set(Passage.objects.filter(evidence__isnull=False).values_list("pk", "text"))

    second = run_demonstration(now + timedelta(hours=20), edition=2)

    assert second.updated >= 1
    assert second.articles >= 1
    assert ArticleVersion.objects.count() == second.updated
    assert quoted <= set(Passage.objects.values_list("pk", "text"))
    assert second.report is not None
    assert second.report != first.report


@pytest.mark.django_db(transaction=True)
def test_a_day_on_which_no_source_is_watched_is_not_a_calm_day(now):
    run_demonstration(now)
    later = now + timedelta(days=1)
    briefing = Report.objects.get().briefing

    report = production.open_report_now(briefing, later)
    calm = production.schedules
    calm.advance(
        later,
        steps=calm.timetable(
            web=production.sources_tasks.web(),
            parser=production.Parser.shared(),
            sources=Source.objects.none(),
        ),
        briefings=production.Briefing.objects.none(),
    )

    report.refresh_from_db()
    assert report.state == Report.State.FAILED
    assert report.reason.startswith("None of this briefing's sources is watched")
