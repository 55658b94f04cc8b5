"""The desk's pages of briefings, reports, stories and jobs."""

from collections.abc import Callable
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django_q.models import OrmQ

from patriot.accounts.models import User
from patriot.accounts.roles import Role
from patriot.work.models import Job
from reports.models import Briefing, Claim, Evidence, Prompt, Report, Revision, Section
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db
REPORTS, BRIEFINGS = "/admin/reports/report/", "/admin/reports/briefing/"
JOBS, STORIES = "/admin/work/job/", "/admin/reports/story/"


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("chief"))
    return client


def act(desk: Client, path: str, action: str, *rows: Any, **fields: str) -> str:
    """Run an action from a list; return the page that follows."""
    chosen = {"action": action, "_selected_action": [row.pk for row in rows]}
    answer = desk.post(path, chosen | fields, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def a_job(number: int = 1, **fields: Any) -> Job:
    usual = {"kind": "ground", "subject": "report 1", "part": f"story {number}"}
    moments = {"created_at": NOW, "not_before": NOW}
    return Job.objects.create(**usual | moments | fields)


# --- Briefings ----------------------------------------------------------------------
@time_machine.travel(NOW, tick=False)
def test_a_briefing_tells_its_schedule_and_its_next_ten_runs(desk: Client) -> None:
    briefing = factories.a_briefing(weekdays=[1, 2, 3, 4, 5], times=[time(7), time(18, 30)])

    page = desk.get(f"{BRIEFINGS}{briefing.pk}/change/").content.decode()

    assert "Monday to Friday at 07:00 and 18:30, Europe/Berlin time" in page
    # Two more stand around the next clock change.
    assert page.count("UTC</small>") == 12
    assert "<li>Tue 9 June 2026, 18:30 CEST <small>Tue 9 June, 16:30 UTC</small></li>" in page


@time_machine.travel("2026-10-23T12:00:00Z", tick=False)
def test_the_next_runs_keep_local_time_across_a_clock_change(desk: Client) -> None:
    briefing = factories.a_briefing()

    page = desk.get(f"{BRIEFINGS}{briefing.pk}/change/").content.decode()

    assert "<li>Sat 24 October 2026, 07:00 CEST <small>Sat 24 October, 05:00 UTC</small>" in page
    assert (
        "<li>Sun 25 October 2026, 07:00 CET <small>Sun 25 October, 06:00 UTC</small>"
        " <strong>From here on it is UTC+1, not UTC+2: the clocks have changed.</strong></li>"
        in page
    )


@time_machine.travel(NOW, tick=False)
def test_produce_now_opens_a_report_out_of_turn(desk: Client) -> None:
    briefing = factories.a_briefing()

    page = act(desk, BRIEFINGS, "produce_now", briefing)

    report = Report.objects.get()
    assert report.state == Report.State.PRODUCING
    assert report.slot_at == NOW
    assert f"/admin/reports/report/{report.pk}/change/" in page
    assert OrmQ.objects.get().task["func"] == "reports.tasks.work"


@time_machine.travel(NOW, tick=False)
@pytest.mark.parametrize("is_new", [True, False], ids=["a new briefing", "one that is there"])
def test_a_briefings_own_page_saves_it_and_produces_a_report(desk: Client, is_new: bool) -> None:
    there = "" if is_new else f"{factories.a_briefing().pk}/change/"

    answer = desk.post(f"{BRIEFINGS}{there or 'add/'}", BRIEFING | {"_produce": "1"})

    # Another one may be due by the schedule that was just saved.
    report = Report.objects.get(slot_at=NOW)
    assert report.briefing.title == "The Evening"
    assert answer["Location"] == f"/admin/reports/report/{report.pk}/change/"
    assert {look.task["func"] for look in OrmQ.objects.all()} == {"reports.tasks.work"}


def test_whoever_may_not_produce_saves_nothing_by_that_button(client: Client) -> None:
    client.force_login(factories.a_staff_user("view_briefing", "change_briefing"))
    briefing = factories.a_briefing(title="Dawn")

    page = client.get(f"{BRIEFINGS}{briefing.pk}/change/").content.decode()
    answer = client.post(f"{BRIEFINGS}{briefing.pk}/change/", BRIEFING | {"_produce": "1"})

    briefing.refresh_from_db()
    assert "_produce" not in page
    assert (answer.status_code, briefing.title, Report.objects.count()) == (403, "Dawn", 0)


BRIEFING = {
    "title": "The Evening",
    "slug": "evening",
    "language": "en",
    "times": "18:30,07:00",
    "weekdays": ["1", "5"],
    "timezone": "Europe/Berlin",
    "lead": "00:10:00",
    "policy": "review",
    "max_sections": "12",
    "analyst": "claude",
    "analyze_model": "claude-sonnet-5-5",
    "repair_model": "claude-haiku-5-5",
    "judge_model": "claude-haiku-5-5",
    "compose_model": "claude-sonnet-5-5",
    "ceiling_usd": "0.50",
    "second_source_searches": "2",
    "is_enabled": "on",
}


def test_a_briefing_can_be_added(desk: Client) -> None:
    answer = desk.post(f"{BRIEFINGS}add/", BRIEFING)

    assert answer.status_code == 302
    briefing = Briefing.objects.get()
    assert briefing.weekdays == [1, 5]
    assert briefing.times == [time(18, 30), time(7)]


def test_nothing_hidden_stands_in_a_title_or_a_description(desk: Client) -> None:
    odd = {
        "title": "Dawn\u202eof\x07  day",
        "description": "For\u200b early\x1b birds.\r\n\r\nAnd others.",
    }

    assert desk.post(f"{BRIEFINGS}add/", BRIEFING | odd).status_code == 302

    briefing = Briefing.objects.get()
    assert briefing.title == "Dawnof day"
    assert briefing.description == "For early birds.\n\nAnd others."


@pytest.mark.parametrize(
    ("typed", "kept"),
    [pytest.param("DE ", "de"), pytest.param("English", None), pytest.param("e1", None)],
)
def test_a_language_is_a_code(desk: Client, typed: str, kept: str | None) -> None:
    desk.post(f"{BRIEFINGS}add/", BRIEFING | {"language": typed})

    assert list(Briefing.objects.values_list("language", flat=True)) == ([kept] if kept else [])


def test_a_title_that_nobody_can_see_is_refused(desk: Client) -> None:
    answer = desk.post(f"{BRIEFINGS}add/", BRIEFING | {"title": "\u200b\u2060"})

    assert "nothing in this title that one can see" in answer.content.decode()


@pytest.mark.parametrize(
    ("role", "is_shown"), [pytest.param(Role.VIEWER, False), pytest.param(Role.EDITOR, True)]
)
def test_the_address_of_the_watchdog_is_for_those_who_set_it(
    client: Client, role: Role, is_shown: bool
) -> None:
    client.force_login(factories.a_user_with(role))
    briefing = factories.a_briefing(ping_url="https://watch.example/secret-path")

    page = client.get(f"{BRIEFINGS}{briefing.pk}/change/")

    assert page.status_code == 200
    assert ("secret-path" in page.content.decode()) is is_shown


def test_the_form_as_it_is_offered_needs_a_title_and_a_slug_only(desk: Client) -> None:
    form = desk.get(f"{BRIEFINGS}add/").context["adminform"].form
    offered = {
        name: form[name].field.widget.format_value(form[name].value()) for name in form.fields
    }
    filled = {name: value for name, value in offered.items() if value is not None}

    answer = desk.post(f"{BRIEFINGS}add/", filled | {"title": "Dawn", "slug": "dawn"})

    assert answer.status_code == 302
    briefing = Briefing.objects.get()
    assert briefing.weekdays == [1, 2, 3, 4, 5, 6, 7]
    assert briefing.times == [time(7)]
    assert briefing.timezone == "UTC"


def test_every_weekday_is_ticked_for_a_new_briefing_and_its_own_for_an_old(desk: Client) -> None:
    briefing = factories.a_briefing(weekdays=[1, 5])

    new, old = (
        desk.get(f"{BRIEFINGS}{page}/").content.decode().count(" checked")
        for page in ("add", f"{briefing.pk}/change")
    )

    # is_enabled is the one more
    assert (new, old) == (7 + 1, 2 + 1)


def test_a_model_is_chosen_among_those_with_a_price(desk: Client) -> None:
    page = desk.get(f"{BRIEFINGS}add/")

    choices = page.context["adminform"].form.fields["analyze_model"].choices
    assert [value for value, _ in choices] == [
        "claude-haiku-5-5",
        "claude-opus-5-5",
        "claude-sonnet-5-5",
    ]


def test_a_stored_model_without_a_price_stays_and_is_warned_of(desk: Client) -> None:
    briefing = factories.a_briefing(analyze_model="claude-next")
    path = f"{BRIEFINGS}{briefing.pk}/change/"

    shown = desk.get(path).content.decode()
    saved = desk.post(path, BRIEFING | {"analyze_model": "claude-next"}, follow=True)
    refused = desk.post(
        path,
        BRIEFING | dict.fromkeys(("repair_model", "judge_model", "compose_model"), "claude-other"),
    )

    briefing.refresh_from_db()
    assert "claude-next (no price is known: booked as the dearest there is)" in shown
    assert "No price is known for “claude-next”" in saved.content.decode()
    assert (briefing.analyze_model, briefing.repair_model) == ("claude-next", "claude-haiku-5-5")
    assert {"repair_model", "judge_model", "compose_model"} <= {
        *refused.context["adminform"].form.errors
    }


def test_a_second_reading_and_a_ceiling_of_the_month_are_set(desk: Client) -> None:
    desk.post(f"{BRIEFINGS}add/", BRIEFING | {"is_judged": "on", "monthly_ceiling_usd": "12.50"})

    briefing = Briefing.objects.get()
    assert briefing.is_judged
    assert briefing.monthly_ceiling_usd == Decimal("12.50")
    assert (briefing.judge_model, briefing.compose_model) == (
        "claude-haiku-5-5",
        "claude-sonnet-5-5",
    )


def test_a_briefing_links_the_prompts_that_it_uses(desk: Client) -> None:
    briefing = factories.a_briefing()

    page = desk.get(f"{BRIEFINGS}{briefing.pk}/change/").content.decode()

    for prompt in Prompt.objects.all():
        assert f'href="/admin/reports/prompt/{prompt.pk}/change/"' in page
        assert f"/admin/reports/prompt/add/?from={prompt.pk}&amp;briefing={briefing.pk}" in page


def test_the_history_of_a_briefing_says_what_was_changed(desk: Client) -> None:
    briefing = factories.a_briefing(title="Dawn", weekdays=[1, 5], times=[time(7), time(18, 30)])

    desk.post(f"{BRIEFINGS}{briefing.pk}/change/", BRIEFING | {"times": "07:00", "weekdays": "1"})

    said = LogEntry.objects.get().get_change_message()
    assert "title: “Dawn” → “The Evening”" in said
    assert "weekdays: “Monday, Friday” → “Monday”" in said
    assert "times: “07:00, 18:30” → “07:00”" in said
    assert "ceiling per report, usd: “1.00” → “0.50”" in said
    assert "policy: “publish when it is ready” → “people publish it”" in said


def test_producing_now_takes_a_permission_of_its_own(client: Client) -> None:
    briefing = factories.a_briefing()
    client.force_login(factories.a_staff_user("view_briefing", "change_briefing"))
    act(client, BRIEFINGS, "produce_now", briefing)
    before = Report.objects.count()
    client.force_login(factories.a_staff_user("view_briefing", "produce_briefing"))

    act(client, BRIEFINGS, "produce_now", briefing)

    assert (before, Report.objects.count()) == (0, 1)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param("timezone", "Mars/Olympus", id="no such zone"),
        pytest.param("times", "25:00", id="no such time"),
        pytest.param("times", "", id="no time"),
        pytest.param("weekdays", [], id="no day"),
        pytest.param("weekdays", ["8"], id="an eighth day"),
        pytest.param("max_sections", "41", id="too long"),
        pytest.param("analyze_model", "claude-next", id="a model without a price"),
        pytest.param("ceiling_usd", "-1", id="a ceiling below nothing"),
        pytest.param("monthly_ceiling_usd", "-1", id="a month below nothing"),
        pytest.param("compose_model", "", id="no model to compose"),
    ],
)
def test_a_briefing_that_cannot_run_is_refused(desk: Client, field: str, value: Any) -> None:
    answer = desk.post(f"{BRIEFINGS}add/", BRIEFING | {field: value})

    assert answer.status_code == 200
    assert field in answer.context["adminform"].form.errors


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        pytest.param(
            "times",
            "07:00, 25:00",
            "“25:00” is no time of day; write such as 07:00,18:30.",
            id="an hour too many",
        ),
        pytest.param(
            "times",
            "07:00,,18:30",
            "A time of day is missing; write such as 07:00,18:30.",
            id="a comma too many",
        ),
        pytest.param(
            "times",
            "9" * 1000,
            f"“{'9' * 40}” is no time of day; write such as 07:00,18:30.",
            id="very long",
        ),
        pytest.param(
            "tags",
            "sport,a b",
            "“a b” is no tag; write such as politics,local-sport.",
            id="a tag of two words",
        ),
        pytest.param(
            "tags",
            "x" * 41,
            f"“{'x' * 40}” is no tag; write such as politics,local-sport.",
            id="a tag too long",
        ),
    ],
)
def test_the_part_of_a_list_that_is_wrong_is_named(
    desk: Client, field: str, value: str, said: str
) -> None:
    answer = desk.post(f"{BRIEFINGS}add/", BRIEFING | {field: value})

    assert answer.context["adminform"].form.errors[field] == [said]


def test_the_form_says_what_stands_by_beyond_the_length_of_a_report(desk: Client) -> None:
    page = desk.get(f"{BRIEFINGS}add/").content.decode()

    assert "Up to 4 more stand by" in page


# --- Who decides what gets out without people -----------------------------------------
PAYING = {"policy": "publish", "ceiling_usd": "900", "monthly_ceiling_usd": "9000"}


@pytest.mark.parametrize(
    ("role", "policy", "ceiling"),
    [
        pytest.param(Role.EDITOR, "review", 1, id="editor"),
        pytest.param(Role.PUBLISHER, "publish", 900, id="publisher"),
        pytest.param(Role.ADMINISTRATOR, "publish", 900, id="administrator"),
    ],
)
def test_only_who_may_publish_lets_a_briefing_publish_or_cost_more(
    client: Client, role: Role, policy: str, ceiling: int
) -> None:
    client.force_login(factories.a_user_with(role))
    old = factories.a_briefing(policy="review")

    asked = "policy=publish&ceiling_usd=900&monthly_ceiling_usd=9000"
    client.post(f"{BRIEFINGS}add/?{asked}", BRIEFING | PAYING)
    client.post(f"{BRIEFINGS}{old.pk}/change/", BRIEFING | PAYING | {"slug": "old", "title": "Old"})

    old.refresh_from_db()
    new = Briefing.objects.get(slug="evening")
    assert [(one.policy, one.ceiling_usd) for one in (new, old)] == [(policy, ceiling)] * 2
    monthly = 9000 if policy == "publish" else None
    assert [one.monthly_ceiling_usd for one in (new, old)] == [monthly] * 2
    assert old.title == "Old"
    said = LogEntry.objects.get(object_id=str(old.pk)).get_change_message()
    assert ("policy: “people publish it” → “publish when it is ready”" in said) is (
        policy == "publish"
    )


def test_an_editor_sees_what_publishers_set_and_keeps_it(client: Client) -> None:
    client.force_login(factories.a_user_with(Role.EDITOR))
    briefing = factories.a_briefing(policy="publish", ceiling_usd=7)
    path = f"{BRIEFINGS}{briefing.pk}/change/"

    old = client.get(path).context["adminform"].form
    new = client.get(f"{BRIEFINGS}add/?policy=publish&ceiling_usd=9").context["adminform"].form
    client.post(path, BRIEFING)

    briefing.refresh_from_db()
    fields = ("policy", "ceiling_usd")
    assert [old[name].value() for name in fields] == ["publish", 7]
    assert [new[name].value() for name in fields] == ["review", 1]
    assert all(form.fields[name].disabled for form in (old, new) for name in fields)
    assert (briefing.title, briefing.policy, briefing.ceiling_usd) == ("The Evening", "publish", 7)
    said = LogEntry.objects.get().get_change_message()
    assert "policy" not in said
    assert "ceiling" not in said


@pytest.mark.parametrize("role", [Role.VIEWER, None])
def test_who_may_not_curate_saves_no_briefing(client: Client, role: Role | None) -> None:
    client.force_login(factories.a_user_with(role))
    briefing = factories.a_briefing(policy="review")

    client.post(f"{BRIEFINGS}add/", BRIEFING | PAYING)
    client.post(f"{BRIEFINGS}{briefing.pk}/change/", BRIEFING | PAYING)

    briefing.refresh_from_db()
    assert briefing.policy == "review"
    assert Briefing.objects.count() == 1


# --- Reports ------------------------------------------------------------------------
def test_a_draft_is_shown_beside_its_evidence(desk: Client) -> None:
    report = factories.a_draft_report(sections=2)

    page = desk.get(f"{REPORTS}{report.pk}/change/").content.decode()

    claims = Claim.objects.filter(section__revision__report=report)
    assert all(f'id="{claim.anchor}"' in page for claim in claims)
    quotes = Evidence.objects.filter(claim__in=claims).count()
    assert page.count('<div class="evidence">') == quotes
    assert f"{report.pk}/to/publish/" in page
    assert f"{report.pk}/to/withdraw/" not in page


@pytest.mark.parametrize(
    "state",
    [Report.State.DRAFT, Report.State.REVIEW, Report.State.HELD, Report.State.FAILED],
)
def test_what_is_not_public_can_be_looked_at_as_readers_would_see_it(
    desk: Client, state: str
) -> None:
    report = factories.a_draft_report(sections=1, state=state, reason="An editor looks first.")
    claim = Claim.objects.filter(section__revision__report=report).first()

    page = desk.get(f"{REPORTS}{report.pk}/change/").content.decode()
    preview = desk.get(report.get_absolute_url())

    assert f'{REPORTS}{report.pk}/preview/1/page/">Preview as readers would see it</a>' in page
    assert preview.status_code == 200
    assert claim is not None
    assert claim.anchor in preview.content.decode()
    desk.logout()
    assert desk.get(report.get_absolute_url()).status_code == 404


def test_a_report_without_text_offers_no_preview(desk: Client) -> None:
    report = factories.a_report(state=Report.State.PRODUCING)

    page = desk.get(f"{REPORTS}{report.pk}/change/").content.decode()

    assert "This report has no text yet." in page
    assert report.get_absolute_url() not in page


def test_moments_are_told_by_a_clock_of_24_hours_with_its_zone(desk: Client) -> None:
    report = factories.a_draft_report(sections=1)

    page = desk.get(f"{REPORTS}{report.pk}/change/").content.decode()

    assert "9 Jun 2026, 05:00 UTC" in page


def test_a_published_report_links_to_its_page_and_offers_to_withdraw(desk: Client) -> None:
    report = factories.a_published_report(sections=1)

    page = desk.get(f"{REPORTS}{report.pk}/change/").content.decode()

    assert f'href="{report.get_absolute_url()}"' in page
    assert f"{report.pk}/to/withdraw/" in page
    assert f"{report.pk}/to/publish/" not in page
    assert "published and frozen" in page


@time_machine.travel(NOW, tick=False)
@pytest.mark.parametrize("state", [Report.State.DRAFT, Report.State.REVIEW, Report.State.HELD])
def test_an_editor_publishes(desk: Client, state: str) -> None:
    report = factories.a_draft_report(sections=2, state=state, reason="An editor looks first.")

    shown = {f"text-{report.pk}": report.revisions.get().pk}
    page = act(desk, REPORTS, "publish", report, **shown)

    report.refresh_from_db()
    assert report.state == Report.State.PUBLISHED
    assert report.published_at == NOW
    assert "is published." in page
    before = Report.State(state).label
    assert LogEntry.objects.get().get_change_message() == f"{before} → published."


@pytest.mark.parametrize(
    "state", [Report.State.SKIPPED, Report.State.FAILED, Report.State.PUBLISHED]
)
def test_what_cannot_be_published_says_why(desk: Client, state: str) -> None:
    report = (
        factories.a_published_report(sections=1)
        if state == Report.State.PUBLISHED
        else factories.a_report(state=state, reason="Nothing came in.")
    )
    published_at = report.published_at

    page = act(desk, REPORTS, "publish", report)

    report.refresh_from_db()
    assert (report.state, report.published_at) == (state, published_at)
    assert 'class="error"' in page
    assert not LogEntry.objects.exists()


def test_withdrawing_asks_for_a_reason_first(desk: Client) -> None:
    report = factories.a_published_report(sections=1)

    page = act(desk, REPORTS, "withdraw", report)
    without = act(desk, REPORTS, "withdraw", report, reason="   ")

    report.refresh_from_db()
    assert report.is_published
    assert "For readers: it stands on the report" in page
    assert "This field is required." in without


def test_a_report_is_withdrawn_with_its_reason(desk: Client) -> None:
    report = factories.a_published_report(sections=1)

    page = act(desk, REPORTS, "withdraw", report, reason="The herring figures were wrong.")

    report.refresh_from_db()
    assert report.is_withdrawn
    assert report.reason == "The herring figures were wrong."
    assert "is withdrawn." in page
    assert "herring" in LogEntry.objects.get().get_change_message()


def test_only_a_published_report_is_withdrawn(desk: Client) -> None:
    report = factories.a_draft_report(sections=1)

    page = act(desk, REPORTS, "withdraw", report, reason="Because.")

    report.refresh_from_db()
    assert report.state == Report.State.DRAFT
    assert "Only a published report can be withdrawn." in page


def test_nothing_of_a_report_can_be_edited_or_deleted(desk: Client) -> None:
    report = factories.a_published_report(sections=1)
    path = f"{REPORTS}{report.pk}/change/"

    page = desk.get(path)
    saved = desk.post(path, {"state": "draft"})
    deleted = desk.post(f"{REPORTS}{report.pk}/delete/", {"post": "yes"})
    act(desk, REPORTS, "delete_selected", report, post="yes")

    assert not page.context["has_change_permission"]
    assert saved.status_code == deleted.status_code == 403
    assert Report.objects.get().is_published
    assert not any(map(admin.site.is_registered, (Revision, Section, Claim, Evidence)))


def test_who_may_only_look_may_not_publish(client: Client) -> None:
    client.force_login(factories.a_staff_user("view_report"))
    report = factories.a_draft_report(sections=1)

    act(client, REPORTS, "publish", report)
    page = client.get(f"{REPORTS}{report.pk}/change/").content.decode()

    report.refresh_from_db()
    assert report.state == Report.State.DRAFT
    assert "/to/" not in page


# --- Jobs ---------------------------------------------------------------------------
@time_machine.travel(NOW, tick=False)
def test_a_dead_job_runs_again_and_a_living_one_is_left_alone(desk: Client) -> None:
    report = factories.a_report(state=Report.State.FAILED, reason="The step failed.")
    dead = a_job(subject=report.subject, state="dead", finished_at=NOW, attempts=3)
    done = a_job(2, subject=report.subject, state="done", finished_at=NOW, attempts=1)

    page = act(desk, JOBS, "run_again", dead, done)

    dead.refresh_from_db()
    done.refresh_from_db()
    report.refresh_from_db()
    assert (dead.state, dead.attempts, dead.finished_at) == ("waiting", 0, None)
    assert (done.state, done.attempts) == ("done", 1)
    assert report.state == Report.State.PRODUCING
    assert "1 job back at work" in page


def test_running_again_takes_a_permission_of_its_own(client: Client) -> None:
    client.force_login(factories.a_staff_user("view_job", "change_job"))
    report = factories.a_report()
    dead = a_job(subject=report.subject, state="dead", finished_at=NOW, attempts=3)

    act(client, JOBS, "run_again", dead)

    dead.refresh_from_db()
    assert dead.state == "dead"


# --- Stories ------------------------------------------------------------------------
def test_a_story_says_why_its_articles_belong_together(desk: Client) -> None:
    first = factories.an_article(hours_ago=5)
    later = factories.an_article(hours_ago=3)
    story = factories.a_story([first, later])

    page = desk.get(f"{STORIES}{story.pk}/change/").content.decode()

    assert "With it we found the story." in page
    assert "Shares the name Old Bridge, the figure 23,000 and the words bridge and repair" in page


# --- Cost ---------------------------------------------------------------------------
def one_more_report() -> None:
    day = date(2026, 6, 9) - timedelta(days=Report.objects.count())
    factories.a_draft_report(factories.a_briefing(), sections=1, local_date=day)


def one_more_job() -> None:
    a_job(Job.objects.count())


def one_more_story() -> None:
    factories.a_story([factories.an_article()])


def one_more_briefing() -> None:
    factories.a_report(factories.a_briefing())


@pytest.mark.parametrize(
    ("path", "add"),
    [
        pytest.param(REPORTS, one_more_report, id="reports"),
        pytest.param(f"{REPORTS}?q=bridge", one_more_report, id="a search in reports"),
        pytest.param(BRIEFINGS, one_more_briefing, id="briefings"),
        pytest.param(STORIES, one_more_story, id="stories"),
        pytest.param(JOBS, one_more_job, id="jobs"),
    ],
)
def test_a_list_costs_the_same_queries_for_2_and_20(
    desk: Client, path: str, add: Callable[[], None]
) -> None:
    for _ in range(2):
        add()
    of_2 = queries(desk, path)
    for _ in range(18):
        add()

    assert queries(desk, path) == of_2


def test_a_report_costs_the_same_queries_for_1_and_6_sections(desk: Client) -> None:
    short, long = (factories.a_draft_report(sections=number) for number in (1, 6))
    of_1 = queries(desk, f"{REPORTS}{short.pk}/change/")

    assert queries(desk, f"{REPORTS}{long.pk}/change/") == of_1


def test_a_story_costs_the_same_queries_for_2_and_12_articles(desk: Client) -> None:
    small = factories.a_story([factories.an_article() for _ in range(2)])
    large = factories.a_story([factories.an_article() for _ in range(12)])
    of_2 = queries(desk, f"{STORIES}{small.pk}/change/")

    assert queries(desk, f"{STORIES}{large.pk}/change/") == of_2


def test_a_briefing_costs_the_same_queries_with_1_and_12_reports(desk: Client) -> None:
    small, large = factories.a_briefing(), factories.a_briefing()
    for briefing, number in ((small, 1), (large, 12)):
        for day in range(number):
            local_date = date(2026, 6, 9) - timedelta(days=day)
            factories.a_report(briefing, local_date=local_date, number=day + 1)
    of_1 = queries(desk, f"{BRIEFINGS}{small.pk}/change/")

    assert queries(desk, f"{BRIEFINGS}{large.pk}/change/") == of_1


def test_a_job_costs_the_same_queries_among_1_and_20_of_its_report(desk: Client) -> None:
    first = a_job()
    of_1 = queries(desk, f"{JOBS}{first.pk}/change/")
    for number in range(2, 21):
        a_job(number)

    assert queries(desk, f"{JOBS}{first.pk}/change/") == of_1


def queries(desk: Client, path: str) -> int:
    desk.get(path)  # Django looks its content types up once and keeps them
    with CaptureQueriesContext(connection) as captured:
        assert desk.get(path).status_code == 200
    return len(captured)


# --- Schedules that are edited ------------------------------------------------------
@time_machine.travel(NOW, tick=False)
def test_a_schedule_is_tried_before_it_is_saved(desk: Client) -> None:
    briefing = factories.a_briefing()
    factories.a_report(briefing, local_date=NOW.date() + timedelta(days=1))
    typed = BRIEFING | {"times": "02:30", "timezone": "Europe/Berlin", "holidays": "2026-06-11"}

    answer = desk.post(f"{BRIEFINGS}schedule/?briefing={briefing.pk}", typed)

    page = answer.content.decode()
    assert "Mondays and Fridays at 02:30, Europe/Berlin time" in page
    assert "As it is now: Every day at 07:00, Europe/Berlin time" in page
    assert "The report of Wed 10 June, 07:00 CEST is begun already" in page
    briefing.refresh_from_db()
    assert briefing.times == [time(7)]


def test_a_schedule_that_cannot_be_says_so_in_its_preview(desk: Client) -> None:
    page = desk.post(
        f"{BRIEFINGS}schedule/", BRIEFING | {"times": "25:00", "holidays": "Christmas"}
    ).content.decode()

    assert "Times: “25:00” is no time of day; write such as 07:00,18:30." in page
    assert "Holidays: “Christmas” is no date" in page


@time_machine.travel(NOW, tick=False)
def test_an_edit_opens_what_was_due_by_the_old_schedule_and_nothing_past_by_the_new(
    desk: Client,
) -> None:
    briefing = factories.a_briefing(slug="dawn")

    answer = desk.post(
        f"{BRIEFINGS}{briefing.pk}/change/", BRIEFING | {"slug": "dawn", "times": "06:00"}
    )

    assert answer.status_code == 302
    briefing.refresh_from_db()
    assert briefing.schedule_from == NOW
    assert [report.slot for report in briefing.reports.all()] == [time(7)]


@time_machine.travel(NOW, tick=False)
def test_a_briefing_is_paused_and_resumed_without_past_slots(desk: Client) -> None:
    briefing = factories.a_briefing()

    act(desk, BRIEFINGS, "pause", briefing)
    briefing.refresh_from_db()
    was_enabled = briefing.is_enabled
    page = act(desk, BRIEFINGS, "resume", briefing)

    briefing.refresh_from_db()
    assert not was_enabled
    assert briefing.is_enabled
    assert briefing.schedule_from == NOW
    assert "1 resumed, from the next slot on." in page


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        pytest.param("ping_url", "http://10.0.0.1/ping", "PATRIOT_OUTBOUND_ALLOW", id="private"),
        pytest.param("grace", "26:00:00", "Between nothing and a day", id="grace of days"),
        pytest.param("lead", "-00:10:00", "Between nothing and a day", id="lead after the slot"),
        pytest.param("holidays", "2026-02-30", "is no date", id="a day that is none"),
        pytest.param("times", ",".join(["07:00"] * 49), "At most 48 times", id="too many times"),
    ],
)
def test_a_schedule_that_cannot_be_kept_is_refused(
    desk: Client, field: str, value: str, said: str
) -> None:
    page = desk.post(f"{BRIEFINGS}add/", BRIEFING | {field: value}).content.decode()

    assert said in page
    assert not Briefing.objects.exists()
