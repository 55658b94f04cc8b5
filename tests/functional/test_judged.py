"""A second reading: rulings are kept, contradictions fall, translations need its support.

The real pipeline, gateway and SDK talk to a scripted server over loopback.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from patriot.work.models import Job
from reports.domain.extraction import ANALYST
from reports.gateways.claude import Claude
from reports.models import Briefing, Claim, Report
from reports.pipeline import jobs
from reports.pipeline.slots import open_report_now
from reports.pipeline.writers import Writers
from tests import claude_server as say
from tests.claude_server import Asked, Behavior, ClaudeServer, Wire
from tests.factories import NOW, a_briefing, a_fetch, a_source, a_story, an_article
from tests.reports.pipeline.producing import a_newsy_morning, finish, produce

pytestmark = pytest.mark.django_db

GERMAN = (
    "Die Alte Brücke wird am Freitag gesperrt. Die Reparatur kostet 4,2 Millionen Kronen.",
    "Rund 23.000 Menschen gehen jeden Tag über die Brücke.",
)
TRANSLATED = "The Alte Brücke repair costs 4.2 million crowns."


@pytest.fixture
def server() -> Iterator[ClaudeServer]:
    with ClaudeServer() as server:
        yield server


def writers(server: ClaudeServer) -> Writers:
    claude = Claude(api_key=say.KEY, base_url=server.url, deadline=timedelta(seconds=30))
    return Writers(claude=claude, daily_ceiling=Decimal(10))


def ruling(ruling: str, *, on: str = "", otherwise: str = "supported") -> Behavior:
    """Rule so on every sentence that holds some words; on the others otherwise."""

    def behave(asked: Asked) -> Wire:
        if asked.purpose != "judge":
            return say.honest(asked)
        given = [
            {"id": name, "ruling": ruling if on in text else otherwise}
            for name, text in asked.sentences.items()
        ]
        return say.message(asked, json.dumps({"rulings": given}))

    return behave


def claims_of(report: Report) -> list[Claim]:
    return list(Claim.objects.filter(section__revision=report.current))


def test_each_sentence_of_a_judged_report_has_its_ruling(server):
    server.script = ruling("not_stated", on="(detail)")

    report, _ = produce(a_newsy_morning(is_judged=True), writers=writers(server))

    claims = claims_of(report)
    assert {claim.ruling for claim in claims if claim.kind == "detail"} == {"not_stated"}
    assert {claim.ruling for claim in claims if claim.kind != "detail"} == {"supported"}
    purposes = [asked.purpose for asked in server.log]
    assert purposes.count("judge") == report.current.sections.count()
    judged = next(asked.asked for asked in server.log if asked.purpose == "judge")
    assert " quotes: " in judged.message


def test_without_the_option_nobody_judges(server):
    report, _ = produce(a_newsy_morning(), writers=writers(server))

    assert "judge" not in [asked.purpose for asked in server.log]
    assert {claim.ruling for claim in claims_of(report)} == {""}


def test_what_its_quotations_contradict_is_not_published(server):
    server.script = ruling("contradicted", on="(detail)")

    report, _ = produce(a_newsy_morning(is_judged=True), writers=writers(server))

    # A publisher's own sentence may stand in its place.
    details = [claim for claim in claims_of(report) if claim.kind == "detail"]
    assert all(claim.is_quotation for claim in details)
    fallen = Job.objects.filter(kind="judge").values_list("output__rejected", flat=True)
    assert all("contradict" in one["reason"] for rejected in fallen for one in rejected)


def test_only_what_there_is_room_for_is_ruled_on(server):
    def behave(asked: Asked) -> Wire:
        if asked.purpose != "analyze":
            return say.honest(asked)
        claims = say.standing_claims(asked)
        detail = next(claim for claim in claims if claim["kind"] != "headline")
        return say.answering(asked, [*claims, *({**detail, "kind": "detail"} for _ in range(20))])

    server.script = behave

    report, _ = produce(a_newsy_morning(is_judged=True), writers=writers(server))

    printed = [section.claims.count() for section in report.current.sections.all()]
    judged = [len(asked.asked.sentences) for asked in server.log if asked.purpose == "judge"]
    assert sorted(judged) == sorted(printed)


def test_a_second_reading_that_is_switched_off_meanwhile_is_not_paid_for(server):
    report = open_report_now(a_newsy_morning(is_judged=True), NOW)
    while not Job.objects.filter(kind="judge").exists():
        due = Job.objects.due(NOW).values_list("pk", flat=True)
        jobs.work(list(due), now=NOW, writers=writers(server))

    Briefing.objects.update(is_judged=False)
    finish(report, writers=writers(server))

    report.refresh_from_db()
    assert report.state == Report.State.PUBLISHED, report.reason
    assert "judge" not in [asked.purpose for asked in server.log]


def test_a_story_whose_lead_is_contradicted_is_told_by_the_local_analyst(server):
    server.script = ruling("contradicted", on="(lead)")

    report, _ = produce(a_newsy_morning(is_judged=True), writers=writers(server))

    assert {section.analyst for section in report.current.sections.all()} == {ANALYST}


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(say.server_error(500), id="ill"),
        pytest.param(say.refusal, id="refused"),
        pytest.param(say.malformed, id="malformed"),
        pytest.param(lambda a: say.message(a, '{"rulings": []}'), id="no rulings"),
        pytest.param(
            lambda a: say.message(a, '{"rulings": [{"id": "s99", "ruling": "contradicted"}]}'),
            id="forged",
        ),
    ],
)
def test_a_judge_who_says_nothing_costs_no_sentence(server, bad):
    server.script = lambda asked: bad(asked) if asked.purpose == "judge" else say.honest(asked)

    report, _ = produce(a_newsy_morning(is_judged=True), writers=writers(server))

    assert report.state == Report.State.PUBLISHED, report.reason
    assert {section.analyst for section in report.current.sections.all()} != {ANALYST}
    assert {claim.ruling for claim in claims_of(report)} == {""}


# --- Translations ----------------------------------------------------------------------------


def a_german_morning(**options: object) -> object:
    source = a_source("Hafenblatt", slug="hafenblatt")
    title = "Alte Brücke wird wegen Rissen gesperrt"
    a_story([an_article(source, title=title, paragraphs=GERMAN, language="de")])
    a_fetch(source)
    return a_briefing(language="en", **options)


def translating(verdict: str) -> Behavior:
    """Add a sentence in English on a German quotation; rule so on it."""

    def behave(asked: Asked) -> Wire:
        if asked.purpose == "judge":
            return ruling(verdict, on=TRANSLATED)(asked)
        if asked.purpose != "analyze":
            return say.honest(asked)
        claims = say.standing_claims(asked)
        passage = next(n for n, p in asked.passages.items() if "Reparatur" in p.text)
        quote = {"passage": passage, "text": GERMAN[0]}
        claims.append({"kind": "detail", "quotes": [quote], "text": TRANSLATED})
        return say.answering(asked, claims)

    return behave


def test_a_translation_that_is_supported_is_published_and_labeled(server):
    server.script = translating("supported")

    report, _ = produce(a_german_morning(is_judged=True), writers=writers(server))

    [claim] = [claim for claim in claims_of(report) if claim.is_translation]
    assert (claim.text, claim.language, claim.ruling) == (TRANSLATED, "en", "supported")
    assert claim.evidence.get().quote == GERMAN[0]
    page = Client().get(report.get_absolute_url()).content.decode()
    assert TRANSLATED in page


@pytest.mark.parametrize("verdict", ["not_stated", "contradicted"])
def test_a_translation_that_is_not_supported_is_not_published(server, verdict):
    server.script = translating(verdict)

    report, _ = produce(a_german_morning(is_judged=True), writers=writers(server))

    assert report.state == Report.State.PUBLISHED, report.reason
    assert TRANSLATED not in {claim.text for claim in claims_of(report)}


def test_where_nobody_judges_nothing_is_translated(server):
    server.script = translating("supported")

    report, _ = produce(a_german_morning(), writers=writers(server))

    assert TRANSLATED not in {claim.text for claim in claims_of(report)}


def test_the_database_refuses_a_translation_without_support(server):
    server.script = translating("supported")
    report, _ = produce(a_german_morning(is_judged=True, policy="review"), writers=writers(server))

    claim = Claim.objects.get(section__revision__report=report, is_translation=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        Claim.objects.filter(pk=claim.pk).update(ruling="not_stated")
