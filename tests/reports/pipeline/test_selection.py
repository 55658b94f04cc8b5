"""What makes a story be told, seen from the rows: pins, topics, storylines, searches, agencies."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from reports.domain.ranking import MUTED, Part
from reports.models import Report, Section
from reports.pipeline import jobs
from reports.pipeline.select import MAX_LEFT_OUT, preview_of, selection_of
from reports.pipeline.slots import open_report_now
from reports.pipeline.tallies import places
from sources.models import Article
from tests.factories import (
    NOW,
    a_briefing,
    a_fetch,
    a_published_report,
    a_report,
    a_search,
    a_source,
    a_story,
    an_article,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def briefing():
    return a_briefing(created_at=NOW - timedelta(days=30))


def a_telling(name="Harbor Courier", **fields):
    """Return an article of an outlet that answered."""
    return an_article(a_source(name, **fields.pop("source", {})), **fields)


def told(briefing) -> list[int]:
    return [one.candidate.story_id for one in preview_of(briefing, NOW).chosen]


def parts_of(briefing, story) -> dict[str, int]:
    chosen = preview_of(briefing, NOW).chosen
    return next(dict(one.parts) for one in chosen if one.candidate.story_id == story.pk)


def produce(briefing) -> Report:
    a_fetch(a_source("Quiet Echo"))
    report = open_report_now(briefing, NOW)
    kinds = ("regroup", "select")
    jobs.work([job.pk for k in kinds for job in jobs.Job.objects.filter(kind=k)], now=NOW)
    report.refresh_from_db()
    return report


def yesterday_told(briefing, **fields):
    return a_published_report(
        briefing, sections=1, local_date=NOW.date() - timedelta(days=1), **fields
    )


def stands_still(report):
    """Return the story of a report, of which nothing came since."""
    story, then = report.current.sections.get().story, NOW - timedelta(hours=30)
    moments = {"published_at": then, "first_seen_at": then, "updated_at": then}
    Article.objects.filter(membership__story=story).update(**moments)
    type(story).objects.filter(pk=story.pk).update(last_article_at=then)
    return story


# --- The staff's word -------------------------------------------------------------
def test_a_pinned_story_leads_and_a_muted_one_is_never_told(briefing):
    small = a_story([a_telling()], is_pinned=True)
    large = a_story([a_telling(name) for name in ("Valley Ledger", "Hill Tribune")])
    muted = a_story([a_telling(name) for name in ("Bay Post", "Ridge Gazette")], is_muted=True)

    selection = preview_of(briefing, NOW)

    assert [one.candidate.story_id for one in selection.chosen] == [small.pk, large.pk]
    assert [(left.story_id, left.reason) for left in selection.left_out] == [(muted.pk, MUTED)]


def test_a_pinned_story_without_news_is_not_told(briefing):
    a_story([a_telling(hours_ago=60)], is_pinned=True)

    assert told(briefing) == []


def test_the_briefing_says_which_topics_it_wants(briefing):
    economy = a_story([a_telling("Bay Post")], topics=["economy"])
    sport = a_story([a_telling("Hill Tribune")], topics=["sport"])
    usual = told(briefing)
    briefing.topic_weights = {"sport": 2, "nonsense": 9, "economy": "x"}

    assert (usual, told(briefing)) == ([economy.pk, sport.pk], [sport.pk, economy.pk])


def test_a_source_counts_as_much_as_the_staff_says(briefing):
    light = a_story([a_telling("Bay Post", source={"weight": 0.5})])
    heavy = a_story([a_telling("Hill Tribune", source={"weight": 2})])

    assert told(briefing) == [heavy.pk, light.pk]
    assert parts_of(briefing, heavy)[Part.WEIGHT] == 100
    assert parts_of(briefing, light)[Part.WEIGHT] == -100


# --- Who told it ------------------------------------------------------------------
def test_an_agency_is_one_voice_whoever_carries_it_and_is_named(briefing):
    names = ("Bay Post", "Hill Tribune", "Valley Ledger")
    story = a_story([a_telling(name) for name in names])
    story.memberships.exclude(article__publisher__name="Bay Post").update(agency="Reuters")

    report = produce(briefing)

    section = Section.objects.get(revision__report=report)
    assert (section.outlet_count, section.independent_count) == (3, 2)
    assert section.agencies == ["Reuters"]


def test_copies_are_counted_within_the_briefings_sources():
    original = a_telling("Bay Post", source={"tags": ["region"]})
    copies = [
        a_telling("Hill Tribune", source={"tags": ["region"]}),
        a_telling("Valley Ledger", source={"tags": ["sport"]}),
    ]
    a_story([original], copies=copies)

    report = produce(a_briefing(tags=["region"]))

    section = Section.objects.get(revision__report=report)
    assert (section.article_count, section.copy_count) == (2, 1)


def test_a_story_of_copies_alone_has_one_voice(briefing):
    old = a_telling("Bay Post", hours_ago=60)
    story = a_story([old], copies=[a_telling("Hill Tribune"), a_telling("Valley Ledger")])

    assert Part.INDEPENDENCE not in parts_of(briefing, story)


def test_an_article_without_a_story_is_passed_over(briefing):
    a_telling()

    assert told(briefing) == []


# --- Searches for a second source -------------------------------------------------
def found_for(story, **fields):
    search = a_search(for_story=story.pk, publisher=a_source("Wire Watch").publisher)
    article = an_article(search, **fields)
    story.memberships.create(article=article, similarity=0.5)
    Article.objects.filter(pk=article.pk).update(state=Article.State.CLUSTERED)
    return article


def test_what_a_search_found_is_counted_and_is_no_reason_to_tell(briefing):
    story = a_story([a_telling()])
    before = parts_of(briefing, story)
    found_for(story)

    selection = preview_of(briefing, NOW)

    tally = selection.tallies[story.pk]
    assert (tally.article_count, tally.outlet_count, tally.independent_count) == (2, 2, 2)
    assert parts_of(briefing, story) == before


def test_what_only_a_search_found_is_never_a_story(briefing):
    story = a_story([a_telling(hours_ago=60)])
    found_for(story)

    assert told(briefing) == []


# --- Told before ------------------------------------------------------------------
def test_the_next_part_of_a_storyline_is_developing(briefing):
    first = yesterday_told(briefing).current.sections.get().story
    second = a_story([a_telling()], continues=first, beginning=first)

    selection = preview_of(briefing, NOW)

    (one,) = [one for one in selection.chosen if one.candidate.story_id == second.pk]
    assert one.status == "developing"
    assert one.parts[Part.CONTINUITY] > 0


def test_only_copies_since_are_no_news(briefing):
    story = stands_still(yesterday_told(briefing))
    first = story.memberships.order_by("pk").first()
    copy = a_telling("Ridge Gazette")
    story.memberships.create(article=copy, similarity=0.9, copy_of=first.article)

    assert story.pk not in told(briefing)


def test_what_stands_still_has_a_line_and_is_not_left_out_too(briefing):
    story = stands_still(yesterday_told(briefing))
    a_story([a_telling("Ridge Gazette", title="Clock museum opens", paragraphs=["Clocks tick."])])

    report = produce(briefing)

    revision = report.revisions.get()
    assert [entry["story"] for entry in revision.unchanged] == [story.pk]
    assert {"story", "section", "status", "since"} <= revision.unchanged[0].keys()
    assert story.pk not in {left["story"] for left in revision.left_out}


def test_a_muted_story_has_no_line_either(briefing):
    story = stands_still(yesterday_told(briefing))
    type(story).objects.filter(pk=story.pk).update(is_muted=True)
    a_story([a_telling("Ridge Gazette", title="Clock museum opens", paragraphs=["Clocks tick."])])

    assert preview_of(briefing, NOW).unchanged == ()


# --- The whole --------------------------------------------------------------------
def test_a_preview_is_what_the_report_will_tell_and_stores_nothing(briefing):
    for number in range(20):
        a_story([a_telling(f"Outlet {number}", title=f"Event {number}", hours_ago=number)])

    preview = told(briefing)
    stored = Report.objects.count()
    report = produce(briefing)

    sections = Section.objects.filter(revision__report=report).order_by("position")
    assert stored == 0
    assert [section.story_id for section in sections] == preview
    assert all(sum(section.score.values()) > 0 for section in sections)


def test_no_more_than_the_first_are_named_as_left_out():
    source = a_source()
    for number in range(MAX_LEFT_OUT + 12):
        a_story([an_article(source, title=f"Event {number}")])

    assert len(preview_of(a_briefing(max_sections=3), NOW).left_out) == MAX_LEFT_OUT


@pytest.mark.parametrize("many", [1, 9])
def test_the_number_of_queries_does_not_grow(briefing, many):
    if many > 1:
        yesterday_told(briefing)
    for number in range(many):
        a_story([a_telling(f"Outlet {number}"), a_telling(f"Other {number}")])
    report = a_report(briefing, window_end=NOW, slot_at=NOW)

    with CaptureQueriesContext(connection) as asked:
        selection_of(report)

    assert len(asked) <= 11


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        pytest.param(1, [0.5], id="one stands in the middle"),
        pytest.param(2, [0.44, 0.56], id="of two little is known"),
        pytest.param(11, [n / 10 for n in range(11)], id="from the end to the top"),
    ],
)
def test_the_place_in_a_feed(count, expected):
    assert [round(place, 2) for place in places(count)] == expected
