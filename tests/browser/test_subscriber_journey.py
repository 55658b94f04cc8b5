"""A reader's way in a browser, without scripts or a mouse: subscribe, get letters, leave."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message
from typing import Any

import pytest
from playwright.sync_api import Page

from reports import tasks
from reports.models import Briefing, Delivery, Subscription
from reports.pipeline.publish import publish_report
from tests.browser.keyboard import Keyboard
from tests.browser.looking import Watch
from tests.factories import NOW, READER, TODAY, a_briefing, a_draft_report
from tests.mail_server import MailServer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# A letter is shown inside a mail program's page: that has the landmarks.
LANDMARKS = ("region", "landmark-one-main")
LINK = r"https?://[^\s<>\"]+/{}/[^\s<>\"]+"


@pytest.fixture
def mail(settings: Any, live_server: Any) -> Iterator[MailServer]:
    """A mail server, for a house whose links lead to the site that the browser sees."""
    settings.MAIL_IS_ON, settings.SITE_URL = True, live_server.url
    settings.DEFAULT_FROM_EMAIL = "Patriot <desk@news.example>"
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    with MailServer() as server:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server


def deliver() -> None:
    """Do what the worker does once a minute."""
    tasks.deliver(list(Delivery.objects.values_list("pk", flat=True)))


def publish_one(briefing: Briefing, **fields: Any) -> str:
    """Publish a report and have it delivered; return its title."""
    report = a_draft_report(briefing, sections=2, **fields)
    publish_report(report, now=NOW)
    deliver()
    report.refresh_from_db()
    return report.current.title


def body(letter: Message, kind: str) -> str:
    part = next(one for one in letter.walk() if one.get_content_type() == kind)
    return part.get_payload(decode=True).decode()


def link(letter: Message, page: str) -> str:
    """Return where a letter leads, as it says to those who read its text."""
    found = re.search(LINK.format(page), body(letter, "text/plain"))
    assert found is not None, body(letter, "text/plain")
    return found[0]


def test_a_reader_subscribes_reads_and_leaves_by_the_keyboard_and_without_scripts(
    browser, live_server, mail, tmp_path
):
    briefing = a_briefing(slug="the-morning")
    unseen: set[str] = set()

    def visit(act: Any) -> str:
        """Return what the last page of a visit says."""

        def with_keys(page: Page) -> str:
            keys = Keyboard(page)
            act(keys)
            unseen.update(keys.unseen)
            return page.locator("main").inner_text()

        return browser.visit(with_keys, width=360, java_script_enabled=False)

    # --- She asks for it, and the mailbox says yes.
    def ask(keys: Keyboard) -> None:
        keys.open(f"{live_server.url}/")
        keys.follow(keys.page.get_by_role("link", name="Subscribe").first)
        keys.to(keys.page.get_by_label("Which report"))
        keys.type(keys.page.get_by_label("Your e-mail address"), READER)
        keys.follow(keys.page.get_by_role("button", name="Ask for it"))

    asked = visit(ask)
    deliver()
    (question,) = mail.letters

    def confirm(keys: Keyboard) -> None:
        keys.open(link(question, "confirm"))
        keys.follow(keys.page.get_by_role("button", name="Yes, send it to me"))

    confirmed = visit(confirm)

    assert f"If {READER} can get “The Morning” from us" in asked
    assert "beginning with the next one" in confirmed

    # --- The report comes, whole, and can be read wherever mail is.
    title = publish_one(briefing)
    letter = mail.letters[-1]
    assert (len(mail.letters), letter["To"]) == (2, READER)
    assert title in body(letter, "text/plain")
    faults = browser.visit(lambda page: faults_of(page, letter, tmp_path / "letter.html"))
    assert faults == []

    # --- She wants less of it, then none.
    def choose(keys: Keyboard) -> None:
        keys.open(link(letter, "preferences"))
        keys.to(keys.page.get_by_label("How much of it"))
        keys.page.keyboard.press("ArrowDown")
        keys.follow(keys.page.get_by_role("button", name="Save"))

    def leave(keys: Keyboard) -> None:
        keys.open(link(letter, "unsubscribe"))
        keys.follow(keys.page.get_by_role("button", name="Unsubscribe"))

    chosen = visit(choose)
    length = Subscription.objects.get().length
    left = visit(leave)
    publish_one(briefing, local_date=TODAY.replace(day=10))

    assert "It is changed." in chosen
    assert length == Subscription.Length.SHORT
    assert left.startswith("It is over")
    assert len(mail.letters) == 2
    assert unseen == set(), "nobody could see that the focus was there"


def faults_of(page: Page, letter: Message, file: Any) -> list[str]:
    """Return what is wrong with a letter for those who open it, in narrow and dark windows too."""
    file.write_text(body(letter, "text/html"))
    watch = Watch(page, file.as_uri())
    page.goto(file.as_uri())
    return watch.faults(without=LANDMARKS)
