"""Reports by mail, as a real mail server on loopback gets them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from email.message import Message

import pytest

from patriot.lib import mail
from reports.channels import mailing
from reports.models import Attempt, Delivery, Report, Subscription
from reports.pipeline import deliver, publish, subscribing
from tests import factories
from tests.mail_server import MailServer

pytestmark = pytest.mark.django_db

SENDERS = {"email": mailing.send}


@pytest.fixture
def server(settings) -> Iterator[MailServer]:
    with MailServer() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.DEFAULT_FROM_EMAIL = "Patriot <desk@news.test>"
        yield server


def published_for(*addresses: str) -> Report:
    """Publish a report that these addresses have asked for."""
    draft = factories.a_draft_report()
    for address in addresses:
        factories.a_subscription(draft.briefing, address)
    publish.publish_report(draft, now=factories.NOW)
    return draft


def go(now: datetime) -> int:
    return deliver.deliver(
        list(Delivery.objects.values_list("pk", flat=True)), senders=SENDERS, now=now
    )


def part(letter: Message, kind: str) -> str:
    found = next(one for one in letter.walk() if one.get_content_type() == kind)
    return found.get_payload(decode=True).decode()


def test_everybody_who_wants_it_gets_the_report_once(server, now):
    report = published_for("ada@readers.test", "bob@readers.test")

    assert go(now) == 2
    assert go(now) == 0

    assert [letter["To"] for letter in server.letters] == ["ada@readers.test", "bob@readers.test"]
    letter = server.letters[0]
    assert report.current.title in part(letter, "text/plain")
    assert report.current.title in part(letter, "text/html")
    assert report.get_absolute_url() in part(letter, "text/plain")
    assert "bob@" not in letter.as_string()


def test_a_letter_can_be_ended_with_one_click(server, client, now):
    published_for("ada@readers.test")
    go(now)
    letter = server.letters[0]

    link = letter["List-Unsubscribe"].strip("<> \r\n")
    answer = client.post(
        "/" + link.split("/", 3)[3],
        "List-Unsubscribe=One-Click",
        content_type="application/x-www-form-urlencoded",
    )

    assert answer.status_code == 200
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert Subscription.objects.get().state == Subscription.State.ENDED
    assert link in part(letter, "text/html")


def test_who_unsubscribes_after_publication_gets_nothing(server, now):
    published_for("ada@readers.test", "bob@readers.test")
    subscribing.end(Subscription.objects.filter(address="ada@readers.test"), now)

    go(now)

    assert [letter["To"] for letter in server.letters] == ["bob@readers.test"]


def test_one_of_many_is_refused_and_the_others_get_theirs(server, now):
    server.script["RCPT TO:<bob"] = "550 no such person"
    published_for("ada@readers.test", "bob@readers.test", "eve@readers.test")

    go(now)

    assert [letter["To"] for letter in server.letters] == ["ada@readers.test", "eve@readers.test"]
    refused = Delivery.objects.get(state=Delivery.State.DEAD)
    assert "550 no such person" in refused.last_error
    assert Attempt.objects.get().outcome == Attempt.Outcome.REFUSED


def test_a_greylisted_letter_comes_again_under_the_same_id(server, now):
    server.script["RCPT TO"] = "450 greylisted"
    published_for("ada@readers.test")
    go(now)
    delivery = Delivery.objects.get()
    assert delivery.state == Delivery.State.WAITING
    server.script.clear()

    go(delivery.not_before)

    assert f"{delivery.message_id.hex}@news.test" in server.letters[0]["Message-ID"]
    assert Delivery.objects.get().state == Delivery.State.SENT


def test_a_server_that_is_down_is_asked_by_one_and_nobody_is_missed(server, now):
    server.greeting = "421 busy"
    published_for("ada@readers.test", "bob@readers.test")

    assert go(now) == 1
    assert go(now) == 0
    server.greeting = "220 back"
    go(now + timedelta(hours=7))

    assert len(server.letters) == 2
    assert not Subscription.objects.filter(failures__gt=0).exists()


def test_a_letter_that_broke_off_half_way_is_sent_again(server, now):
    server.script["."] = "hang up"
    published_for("ada@readers.test")
    go(now)
    server.script.clear()

    go(Delivery.objects.get().not_before)

    assert len(server.letters) == 1


@pytest.mark.parametrize(
    "stage",
    [
        pytest.param("", id="greeting"),
        pytest.param("MAIL FROM", id="sender"),
        pytest.param("RCPT TO", id="recipient"),
        pytest.param("DATA", id="begin"),
        pytest.param(".", id="end"),
    ],
)
def test_a_server_that_hangs_costs_a_deadline_and_nobody_is_missed(server, monkeypatch, now, stage):
    monkeypatch.setattr(mail, "PATIENCE", timedelta(seconds=0.2))
    if stage:
        server.script[stage] = "hang"
    else:
        server.greeting = "hang"
    published_for("ada@readers.test", "bob@readers.test")

    go(now)
    in_vain = len(server.letters)
    server.greeting = "220 back"
    server.script.clear()
    for _ in range(3):
        go(Delivery.objects.latest("not_before").not_before)

    assert in_vain == 0
    assert sorted(letter["To"] for letter in server.letters) == [
        "ada@readers.test",
        "bob@readers.test",
    ]
    assert set(Delivery.objects.values_list("state", flat=True)) == {Delivery.State.SENT}


def test_after_a_day_it_is_given_up_and_says_why(server, now):
    server.script["RCPT TO"] = "450 greylisted"
    published_for("ada@readers.test")

    moment = now
    while (delivery := Delivery.objects.get()).state == Delivery.State.WAITING:
        moment = max(moment, delivery.not_before)
        go(moment)

    assert delivery.state == Delivery.State.DEAD
    assert delivery.last_error.startswith("Tried for a day: ")
    assert moment - now <= timedelta(hours=25)


def test_a_withdrawn_report_is_not_sent_but_told_to_those_who_got_it(server, now):
    report = published_for("ada@readers.test")
    go(now)
    factories.a_subscription(report.briefing, "late@readers.test")

    publish.withdraw_report(report, reason="It was a test.", now=now)
    go(now)

    assert [letter["To"] for letter in server.letters] == ["ada@readers.test"] * 2
    assert "It was a test." in part(server.letters[1], "text/plain")
