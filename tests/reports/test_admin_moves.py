"""A report's page on the desk: the moves to publication, and how it was made."""

import re
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from patriot.accounts.models import User
from patriot.ledger.models import Call
from patriot.work.models import Job
from reports.admin.moves import BY_NAME
from reports.models import Claim, DeskNote, Prompt, Report, Section
from reports.pipeline.drafting import next_text
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db
LIST = "/admin/reports/report/"
EDITOR = ("view_report", "submit_report")
PUBLISHER = (*EDITOR, "publish_report")


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("chief"))
    return client


def page_of(report: Report) -> str:
    return f"{LIST}{report.pk}/change/"


def move(desk: Client, report: Report, name: str, **fields: str) -> str:
    """Make a move from the report's page; return the page that follows."""
    text = report.revisions.order_by("number").last()
    seen = {f"seen-{report.pk}": report.state, f"text-{report.pk}": text.pk if text else ""}
    answer = desk.post(f"{LIST}{report.pk}/to/{name}/", seen | fields, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def offered(desk: Client, report: Report) -> list[str]:
    page = desk.get(page_of(report))
    return [each.name for each in page.context["moves"]]


# --- Moves --------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("rights", "state", "names"),
    [
        pytest.param(["view_report"], "draft", [], id="a viewer only looks"),
        pytest.param(EDITOR, "draft", ["submit"], id="an editor hands a draft in"),
        pytest.param(EDITOR, "review", ["send-back"], id="and takes it back"),
        pytest.param(EDITOR, "held", [], id="but does not end a hold"),
        pytest.param(PUBLISHER, "draft", ["submit", "publish", "hold"], id="a publisher: draft"),
        pytest.param(PUBLISHER, "review", ["publish", "send-back", "hold"], id="in review"),
        pytest.param(PUBLISHER, "held", ["publish", "end-hold"], id="held"),
        pytest.param(PUBLISHER, "failed", [], id="failed"),
    ],
)
def test_a_report_offers_the_moves_that_are_allowed_now(
    client: Client, rights: list[str], state: str, names: list[str]
) -> None:
    client.force_login(factories.a_staff_user(*rights))
    report = factories.a_draft_report(sections=1, state=state, reason="A reason.")

    assert offered(client, report) == names


@time_machine.travel(NOW, tick=False)
def test_the_history_says_who_did_what_when_and_why(desk: Client) -> None:
    report = factories.a_draft_report(sections=1)

    for name, reason in (
        ("submit", ""),
        ("send-back", "The lead is stale."),
        ("hold", "The mayor disputes it."),
        ("end-hold", "He does not any more."),
        ("hold", "Now he does again."),
        ("publish", ""),
        ("withdraw", "The toll was misread."),
    ):
        move(desk, report, name, reason=reason)
        report.refresh_from_db()

    entries = LogEntry.objects.order_by("pk")
    assert [entry.get_change_message() for entry in entries] == [
        "draft → in review.",
        "in review → draft. Reason: The lead is stale.",
        "draft → held. Reason: The mayor disputes it.",
        "held → draft. Reason: He does not any more.",
        "draft → held. Reason: Now he does again.",
        "held → published.",
        "published → withdrawn. Reason: The toll was misread.",
    ]
    assert {entry.user.username for entry in entries} == {"chief"}
    page = desk.get(page_of(report)).content.decode()
    assert "9 Jun 2026, 06:30 UTC, chief: held → published." in page


@pytest.mark.parametrize("name", ["send-back", "hold", "withdraw"])
def test_a_move_that_needs_a_reason_asks_for_it_on_a_page(desk: Client, name: str) -> None:
    report = (
        factories.a_published_report(sections=1)
        if name == "withdraw"
        else factories.a_draft_report(sections=1, state="review")
    )

    asked = desk.get(f"{LIST}{report.pk}/to/{name}/").content.decode()
    without = move(desk, report, name, reason="  ")

    assert '<textarea name="reason"' in asked
    assert "This field is required." in without
    assert Report.objects.get(pk=report.pk).state == report.state
    assert not LogEntry.objects.exists()


def test_a_look_at_a_moves_address_moves_nothing(desk: Client) -> None:
    report = factories.a_draft_report(sections=1)

    page = desk.get(f"{LIST}{report.pk}/to/publish/").content.decode()

    assert '<input type="submit" value="Publish">' in page
    assert Report.objects.get(pk=report.pk).state == "draft"


def test_two_editors_at_once_are_told_apart(desk: Client) -> None:
    report = factories.a_draft_report(sections=1, state="review")
    move(desk, report, "hold", reason="The mayor disputes it.")

    page = move(desk, report, "publish")

    assert "Somebody else was faster: the report is held now." in page
    assert LogEntry.objects.count() == 1


def test_a_hold_cannot_be_ended_by_a_page_that_shows_a_draft(desk: Client) -> None:
    report = factories.a_draft_report(sections=1)
    other = Report.objects.get(pk=report.pk)
    move(desk, other, "hold", reason="The mayor disputes it.")
    chosen = {"action": "publish", "_selected_action": [report.pk]}

    stale = {f"seen-{report.pk}": "draft", f"text-{report.pk}": report.revisions.get().pk}
    page = desk.post(LIST, chosen | stale, follow=True).content.decode()

    assert "Somebody else was faster" in page
    assert Report.objects.get(pk=report.pk).state == "held"


def test_an_editor_cannot_send_a_held_report_back(client: Client) -> None:
    client.force_login(factories.a_staff_user(*EDITOR))
    report = factories.a_draft_report(sections=1, state="held", reason="The mayor disputes it.")
    sent = {"reason": "Again.", f"seen-{report.pk}": "held"}

    refused = client.post(f"{LIST}{report.pk}/to/end-hold/", sent)
    client.post(f"{LIST}{report.pk}/to/send-back/", sent)

    assert refused.status_code == 403
    assert Report.objects.get(pk=report.pk).state == "held"


def test_the_page_says_what_a_reports_moments_are(desk: Client) -> None:
    report = factories.a_draft_report(sections=1)

    page = desk.get(page_of(report)).content.decode()

    assert "When the report is due, in UTC." in page
    assert "Articles that came in after this moment are its news;" in page
    assert "Articles published after" not in page


@pytest.mark.parametrize("name", BY_NAME)
def test_whoever_may_only_look_is_refused_every_move(client: Client, name: str) -> None:
    client.force_login(factories.a_staff_user("view_report", "change_report"))
    report = factories.a_draft_report(sections=1)

    for answer in (
        client.get(f"{LIST}{report.pk}/to/{name}/"),
        client.post(f"{LIST}{report.pk}/to/{name}/", {"reason": "Because."}),
    ):
        assert answer.status_code == 403
    assert Report.objects.get(pk=report.pk).state == "draft"


def test_an_editor_does_not_publish(client: Client) -> None:
    client.force_login(factories.a_staff_user(*EDITOR))
    report = factories.a_draft_report(sections=1)

    for name in ("publish", "hold"):
        assert client.post(f"{LIST}{report.pk}/to/{name}/", {"reason": "x"}).status_code == 403
    move(client, report, "submit")

    assert Report.objects.get(pk=report.pk).state == "review"


@pytest.mark.parametrize("address", ["1/to/nowhere/", "999999/to/publish/"])
def test_a_move_that_does_not_exist_is_not_found(desk: Client, address: str) -> None:
    assert desk.get(f"{LIST}{address}").status_code == 404


def test_moves_need_the_token_of_the_page() -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.create_superuser("chief"))
    report = factories.a_draft_report(sections=1)

    assert strict.post(f"{LIST}{report.pk}/to/publish/").status_code == 403
    assert Report.objects.get(pk=report.pk).state == "draft"


def test_reports_in_review_stay_unseen(client: Client) -> None:
    report = factories.a_draft_report(sections=1, state="review")

    page = client.get(report.get_absolute_url())
    listed = client.get("/api/v1/reports/").json()
    one = client.get(f"/api/v1/reports/{report.pk}/")

    assert (page.status_code, one.status_code) == (404, 404)
    assert listed["results"] == []


# --- How it was made ----------------------------------------------------------------
def a_job(report: Report, **fields: Any) -> Job:
    usual = {"subject": report.subject, "created_at": NOW, "not_before": NOW}
    return Job.objects.create(**usual | fields)


def rejected(*texts: str) -> dict[str, Any]:
    return {
        "rejected": [
            {"kind": "lead", "text": text, "reason": f"“{text}” is not in its evidence."}
            for text in texts
        ]
    }


def test_sentences_that_were_refused_stand_under_their_section_with_the_reason(
    desk: Client,
) -> None:
    report = factories.a_draft_report(sections=1)
    section = Section.objects.get()
    done = {"state": "done", "finished_at": NOW, "part": f"story {section.story_id}"}
    a_job(report, kind="ground", output=rejected("Sharks <b>ate</b> it."), **done)
    a_job(report, kind="repair", output=rejected("Sharks sank it."), **done)
    a_job(report, kind="judge", output=rejected("Sharks fled."), **done)
    other = {"state": "done", "finished_at": NOW, "part": "story 0"}
    a_job(report, kind="ground", output=rejected("Of another story."), **other)

    page = desk.get(page_of(report))

    (told,) = page.context["making"].told
    assert [(each.text, each.when) for each in told.fallen] == [
        ("Sharks <b>ate</b> it.", "refused"),
        ("Sharks sank it.", "refused again"),
        ("Sharks fled.", "second reading"),
    ]
    assert "Sharks &lt;b&gt;ate&lt;/b&gt; it." in page.content.decode()
    assert [each.text for each in page.context["making"].untold] == ["Of another story."]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        pytest.param({"ruling": "supported"}, "second reading: supported", id="supported"),
        pytest.param(
            {"ruling": "not_stated"},
            "second reading: its quotations do not say so much",
            id="not stated",
        ),
        pytest.param(
            {"ruling": "supported", "is_translation": True}, "a translation", id="foreign"
        ),
        pytest.param({"is_quotation": True}, "in place of one that fell", id="their own"),
        pytest.param({"is_short": True}, "short version", id="short"),
    ],
)
def test_a_sentence_says_on_the_desk_what_it_is_and_how_it_was_ruled_on(
    desk: Client, fields: dict[str, Any], said: str
) -> None:
    report = factories.a_draft_report(sections=1)
    lead = Claim.objects.filter(kind="lead").earliest("pk")

    before = desk.get(page_of(report)).content.decode()
    Claim.objects.filter(pk=lead.pk).update(**fields)
    after = desk.get(page_of(report)).content.decode()

    assert (before.count(said), after.count(said)) == (0, 1)


@pytest.mark.parametrize(
    "output",
    [
        pytest.param(None, id="none"),
        pytest.param({"rejected": None}, id="no list"),
        pytest.param({"rejected": [{}]}, id="an empty one"),
        pytest.param({"rejected": [{"kind": "x" * 500, "text": 7, "reason": None}]}, id="odd"),
    ],
)
def test_whatever_a_job_stored_the_page_opens(desk: Client, output: Any) -> None:
    report = factories.a_draft_report(sections=1)
    a_job(report, kind="ground", state="done", finished_at=NOW, output=output)

    assert desk.get(page_of(report)).status_code == 200


def test_who_wrote_a_section_and_why_not_the_model_is_said(desk: Client) -> None:
    report = factories.a_draft_report(sections=1)
    Section.objects.update(analyst="local analyst", fallback="The ceiling was reached.")
    report.revisions.get().prompts.add(*Prompt.objects.all())

    page = desk.get(page_of(report)).content.decode()

    assert "written by local analyst" in page
    assert "Written without a model: the ceiling was reached." in page
    for prompt in Prompt.objects.all():
        assert f'href="/admin/reports/prompt/{prompt.pk}/change/"' in page


def a_call(report: Report, cost: str, **fields: Any) -> Call:
    usual: dict[str, Any] = {
        "service": "claude",
        "purpose": "analyze",
        "model": "claude-sonnet-5-5",
        "subject": report.subject,
        "outcome": "answered",
        "estimated_usd": Decimal(1),
        "cost_usd": Decimal(cost),
        "started_at": NOW,
        "finished_at": NOW,
    }
    return Call.objects.create(**usual | fields)


def test_the_calls_of_a_report_are_listed_with_their_cost(desk: Client) -> None:
    report, other = factories.a_draft_report(sections=1), factories.a_report()
    call = a_call(report, "0.012", input_tokens=1000, cache_read_tokens=234, output_tokens=56)
    a_call(report, "0.1")
    a_call(other, "5")

    page = desk.get(page_of(report)).content.decode()

    assert '<h2 id="calls-title">Calls: $0.112</h2>' in page
    assert f'href="/admin/ledger/call/{call.pk}/change/"' in page
    assert "<td>1234</td>" in page


@time_machine.travel(NOW, tick=False)
def test_a_dead_job_runs_again_from_the_reports_page(desk: Client) -> None:
    report = factories.a_report(state="failed", reason="The step failed.")
    dead = a_job(report, kind="select", state="dead", finished_at=NOW, attempts=3)
    path = f"{LIST}{report.pk}/run-again/{dead.pk}/"

    shown = desk.get(page_of(report)).content.decode()
    looked_at = desk.get(path)
    page = desk.post(path, follow=True).content.decode()
    again = desk.post(path, follow=True).content.decode()

    dead.refresh_from_db()
    report.refresh_from_db()
    assert f'formaction="{path}"' in shown
    assert looked_at.status_code == 405
    assert (dead.state, dead.attempts, report.state) == ("waiting", 0, "producing")
    assert "is back at work." in page
    assert "This job is not dead, or not any more." in again
    assert "Run again: select" in LogEntry.objects.latest("pk").get_change_message()


def test_a_job_of_another_report_does_not_run_again_from_here(desk: Client) -> None:
    report, other = factories.a_report(), factories.a_report()
    dead = a_job(other, kind="select", state="dead", finished_at=NOW)

    desk.post(f"{LIST}{report.pk}/run-again/{dead.pk}/")

    dead.refresh_from_db()
    assert dead.state == "dead"


def test_running_again_from_the_reports_page_takes_its_permission(client: Client) -> None:
    client.force_login(factories.a_staff_user(*PUBLISHER))
    report = factories.a_report()
    dead = a_job(report, kind="select", state="dead", finished_at=NOW)

    answer = client.post(f"{LIST}{report.pk}/run-again/{dead.pk}/")

    assert answer.status_code == 403
    assert "Run again" not in client.get(page_of(report)).content.decode()


# --- Cost ---------------------------------------------------------------------------
def test_a_report_costs_the_same_queries_however_it_was_made(desk: Client) -> None:
    def grow(report: Report, times: int) -> int:
        for number in range(times):
            done = {"state": "done", "finished_at": NOW, "part": f"story {number}"}
            a_job(report, kind="ground", output=rejected("Sharks."), **done)
            a_call(report, "0.01")
            move(desk, report, "submit")
            report.refresh_from_db()
            move(desk, report, "send-back", reason="Again.")
            report.refresh_from_db()
        return queries(desk, page_of(report))

    short, long = (factories.a_draft_report(sections=number) for number in (1, 4))
    short.revisions.get().prompts.add(Prompt.objects.latest("pk"))
    long.revisions.get().prompts.add(*Prompt.objects.all())

    assert grow(short, 1) == grow(long, 6) == 13


def test_asking_for_a_reason_costs_few_queries(desk: Client) -> None:
    report = factories.a_draft_report(sections=3)

    assert queries(desk, f"{LIST}{report.pk}/to/hold/") == 3


def queries(desk: Client, path: str) -> int:
    desk.get(path)  # Django looks its content types up once and keeps them
    with CaptureQueriesContext(connection) as captured:
        assert desk.get(path).status_code == 200
    return len(captured)


def test_a_text_that_nobody_looked_at_is_not_published(desk: Client) -> None:
    report = factories.a_draft_report(sections=1)
    seen = report.revisions.get()
    next_text(seen, editor=None, edits="Behind your back.", now=NOW)

    desk.post(
        f"{LIST}{report.pk}/to/publish/",
        {f"seen-{report.pk}": report.state, f"text-{report.pk}": seen.pk},
    )

    report.refresh_from_db()
    assert report.state == Report.State.DRAFT
    assert "look at the new text" in desk.get(page_of(report)).content.decode()


def sent_by_list(desk: Client) -> dict[str, list[str]]:
    """Return what the list sends if nothing is chosen, field by field."""
    sent: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*type=\"hidden\"[^>]*>", desk.get(LIST).text):
        fields = dict(re.findall(r'(name|value)="([^"]*)"', tag))
        sent.setdefault(fields.get("name", ""), []).append(fields.get("value", ""))
    return sent


@pytest.mark.parametrize(
    "shown",
    [
        pytest.param(True, id="the list showed the text before"),
        pytest.param(False, id="the list showed none, such as all of another page"),
    ],
)
def test_the_list_publishes_what_it_showed_and_nothing_else(desk: Client, shown: bool) -> None:
    old, good = (
        factories.a_draft_report(
            factories.a_briefing(), revision={"coverage": {"watched": 9, "answered": 9}}
        )
        for _ in range(2)
    )
    page = sent_by_list(desk)
    seen = old.revisions.get()
    assert page[f"text-{old.pk}"] == [f"{seen.pk}"]
    assert page[f"seen-{old.pk}"] == ["draft"]
    if shown:
        next_text(seen, editor=None, edits="Behind your back.", now=NOW)
    else:
        del page[f"text-{old.pk}"]

    chosen = {"action": ["publish"], "_selected_action": [f"{old.pk}", f"{good.pk}"]}
    said = desk.post(LIST, page | chosen, follow=True).text

    old.refresh_from_db()
    good.refresh_from_db()
    assert (old.state, good.state) == (Report.State.DRAFT, Report.State.PUBLISHED)
    assert ("look at the new text" if shown else "publish it there") in said


def test_publishing_over_an_open_note_is_asked_about_first(desk: Client) -> None:
    report = factories.a_draft_report(revision={"coverage": {"watched": 9, "answered": 9}})
    author = factories.a_staff_user()
    DeskNote.objects.create(report=report, author=author, text="Is it so?", created_at=NOW)
    text = {f"text-{report.pk}": str(report.revisions.get().pk)}

    asked = move(desk, report, "publish", **text)
    report.refresh_from_db()
    assert report.state == Report.State.DRAFT
    assert "1 note is not settled." in asked
    assert "Publish all the same" in asked

    move(desk, report, "publish", despite="1", **text)
    report.refresh_from_db()
    assert report.is_published


def test_what_is_not_green_is_not_published_with_many_others(desk: Client) -> None:
    good, bad = (
        factories.a_draft_report(
            factories.a_briefing(), revision={"coverage": {"watched": 9, "answered": 9}}
        )
        for _ in range(2)
    )
    author = factories.a_staff_user()
    DeskNote.objects.create(report=bad, author=author, text="Is it so?", created_at=NOW)

    sent = {"action": "publish", "_selected_action": [good.pk, bad.pk]}
    sent |= {f"text-{each.pk}": each.revisions.get().pk for each in (good, bad)}
    page = desk.post(LIST, sent, follow=True).content.decode()

    good.refresh_from_db()
    bad.refresh_from_db()
    assert (good.is_published, bad.is_published) == (True, False)
    assert "1 note is not settled. Publish it on its own page if it is right." in page


def test_a_correction_that_was_begun_is_not_forgotten(desk: Client) -> None:
    report = factories.a_published_report(sections=1)
    assert "is not published: readers see" not in desk.get(page_of(report)).content.decode()

    next_text(report.current, editor=None, edits="(1 reworded)", now=NOW)

    page = desk.get(page_of(report)).content.decode()
    assert "Text 2 is not published: readers see text 1." in page
    assert f"{LIST}{report.pk}/correct/" in page
