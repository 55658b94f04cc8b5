"""Reports by mail, as a real mail server on loopback gets them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from email import policy
from email.message import Message
from email.parser import BytesParser

import pytest

from patriot.lib import mail
from reports.channels import mailing
from reports.models import Attempt, Claim, Delivery, Report, Subscription
from reports.pipeline import deliver, publish, subscribing
from reports.pipeline.correct import publish_correction
from reports.pipeline.drafting import next_text
from tests import factories
from tests.mail_server import MailServer

pytestmark = pytest.mark.django_db

SENDERS = {"email": mailing.send}
A_MINUTE = timedelta(minutes=1)


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


def a_letter_of_each_kind(server: MailServer, now: datetime) -> dict[str, bytes]:
    """Have every kind of letter sent about a briefing whose name no header can hold as it is."""
    title = "Frühstück – 朝食 🌉 " + "für Leute mit sehr viel Zeit am Morgen " * 2
    draft = factories.a_draft_report(factories.a_briefing(title=title.strip()))
    subscribing.ask(draft.briefing, "ada@readers.test", length="full", now=now)
    go(now)
    subscribing.confirm(Subscription.objects.get(), now)
    publish.publish_report(draft, now=now)
    go(now)
    text = next_text(draft.current, editor=None, edits="", now=now)
    Claim.objects.filter(section__revision=text).order_by("pk").last().delete()
    editor = factories.a_staff_user()
    reason = "Es war Röbel – nicht Rübel.\r\nBcc: eve@readers.test"
    publish_correction(
        draft, text, kind="correction", reason=reason, author=editor, now=now + A_MINUTE
    )
    go(now + A_MINUTE)
    publish.withdraw_report(draft, reason=reason, now=now + 2 * A_MINUTE)
    go(now + 2 * A_MINUTE)
    return dict(
        zip(("confirmation", "report", "correction", "withdrawal"), server.wire, strict=True)
    )


def test_every_kind_of_letter_is_as_the_standards_want_it(server, now):
    seen: set[str] = set()
    for kind, wire in a_letter_of_each_kind(server, now).items():
        letter = BytesParser(policy=policy.default).parsebytes(wire)

        # RFC 5322, 2.1.1 and 2.3: lines end with CRLF, none is too long, no byte has an eighth bit.
        assert wire.isascii(), kind
        assert not re.search(rb"(?<!\r)\n|\r(?!\n)", wire), kind
        assert max(map(len, wire.split(b"\r\n"))) <= 998, kind

        assert [one.defects for one in letter.walk()] == [[], [], []], kind
        assert [one.get_content_type() for one in letter.walk()] == [
            *("multipart/alternative", "text/plain", "text/html")
        ], kind
        assert not any(value.defects for value in letter.values()), kind

        names = [name.lower() for name in letter]
        once = {"from", "to", "subject", "date", "message-id", "mime-version", "auto-submitted"}
        assert once <= set(names), kind
        assert len(names) == len(set(names)), kind
        assert letter["From"].addresses[0].addr_spec == "desk@news.test"
        assert [to.addr_spec for to in letter["To"].addresses] == ["ada@readers.test"]
        assert now <= letter["Date"].datetime <= now + 2 * A_MINUTE
        assert re.fullmatch(r"<[\w.-]+@news\.test>", letter["Message-ID"]), kind
        assert "Frühstück – 朝食 🌉 für Leute" in letter["Subject"], kind
        for part_of in letter.iter_parts():
            assert "Frühstück – 朝食 🌉" in part_of.get_content(), kind
        if kind != "confirmation":
            link = letter["List-Unsubscribe"].strip()
            assert re.fullmatch(r"<https?://\S+/unsubscribe/\S+/>", link), kind
            assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
            assert letter["List-Id"].endswith(">")
        seen.add(letter["Message-ID"])

    assert len(seen) == 4


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
