"""Subscribing by mail, from the form to the end, without an account and without a cookie."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from reports import tokens
from reports.models import Briefing, Delivery, Subscription, Suppression
from reports.pipeline import subscribing
from tests.factories import NOW, READER, a_briefing, a_subscription

pytestmark = pytest.mark.django_db

State = Subscription.State


@pytest.fixture(autouse=True)
def _mail(settings, time_machine):
    settings.MAIL_IS_ON = True
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def reader() -> Client:
    return Client(enforce_csrf_checks=True)


def ask(reader: Client, address: str = READER):
    briefing = Briefing.objects.first() or a_briefing()
    wish = {"briefing": briefing.slug, "email": address, "length": "full"}
    return reader.post("/subscribe/", wish)


def link(page: str, subscription: Subscription) -> str:
    return f"/{page}/{tokens.recipient_token(subscription.public_id)}/"


def test_nothing_is_subscribed_before_the_mailbox_says_yes(reader):
    answer = ask(reader)

    subscription = Subscription.objects.get()
    assert answer.status_code == 200
    assert subscription.state == State.PENDING
    assert Delivery.objects.get().kind == Delivery.Kind.CONFIRMATION

    address = f"/subscribe/confirm/{tokens.confirm_token(subscription.public_id)}/"
    reader.get(address)
    subscription.refresh_from_db()
    assert subscription.state == State.PENDING, "programs that look through mails open links"
    reader.post(address)
    subscription.refresh_from_db()
    assert (subscription.state, subscription.confirmed_at) == (State.ACTIVE, NOW)


def test_nobody_learns_who_is_subscribed(reader):
    briefing = a_briefing()
    a_subscription(briefing, "has@readers.test")
    subscribing.suppress("not@readers.test", cause="staff", detail="", now=NOW)

    pages = {
        ask(reader, address).content.decode().replace(address, "")
        for address in ("has@readers.test", "not@readers.test", "new@readers.test")
    }

    assert len(pages) == 1
    assert Delivery.objects.get().subscription.address == "new@readers.test"


def test_nobodys_mailbox_is_filled_by_somebody_elses_finger(reader, time_machine):
    for minutes in range(0, 50, 10):
        time_machine.move_to(NOW + timedelta(minutes=minutes), tick=False)
        ask(reader)
        Delivery.objects.update(state=Delivery.State.SENT, sent_at=NOW)

    assert Delivery.objects.count() == subscribing.MOST_QUESTIONS_A_DAY


def test_another_spelling_of_a_mailbox_gets_no_further_questions(reader):
    spellings = ["ann@", "a.nn@", "ann+1@", "a.n.n+news+2@", "ANN+3@", "bob@"]

    for name in spellings:
        ask(reader, f"{name}readers.test")

    asked = Subscription.objects.filter(deliveries__isnull=False).order_by("pk")
    told = [subscription.address.partition("@")[0] for subscription in asked]
    assert told == ["ann", "a.nn", "ann+1", "bob"]


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("nobody", id="no domain"),
        pytest.param("a@b.test\r\nBcc: c@d.test", id="a header in it"),
        pytest.param("\u202eann@readers.test", id="runs backwards"),
        pytest.param(f"{'a' * 300}@readers.test", id="too long"),
        pytest.param("a@b.test,c@d.test", id="two of them"),
    ],
)
def test_what_is_no_address_is_said_to_be_none(reader, address):
    answer = ask(reader, address)

    assert answer.status_code == 422
    assert not Subscription.objects.exists()


@pytest.mark.parametrize("page", ["subscribe/confirm", "unsubscribe", "preferences"])
@pytest.mark.parametrize("token", ["x", "0" * 32, f"{'0' * 32}:abc", "%00", "é" * 300])
def test_a_link_that_is_not_ours_opens_nothing(reader, page, token):
    for ask_for in (reader.get, reader.post):
        assert ask_for(f"/{page}/{token}/").status_code == 404


def test_a_link_serves_for_nothing_else_and_a_question_runs_out(reader, time_machine):
    one = a_subscription(a_briefing(), state=State.PENDING, confirmed_at=None)
    question = tokens.confirm_token(one.public_id)

    assert reader.post(f"/unsubscribe/{question}/").status_code == 404
    confirm = f"/subscribe/confirm/{tokens.recipient_token(one.public_id)}/"
    assert reader.post(confirm).status_code == 404
    time_machine.move_to(NOW + timedelta(days=3, minutes=1), tick=False)
    late = reader.post(f"/subscribe/confirm/{question}/")
    assert "run out" in late.content.decode()
    one.refresh_from_db()
    assert one.state == State.PENDING


def test_one_click_ends_it_and_an_old_question_brings_nothing_back(reader):
    one = a_subscription(a_briefing())
    question = tokens.confirm_token(one.public_id)

    page = reader.get(link("unsubscribe", one))
    one.refresh_from_db()
    assert one.state == State.ACTIVE
    assert "<button" in page.content.decode()
    for _ in range(2):
        answer = reader.post(link("unsubscribe", one), {"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
    assert not answer.cookies
    assert "no-store" in answer["Cache-Control"]
    assert answer["Referrer-Policy"] == "no-referrer"
    reader.post(f"/subscribe/confirm/{question}/")
    one.refresh_from_db()
    assert one.state == State.ENDED


def test_preferences_are_of_one_address_and_touch_no_other(reader):
    mine = a_subscription(a_briefing())
    other = a_subscription(a_briefing(title="The Evening"))
    foreign = a_subscription(a_briefing(), "somebody@readers.test")
    prefix = other.public_id.hex

    page = reader.get(link("preferences", mine)).content.decode()
    reader.post(link("preferences", mine), {"save": prefix, f"{prefix}-length": "short"})
    reader.post(link("preferences", mine), {"end": foreign.public_id.hex})

    assert "somebody@" not in page
    other.refresh_from_db()
    assert (other.length, other.wants_corrections) == ("short", False)
    foreign.refresh_from_db()
    assert foreign.state == State.ACTIVE
    reader.post(link("preferences", mine), {"end": "all"})
    left = Subscription.objects.exclude(state=State.ENDED)
    assert list(left) == [foreign]


def test_a_suppressed_address_keeps_nothing_and_is_not_kept_itself(reader):
    a_subscription(a_briefing())

    subscribing.suppress(READER.upper(), cause="bounce", detail="550 gone", now=NOW)
    ask(reader)

    assert Subscription.objects.get().state == State.ENDED
    assert not Delivery.objects.exists()
    kept = Suppression.objects.get()
    assert READER not in f"{kept.hint} {kept.address_hash} {kept.detail}"


@pytest.mark.parametrize(
    ("page", "queries"), [("subscribe", 3), ("unsubscribe", 1), ("preferences", 2)]
)
def test_the_pages_ask_little(reader, django_assert_max_num_queries, page, queries):
    one = a_subscription(a_briefing())
    address = "/subscribe/" if page == "subscribe" else link(page, one)

    with django_assert_max_num_queries(queries):
        assert reader.get(address).status_code == 200
