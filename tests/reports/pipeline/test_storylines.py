"""Storylines in the database: linked once, followed through merges, remembered by briefings."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from reports.domain.storylines import Status
from reports.models import Claim, Membership, Report, Revision, Story
from reports.pipeline.storylines import followed, link, told_before
from sources.models import Article, ArticleWords
from sources.pipeline.index import index_articles
from tests.factories import (
    NOW,
    TODAY,
    a_briefing,
    a_claim,
    a_draft_report,
    a_report,
    a_section,
    a_source,
    a_story,
    an_article,
    publish,
)

pytestmark = pytest.mark.django_db

DAY = 24
TRIAL = "Trial of banker Otis Fenn opens in Port Averil"
VERDICT = "Otis Fenn guilty of fraud at Averil Savings Bank"
APPEAL = "Otis Fenn appeals against verdict in Averil Savings Bank fraud"


def a_part(title: str, *, days_ago: float, source=None, people=("Otis Fenn",), **fields) -> Story:
    source = source or a_source()
    text = f"{title}, the court of Port Averil said about the Averil Savings Bank."
    article = an_article(source, title=title, paragraphs=[text], hours_ago=days_ago * DAY)
    return a_story([article], people=list(people), **fields)


def told(story: Story, briefing, *, days_ago: int, unchanged=(), state=None) -> Report:
    """Publish a report of this briefing that told the story; return it."""
    report = a_draft_report(
        briefing,
        sections=0,
        local_date=TODAY - timedelta(days=days_ago),
        revision={"unchanged": list(unchanged)},
    )
    revision = report.revisions.get()
    section = a_section(revision, story)
    title = story.memberships.first().article.title
    a_claim(section, quotes=[title], kind=Claim.Kind.HEADLINE)
    publish(report)
    if state:
        Report.objects.filter(pk=report.pk).update(state=state, reason="Wrong town.")
    return report


def the_report(briefing) -> Report:
    return a_report(briefing)


def test_a_story_is_linked_to_the_one_that_it_continues():
    trial, verdict = a_part(TRIAL, days_ago=6), a_part(VERDICT, days_ago=0.1)

    made = link([trial.pk, verdict.pk], now=NOW)

    verdict.refresh_from_db()
    trial.refresh_from_db()
    assert made == 1
    assert verdict.continues == trial
    assert verdict.storyline_id == trial.pk
    assert verdict.continues_why["names"]
    assert verdict.continues_why["days_apart"] == pytest.approx(5.9)
    assert trial.continues is None


def test_linking_again_changes_nothing():
    trial, verdict = a_part(TRIAL, days_ago=6), a_part(VERDICT, days_ago=0.1)
    link([verdict.pk], now=NOW)
    before = Story.objects.values().get(pk=verdict.pk)

    assert link([trial.pk, verdict.pk], now=NOW) == 0
    assert Story.objects.values().get(pk=verdict.pk) == before


def test_a_third_part_belongs_to_the_storyline_of_the_first():
    trial = a_part(TRIAL, days_ago=20)
    verdict = a_part(VERDICT, days_ago=9)
    appeal = a_part(APPEAL, days_ago=0.1)

    link([verdict.pk], now=NOW)
    link([appeal.pk], now=NOW)

    appeal.refresh_from_db()
    assert appeal.continues == verdict
    assert appeal.beginning == trial


def test_stories_that_are_linked_together_share_one_beginning():
    parts = [a_part(TRIAL, days_ago=20), a_part(VERDICT, days_ago=9), a_part(APPEAL, days_ago=0.1)]

    assert link([part.pk for part in parts], now=NOW) == 2
    assert {story.storyline_id for story in Story.objects.all()} == {parts[0].pk}


def test_words_find_what_names_do_not():
    trial, verdict = (
        a_part(TRIAL, days_ago=6, people=()),
        a_part(VERDICT, days_ago=0.1, people=()),
    )
    index_articles((article, article.language) for article in Article.objects.all())

    link([verdict.pk], now=NOW)

    verdict.refresh_from_db()
    assert ArticleWords.objects.count() == 2
    assert verdict.continues == trial


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"newsroom": "elsewhere"}, id="another newsroom"),
        pytest.param({"language": "de"}, id="another language"),
    ],
)
def test_no_storyline_leads_into_another(fields):
    a_part(TRIAL, days_ago=6, **fields)
    verdict = a_part(VERDICT, days_ago=0.1)

    assert link([verdict.pk], now=NOW) == 0


def test_a_merged_or_empty_story_is_not_linked():
    trial, verdict = a_part(TRIAL, days_ago=6), a_part(VERDICT, days_ago=0.1)
    empty = a_part(APPEAL, days_ago=0.2)
    Story.objects.filter(pk=verdict.pk).update(merged_into=trial)
    Membership.objects.filter(story=empty).delete()
    Story.objects.filter(pk=empty.pk).update(article_count=0)

    assert link([verdict.pk, empty.pk], now=NOW) == 0


def test_a_link_follows_the_story_that_was_merged():
    trial, other = a_part(TRIAL, days_ago=20), a_part("Court opens its doors", days_ago=21)
    verdict, appeal = a_part(VERDICT, days_ago=9), a_part(APPEAL, days_ago=0.1)
    link([verdict.pk], now=NOW)
    link([appeal.pk], now=NOW)
    Membership.objects.filter(story=trial).update(story=other)
    Story.objects.filter(pk=trial.pk).update(merged_into=other, article_count=0)

    link([other.pk], now=NOW)

    verdict.refresh_from_db()
    appeal.refresh_from_db()
    assert verdict.continues == other
    assert (verdict.beginning, appeal.beginning) == (other, other)
    assert appeal.continues == verdict


def test_a_merge_makes_no_circle():
    trial, verdict = a_part(TRIAL, days_ago=20), a_part(VERDICT, days_ago=9)
    appeal = a_part(APPEAL, days_ago=0.1)
    link([verdict.pk], now=NOW)
    link([appeal.pk], now=NOW)
    Membership.objects.filter(story=trial).update(story=appeal)
    Story.objects.filter(pk=trial.pk).update(merged_into=appeal, article_count=0)

    link([appeal.pk], now=NOW)

    verdict.refresh_from_db()
    appeal.refresh_from_db()
    assert verdict.continues is None
    assert appeal.continues == verdict
    assert appeal.beginning == verdict


@pytest.mark.parametrize("stories", [1, 6])
def test_the_number_of_queries_does_not_grow(stories):
    source = a_source()
    ids = []
    for number in range(stories):
        name = f"Zora Quell{'abcdefgh'[number] * 3}"
        for days_ago in (5, 0.1):
            title = f"{name} in court over forged paintings"
            ids.append(a_part(title, days_ago=days_ago, source=source, people=[name]).pk)

    with CaptureQueriesContext(
        connection,
    ) as made:
        assert link(ids, now=NOW) == stories

    assert len(made) <= 13


# --- What was told --------------------------------------------------------------------


def a_line() -> tuple[Story, Story]:
    trial, verdict = a_part(TRIAL, days_ago=4), a_part(VERDICT, days_ago=0.1)
    link([verdict.pk], now=NOW)
    return trial, Story.objects.get(pk=verdict.pk)


def test_what_was_told_of_one_part_was_told_of_all(django_assert_num_queries):
    briefing = a_briefing()
    trial, verdict = a_line()
    earlier = told(trial, briefing, days_ago=3)
    stranger = a_part("Farm show opens", days_ago=0.2, people=())

    report = the_report(briefing)

    with django_assert_num_queries(2):
        found = told_before(report, [verdict.pk, stranger.pk])

    assert list(found) == [verdict.pk]
    assert found[verdict.pk].until == earlier.window_end
    assert found[verdict.pk].at == earlier.slot_at
    assert found[verdict.pk].section_id == earlier.current.sections.get().pk


def test_the_last_telling_counts():
    briefing = a_briefing()
    trial, verdict = a_line()
    told(trial, briefing, days_ago=3)
    newest = told(trial, briefing, days_ago=1)

    found = told_before(the_report(briefing), [verdict.pk])

    assert found[verdict.pk].until == newest.window_end


def test_what_was_told_of_a_merged_story_was_told_of_its_heir():
    briefing = a_briefing()
    trial, heir = a_part(TRIAL, days_ago=2), a_part("Bank trial", days_ago=2.1)
    told(trial, briefing, days_ago=1)
    Story.objects.filter(pk=trial.pk).update(merged_into=heir, article_count=0)

    assert heir.pk in told_before(the_report(briefing), [heir.pk])


def test_another_briefing_or_a_withdrawn_report_told_nothing():
    briefing = a_briefing()
    trial, verdict = a_line()
    told(trial, a_briefing(), days_ago=3)
    told(trial, briefing, days_ago=2, state=Report.State.WITHDRAWN)

    assert told_before(the_report(briefing), [verdict.pk]) == {}


def test_a_told_story_without_news_is_unchanged():
    briefing = a_briefing()
    trial = a_part(TRIAL, days_ago=2)
    earlier = told(trial, briefing, days_ago=1)

    (one,) = followed(the_report(briefing))

    assert one.status == Status.UNCHANGED
    assert one.since == earlier.slot_at
    assert one.entry == {
        "story": trial.pk,
        "section": earlier.current.sections.get().pk,
        "status": "unchanged",
        "since": earlier.slot_at.isoformat(),
    }


def test_news_in_any_part_is_a_development():
    briefing = a_briefing()
    trial, _ = a_line()
    told(trial, briefing, days_ago=3)

    (one,) = followed(the_report(briefing))

    assert one.status == Status.DEVELOPING


def test_what_nobody_tells_any_more_is_resolved_once():
    briefing = a_briefing()
    trial = a_part(TRIAL, days_ago=6)
    earlier = told(trial, briefing, days_ago=5)

    (one,) = followed(the_report(briefing))

    assert one.status == Status.RESOLVED
    assert one.since == trial.last_article_at
    told(a_part("Farm show opens", days_ago=2), briefing, days_ago=1, unchanged=[one.entry])
    again = followed(Report.objects.get(briefing=briefing, local_date=TODAY))
    assert earlier.current.sections.get().pk not in [each.section_id for each in again]


def test_what_was_told_a_week_ago_is_not_followed():
    briefing = a_briefing()
    told(a_part(TRIAL, days_ago=9), briefing, days_ago=8)

    assert followed(the_report(briefing)) == []


@pytest.mark.parametrize("unchanged", [[None], [{"section": "x"}], [{}], ["resolved"]], ids=str)
def test_odd_entries_are_passed_over(unchanged):
    briefing = a_briefing()
    trial = a_part(TRIAL, days_ago=6)
    told(trial, briefing, days_ago=5, unchanged=unchanged)

    assert len(followed(the_report(briefing))) == 1


@pytest.mark.parametrize("reports", [1, 4])
def test_following_takes_three_queries(django_assert_num_queries, reports):
    briefing = a_briefing()
    for days in range(1, reports + 1):
        story = a_part(f"{TRIAL} {days}", days_ago=days + 0.5)
        told(story, briefing, days_ago=days)
    report = the_report(briefing)

    with django_assert_num_queries(3):
        assert len(followed(report)) == reports

    assert Revision.objects.count() == reports
