"""Recipients on the desk: subscriptions, secrets that are shown once, deliveries, suppressions."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client

from patriot.accounts.roles import Role
from reports.models import Delivery, Subscription, Suppression
from reports.tokens import secret_of
from tests import factories
from tests.factories import NOW, a_briefing, a_subscription, a_user_with

pytestmark = pytest.mark.django_db

ROOM = "/admin/reports/subscription/"


@pytest.fixture(autouse=True)
def _clock(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(a_user_with(Role.PUBLISHER))
    return client


def a_hook(desk: Client, address: str = "https://hooks.example.org/news"):
    form = {"briefing": a_briefing().pk, "channel": "webhook", "address": address}
    return desk.post(f"{ROOM}add/", form)


def test_a_webhooks_secret_is_shown_once_and_never_again(desk):
    page = a_hook(desk).content.decode()

    hook = Subscription.objects.get()
    secret = secret_of(hook.public_id, 1)
    assert secret in page
    assert hook.state == Subscription.State.ACTIVE
    assert secret not in desk.get(f"{ROOM}{hook.pk}/change/").content.decode()


def test_another_secret_signs_beside_the_old_one_for_a_day(desk):
    a_hook(desk)
    hook = Subscription.objects.get()

    page = desk.post(f"{ROOM}{hook.pk}/secret/").content.decode()

    hook.refresh_from_db()
    assert secret_of(hook.public_id, 2) in page
    assert (hook.secret_number, hook.secret_changed_at) == (2, NOW)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        pytest.param("http://127.0.0.1/x", "127.0.0.1", id="the house itself"),
        pytest.param("ftp://example.org/x", "http", id="no web address"),
        pytest.param("https://user:pw@example.org/", "", id="with a password"),
    ],
)
def test_an_address_that_we_do_not_reach_is_refused_in_a_sentence(desk, address, words):
    answer = a_hook(desk, address)

    assert answer.status_code == 200
    assert not Subscription.objects.exists()
    errors = re.findall(r'<ul class="errorlist[^>]*>.*?</ul>', answer.content.decode(), re.DOTALL)
    assert any(words in error for error in errors)


def test_the_same_receiver_twice_is_refused(desk):
    a_hook(desk)
    briefing = Subscription.objects.get().briefing
    form = {
        "briefing": briefing.pk,
        "channel": "webhook",
        "address": "https://hooks.example.org/news",
    }

    answer = desk.post(f"{ROOM}add/", form)

    assert "there already" in answer.content.decode()


def test_a_receiver_that_was_ended_begins_again_with_another_secret(desk):
    a_hook(desk)
    hook = Subscription.objects.get()
    desk.post(ROOM, {"action": "end", "_selected_action": [hook.pk]})
    form = {"briefing": hook.briefing.pk, "channel": "webhook", "address": hook.address}

    page = desk.post(f"{ROOM}add/", form).content.decode()

    hook.refresh_from_db()
    assert (hook.state, hook.reason, hook.ended_at) == (Subscription.State.ACTIVE, "", None)
    assert secret_of(hook.public_id, 2) in page
    assert Subscription.objects.count() == 1


def test_nobody_is_subscribed_by_mail_without_his_word(desk):
    form = {"briefing": a_briefing().pk, "channel": "email", "address": "ada@readers.example"}

    desk.post(f"{ROOM}add/", form)

    assert not Subscription.objects.exists()


def test_a_list_shows_no_more_of_a_webhook_than_its_host(desk):
    a_hook(desk, "https://hooks.example.org/secret-token")

    page = desk.get(ROOM).content.decode()

    assert "hooks.example.org" in page
    assert "secret-token" not in page
    one = f"{ROOM}{Subscription.objects.get().pk}/change/"
    assert "secret-token" not in desk.get(one).content.decode()


def test_staff_pause_resume_and_end(desk):
    one = a_subscription(a_briefing())
    chosen = {"_selected_action": [one.pk]}

    states = []
    for action in ("pause", "resume", "end"):
        desk.post(ROOM, {"action": action, **chosen})
        one.refresh_from_db()
        states.append(one.state)

    assert states == ["paused", "active", "ended"]


@pytest.mark.parametrize("state", ["dead", "waiting"])
def test_what_could_not_be_delivered_is_sent_again_under_its_id(desk, state):
    report = factories.a_published_report(sections=1)
    one = a_subscription(report.briefing)
    dead = Delivery.objects.create(
        subscription=one,
        revision=report.current,
        kind="report",
        state=state,
        tries=9,
        last_error="The mail server refuses.",
        not_before=NOW + timedelta(days=2),
        created_at=NOW - timedelta(days=2),
    )

    desk.post("/admin/reports/delivery/", {"action": "send_again", "_selected_action": [dead.pk]})

    again = Delivery.objects.get()
    assert (again.state, again.tries, again.message_id) == ("waiting", 0, dead.message_id)
    assert again.not_before < NOW + timedelta(days=2)


def test_a_suppressed_address_is_kept_as_a_hash_and_gets_nothing_more(desk):
    one = a_subscription(a_briefing(), "ada@readers.example")

    desk.post(
        "/admin/reports/suppression/add/", {"address": "Ada@readers.example", "detail": "Asked."}
    )

    one.refresh_from_db()
    assert one.state == Subscription.State.ENDED
    kept = Suppression.objects.get()
    assert (kept.hint, kept.cause) == ("a…@readers.example", "staff")
    assert "ada" not in kept.address_hash


def test_a_receiver_that_is_there_is_told_in_one_sentence(desk):
    a_hook(desk)
    form = {
        "briefing": Subscription.objects.get().briefing_id,
        "channel": "webhook",
        "address": "https://hooks.example.org/news",
    }

    page = desk.post(f"{ROOM}add/", form).content.decode()

    assert "Constraint" not in page
    assert "botTOKEN" in page


@pytest.mark.parametrize(
    ("role", "is_named"),
    [
        pytest.param(Role.VIEWER, False),
        pytest.param(Role.EDITOR, False),
        pytest.param(Role.PUBLISHER, True),
    ],
)
def test_whom_a_delivery_goes_to_is_for_those_who_see_subscriptions(client, role, is_named):
    report = factories.a_published_report(sections=1)
    one = a_subscription(report.briefing, "anna.secret@readers.test")
    sent = Delivery.objects.create(
        subscription=one, revision=report.current, kind="report", not_before=NOW, created_at=NOW
    )
    client.force_login(factories.a_user_with(role))

    pages = [
        client.get(f"/admin/reports/delivery/{path}").content.decode()
        for path in ("", f"{sent.pk}/change/", f"{sent.pk}/history/")
    ]

    assert any("anna.secret" in page for page in pages) is is_named


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("briefing/?ping_url__startswith=http", id="the watchdog's address"),
        pytest.param("report/?reason__regex=(.%2B)(.%2B)%5C2%5C1", id="an expression"),
        pytest.param("report/?briefing__title__iregex=x", id="one of another row"),
    ],
)
def test_no_filter_of_ones_own_guesses_secrets_or_runs_for_ever(client, query):
    client.force_login(factories.a_user_with(Role.VIEWER))

    assert client.get(f"/admin/reports/{query}").status_code == 400
