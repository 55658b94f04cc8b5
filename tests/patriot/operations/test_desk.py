"""The first page of the desk."""

from collections.abc import Iterator
from datetime import time, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django_q.models import Failure, OrmQ, Schedule, Success

from patriot.accounts import roles
from patriot.accounts.models import User
from patriot.accounts.roles import Role
from patriot.ledger.models import Call
from patriot.operations.dashboard import checklist, dashboard
from patriot.operations.desk import NEEDED
from patriot.work.models import Heartbeat, Job
from reports.models import Report
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db
USERS, GROUPS = "/admin/accounts/user/", "/admin/auth/group/"


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("chief"))
    return client


def a_dead_job(number: int = 1, **fields: Any) -> Job:
    usual: dict[str, Any] = {"kind": "ground", "subject": f"report {number}", "state": "dead"}
    moments = {"created_at": NOW, "not_before": NOW, "finished_at": NOW}
    return Job.objects.create(**usual | moments | fields)


def test_an_empty_house_says_what_to_do_first(desk: Client) -> None:
    page = desk.get("/admin/").content.decode()

    assert "To the first report" in page
    assert "/admin/sources/source/add/" in page
    assert "/admin/reports/briefing/add/" in page
    assert "No key is needed: the local analyst writes." in page
    assert "The worker has never ticked" in page


def test_the_checklist_ticks_off_what_is_there() -> None:
    factories.a_source()

    steps = checklist()

    assert [step.is_done for step in steps] == [True, False, True, False, False]


def test_the_checklist_goes_away_with_the_first_report(desk: Client) -> None:
    factories.a_published_report(sections=1)

    page = desk.get("/admin/").content.decode()

    assert checklist() == ()
    assert "To the first report" not in page


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        pytest.param(
            {"state": "producing"}, "in production, at the step “select”", id="in production"
        ),
        pytest.param(
            {"state": "draft"},
            "a draft: an editor submits it, or a publisher publishes it",
            id="a draft",
        ),
        pytest.param({"state": "review"}, "in review: a publisher publishes it", id="in review"),
        pytest.param(
            {"state": "held", "reason": "The mayor disputes it.\nThis report is late."},
            "held: The mayor disputes it.",
            id="held",
        ),
        pytest.param(
            {"state": "skipped", "reason": "Nothing new."}, "skipped: Nothing new.", id="skipped"
        ),
        pytest.param({"state": "failed", "reason": "It broke."}, "failed: It broke.", id="failed"),
    ],
)
def test_a_slot_says_what_became_of_it(fields: dict[str, str], sentence: str) -> None:
    report = factories.a_report(**fields)
    for stage, kind in ((3, "compose"), (1, "select")):
        a_dead_job(
            report.pk,
            subject=report.subject,
            kind=kind,
            stage=stage,
            state="waiting",
            finished_at=None,
        )

    line = dashboard(NOW, may=bool).slots[0]

    assert line.at == "Tue 07:00 CEST"
    assert line.sentence == sentence


def test_a_report_that_is_not_out_says_by_how_much_it_is_late(desk: Client) -> None:
    factories.a_report()
    factories.a_published_report(factories.a_briefing(title="Calm"))

    lines = dashboard(NOW, may=bool).slots

    late = [line.late for line in lines if line.state != "due"]
    assert sorted(late) == ["", "late by 1 hour 30 minutes"]
    assert "late by 1 hour 30 minutes" in desk.get("/admin/").content.decode()


def test_a_coming_slot_on_a_holiday_says_so() -> None:
    factories.a_briefing(holidays=[NOW.date() + timedelta(days=1)])

    (line,) = dashboard(NOW, may=bool).slots

    assert line.sentence == "no report: a holiday"


def test_a_report_in_review_says_since_when(desk: Client) -> None:
    report = factories.a_draft_report(sections=1)

    desk.post(f"/admin/reports/report/{report.pk}/to/submit/")

    page = desk.get("/admin/").content.decode()
    assert "in review since Tue 08:30 CEST: a publisher publishes it" in page


def test_what_waits_for_people_is_counted_and_linked(desk: Client) -> None:
    for state, number in (("review", 2), ("draft", 1)):
        for _ in range(number):
            factories.a_report(state=state)

    page = desk.get("/admin/").content.decode()

    assert '<a href="/admin/reports/report/?state__exact=review">2 in review.</a>' in page
    assert (
        '<a href="/admin/reports/report/?state__exact=draft">1 draft: an editor looks at it.</a>'
        in page
    )
    assert "state__exact=held" not in page


def test_drafts_are_listed_by_the_time_that_is_left_for_them(desk: Client) -> None:
    late = factories.a_briefing(title="Noon", times=[time(12)], at_deadline="hold")
    soon = factories.a_briefing(title="Nine", times=[time(9)], review_margin=timedelta(minutes=10))
    factories.a_report(late, slot=time(12), state="draft")
    first = factories.a_report(soon, slot=time(9), state="review")
    factories.a_report(state="held", reason="The mayor disputes it.")

    page = desk.get("/admin/").content.decode()

    assert [line.briefing for line in dashboard(NOW, may=bool).reviews] == ["Nine", "Noon"]
    assert (
        f'<span class="clock">Tue 09:00 CEST</span> '
        f'<a href="/admin/reports/report/{first.pk}/change/">Nine</a>, in review. '
        "Review ends at 08:50 CEST on 9 June (06:50 UTC), in 20 minutes; "
        "then it is published at its slot if every gate is green, else held."
    ) in page
    assert page.count("; then it is held.") == 1


def test_a_published_slot_says_when() -> None:
    factories.a_published_report(sections=1)

    assert dashboard(NOW, may=bool).slots[0].sentence == "published at Tue 07:00 CEST."


def test_slots_to_come_stand_after_those_that_were() -> None:
    briefing = factories.a_briefing(times=[time(7), time(18, 30)])
    factories.a_report(briefing, state="draft")

    lines = dashboard(NOW, may=bool).slots

    assert [(line.at, line.state) for line in lines] == [
        ("Tue 07:00 CEST", "draft"),
        ("Tue 18:30 CEST", "due"),
        ("Wed 07:00 CEST", "due"),
    ]


# --- Money --------------------------------------------------------------------------
def a_call(**fields: Any) -> Call:
    usual: dict[str, Any] = {
        "service": "claude",
        "purpose": "analyze",
        "model": "claude-sonnet-5-5",
        "subject": "report 1",
        "outcome": "answered",
        "estimated_usd": Decimal(1),
        "cost_usd": Decimal("0.40"),
        "started_at": NOW,
        "finished_at": NOW,
    }
    return Call.objects.create(**usual | fields)


def test_spending_is_said_beside_the_ceiling(desk: Client, settings: Any) -> None:
    settings.DAILY_CEILING_USD = Decimal(2)
    a_call()
    a_call(started_at=NOW.replace(day=1))
    a_call(started_at=NOW - timedelta(days=31))

    page = desk.get("/admin/").content.decode()

    assert "$0.40 of $2.00 spent today (20 %)." in page
    assert "$0.80 spent this month, which can cost $60.00 at most." in page
    assert '<rect class="part" width="20" height="4">' in page


@pytest.mark.parametrize(
    ("services", "key", "sentence"),
    [
        pytest.param(["claude"], "sk-1", "Claude is on.", id="on"),
        pytest.param([], "", "Claude is off: ANTHROPIC_API_KEY is not set.", id="no key"),
        pytest.param([], "sk-1", "Claude is off: SERVICES does not name claude.", id="not named"),
    ],
)
def test_a_service_says_whether_it_is_on_and_what_is_missing(
    desk: Client, settings: Any, services: list[str], key: str, sentence: str
) -> None:
    settings.SERVICES = services
    settings.SERVICE_KEYS = settings.SERVICE_KEYS | {"claude": ("ANTHROPIC_API_KEY", key)}

    page = desk.get("/admin/").content.decode()

    assert sentence in page
    assert "sk-1" not in page


@pytest.mark.parametrize(
    ("ceiling", "fields", "claude", "tavily"),
    [
        pytest.param(
            "0.40",
            {},
            "Claude is not asked. The ceiling of today is reached: "
            "the local analyst writes until 00:00 UTC.",
            "Tavily is not asked. The ceiling of today is reached: "
            "saved searches wait until 00:00 UTC.",
            id="the ceiling is reached",
        ),
        pytest.param(
            "0",
            {},
            "Claude is not asked: the local analyst writes.",
            "Tavily is not asked: saved searches wait.",
            id="the ceiling is nothing",
        ),
        pytest.param(
            "10",
            {"outcome": "rate_limited", "retry_at": NOW + timedelta(minutes=33)},
            "Claude asks to be left alone until 07:03 UTC.",
            "Tavily is on.",
            id="it asks to be left alone",
        ),
        pytest.param(
            "10",
            {"outcome": "rate_limited", "retry_at": NOW},
            "Claude is on.",
            "Tavily is on.",
            id="it asked, and that is over",
        ),
    ],
)
def test_a_service_that_is_not_asked_now_is_not_said_to_be_on(
    settings: Any, ceiling: str, fields: dict[str, Any], claude: str, tavily: str
) -> None:
    settings.SERVICES = ["claude", "tavily"]
    settings.DAILY_CEILING_USD = Decimal(ceiling)
    a_call(**fields)

    lines = dashboard(NOW, may=bool).services

    assert [line.sentence for line in lines] == [claude, tavily]
    assert [line.is_on for line in lines] == [" is on" in claude, " is on" in tavily]


def test_a_house_with_a_key_is_told_that_claude_writes(settings: Any) -> None:
    settings.SERVICES = ["claude"]

    assert checklist()[2].sentence == "Claude writes, within the ceilings."


def test_calls_that_failed_within_a_day_are_counted_and_linked(desk: Client) -> None:
    for outcome in ("refused", "refused", "unavailable", "answered"):
        a_call(outcome=outcome)
    a_call(outcome="malformed", started_at=NOW - timedelta(hours=25))
    a_call(outcome="unavailable", service="tavily")

    failed = dashboard(NOW, may=bool).failed_calls
    page = desk.get("/admin/").content.decode()

    assert [each.sentence for each in failed] == [
        "2 calls to Claude: refused by the model",
        "1 call to Claude: service not available",
        "1 call to Tavily: service not available",
    ]
    assert "2 calls to Claude: refused by the model" in page
    assert desk.get(failed[0].url).context["cl"].result_count == 2


def test_an_ill_source_is_named_with_its_sentence(desk: Client) -> None:
    source = factories.an_ill_source("Echo", error="HTTP 410: the feed is gone.")

    page = desk.get("/admin/").content.decode()

    assert "HTTP 410: the feed is gone." in page
    assert f"/admin/sources/source/{source.pk}/change/" in page
    assert "/admin/sources/source/?health=ill" in page


def test_dead_work_is_counted_and_linked(desk: Client) -> None:
    a_dead_job(1)
    a_dead_job(2)
    factories.an_article(state="dead")

    page = desk.get("/admin/").content.decode()

    assert "2 dead jobs" in page
    assert "1 dead article" in page
    assert desk.get("/admin/work/job/?state__exact=dead").status_code == 200


def test_a_living_worker_is_said_to_live(desk: Client) -> None:
    Heartbeat.objects.create(name="tick", beat_at=NOW - timedelta(seconds=40))

    page = desk.get("/admin/").content.decode()

    assert "The worker last ticked 40 seconds ago." in page


def test_who_may_not_look_at_everything_sees_no_state_of_the_house(client: Client) -> None:
    client.force_login(factories.a_staff_user("view_source"))
    factories.an_ill_source(error="HTTP 410: the feed is gone.")

    page = client.get("/admin/").content.decode()

    assert "HTTP 410" not in page
    assert "Sources" in page


def test_every_role_sees_the_state_of_the_house() -> None:
    assert set(NEEDED) <= roles.VIEWER


def test_the_first_page_costs_the_same_queries_for_2_and_20(desk: Client) -> None:
    for _ in range(2):
        factories.a_report(factories.a_briefing(), state="review")
        factories.an_ill_source(error="HTTP 500")
        a_call(outcome="refused")
    of_2 = queries(desk)
    for _ in range(18):
        factories.a_report(factories.a_briefing(), state="review")
        factories.an_ill_source(error="HTTP 500")
        a_call(outcome="refused")

    assert queries(desk) == of_2 == 25


@pytest.mark.parametrize("page", ["", "change/"])
def test_users_and_groups_cost_the_same_queries_for_2_and_20(desk: Client, page: str) -> None:
    def cost() -> tuple[int, int]:
        user, group = User.objects.latest("pk"), Group.objects.latest("pk")
        return (
            queries(desk, f"/admin/accounts/user/{user.pk}/{page}" if page else USERS),
            queries(desk, f"/admin/auth/group/{group.pk}/{page}" if page else GROUPS),
        )

    def grow(number: int) -> None:
        for _ in range(number):
            group = Group.objects.create(name=f"Desk {Group.objects.count()}")
            group.permissions.set(Permission.objects.all()[: Group.objects.count()])
            user = User.objects.create(username=f"user {User.objects.count()}", is_staff=True)
            user.groups.set(Group.objects.all())

    grow(2)
    of_2 = cost()
    grow(18)

    assert cost() == of_2


def queries(desk: Client, path: str = "/admin/") -> int:
    desk.get(path)  # Django looks its content types up once and keeps them
    with CaptureQueriesContext(connection) as captured:
        assert desk.get(path).status_code == 200
    return len(captured)


def test_what_is_not_for_hands_has_no_pages() -> None:
    assert not admin.site.is_registered(Schedule)
    assert not admin.site.is_registered(OrmQ)
    assert not admin.site.is_registered(Success)


def test_failed_tasks_are_counted_when_there_are_any_and_not_listed(desk: Client) -> None:
    before = desk.get("/admin/").content.decode()
    for number in range(2):
        Failure.objects.create(
            id=str(number),
            name=str(number),
            func="sources.tasks.collect",
            started=NOW,
            stopped=NOW,
            success=False,
        )

    after = desk.get("/admin/").content.decode()

    assert "django_q" not in before
    assert 'href="/admin/django_q/failure/">2 failed tasks within a day</a>' in after
    assert desk.get("/admin/django_q/failure/").status_code == 200


def test_failed_tasks_are_no_link_for_those_who_may_not_open_them(client: Client) -> None:
    client.force_login(factories.a_user_with(Role.VIEWER))
    Failure.objects.create(id="1", name="1", func="f", started=NOW, stopped=NOW, success=False)

    page = client.get("/admin/").content.decode()

    assert "1 failed task within a day: an administrator should look." in page
    assert "/admin/django_q/failure/" not in page


def test_every_page_of_the_desk_opens_and_holds_no_inline_style_or_script(desk: Client) -> None:
    factories.a_published_report(sections=1)
    factories.an_ill_source(error="HTTP 500")
    a_dead_job()
    a_call()

    for model, options in admin.site._registry.items():
        path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        row = model._default_manager.first()
        assert_clean(desk, path)
        if row is not None:
            assert_clean(desk, f"{path}{row.pk}/change/")
        if options.has_add_permission(desk.get(path).wsgi_request):
            assert_clean(desk, f"{path}add/")
    assert Report.objects.count() == 1


def assert_clean(desk: Client, path: str) -> None:
    page = desk.get(path)
    assert page.status_code == 200, path
    assert b"<style" not in page.content, path
    assert b" style=" not in page.content, path
    assert b"<script>" not in page.content, path
    assert b" onclick" not in page.content, path
