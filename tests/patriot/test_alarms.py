"""Staff are told once that a paid service refuses us."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail as outbox
from django.db import connection

from patriot import alarms
from patriot.accounts.roles import Role
from patriot.ledger.models import Breaker
from patriot.lib import mail
from patriot.schedules import advance, timetable
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def house(settings: Any) -> None:
    settings.SITE_NAME, settings.SITE_URL = "The Courier", "https://news.example.org"


@pytest.fixture
def chief(house: None) -> Any:
    return factories.a_user_with(Role.ADMINISTRATOR, username="chief", email="chief@example.org")


def a_breaker(**fields: Any) -> Breaker:
    usual = {
        "service": "claude",
        "outcome": "rejected",
        "reason": "Claude does not accept the key.",
        "opened_at": NOW,
        "retry_at": NOW + 15 * MINUTE,
        "tell_at": NOW,
    }
    return Breaker.objects.create(**usual | fields)


def tell(breaker: Breaker, now: Any = NOW, *, is_on: bool = True) -> None:
    alarms.tell([breaker.pk], is_on=is_on, now=now)


def test_administrators_are_told_what_happened_and_what_to_do(chief: Any) -> None:
    factories.a_user_with(Role.PUBLISHER, username="paul", email="paul@example.org")
    factories.a_user_with(Role.ADMINISTRATOR, username="anna", email="")
    breaker = a_breaker()

    tell(breaker)

    [letter] = outbox.outbox
    assert letter.to == ["chief@example.org"]
    assert letter.subject == "The Courier: Claude is not asked any more"
    assert f"<breaker-{breaker.pk}.{chief.pk}@" in letter.extra_headers["Message-ID"]
    assert letter.body.startswith("Claude has refused this house since 06:30 UTC")
    assert "What it said: Claude does not accept the key." in letter.body
    assert "What to do: Is the key of Claude still good" in letter.body
    assert "https://news.example.org/admin/" in letter.body
    assert "\n\n\n" not in letter.body


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        pytest.param({"outcome": "out_of_funds"}, "Add credit to the account", id="no credit"),
        pytest.param({"model": "claude-of-old"}, "Choose another model", id="a model"),
        pytest.param({"service": "tavily"}, "saved searches bring nothing", id="searches"),
        pytest.param(
            {"reason": "No.\r\nBcc: all@example.org <b>&amp;</b>"},
            "What it said: No. Bcc: all@example.org <b>&amp;</b>\n",
            id="a hostile reason",
        ),
    ],
)
def test_the_letter_fits_what_happened(chief: Any, fields: dict[str, str], words: str) -> None:
    tell(a_breaker(**fields))

    assert words in outbox.outbox[0].body


@pytest.mark.usefixtures("chief")
def test_each_opening_is_told_once() -> None:
    breaker = a_breaker()

    tell(breaker)
    tell(breaker, NOW + MINUTE)
    tell(breaker, NOW + timedelta(hours=9))

    breaker.refresh_from_db()
    assert len(outbox.outbox) == 1
    assert breaker.told_at == NOW
    assert not Breaker.objects.to_tell(NOW + timedelta(days=9)).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("chief")
def test_two_ticks_at_once_tell_once() -> None:
    breaker = a_breaker()
    together = threading.Barrier(4)

    def look() -> None:
        together.wait()
        tell(breaker)
        connection.close()

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(outbox.outbox) == 1


@pytest.mark.usefixtures("chief")
def test_a_worker_that_was_killed_over_it_leaves_it_to_another() -> None:
    breaker = a_breaker(tell_at=NOW + alarms.LEASE)

    tell(breaker)
    assert outbox.outbox == []
    tell(breaker, NOW + alarms.LEASE)

    assert len(outbox.outbox) == 1


@pytest.mark.usefixtures("chief")
def test_what_the_mail_server_would_not_have_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    backend = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    # A port of ours that nobody listens at.
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    breaker = a_breaker()

    tell(breaker)
    breaker.refresh_from_db()
    assert (breaker.told_at, breaker.tell_at) == (None, NOW + alarms.BACK_OFF)
    assert "The mail server does not answer" in caplog.text
    settings.EMAIL_BACKEND = backend
    tell(breaker, NOW + alarms.BACK_OFF)

    assert len(outbox.outbox) == 1


@pytest.mark.parametrize("is_on", [True, False], ids=["nobody has an address", "no mail server"])
def test_what_cannot_be_mailed_is_left_to_the_desk(
    is_on: bool, caplog: pytest.LogCaptureFixture
) -> None:
    breaker = a_breaker()

    tell(breaker, is_on=is_on)

    breaker.refresh_from_db()
    assert breaker.told_at == NOW
    assert ("Nobody who may close" in caplog.text) == is_on


@pytest.mark.usefixtures("chief")
def test_the_timetable_tells(settings: Any) -> None:
    settings.MAIL_IS_ON = True
    a_breaker()
    [step] = [s for s in timetable(web=None, parser=None) if s.name == "alarms"]  # type: ignore[arg-type]

    advance(NOW, steps=[step])

    assert len(outbox.outbox) == 1
    assert mail.PATIENCE < alarms.LEASE
