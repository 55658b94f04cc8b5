"""Second sources: asked of a scripted search service over real HTTP, through the real SDK."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_q.models import OrmQ

from patriot import schedules
from patriot.ledger import book
from patriot.ledger.models import Call, Service
from patriot.ledger.prices import Usage
from patriot.work.models import Job
from reports.domain.corroboration import Outcome
from reports.models import Briefing, Membership, Report, Section
from reports.pipeline import jobs
from reports.pipeline.corroborate import NO_ANSWER, PATIENCE, open_searches
from reports.pipeline.slots import open_report_now
from sources import tasks
from sources.gateways.parser import Parser
from sources.gateways.tavily import Search
from sources.models import Article, Fetch, Source
from sources.pipeline import control
from sources.pipeline.collect import collect
from sources.pipeline.searching import PaidSearch
from tests.factories import (
    NOW,
    a_briefing,
    a_fetch,
    a_publisher,
    a_source,
    a_story,
    an_article,
)
from tests.tavily_server import HOSTILE, KEY, html, late, refused, result, results

pytestmark = pytest.mark.django_db

TITLE = "Mayor Ana Silva closes the Old Harbor pier after a crack"
TEXT = (
    "Mayor Ana Silva closed the Old Harbor pier on Tuesday after divers found a crack of two "
    "meters in a pillar. Ferries to Gull Island leave from Northport until the pier is mended."
)
ALSO = (
    "Divers have found a crack in a pillar of the Old Harbor pier. Mayor Ana Silva ordered it "
    "closed at once; ferries to Gull Island go from Northport, the port authority said."
)
QUERY = "Mayor Ana Silva closes Old Harbor pier crack"


def told_by(
    domain,
    number=1,
    *,
    title="Old Harbor pier closed: Mayor Ana Silva acts on crack",
    text=ALSO,
    **fields,
):
    """Return a search result in which another outlet tells the story."""
    return result(
        number,
        **{
            "url": f"https://{domain}/news/{number}",
            "title": title,
            "content": text,
            "raw_content": text,
        }
        | fields,
    )


@pytest.fixture(autouse=True)
def _searches_are_on(settings):
    settings.SERVICES = ["tavily"]


@pytest.fixture(scope="module")
def parser():
    own = Parser()
    yield own
    own.close()


@pytest.fixture
def told():
    """A briefing, and a story that one outlet alone tells it."""
    source = a_source("Harbor Post")
    a_fetch(source)
    return a_story([an_article(source, title=TITLE, paragraphs=[TEXT])])


@pytest.fixture
def briefing(told):
    return a_briefing(max_sections=8)


@pytest.fixture
def produce(tavily_server, parser):
    """Produce a report as workers would; return it with its first section."""

    def do(briefing, *, clock=NOW, ceiling="10", search=..., report=None, seconds=60):
        gateway = Search(
            api_key=KEY,
            base_url=tavily_server.address,
            allow=[tavily_server.authority],
            deadline=timedelta(seconds=seconds),
        )
        paid = PaidSearch(gateway, daily_ceiling=Decimal(ceiling)) if search is ... else search
        report = report or open_report_now(briefing, clock)
        steps = schedules.timetable(web=tasks.web(), parser=parser, search=paid)
        schedules.advance(clock, steps=steps, briefings=Briefing.objects.none())
        schedules.advance(clock + PATIENCE, steps=steps, briefings=Briefing.objects.none())
        report.refresh_from_db()
        sections = Section.objects.filter(revision__report=report).order_by("position")
        return report, sections.first()

    return do


def said_of(section):
    """Return what a section keeps of its search, without what differs from run to run."""
    kept = section.corroboration
    return kept["outcome"], kept["sentence"], kept["publishers"]


# --- What a search brings -----------------------------------------------------------


def test_a_second_source_is_found_counted_and_told(tavily_server, produce, briefing, told):
    a_publisher("Island Herald", domain="herald.example")
    tavily_server.answer(results(told_by("herald.example")))

    report, section = produce(briefing)

    [asked] = tavily_server.asked
    assert asked.question["query"] == QUERY
    assert asked.question["exclude_domains"] == ["harbor-post.example"]
    assert (asked.question["topic"], asked.question["time_range"]) == ("news", "day")
    found = Article.objects.get(publisher__domain="herald.example")
    assert found.membership.story == told
    assert section.corroboration == {
        "query": QUERY,
        "reason": "Only one of our sources tells this.",
        "asked_at": NOW.isoformat(),
        "outcome": Outcome.FOUND,
        "sentence": "Only one of our sources tells this. "
        "We searched for a second source: Island Herald tells it too.",
        "error": "",
        "articles": [found.pk],
        "publishers": ["Island Herald"],
        "source": found.source_id,
    }
    assert (section.article_count, section.outlet_count, section.independent_count) == (2, 2, 2)
    assert set(found.passages.values_list("pk", flat=True)) & set(section.given)
    assert report.state == Report.State.PUBLISHED


def test_what_does_not_fit_becomes_no_story_and_no_source(tavily_server, produce, briefing):
    other = told_by(
        "herald.example",
        title="Cup final goes to penalties in Westmark",
        text="Westmark Rovers won the cup final on penalties after a goalless night.",
    )
    tavily_server.answer(results(other))

    _, section = produce(briefing)

    assert said_of(section) == (
        Outcome.NOTHING, "We searched for a second source and found none.", []
    )  # fmt: skip
    [article] = Article.objects.filter(publisher__domain="herald.example")
    assert article.state == Article.State.CLUSTERED
    assert not Membership.objects.filter(article=article).exists()
    assert section.independent_count == 1


def test_nothing_found_is_said(tavily_server, produce, briefing):
    tavily_server.answer(results())

    _, section = produce(briefing)

    assert said_of(section) == (
        Outcome.NOTHING, "We searched for a second source and found none.", []
    )  # fmt: skip


def test_who_is_of_the_same_house_is_no_second_source(tavily_server, produce, briefing):
    house = a_publisher("Harbor Post").family
    a_publisher("Post on Sunday", domain="sunday.example", family=house)
    # Excluded, and yet there: what the service sends is not believed.
    tavily_server.answer(results(told_by("sunday.example"), told_by("harbor-post.example")))

    _, section = produce(briefing)

    [asked] = tavily_server.asked
    assert asked.question["exclude_domains"] == ["harbor-post.example", "sunday.example"]
    assert section.corroboration["outcome"] == Outcome.NOTHING
    assert not Article.objects.filter(source__for_story__isnull=False).exists()


def test_a_copy_is_counted_as_one_and_is_no_second_source(tavily_server, produce, briefing):
    tavily_server.answer(results(told_by("herald.example", title=TITLE, text=TEXT)))

    _, section = produce(briefing)

    assert section.corroboration["outcome"] == Outcome.NOTHING
    assert (section.outlet_count, section.independent_count, section.copy_count) == (2, 1, 1)


def test_hostile_results_become_nothing(tavily_server, produce, briefing):
    tavily_server.answer(
        results(*[told_by("herald.example", n, **fields) for n, fields in
                  enumerate(list(HOSTILE.values())[:5])])
    )  # fmt: skip

    report, section = produce(briefing)

    assert section.corroboration["outcome"] == Outcome.NOTHING
    assert report.state == Report.State.PUBLISHED


def test_markup_and_endless_titles_are_text_of_bounded_length(tavily_server, produce, briefing):
    evil = "<script>alert(1)</script> Old Harbor pier closed, says Mayor Ana Silva \u202e"
    tavily_server.answer(results(told_by("herald.example", title=evil + "x" * 1_000_000)))

    report, section = produce(briefing)

    [article] = Article.objects.filter(publisher__domain="herald.example")
    assert len(article.title) <= 1_000
    assert "\u202e" not in article.title
    assert len(section.corroboration["sentence"]) < 500
    assert report.state == Report.State.PUBLISHED


# --- What goes wrong ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "cause"),
    [
        pytest.param(
            refused(429, "Slow down", Retry_After="3600"),
            "The search service had too many requests.", id="rate limited",
        ),
        pytest.param(
            refused(432, "Pay"), "The account at the search service had reached its limit.",
            id="out of funds",
        ),
        pytest.param(
            refused(401, "Bad key"), "The search service did not accept the question.", id="refused"
        ),
        pytest.param(html(), "The search service’s answer could not be read.", id="malformed"),
        pytest.param(
            refused(500, "Oops"), "The search service could not be reached.", id="not available"
        ),
        pytest.param(
            late(results(), seconds=60), "The search service could not be reached.", id="too slow"
        ),
    ],
)  # fmt: skip
def test_a_search_that_fails_says_so_and_the_report_goes_on(
    tavily_server, produce, briefing, reply, cause
):
    tavily_server.answer(reply)

    report, section = produce(briefing, seconds=2 if reply.after else 60)

    sentence = f"We searched for a second source, but the search failed: {cause}"
    assert said_of(section) == (Outcome.FAILED, sentence, [])
    assert len(tavily_server.asked) == 1
    assert section.independent_count == 1
    assert report.state == Report.State.PUBLISHED


def test_beyond_the_days_ceiling_nothing_is_asked_and_that_is_said(
    tavily_server, produce, briefing
):
    _, section = produce(briefing, ceiling="0.001")

    sentence = "We did not search for a second source: What we may spend in a day was used up."
    assert said_of(section) == (Outcome.NOT_ASKED, sentence, [])
    assert section.corroboration["asked_at"] is None
    assert "$0.001" in section.corroboration["error"]
    assert tavily_server.asked == []


def test_searches_that_were_switched_off_meanwhile_are_not_made(tavily_server, produce, briefing):
    _, section = produce(briefing, search=None)

    sentence = "We did not search for a second source: Searches were off."
    assert said_of(section) == (Outcome.NOT_ASKED, sentence, [])
    assert tavily_server.asked == []


@pytest.mark.parametrize(
    ("services", "fields"),
    [
        pytest.param([], {}, id="without a key"),
        pytest.param(["tavily"], {"second_source_searches": 0}, id="the briefing wants none"),
    ],
)
@pytest.mark.usefixtures("told", "tavily_server")
def test_nothing_is_opened(settings, produce, services, fields):
    settings.SERVICES = services

    report, section = produce(a_briefing(**fields))

    assert section.corroboration == {}
    assert not Job.objects.filter(kind="corroborate").exists()
    assert not Source.objects.exclude(for_story=None).exists()
    assert report.state == Report.State.PUBLISHED


def test_a_report_waits_no_longer_than_its_patience_and_then_asks_no_more(told, briefing):
    report = opened(briefing)

    for clock in (NOW, NOW + PATIENCE):
        jobs.work(ids_of(Job.objects.due(clock)), now=clock)

    section = Section.objects.get(revision__report=report)
    assert section.corroboration["outcome"] == Outcome.NOT_ASKED
    assert section.corroboration["error"] == "Nobody asked it in time."
    [search] = Source.objects.exclude(for_story=None)
    assert not search.is_enabled


def test_until_it_is_over_a_section_claims_nothing(told, briefing):
    report = opened(briefing)

    section = Section.objects.get(revision__report=report)
    assert said_of(section) == (
        Outcome.FAILED,
        "We searched for a second source, but the search failed: "
        "It had not ended when the report was written.",
        [],
    )


# --- Once ---------------------------------------------------------------------------


def opened(briefing):
    """Return a report of which the searches were just opened."""
    report = open_report_now(briefing, NOW)
    while due := ids_of(Job.objects.due(NOW).filter(kind__in=["regroup", "select"])):
        jobs.work(due, now=NOW)
    return report


def ids_of(rows):
    return list(rows.order_by("pk").values_list("pk", flat=True))


def test_a_report_costs_at_most_its_number_of_searches(tavily_server, produce):
    for number, name in enumerate(["Harbor Post", "Valley Sun", "Cape Mail", "Dune News"]):
        source = a_source(name)
        words = ["pier", "tunnel", "orchard", "lighthouse"][number]
        a_story(
            [
                an_article(
                    source,
                    title=f"Fire destroys {words} in {name.split()[0]} town",
                    paragraphs=[f"A fire destroyed the {words} on Monday night."],
                )
            ]
        )
    tavily_server.answer(results())

    report, _ = produce(a_briefing(max_sections=8, second_source_searches=2))

    assert len(tavily_server.asked) == 2
    [first, second, *others] = report.revisions.get().sections.order_by("position")
    assert first.corroboration
    assert second.corroboration
    assert not any(section.corroboration for section in others)
    assert Call.objects.spent() == Decimal("0.008") * 2


def test_opening_twice_stores_one_search_and_one_job(told, briefing):
    report = opened(briefing)
    sections = list(Section.objects.filter(revision__report=report))

    open_searches(report, sections, NOW)

    assert Source.objects.exclude(for_story=None).count() == 1
    assert Job.objects.filter(kind="corroborate").count() == 1


def test_nobody_waits_for_the_next_minute(tavily_server, told, briefing, parser):
    opened(briefing)
    [search] = Source.objects.exclude(for_story=None)
    [job] = Job.objects.filter(kind="corroborate")
    assert ("sources.tasks.collect", [search.pk]) in looks()
    jobs.work([job.pk], now=NOW)
    OrmQ.objects.all().delete()
    tavily_server.answer(results())
    gateway = Search(api_key=KEY, base_url=tavily_server.address, allow=[tavily_server.authority])

    collect([search.pk], web=tasks.web(), parser=parser, search=PaidSearch(gateway, None), now=NOW)

    assert looks() == [("reports.tasks.work", [job.pk])]
    job.refresh_from_db()
    assert job.not_before == NOW


def looks():
    """Return what workers were asked to look at."""
    return [(look.func(), look.task["args"][0]) for look in OrmQ.objects.order_by("pk")]


def test_a_search_for_one_story_is_asked_once_whoever_looks_at_it_again(
    tavily_server, produce, briefing, parser
):
    tavily_server.answer(results(told_by("herald.example")))
    produce(briefing)
    [search] = Source.objects.exclude(for_story=None)

    later = NOW + timedelta(days=30)
    fetches = collect([search.pk], web=tasks.web(), parser=parser, now=later)
    resumed = control.resume([search.pk], later)

    assert (fetches, resumed) == ([], [])
    assert len(tavily_server.asked) == Fetch.objects.filter(source=search).count() == 1


def test_a_search_whose_worker_died_is_not_paid_again(tavily_server, produce, told, briefing):
    opened(briefing)
    [search] = Source.objects.exclude(for_story=None)
    plan = book.Plan(
        Service.TAVILY, "search", "basic", f"source {search.pk}", "", Usage(credits=Decimal(1))
    )
    book.reserve(plan, ceilings=book.Ceilings(daily=None), now=NOW)

    report, section = finish_with(produce, briefing)

    assert tavily_server.asked == []
    assert section.corroboration["outcome"] == Outcome.FAILED
    assert section.corroboration["sentence"].endswith(NO_ANSWER)
    assert report.state == Report.State.PUBLISHED


def finish_with(produce, briefing):
    """Go on with the report that was opened, as workers would."""
    return produce(briefing, report=Report.objects.get(briefing=briefing))


def test_an_answer_that_comes_while_the_job_goes_to_sleep_wakes_it(told, briefing, monkeypatch):
    report = opened(briefing)
    [search] = Source.objects.exclude(for_story=None)
    [job] = Job.objects.filter(kind="corroborate")
    postpone = Job.postpone

    def and_meanwhile(self, not_before):
        a_fetch(search, started_at=NOW)
        postpone(self, not_before)

    monkeypatch.setattr(Job, "postpone", and_meanwhile)
    jobs.work([job.pk], now=NOW)

    job.refresh_from_db()
    assert job.not_before == NOW
    jobs.work([job.pk], now=NOW)
    section = Section.objects.get(revision__report=report)
    assert section.corroboration["outcome"] == Outcome.NOTHING


# --- Figures that differ, and what stays out of sight -------------------------------


def test_outlets_that_give_different_figures_deserve_a_search(tavily_server, produce):
    for name in ("Harbor Post", "Valley Sun"):
        a_source(name)
    one, two = (
        an_article(
            Source.objects.get(name=name),
            title=f"Mudslide in Northport kills {dead} people, Mayor Ana Silva says",
            paragraphs=[
                f"The mudslide in Northport killed {dead} villagers on Monday, Mayor Ana Silva "
                f"said. {dead} dead were found under the mud of Gull Hill by {name}."
            ],
        )
        for name, dead in (("Harbor Post", 12), ("Valley Sun", 15))
    )
    a_story([one, two])
    tavily_server.answer(results())

    _, section = produce(a_briefing(max_sections=8))

    assert section.corroboration["sentence"] == (
        "Our sources give different figures. We searched for a second source and found none."
    )


def test_coverage_counts_no_search_for_a_story(tavily_server, produce, briefing):
    tavily_server.answer(results(told_by("herald.example")))

    report, _ = produce(briefing)
    a_fetch(Source.objects.get(name="Harbor Post"), started_at=NOW + timedelta(minutes=30))
    again, _ = produce(briefing, clock=NOW + timedelta(hours=1))

    assert report.revisions.get().coverage["watched"] == 1
    assert again.state == Report.State.SKIPPED


def test_to_open_a_search_takes_few_queries_and_none_when_searches_are_off(
    settings, told, briefing
):
    report = opened(briefing)
    sections = list(Section.objects.filter(revision__report=report).select_related("story"))

    with CaptureQueriesContext(
        connection,
    ) as on:
        open_searches(report, sections, NOW)
    settings.SERVICES = []
    with CaptureQueriesContext(connection) as off:
        open_searches(report, sections, NOW)

    assert len(on) <= 8
    assert len(off) == 0
