"""A report's whole life: made, reviewed, published, delivered, doubted, corrected, withdrawn.

Staff work on the desk, readers on the site; letters go to a real mail server and events to a real
receiver, both on loopback. What each recipient got is counted there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_httpserver import HTTPServer

from patriot import schedules
from patriot.accounts.roles import Role
from reports import tasks
from reports.admin.edit_forms import fields_of
from reports.admin.making import revision_with_evidence
from reports.models import Briefing, Claim, Delivery, ErrorReport, Report, Subscription
from reports.pipeline.verifying import Finding, verify_report
from sources.gateways.parser import Parser
from sources.tasks import web
from tests.factories import NOW, a_user_with
from tests.mail_server import MailServer
from tests.reports.pipeline.producing import a_newsy_morning

pytestmark = pytest.mark.django_db

SLOT_AT = NOW.replace(hour=7, minute=0)
ADA, BOB = "ada@readers.example", "bob@readers.example"


@pytest.fixture
def server(settings: Any) -> Iterator[MailServer]:
    with MailServer() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.DEFAULT_FROM_EMAIL = "Patriot <desk@news.example>"
        settings.MAIL_IS_ON = True
        yield server


class Life:
    """The house, its people and its recipients, by a clock that is moved by hand."""

    def __init__(self, mail: MailServer, hook: HTTPServer, clock: Any, settings: Any) -> None:
        self.mail, self.hook, self._clock = mail, hook, clock
        settings.OUTBOUND_ALLOW = [f"{hook.host}:{hook.port}"]
        hook.expect_request("/hook").respond_with_data("thanks")
        self.readers = Client()
        self.desk = Client()
        self.desk.force_login(a_user_with(Role.PUBLISHER, username="paula"))
        self.briefing = a_newsy_morning(
            policy=Briefing.Policy.REVIEW, timezone="UTC", slug="morning", schedule_from=NOW
        )

    def at(self, moment: datetime) -> None:
        """Do all that is due at a moment."""
        self._clock.move_to(moment, tick=False)
        steps = schedules.timetable(web=web(), parser=Parser.shared(), senders=tasks.senders())
        schedules.advance(
            moment, steps=[step for step in steps if step.name in ("report", "deliver")]
        )

    @property
    def report(self) -> Report:
        return Report.objects.select_related("current", "briefing").get(briefing=self.briefing)

    def move(self, name: str, reason: str = "") -> None:
        address = f"/admin/reports/report/{self.report.pk}/to/{name}/"
        newest = self.report.revisions.order_by("-number").first()
        form = {"reason": reason, f"seen-{self.report.pk}": self.report.state}
        form |= {f"text-{self.report.pk}": newest.pk if newest else ""}
        assert self.desk.post(address, form).status_code == 302

    def edit(self, **changes: str) -> Any:
        newest = revision_with_evidence(self.report)
        form = {"base": str(newest.pk), **fields_of(newest), **changes}
        return self.desk.post(f"/admin/reports/report/{self.report.pk}/edit/", form)

    def subscribe(self, address: str) -> None:
        """Subscribe as a reader does: ask, open the letter, press the button."""
        form = {"briefing": self.briefing.slug, "email": address, "length": "full"}
        assert self.readers.post("/subscribe/", form).status_code == 200
        self.at(NOW)
        link = path_of(text_of(self.letters_to(address)[-1]), "/subscribe/confirm/")
        assert self.readers.post(link).status_code == 200

    def letters_to(self, address: str) -> list[Any]:
        return [letter for letter in self.mail.letters if letter["To"] == address]

    def events(self) -> list[str]:
        return [json.loads(request.data)["type"] for request, _ in self.hook.log]


def text_of(letter: Any) -> str:
    part = next(one for one in letter.walk() if one.get_content_type() == "text/plain")
    return part.get_payload(decode=True).decode()


def path_of(text: str, beginning: str) -> str:
    found = re.search(rf"{beginning}\S+", text)
    assert found is not None, text
    return found[0]


@pytest.fixture
def life(server: MailServer, httpserver: HTTPServer, time_machine: Any, settings: Any) -> Life:
    time_machine.move_to(NOW, tick=False)
    return Life(server, httpserver, time_machine, settings)


def test_a_report_is_looked_after_from_its_slot_to_its_withdrawal(life: Life) -> None:
    # --- Readers and a program ask for it.
    life.subscribe(ADA)
    life.subscribe(BOB)
    hook = {
        "briefing": life.briefing.pk,
        "channel": "webhook",
        "wants_corrections": "on",
        "address": life.hook.url_for("/hook"),
    }
    life.desk.post("/admin/reports/subscription/add/", hook)
    assert Subscription.objects.active().count() == 3
    life.mail.letters.clear()

    # --- It is made before its slot, and waits for people.
    life.at(SLOT_AT - timedelta(minutes=10))
    assert life.report.state == Report.State.DRAFT
    address = life.report.get_absolute_url()
    assert life.readers.get(address).status_code == 404
    assert life.desk.get(address).status_code == 200

    # --- An editor drops a sentence and hands it in; a publisher lets it go out.
    details = Claim.objects.filter(section__revision__report=life.report).exclude(kind="headline")
    dropped = details.order_by("pk").last()
    assert life.edit(**{f"drop-{dropped.pk}": "on"}).status_code == 302
    life.move("submit")
    life.move("publish")
    life.at(SLOT_AT - timedelta(minutes=8))

    # --- Everybody who asked has it once, and it says what the page says.
    assert life.readers.get(address).status_code == 200
    title = life.report.current.title
    assert [title in text_of(letter) for letter in life.letters_to(ADA)] == [True]
    assert len(life.letters_to(BOB)) == 1
    assert life.events() == ["report.published"]
    assert dropped.text not in text_of(life.letters_to(ADA)[0])

    # --- Bob has had enough: one click, from his mail program.
    link = path_of(life.letters_to(BOB)[0]["List-Unsubscribe"], "/unsubscribe/").rstrip(">")
    life.readers.post(link, {"List-Unsubscribe": "One-Click"})

    # --- A reader finds an error, an editor mends it, in public.
    told = Claim.objects.filter(section__revision=life.report.current).exclude(kind="headline")
    wrong = told.order_by("pk").last()
    form = {"sentence": wrong.pk, "text": "It was another bridge."}
    answer = life.readers.post(f"/errors/new/{wrong.origin or wrong.pk}/", form)
    ticket = answer.url
    correct = f"/admin/reports/report/{life.report.pk}/correct/"
    life.desk.post(correct, {"begin": "yes"})
    assert life.edit(**{f"drop-{wrong.origin or wrong.pk}": "on"}).status_code == 302
    newest = life.report.revisions.order_by("-number").first()
    life.desk.post(
        correct,
        {
            "text": newest.pk,
            "kind": "correction",
            "reason": "It was the old bridge.",
            "answers": [ErrorReport.objects.get().pk],
        },
    )
    life.at(SLOT_AT + timedelta(hours=1))
    assert life.report.current == newest
    page = life.readers.get(address).content.decode()
    assert "It was the old bridge." in page
    assert "It was the old bridge." in life.readers.get("/corrections/").content.decode()
    assert "It was the old bridge." in life.readers.get(ticket).content.decode()
    assert "It was the old bridge." in text_of(life.letters_to(ADA)[-1])
    assert len(life.letters_to(BOB)) == 1
    assert life.events()[-1] == "report.corrected"

    # --- Its texts hold together: every hash, every quotation, the chain.
    assert {verdict.finding for verdict in verify_report(life.report)} == {Finding.INTACT}

    # --- At last it is taken back, and says so everywhere.
    life.move("withdraw", "It was about the wrong town.")
    life.at(SLOT_AT + timedelta(hours=2))
    assert "It was about the wrong town." in life.readers.get(address).content.decode()
    assert life.readers.get(f"/api/v1/reports/{life.report.pk}/").status_code == 410
    assert "It was about the wrong town." in text_of(life.letters_to(ADA)[-1])
    assert life.events()[-1] == "report.withdrawn"
    assert len(life.letters_to(ADA)) == 3
    assert not Delivery.objects.exclude(state="sent").exclude(state="canceled").exists()


def test_a_draft_that_nobody_looks_at_goes_out_at_its_slot_if_it_is_sound(life: Life) -> None:
    life.subscribe(ADA)
    life.mail.letters.clear()

    life.at(SLOT_AT - timedelta(minutes=10))
    life.at(SLOT_AT - timedelta(minutes=1))
    waiting = life.report.state
    life.at(SLOT_AT)

    assert waiting == Report.State.DRAFT
    assert life.report.is_published
    assert len(life.letters_to(ADA)) == 1
