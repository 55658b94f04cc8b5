"""The second factor: set up, asked for, limited, required, lost."""

from __future__ import annotations

import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.test import Client

from patriot.accounts.models import User
from patriot.accounts.roles import Role
from patriot.accounts.second_factor import take_away
from tests.factories import NOW, a_user_with

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery staple"


@pytest.fixture(autouse=True)
def _clock(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def publisher() -> User:
    user = a_user_with(Role.PUBLISHER, username="paula")
    user.set_password(PASSWORD)
    user.save()
    return user


def sign_in(client: Client) -> Any:
    return client.post("/accounts/login/", {"login": "paula", "password": PASSWORD})


def code_for(secret: str) -> str:
    counter = next(iter(yield_hotp_counters_from_time()))
    return format_hotp_value(hotp_value(secret, counter))


def set_up(client: Client) -> tuple[str, list[str]]:
    """Set an authenticator app up as somebody would; return its secret and the recovery codes."""
    again = client.get("/accounts/2fa/totp/activate/")
    assert again.url.startswith("/accounts/reauthenticate/")
    client.post(again.url, {"password": PASSWORD})
    page = client.get("/accounts/2fa/totp/activate/").content.decode()
    secret = re.search(r"<code>([A-Z2-7]+)</code>", page)
    assert secret is not None
    answer = client.post("/accounts/2fa/totp/activate/", {"code": code_for(secret[1])}, follow=True)
    codes = re.findall(r"\b[0-9a-f]{8}\b", answer.content.decode())
    return secret[1], codes


def test_an_app_is_set_up_and_then_asked_for(client, publisher):
    sign_in(client)
    secret, _ = set_up(client)
    other = Client()

    first = sign_in(other)
    assert first.url.startswith("/accounts/2fa/authenticate/")
    assert other.get("/admin/").status_code == 302
    # The same code opens only one door.
    Authenticator.objects.filter(type="totp").update(last_used_at=None)
    second = other.post("/accounts/2fa/authenticate/", {"code": code_for(secret)})

    assert second.status_code == 302
    assert other.get("/admin/").status_code == 200


def test_the_secret_is_stored_encrypted_and_shown_only_while_it_is_set_up(client, publisher):
    sign_in(client)
    secret, _ = set_up(client)

    stored = Authenticator.objects.get(type="totp")
    assert secret not in str(stored.data)
    assert client.get("/accounts/2fa/totp/image.svg").status_code == 404
    assert secret not in client.get("/accounts/2fa/").content.decode()


def test_wrong_codes_are_few(client, publisher):
    sign_in(client)
    set_up(client)
    other = Client()
    sign_in(other)

    answers = [
        other.post("/accounts/2fa/authenticate/", {"code": f"{guess:06}"}).status_code
        for guess in range(12)
    ]

    assert answers[0] == 200
    assert answers[-1] == 429


def test_the_square_is_an_image_of_its_own(client, publisher):
    sign_in(client)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    client.get("/accounts/2fa/totp/activate/")

    square = client.get("/accounts/2fa/totp/image.svg")

    assert square["Content-Type"] == "image/svg+xml"
    assert b"<svg" in square.content


@pytest.mark.parametrize(
    ("role", "status"),
    [
        pytest.param(Role.VIEWER, 200, id="a viewer may go without"),
        pytest.param(Role.EDITOR, 200, id="an editor may go without"),
        pytest.param(Role.PUBLISHER, 302, id="a publisher is led to the set-up"),
        pytest.param(Role.ADMINISTRATOR, 302, id="an administrator too"),
    ],
)
def test_who_must_have_one_gets_nowhere_without(client, settings, role, status):
    settings.SECOND_FACTOR_REQUIRED = True
    client.force_login(a_user_with(role))

    desk = client.get("/admin/")

    assert desk.status_code == status
    if status == 302:
        assert desk.url == "/accounts/2fa/"
        assert client.get("/api/v1/jobs/").status_code == 403


def test_with_one_the_desk_opens(client, publisher, settings):
    settings.SECOND_FACTOR_REQUIRED = True
    sign_in(client)
    assert client.get("/admin/").status_code == 302

    set_up(client)

    assert client.get("/admin/").status_code == 200


def test_an_administrator_lets_in_who_lost_a_device_and_it_is_told(client, publisher):
    sign_in(client)
    set_up(client)
    boss = Client()
    boss.force_login(a_user_with(Role.ADMINISTRATOR, username="ada"))

    boss.post(
        "/admin/accounts/user/",
        {"action": "take_second_factor", "_selected_action": [publisher.pk]},
    )

    assert not Authenticator.objects.filter(user=publisher).exists()
    history = boss.get(f"/admin/accounts/user/{publisher.pk}/history/").content.decode()
    assert "Took the second factor away." in history


def test_nobody_takes_his_own_away_at_the_desk(client):
    boss = a_user_with(Role.ADMINISTRATOR, username="ada")
    Authenticator.objects.create(user=boss, type="totp", data={"secret": "x"})
    client.force_login(boss)

    client.post(
        "/admin/accounts/user/", {"action": "take_second_factor", "_selected_action": [boss.pk]}
    )

    assert take_away(boss) == 1


def test_who_is_deactivated_is_out_at_once(client, publisher):
    sign_in(client)
    assert client.get("/admin/").status_code == 200

    User.objects.filter(pk=publisher.pk).update(is_active=False)

    assert client.get("/admin/").status_code == 302


def test_a_new_password_ends_the_other_sessions(client, publisher):
    sign_in(client)
    publisher.set_password("another horse battery staple")
    publisher.save()

    assert client.get("/admin/").status_code == 302
