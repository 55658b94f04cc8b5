"""Every secret can be changed: with its predecessor named, nobody notices; without, it is over."""

from __future__ import annotations

import queue
import threading
import time
import uuid
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from django_q.conf import Conf
from django_q.models import OrmQ
from django_q.pusher import pusher
from django_q.signing import BadSignature, SignedPackage
from standardwebhooks.webhooks import Webhook

from patriot import schedules
from patriot.accounts.second_factor import write_anew
from patriot.work.looks import enqueue
from reports.channels.signing import signatures
from reports.tokens import BadToken, confirm_token, confirmed, recipient, recipient_token, secret_of
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db

OLD, NEW = "old-" + "0123456789abcdef" * 4, "new-" + "0123456789abcdef" * 4
TOTP_SECRET = "JBSWY3DPEHPK3PXP"


@pytest.fixture
def rotated(settings):
    """Return what changes the house's key; with the old one among its predecessors, or without."""
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = OLD, []

    def rotate(*, is_named: bool) -> None:
        settings.SECRET_KEY = NEW
        settings.SECRET_KEY_FALLBACKS = [OLD] if is_named else []

    return rotate


@pytest.mark.parametrize("is_named", [True, False], ids=["with a fallback", "without"])
def test_sessions_and_links_go_on_while_the_former_key_is_named(rotated, is_named: bool) -> None:
    subscription = uuid.uuid4()
    client = Client()
    client.force_login(factories.a_staff_user())
    links = confirm_token(subscription), recipient_token(subscription)

    rotated(is_named=is_named)

    assert client.get("/admin/").status_code == (200 if is_named else 302)
    if is_named:
        assert (confirmed(links[0]), recipient(links[1])) == (subscription, subscription)
    else:
        with pytest.raises(BadToken, match="not one of ours"):
            confirmed(links[0])
        with pytest.raises(BadToken, match="not one of ours"):
            recipient(links[1])


@pytest.mark.parametrize("is_named", [True, False], ids=["with a fallback", "without"])
def test_a_receiver_can_verify_with_the_secret_that_it_was_shown(rotated, is_named: bool) -> None:
    hook = factories.a_subscription(
        factories.a_briefing(), "https://receiver.example/", channel="webhook"
    )
    shown = secret_of(hook.public_id, hook.secret_number)
    about = {"message_id": uuid.uuid4(), "at": NOW, "body": "{}"}

    rotated(is_named=is_named)

    signed = signatures(hook, **about).split(" ")
    by_the_old = Webhook(shown).sign(f"msg_{about['message_id'].hex}", NOW, "{}")
    by_the_new = Webhook(secret_of(hook.public_id, 1)).sign(
        f"msg_{about['message_id'].hex}", NOW, "{}"
    )
    assert signed[0] == by_the_new
    assert (by_the_old in signed) is is_named


def test_second_factors_are_written_anew_and_then_need_no_fallback(rotated, settings) -> None:
    factor = Authenticator.objects.create(
        user=factories.a_staff_user(),
        type=Authenticator.Type.TOTP,
        data={"secret": get_adapter().encrypt(TOTP_SECRET)},
    )

    rotated(is_named=True)
    assert get_adapter().decrypt(factor.data["secret"]) == TOTP_SECRET
    out = StringIO()
    call_command("rotate_secrets", stdout=out)
    settings.SECRET_KEY_FALLBACKS = []

    factor.refresh_from_db()
    assert "1 secrets" in out.getvalue()
    assert get_adapter().decrypt(factor.data["secret"]) == TOTP_SECRET
    settings.SECRET_KEY = "another-" + OLD
    with pytest.raises(CommandError, match="1 can be read with none of the keys"):
        call_command("rotate_secrets", stdout=StringIO())
    assert write_anew() == (0, 1)


def test_a_task_of_the_former_key_is_no_task(monkeypatch) -> None:
    task = SignedPackage.dumps({"func": "patriot.schedules.tick"}, True)
    assert SignedPackage.loads(task)["func"] == "patriot.schedules.tick"

    monkeypatch.setattr(Conf, "SECRET_KEY", NEW)

    with pytest.raises(BadSignature):
        SignedPackage.loads(task)


def test_work_that_was_queued_under_the_former_key_is_asked_for_again(monkeypatch) -> None:
    source = factories.a_source(not_before=NOW)
    enqueue("sources.tasks.collect", [source.pk])
    monkeypatch.setattr(Conf, "SECRET_KEY", NEW)
    forged = taken_by_a_worker()
    dropped = not OrmQ.objects.exists()

    schedules.tick()

    assert (forged, dropped) == ([], True)
    looks = [(task["func"], task["args"]) for task in taken_by_a_worker()]
    assert ("sources.tasks.collect", ([source.pk],)) in looks


def taken_by_a_worker() -> list[dict[str, Any]]:
    """Return what django-q's own pusher hands to workers, of all that is queued."""
    found: queue.Queue[dict[str, Any]] = queue.Queue()
    over = threading.Event()
    over.set()
    while OrmQ.objects.filter(lock__lte=timezone.now()).exists():  # noqa: TID251
        pusher(found, over)
    return list(found.queue)


def test_keys_of_the_api_go_on_under_another_pepper(settings) -> None:
    settings.API_KEY_PEPPER, settings.API_KEY_PEPPER_FALLBACKS = OLD, []
    today = datetime.fromtimestamp(time.time(), tz=UTC)
    _, token = factories.an_api_key(factories.a_staff_user(), "jobs:read", made_at=today)
    asked = {"authorization": f"Bearer {token}"}

    settings.API_KEY_PEPPER, settings.API_KEY_PEPPER_FALLBACKS = NEW, [OLD]
    assert Client().get("/api/v1/me/", headers=asked).status_code == 200
    settings.API_KEY_PEPPER_FALLBACKS = []  # it was stored anew when it was used

    assert Client().get("/api/v1/me/", headers=asked).status_code == 200
    settings.API_KEY_PEPPER = "third-" + OLD
    assert Client().get("/api/v1/me/", headers=asked).status_code == 401
