"""Stories are chosen from the window, and the row says what came of it."""

from datetime import timedelta

import pytest

from patriot.work.models import Job
from reports.models import Report, Section
from reports.pipeline import jobs
from reports.pipeline.select import coverage_of
from reports.pipeline.slots import open_report_now
from reports.pipeline.window import window_of
from sources.models import Article, Fetch, Source
from tests.factories import (
    NOW,
    a_briefing,
    a_fetch,
    a_published_report,
    a_source,
    a_story,
    an_article,
)

pytestmark = pytest.mark.django_db


def first_jobs(report):
    return [Job.objects.get(subject=report.subject, kind=kind).pk for kind in ("regroup", "select")]


def select(briefing, now=NOW):
    report = open_report_now(briefing, now)
    jobs.work(first_jobs(report), now=now)
    report.refresh_from_db()
    return report


def a_heard_source(**fields):
    source = a_source(**fields)
    a_fetch(source)
    return source


def test_a_calm_day_is_skipped_with_a_sentence():
    a_heard_source()

    report = select(a_briefing())

    assert report.state == Report.State.SKIPPED
    assert report.reason.startswith("Nothing new to tell: 1 of 1 sources answered")


def test_a_day_on_which_nobody_answered_has_failed():
    source = a_source()
    a_fetch(source, outcome=Fetch.Outcome.FAILED, error="It answered 500.")

    report = select(a_briefing())

    assert report.state == Report.State.FAILED
    assert report.reason.startswith("None of the 1 sources answered")


@pytest.mark.parametrize(
    ("paused", "said"),
    [
        pytest.param(0, "This briefing has no source", id="none"),
        pytest.param(
            2, "None of this briefing's sources is watched: 2 of 2 are paused.", id="paused"
        ),
    ],
)
def test_a_briefing_without_a_watched_source_says_which_it_lacks(paused, said):
    for _ in range(paused):
        a_source(is_enabled=False)

    report = select(a_briefing())

    assert report.state == Report.State.FAILED
    assert report.reason.startswith(said)


def test_an_earlier_answer_does_not_count_for_today():
    source = a_source()
    a_fetch(source, started_at=NOW - timedelta(days=3))
    a_fetch(source, outcome=Fetch.Outcome.FAILED, error="It answered 500.")

    report = select(a_briefing())

    assert report.state == Report.State.FAILED


def test_a_story_of_the_window_gets_a_section_and_its_cost_is_counted_next():
    story = a_story([an_article(a_heard_source())])

    report = select(a_briefing())

    section = Section.objects.get(revision__report=report)
    assert (section.story, section.position, section.status) == (story, 1, "new")
    opened = Job.objects.filter(subject=report.subject).exclude(kind="select")
    assert set(opened.values_list("kind", flat=True)) >= {"budget", "compose"}


@pytest.mark.parametrize(
    "article",
    [
        pytest.param({"hours_ago": 40}, id="old, and seen then"),
        pytest.param({"published_at": NOW - timedelta(days=9)}, id="old, though just seen"),
    ],
)
def test_what_is_outside_the_window_is_not_told(article):
    a_story([an_article(a_heard_source(), **article)])

    report = select(a_briefing())

    assert report.state == Report.State.SKIPPED


def test_only_sources_with_the_briefings_tags_are_told():
    a_story([an_article(a_heard_source(tags=["sport"]))])
    wanted = a_story([an_article(a_heard_source(tags=["region"]))])

    report = select(a_briefing(tags=["region"]))

    assert [section.story for section in report.revisions.get().sections.all()] == [wanted]


def test_newsrooms_never_mix():
    a_story([an_article(a_heard_source(newsroom="demonstration"))])
    a_heard_source()

    report = select(a_briefing())

    assert report.state == Report.State.SKIPPED


def test_a_story_told_before_that_grew_is_developing():
    briefing = a_briefing()
    yesterday = a_published_report(briefing, sections=1, local_date=NOW.date() - timedelta(days=1))
    story = yesterday.current.sections.get().story
    source = a_heard_source()
    article = an_article(source)
    story.memberships.create(article=article, similarity=0.5)
    Article.objects.update(state=Article.State.CLUSTERED)

    report = select(briefing)

    section = report.revisions.get().sections.get(story=story)
    assert section.status == "developing"


def test_the_coverage_says_who_was_heard():
    a_story([an_article(a_heard_source(name="Harbor Courier"))])
    silent = a_source(name="Valley Ledger")
    a_fetch(silent, outcome=Fetch.Outcome.FAILED, error="It answered 500.")

    report = select(a_briefing())

    coverage = report.revisions.get().coverage
    assert (coverage["watched"], coverage["answered"], coverage["articles"]) == (2, 1, 1)


@pytest.mark.parametrize(
    "behind",
    [
        pytest.param(
            lambda: Source.objects.update(not_before=NOW - timedelta(minutes=1)), id="to be read"
        ),
        pytest.param(
            lambda: Source.objects.update(leased_until=NOW + timedelta(minutes=1)), id="being read"
        ),
        pytest.param(
            lambda: Article.objects.update(state=Article.State.ENRICHED), id="to be placed"
        ),
    ],
)
def test_a_report_waits_for_the_belt_but_not_for_ever(behind):
    a_story([an_article(a_heard_source())])
    behind()
    briefing = a_briefing()

    waiting = select(briefing)
    attempts = Job.objects.get(kind="regroup").attempts
    begun = waiting.revisions.exists()
    jobs.work(first_jobs(waiting), now=NOW + timedelta(minutes=9))
    waiting.refresh_from_db()

    assert (attempts, begun) == (0, False)
    assert waiting.revisions.count() == 1


@pytest.mark.parametrize(
    ("waits", "begun"),
    [
        pytest.param(timedelta(minutes=2, seconds=29), False, id="half of it is not over"),
        pytest.param(timedelta(minutes=2, seconds=31), True, id="half of it is over"),
    ],
)
def test_a_report_in_a_hurry_leaves_half_of_its_time_to_its_writers(waits, begun):
    a_story([an_article(a_heard_source())])
    Article.objects.update(state=Article.State.ENRICHED)
    report = open_report_now(a_briefing(), NOW)  # a model may be waited for five minutes

    jobs.work(first_jobs(report), now=NOW + waits)

    assert report.revisions.exists() == begun


def test_a_report_is_never_longer_than_its_briefing_but_keeps_reserves():
    source = a_heard_source()
    for number in range(9):
        a_story([an_article(source, title=f"Event {number}")])

    report = select(a_briefing(max_sections=3))

    revision = report.revisions.get()
    assert revision.sections.count() == 3 + 4
    assert len(revision.left_out) == 2
    assert all(left["reason"] for left in revision.left_out)


@pytest.mark.parametrize(
    ("outcome", "not_before", "answered"),
    [
        pytest.param("read", NOW + timedelta(minutes=30), 1, id="it is not due again yet"),
        pytest.param("read", NOW - timedelta(minutes=1), 0, id="it is overdue"),
        pytest.param("failed", NOW + timedelta(minutes=30), 0, id="it had failed"),
    ],
)
def test_who_was_last_heard_before_the_window(outcome, not_before, answered):
    source = a_source(not_before=not_before)
    a_fetch(source, started_at=NOW - timedelta(hours=30), outcome=outcome)
    report = open_report_now(a_briefing(), NOW)

    coverage = coverage_of(report, window_of(report))

    assert (coverage["watched"], coverage["answered"]) == (1, answered)
