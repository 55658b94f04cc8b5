"""Prompts are tried on told stories from the desk, and compared side by side."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from patriot.accounts.models import User
from reports.models import Prompt, Run, Trial
from reports.pipeline import trials
from reports.pipeline.prompts import draft_prompt
from reports.pipeline.trial_inputs import Way
from tests import claude_server as say
from tests import factories
from tests.claude_server import ClaudeServer
from tests.factories import NOW
from tests.reports.pipeline.producing import finish
from tests.reports.pipeline.test_trials import writers

pytestmark = pytest.mark.django_db
PROMPTS, TRIALS = "/admin/reports/prompt/", "/admin/reports/trial/"


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("chief"))
    return client


def a_candidate(**fields: Any) -> Prompt:
    usual = {"purpose": "analyze", "briefing": None, "note": "Shorter.", "author": None}
    text = "Say what happened, in {language}."
    return draft_prompt(text=text, now=NOW, **usual | fields)


def live(purpose: str = "analyze") -> Prompt:
    return Prompt.objects.get(purpose=purpose, briefing=None, is_live=True)


def a_trial(sections: Any, **fields: Any) -> Trial:
    usual = {
        "candidate": fields.get("candidate") or a_candidate(),
        "candidate_model": "",
        "baseline": Way(live()),
        "ceiling": Decimal(1),
        "author": None,
        "now": NOW,
    }
    return trials.begin(sections=sections, **usual | fields)


def sections_of(report: Any) -> list[Any]:
    return list(report.current.sections.order_by("position"))


def answer(**fields: Any) -> dict[str, Any]:
    usual = {
        "against": str(live().pk),
        "candidate_model": "",
        "baseline_model": "",
        "ceiling": "0.50",
    }
    return usual | fields


# --- Beginning ------------------------------------------------------------------------
def test_a_prompt_is_tried_on_one_story(desk: Client) -> None:
    section = sections_of(factories.a_published_report(sections=2))[1]
    prompt = a_candidate()

    form = desk.get(f"{PROMPTS}{prompt.pk}/try/")
    begun = desk.post(f"{PROMPTS}{prompt.pk}/try/", answer(story=str(section.pk)), follow=True)

    trial = Trial.objects.get()
    assert form.context["form"].fields["against"].initial == str(live().pk)
    assert f"2. {section.story.title} (" in form.content.decode()
    assert "the local analyst tells both sides" in form.content.decode()
    assert {run.section_id for run in trial.runs.all()} == {section.pk}
    assert (trial.baseline, trial.author.username) == (live(), "chief")
    assert "Begun: it costs $0.00 at most." in begun.content.decode()
    assert "2 answers still to come" in begun.content.decode()
    assert LogEntry.objects.get().get_change_message() == "Begun."


def test_the_lab_takes_the_first_stories_of_several_reports(desk: Client) -> None:
    reports = [
        factories.a_published_report(factories.a_briefing(title=title), sections=3)
        for title in ("Morning", "Evening")
    ]
    prompt = a_candidate()
    chosen = [str(report.pk) for report in reports]

    desk.post(f"{PROMPTS}{prompt.pk}/lab/", answer(reports=chosen, each="2", against="none"))

    tried = set(Run.objects.values_list("section__revision__report", "section__position"))
    assert tried == {(report.pk, place) for report in reports for place in (1, 2)}
    assert Trial.objects.get().baseline is None


def test_a_briefings_own_prompt_is_tried_on_its_own_reports(desk: Client) -> None:
    briefing = factories.a_briefing(title="Own")
    factories.a_published_report(sections=1)
    mine = factories.a_published_report(briefing, sections=1)
    prompt = a_candidate(briefing=briefing)

    page = desk.get(f"{PROMPTS}{prompt.pk}/lab/")

    assert list(page.context["form"].offer.reports) == [mine]
    assert [pk for pk, _ in page.context["form"].fields["against"].choices] == [
        str(prompt.pk),
        str(live().pk),
        "none",
    ]
    assert page.context["form"].fields["against"].initial == str(live().pk)


@pytest.mark.parametrize(
    ("way", "fields", "field", "sentence"),
    [
        pytest.param("try", {"story": "999"}, "story", "valid choice", id="no such story"),
        pytest.param("try", {}, "story", "required", id="no story"),
        pytest.param("try", {"ceiling": "-1"}, "ceiling", "greater", id="a ceiling below nothing"),
        pytest.param("try", {"ceiling": "1e9"}, "ceiling", "Ensure", id="no ceiling at all"),
        pytest.param(
            "try", {"candidate_model": "gpt"}, "candidate_model", "valid choice", id="no price"
        ),
        pytest.param("try", {"against": "x"}, "against", "valid choice", id="no such prompt"),
        pytest.param("try", {"against": "self"}, "against", "the same prompt", id="with itself"),
        pytest.param("lab", {"reports": []}, "reports", "required", id="no report"),
        pytest.param("lab", {"each": "25"}, "each", "less than", id="too many stories"),
    ],
)
def test_a_trial_that_cannot_be_is_refused_at_its_field(
    desk: Client, way: str, fields: dict[str, Any], field: str, sentence: str
) -> None:
    report = factories.a_published_report(sections=1)
    prompt = a_candidate()
    if fields.get("against") == "self":
        fields = {"against": str(prompt.pk)}

    page = desk.post(
        f"{PROMPTS}{prompt.pk}/{way}/", answer(reports=[str(report.pk)], each="1") | fields
    )

    assert sentence in " ".join(page.context["form"].errors[field])
    assert not Trial.objects.exists()


def test_where_nothing_was_told_the_page_says_so(desk: Client) -> None:
    analyze, repair = a_candidate(), a_candidate(purpose="repair")
    nothing = desk.get(f"{PROMPTS}{analyze.pk}/try/").content.decode()
    factories.a_published_report(sections=1)

    assert "no report has been published" in nothing
    assert (
        "in no report of late did a sentence fall"
        in desk.get(f"{PROMPTS}{repair.pk}/lab/").content.decode()
    )


def test_what_cannot_be_tried_says_so(desk: Client) -> None:
    judge = live("judge")

    page = desk.get(f"{PROMPTS}{judge.pk}/change/").content.decode()

    assert "Only prompts to analyze and to repair can be tried" in page
    assert desk.get(f"{PROMPTS}{judge.pk}/try/").status_code == 404


# --- Looking --------------------------------------------------------------------------
def test_two_prompts_are_shown_side_by_side_with_what_fell_and_why(
    desk: Client, claude_server: ClaudeServer
) -> None:
    def by_prompt(asked: say.Asked) -> say.Wire:
        is_candidate = "Say what happened" in asked.system
        return say.invented_numbers(asked) if is_candidate else say.honest(asked)

    claude_server.script = by_prompt
    trial = a_trial(sections_of(factories.a_published_report(sections=2)))
    finish(trial, writers=writers(claude_server))

    answered = desk.get(f"{TRIALS}{trial.pk}/change/")

    page, shown = answered.content.decode(), answered.context["page"]
    figures = {figure.label: (figure.baseline, figure.candidate) for figure in shown.figures}
    assert shown.words.endswith("The other holds better.")
    assert figures["of these, hold"] == ("100 %", "0 %")
    assert figures["sections that can stand"] == ("2 of 2", "0 of 2")
    assert "Dropped: " in page
    assert "48,151" in page
    assert "<del>" in page
    assert f"Paid for this trial: {shown.paid} in" in page
    assert "4 calls" in page


def test_whatever_a_model_writes_is_text(desk: Client, claude_server: ClaudeServer) -> None:
    claude_server.script = say.markup_and_links
    trial = a_trial(sections_of(factories.a_published_report(sections=1)))
    finish(trial, writers=writers(claude_server))

    page = desk.get(f"{TRIALS}{trial.pk}/change/").content.decode()

    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page
    assert 'href="https://evil' not in page


def test_what_has_no_answer_says_why(desk: Client, claude_server: ClaudeServer) -> None:
    trial = a_trial(sections_of(factories.a_published_report(sections=1)), ceiling=Decimal(0))
    finish(trial, writers=writers(claude_server))

    page = desk.get(f"{TRIALS}{trial.pk}/change/").content.decode()

    assert "2 without an answer: their stories are not compared." in page
    assert "The ceiling of $0.00 for one trial would be crossed." in page


# --- Deciding --------------------------------------------------------------------------
def test_a_trial_is_stopped(desk: Client) -> None:
    trial = a_trial(sections_of(factories.a_published_report(sections=1)))

    page = desk.post(f"{TRIALS}{trial.pk}/stop/", follow=True).content.decode()

    assert "Stopped: 2 answers are not asked for." in page
    assert "2 of 2, stopped" in page


def test_the_candidate_is_made_live_from_its_trial(desk: Client) -> None:
    trial = a_trial(sections_of(factories.a_published_report(sections=1)))

    page = desk.get(f"{TRIALS}{trial.pk}/change/").content.decode()
    path = f"{PROMPTS}{trial.candidate_id}/promote/?trial={trial.pk}"
    desk.post(path)

    assert f'action="{path}"' in page
    assert live() == trial.candidate
    assert LogEntry.objects.get().get_change_message() == (
        f"Made live instead of number 1, after trial {trial.pk}."
    )


def test_looking_is_for_everybody_trying_costs_a_permission(client: Client) -> None:
    trial = a_trial(sections_of(factories.a_published_report(sections=1)))
    client.force_login(factories.a_staff_user("view_prompt", "view_trial"))

    page = client.get(f"{TRIALS}{trial.pk}/change/").content.decode()

    assert "<button" not in page.partition('id="content"')[2]
    assert client.post(f"{TRIALS}{trial.pk}/stop/").status_code == 403
    assert client.get(f"{PROMPTS}{trial.candidate_id}/try/").status_code == 403
    assert client.post(f"{PROMPTS}{trial.candidate_id}/lab/").status_code == 403


# --- Cost ------------------------------------------------------------------------------
def test_the_pages_cost_the_same_queries_for_few_and_many(desk: Client) -> None:
    report = factories.a_published_report(sections=3)
    small, large = a_trial(sections_of(report)[:1]), a_trial(sections_of(report))
    finish(small)
    finish(large)

    pages = [queries(desk, f"{TRIALS}{trial.pk}/change/") for trial in (small, large)]
    few = queries(desk, TRIALS)
    for _ in range(5):
        a_trial(sections_of(report)[:1])

    assert pages == [5, 5]
    assert few == queries(desk, TRIALS) == 5
    assert queries(desk, f"{PROMPTS}{large.candidate_id}/try/") == 7
    assert queries(desk, f"{PROMPTS}{large.candidate_id}/lab/") == 7


def queries(desk: Client, path: str) -> int:
    desk.get(path)  # Django looks its content types up once and keeps them
    with CaptureQueriesContext(connection) as captured:
        assert desk.get(path).status_code == 200
    return len(captured)
