"""A report by a model: every sentence stands, whatever the model or its service does.

The real pipeline, gateway and SDK talk to a scripted server over loopback.
"""

from __future__ import annotations

import json
import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils.html import escape

from patriot.ledger import book
from patriot.ledger.models import Call
from patriot.work.models import Job
from reports.domain.extraction import ANALYST
from reports.gateways.claude import Claude
from reports.models import Claim, Prompt, Report
from reports.pipeline import jobs
from reports.pipeline.asking import FOR_READERS
from reports.pipeline.prompts import write_prompt
from reports.pipeline.slots import open_report_now
from reports.pipeline.storing import NOTHING_HELD
from reports.pipeline.writers import Writers
from sources.models import Article
from tests import claude_server as say
from tests.claude_server import ClaudeServer
from tests.factories import NOW, sha256
from tests.reports.pipeline.producing import STORIES, a_newsy_morning, finish, produce

pytestmark = pytest.mark.django_db

MODEL = "claude-haiku-5-5"


@pytest.fixture
def server():
    with ClaudeServer() as server:
        yield server


def writers(server, *, daily="10", deadline=60.0):
    claude = Claude(api_key=say.KEY, base_url=server.url, deadline=timedelta(seconds=deadline))
    return Writers(claude=claude, daily_ceiling=Decimal(daily))


def sections(report):
    return list(report.current.sections.order_by("position"))


def page_of(client, report):
    return client.get(report.get_absolute_url()).content.decode()


def said(sentence):
    """Return a reason as the page gives it: after a colon, of this story or these."""
    return escape(sentence.removesuffix(" about it.")).lower()


def assert_every_sentence_stands(report):
    claims = Claim.objects.filter(section__revision=report.current).prefetch_related(
        "evidence__passage"
    )
    assert claims
    for claim in claims:
        assert claim.evidence.all()
        for evidence in claim.evidence.all():
            passage = evidence.passage
            assert passage.text[evidence.start : evidence.end] == evidence.quote
            assert sha256(passage.text) == passage.sha256


def assert_the_ledger_agrees_with(server):
    """Each request that the server saw is one call, booked as the server counted it."""
    calls = list(Call.objects.order_by("pk"))
    assert len(calls) == len(server.log)
    by_id = {asked.request_id: asked for asked in server.log}
    for call in calls:
        assert not call.is_running
        if call.status is None:
            # It broke off: nobody knows what was written.
            assert call.cost_usd == call.estimated_usd
            continue
        asked = by_id.get(call.request_id)
        if asked is None or asked.usage is None:
            continue
        counted = asked.usage
        assert (call.purpose, call.model) == (asked.purpose, asked.model)
        assert (call.input_tokens, call.output_tokens) == (
            counted.input_tokens,
            counted.output_tokens,
        )
        assert call.cost_usd == book.cost(counted, book.rates_of("claude", call.model, NOW))


# --- A good day -------------------------------------------------------------------------


def test_claude_writes_a_report_and_every_sentence_stands(server, client):
    report, _ = produce(a_newsy_morning(), writers=writers(server))

    assert report.state == Report.State.PUBLISHED, report.reason
    assert [(section.analyst, section.fallback) for section in sections(report)] == [
        (MODEL, "")
    ] * STORIES
    assert report.current.analyst == MODEL
    assert_every_sentence_stands(report)
    assert_the_ledger_agrees_with(server)
    assert [asked.purpose for asked in server.log] == [*["analyze"] * STORIES, "compose"]
    assert MODEL in page_of(client, report)


def with_analysis(asked):
    """Answer with what stands, and say of the lead that it matters."""
    claims = say.standing_claims(asked)
    lead = next(claim for claim in claims if claim["kind"] == "lead")
    return say.answering(
        asked, [*claims, lead | {"kind": "why", "text": f"This matters: {lead['text']}"}]
    )


def test_an_analysis_is_labeled_as_such(server, client):
    server.script = with_analysis

    report, _ = produce(a_newsy_morning(), writers=writers(server))

    why = Claim.objects.filter(section__revision=report.current, kind=Claim.Kind.WHY)
    page = page_of(client, report)
    assert why.count() == STORIES
    assert "This matters: " in page
    assert re.search(r"why it matters", page, re.IGNORECASE)
    assert re.search(r"analysis", page, re.IGNORECASE)


def test_a_sentence_that_fell_goes_back_once_with_its_reason(server):
    server.script = say.repairing

    report, _ = produce(a_newsy_morning(), writers=writers(server))

    assert [asked.purpose for asked in server.log].count("repair") == STORIES
    assert all(section.analyst == MODEL for section in sections(report))
    assert "48,151" not in " ".join(Claim.objects.values_list("text", flat=True))
    mending = [asked.asked for asked in server.log if asked.purpose == "repair"]
    assert all("48,151" in asked.message for asked in mending)
    assert_every_sentence_stands(report)
    assert_the_ledger_agrees_with(server)


def test_an_article_that_changes_meanwhile_takes_no_sentence_along(server):
    """What was said stands on the passages that the model was given."""
    server.script = with_analysis
    report = open_report_now(a_newsy_morning(), NOW)
    mine = Job.objects.filter(subject=report.subject).order_by("stage", "pk")
    for seconds in range(0, 60, 5):
        clock = NOW + timedelta(seconds=seconds)
        if not mine.filter(kind="ground").exists():
            due = list(mine.due(clock).values_list("pk", flat=True))
            jobs.work(due, now=clock, writers=writers(server))

    Article.objects.update(
        title="Something else", text="", version=9, updated_at=NOW + timedelta(minutes=1)
    )
    finish(report, writers=writers(server), clock=NOW)

    report.refresh_from_db()
    assert report.state == Report.State.PUBLISHED, report.reason
    assert [section.analyst for section in sections(report)] == [MODEL] * STORIES
    assert Claim.objects.filter(kind=Claim.Kind.WHY).count() == STORIES
    assert_every_sentence_stands(report)


# --- A model that lies -------------------------------------------------------------------


@pytest.mark.parametrize(
    "behavior",
    [
        pytest.param(say.altered_quotes, id="altered quotes"),
        pytest.param(say.invented_numbers, id="invented numbers"),
        pytest.param(say.forged_ids, id="forged ids"),
        pytest.param(say.markup_and_links, id="markup and links"),
    ],
)
def test_what_does_not_stand_never_reaches_a_page(server, client, behavior):
    server.script = behavior

    report, _ = produce(a_newsy_morning(), writers=writers(server))

    page = page_of(client, report)
    assert report.state == Report.State.PUBLISHED, report.reason
    assert_every_sentence_stands(report)
    for poison in ("zebras", "48,151", "evil.example", "alert(1)", "javascript:"):
        assert poison not in page
    assert {section.analyst for section in sections(report)} == {ANALYST}
    assert {section.fallback for section in sections(report)} == {NOTHING_HELD}
    assert said(NOTHING_HELD) in page.lower()
    # Once, and once more to mend it.
    assert len(server.log) == 2 * STORIES
    assert_the_ledger_agrees_with(server)


# --- A service that fails ---------------------------------------------------------------


TWICE = 2 * STORIES


@pytest.mark.parametrize(
    ("behavior", "outcome", "requests"),
    [
        pytest.param(say.server_error(500), "unavailable", TWICE, id="500, and again 500"),
        pytest.param(say.overloaded, "unavailable", TWICE, id="529"),
        pytest.param(say.stall, "unavailable", TWICE, id="stalled"),
        pytest.param(say.drip, "unavailable", TWICE, id="dripping"),
        pytest.param(say.broken_off, "unavailable", TWICE, id="broken off"),
        pytest.param(say.html, "unavailable", TWICE, id="HTML"),
        pytest.param(say.cut_off, "cut_off", TWICE, id="truncated"),
        pytest.param(say.malformed, "malformed", TWICE, id="malformed"),
        pytest.param(say.empty, "malformed", TWICE, id="empty"),
        pytest.param(say.refusal, "refused", STORIES, id="refused"),
        pytest.param(say.unauthorized, "rejected", STORIES, id="bad key"),
        pytest.param(say.unknown_model, "rejected", STORIES, id="unknown model"),
        pytest.param(say.spend_limit, "out_of_funds", STORIES, id="spend limit"),
        pytest.param(say.low_credit, "out_of_funds", STORIES, id="no credit"),
        pytest.param(say.rate_limited(3600), "rate_limited", 1, id="limited for an hour"),
    ],
)
def test_every_failure_ends_in_a_report_that_says_so(server, client, behavior, outcome, requests):
    server.script = behavior

    is_slow = behavior in {say.stall, say.drip}
    slowly = writers(server, deadline=2.0 if is_slow else 60.0)
    report, _ = produce(a_newsy_morning(), writers=slowly)

    page = page_of(client, report)
    assert report.state == Report.State.PUBLISHED, report.reason
    assert_every_sentence_stands(report)
    assert {section.analyst for section in sections(report)} == {ANALYST}
    [sentence] = {section.fallback for section in sections(report)}
    assert sentence == FOR_READERS[outcome]
    assert said(sentence) in page.lower()
    assert say.KEY not in page
    assert set(Call.objects.values_list("outcome", flat=True)) == {outcome}
    assert len(server.log) == requests
    assert_the_ledger_agrees_with(server)


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(say.server_error(500), id="500"),
        pytest.param(say.overloaded, id="529"),
        pytest.param(say.rate_limited(20), id="limited for a while"),
        pytest.param(say.rate_limited(), id="limited, without saying how long"),
        pytest.param(say.cut_off, id="truncated"),
        pytest.param(say.malformed, id="malformed"),
    ],
)
def test_what_fails_once_is_asked_again_later(server, bad):
    server.script = [bad, say.honest]

    report, ended = produce(a_newsy_morning(), writers=writers(server))

    assert {section.analyst for section in sections(report)} == {MODEL}
    assert [asked.purpose for asked in server.log].count("analyze") == STORIES + 1
    assert ended - NOW < timedelta(minutes=1)
    assert_the_ledger_agrees_with(server)


def test_one_of_us_was_limited_and_all_of_us_wait(server):
    server.script = [say.rate_limited(40), say.honest]

    _, ended = produce(a_newsy_morning(), writers=writers(server))

    assert ended - NOW > timedelta(seconds=40)
    assert Call.objects.filter(outcome=Call.Outcome.RATE_LIMITED).count() == 1


@pytest.mark.parametrize(
    "told",
    [
        pytest.param({"model": "claude-sonnet-5-5"}, id="of another model"),
        pytest.param(
            {"started_at": NOW + timedelta(days=300), "retry_at": NOW + timedelta(days=301)},
            id="under a clock that ran ahead",
        ),
        pytest.param({"retry_at": NOW + timedelta(days=40)}, id="for longer than anybody asks"),
    ],
)
def test_a_limit_that_is_not_ours_now_keeps_nobody_waiting(server, told):
    fields = {
        "service": "claude",
        "purpose": "analyze",
        "model": MODEL,
        "subject": "report 0",
        "outcome": Call.Outcome.RATE_LIMITED,
        "estimated_usd": 0,
        "cost_usd": 0,
        "started_at": NOW,
        "finished_at": NOW,
        "retry_at": NOW + timedelta(minutes=30),
    }
    Call.objects.create(**fields | told)

    report, ended = produce(a_newsy_morning(), writers=writers(server))

    assert {section.analyst for section in sections(report)} == {MODEL}
    assert ended - NOW < timedelta(minutes=1)


def test_a_story_that_a_model_refuses_costs_the_others_nothing(server):
    server.script = [say.refusal, say.honest]

    report, _ = produce(a_newsy_morning(), writers=writers(server))

    assert sorted(section.analyst for section in sections(report)) == [
        MODEL,
        MODEL,
        ANALYST,
    ]
    assert report.current.analyst == f"{MODEL}, {ANALYST}"


def test_a_repair_that_fails_costs_only_the_sentences_that_fell(server):
    server.script = lambda asked: (
        say.server_error(500)(asked) if asked.refused else say.repairing(asked)
    )

    report, _ = produce(a_newsy_morning(), writers=writers(server))

    assert report.state == Report.State.PUBLISHED
    assert_every_sentence_stands(report)
    assert_the_ledger_agrees_with(server)
    stored = Job.objects.filter(kind="repair").values_list("output__not_asked", flat=True)
    assert all(stored)


# --- Money --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("daily", "per_report", "sentence"),
    [
        pytest.param("0", "1", "The ceiling of $0.00 for today leaves $0.00", id="daily"),
        pytest.param(
            "10", "0", "The ceiling of $0.00 for one report leaves $0.00", id="per report"
        ),
    ],
)
def test_beyond_a_ceiling_the_local_analyst_writes(server, client, daily, per_report, sentence):
    briefing = a_newsy_morning(ceiling_usd=Decimal(per_report))

    report, _ = produce(briefing, writers=writers(server, daily=daily))

    assert report.state == Report.State.PUBLISHED
    [fallback] = {section.fallback for section in sections(report)}
    assert fallback.startswith(sentence)
    assert said(sentence) in page_of(client, report).lower()
    assert server.log == []
    assert not Call.objects.exists()


def test_answers_dearer_than_expected_end_the_spending_at_the_ceiling(server):
    server.script = lambda asked: say.message(
        asked,
        json.dumps({"claims": say.standing_claims(asked)}),
        usage={"input_tokens": 900, "output_tokens": 100_000},
    )

    report, _ = produce(a_newsy_morning(), writers=writers(server, daily="0.05"))

    assert report.current.budget["rung"] == "full"
    assert len(server.log) == 1
    first, *others = sections(report)
    assert (first.analyst, first.fallback) == (MODEL, "")
    assert {section.analyst for section in others} == {ANALYST}
    assert {section.fallback for section in others} == {
        "The ceiling of $0.05 for today would be crossed."
    }


def test_an_answer_that_counts_nothing_is_booked_at_its_estimate(server):
    server.script = lambda asked: say.message(
        asked, json.dumps({"claims": say.standing_claims(asked)}), usage=None
    )

    produce(a_newsy_morning(), writers=writers(server))

    calls = Call.objects.filter(purpose="analyze")
    assert calls.count() == STORIES
    assert all(call.cost_usd == call.estimated_usd > 0 for call in calls)


def test_without_a_key_no_word_of_a_model_is_on_the_page(client):
    report, _ = produce(a_newsy_morning())

    page = page_of(client, report)
    assert {section.analyst for section in sections(report)} == {ANALYST}
    assert not any(section.fallback for section in sections(report))
    assert not report.current.prompts.exists()
    assert "o model was used" in page


def test_reserves_are_not_paid_for(server):
    briefing = a_newsy_morning(max_sections=1)

    report, _ = produce(briefing, writers=writers(server))

    assert [section.analyst for section in sections(report)] == [MODEL]
    assert len(server.log) == 1


# --- Prompts ------------------------------------------------------------------------------


def test_an_edited_prompt_is_for_the_next_report_and_only_that(server):
    briefing = a_newsy_morning()
    first, _ = produce(briefing, writers=writers(server))
    second = open_report_now(briefing, NOW + timedelta(minutes=5))
    began = Job.objects.due(NOW + timedelta(minutes=5)).filter(subject=second.subject)
    assert began

    edited = write_prompt(
        purpose="analyze",
        briefing=None,
        text="Be short, in {language}.",
        note="Shorter.",
        author=None,
        now=NOW,
    )
    Report.objects.filter(pk=first.pk).update(window_end=first.window_start + timedelta(seconds=1))
    Report.objects.filter(pk=second.pk).update(window_start=first.window_start)
    finish(second, writers=writers(server), clock=NOW + timedelta(minutes=5))

    second.refresh_from_db()
    used = {
        report: report.current.prompts.get(purpose=Prompt.Purpose.ANALYZE)
        for report in (first, second)
    }
    assert used[second] == edited
    assert used[first] != edited
    systems = [asked.asked.system for asked in server.log if asked.purpose == "analyze"]
    assert "Be short, in English." in systems[-1]
    assert not any("Be short" in system for system in systems[:STORIES])
