"""The second factor: set up, asked for, limited, required, lost."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings as site
from django.contrib.admin.models import LogEntry
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from patriot.accounts.models import User
from patriot.accounts.roles import Role
from patriot.accounts.second_factor import MFAAdapter, take_away, used
from patriot.accounts.totp import code_of, step_at
from tests.factories import NOW, a_draft_report, a_user_with
from tests.patriot.accounts.passkeys import Device

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery staple"
CODE = "/accounts/2fa/authenticate/"
ADD, BY_PASSKEY = "/accounts/2fa/passkeys/add/", "/accounts/login/passkey/"
OLD_KEY = site.SECRET_KEY


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


def code_for(secret: str, *, later: int = 0) -> str:
    """Return what the app shows now, or so many half minutes later."""
    return code_of(secret, step_at(NOW) + later)


def set_up(client: Client, *, ahead: int = 0) -> tuple[str, list[str]]:
    """Set an authenticator app up as somebody would; return its secret and the recovery codes.

    ahead: by how many half minutes the telephone's clock is
    """
    again = client.get("/accounts/2fa/app/")
    assert again.url.startswith("/accounts/reauthenticate/")
    client.post(again.url, {"password": PASSWORD})
    page = client.get("/accounts/2fa/app/").content.decode()
    secret = re.search(r"<code>([A-Z2-7]+)</code>", page)
    assert secret is not None
    answer = client.post(
        "/accounts/2fa/app/", {"code": code_for(secret[1], later=ahead)}, follow=True
    )
    codes = re.findall(r"<code>([0-9]{10})</code>", answer.content.decode())
    return secret[1], codes


def test_an_app_is_set_up_and_then_asked_for(client, publisher):
    sign_in(client)
    secret, _ = set_up(client)
    other = Client()

    first = sign_in(other)
    assert first.url.startswith("/accounts/2fa/authenticate/")
    assert other.get("/admin/").status_code == 302
    # The code by which it was set up has been used.
    assert other.post(CODE, {"code": code_for(secret)}).status_code == 200
    second = other.post(CODE, {"code": code_for(secret, later=1)})

    assert second.status_code == 302
    assert other.get("/admin/").status_code == 200


@pytest.mark.parametrize("ahead", [-1, 0, 1], ids=["behind", "right", "ahead"])
def test_the_first_code_is_used_up_and_the_next_one_fits_at_once(client, publisher, ahead):
    sign_in(client)
    secret, _ = set_up(client, ahead=ahead)
    other = Client()
    sign_in(other)

    again = other.post(CODE, {"code": code_for(secret, later=ahead)}).status_code
    with time_machine.travel(NOW + timedelta(seconds=30 * max(ahead, 0)), tick=False):
        following = other.post(CODE, {"code": code_for(secret, later=ahead + 1)}).status_code

    assert (again, following) == (200, 302)


def test_the_secret_is_stored_encrypted_and_shown_only_while_it_is_set_up(client, publisher):
    sign_in(client)
    secret, _ = set_up(client)

    stored = Authenticator.objects.get(type="totp")
    assert secret not in str(stored.data)
    assert client.get("/accounts/2fa/app/square.svg").status_code == 404
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
    client.get("/accounts/2fa/app/")

    square = client.get("/accounts/2fa/app/square.svg")

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


# --- Recovery codes ---------------------------------------------------------------
def test_recovery_codes_are_shown_once_and_open_one_door_each(client, publisher):
    sign_in(client)
    _, codes = set_up(client)
    other = Client()

    again = client.get("/accounts/2fa/codes/").content.decode()
    sign_in(other)
    first = other.post(CODE, {"code": f" {codes[0][:5]}-{codes[0][5:]} "})
    other.post("/accounts/logout/")
    sign_in(other)
    second = other.post(CODE, {"code": codes[0]})

    assert len(set(codes)) == 10
    assert not any(code in again for code in codes)
    assert (first.status_code, second.status_code) == (302, 200)
    assert "9 of them are left" in client.get("/accounts/2fa/").content.decode()


# --- Secrets ----------------------------------------------------------------------
def test_after_the_key_changed_no_code_is_known_to_anybody(publisher, settings):
    Authenticator.objects.create(
        user=publisher, type="totp", data={"secret": MFAAdapter().encrypt("A" * 32)}
    )
    settings.SECRET_KEY = "another key, that has read nothing of what was written before"

    guessed = [MFAAdapter().decrypt(factor.data["secret"]) for factor in factors(publisher)]
    again = [MFAAdapter().decrypt(factor.data["secret"]) for factor in factors(publisher)]

    assert guessed != again
    assert used(publisher, code_of("A" * 32, step_at(NOW)), now=NOW) is None
    settings.SECRET_KEY_FALLBACKS = [OLD_KEY]
    assert used(publisher, code_of("A" * 32, step_at(NOW)), now=NOW) is not None


def factors(user: User) -> list[Authenticator]:
    return list(Authenticator.objects.filter(user=user))


# --- What changes it --------------------------------------------------------------
def test_setting_one_up_ends_the_sessions_elsewhere(client, publisher):
    thief = Client()
    sign_in(thief)
    sign_in(client)

    set_up(client)

    assert thief.get("/admin/").status_code == 302
    assert client.get("/admin/").status_code == 200


def test_who_has_one_is_asked_for_it_and_not_for_the_password(client, publisher):
    sign_in(client)
    secret, _ = set_up(client)
    other = Client()
    sign_in(other)
    other.post(CODE, {"code": code_for(secret, later=1)})

    asked = other.get("/accounts/2fa/app/remove/")
    by_password = other.post("/accounts/reauthenticate/", {"password": PASSWORD})

    assert asked.url.startswith("/accounts/2fa/reauthenticate/")
    assert by_password.url.startswith("/accounts/2fa/reauthenticate/")
    assert other.post("/accounts/2fa/app/remove/").status_code == 302
    assert Authenticator.objects.filter(user=publisher, type="totp").exists()


def test_the_last_one_stays_where_one_is_asked_for(client, publisher, settings):
    settings.SECOND_FACTOR_REQUIRED = True
    sign_in(client)
    set_up(client)

    client.post("/accounts/2fa/app/remove/")
    assert client.get("/admin/").status_code == 200

    settings.SECOND_FACTOR_REQUIRED = False
    client.post("/accounts/2fa/app/remove/")
    assert not Authenticator.objects.filter(user=publisher).exists()


def test_signing_out_elsewhere_leaves_this_session(client, publisher):
    other = Client()
    sign_in(other)
    sign_in(client)

    client.post("/accounts/2fa/sign-out/")

    assert other.get("/admin/").status_code == 302
    assert client.get("/admin/").status_code == 200


def test_what_somebody_changes_about_it_is_in_the_history(client, publisher):
    sign_in(client)
    set_up(client)

    said = LogEntry.objects.filter(user=publisher).values_list("change_message", flat=True)

    assert list(said) == ["Set up an authenticator app."]


def test_who_is_let_in_again_has_no_old_session(client, publisher):
    sign_in(client)
    boss = Client()
    boss.force_login(a_user_with(Role.ADMINISTRATOR, username="ada"))

    boss.post("/admin/accounts/user/", {"action": "deactivate", "_selected_action": [publisher.pk]})
    User.objects.filter(pk=publisher.pk).update(is_active=True)

    assert client.get("/admin/").status_code == 302


def test_between_password_and_code_somebody_may_be_deactivated(client, publisher):
    sign_in(client)
    secret, _ = set_up(client)
    other = Client()
    sign_in(other)

    User.objects.filter(pk=publisher.pk).update(is_active=False)
    other.post(CODE, {"code": code_for(secret, later=1)})

    assert other.get("/admin/").status_code == 302


def test_without_one_somebody_who_needs_one_is_nobody_on_the_whole_site(client, settings):
    settings.SECOND_FACTOR_REQUIRED = True
    draft = a_draft_report(sections=1)
    client.force_login(a_user_with(Role.PUBLISHER))

    assert client.get(draft.get_absolute_url()).status_code == 404
    assert client.get("/accounts/2fa/").status_code == 200
    assert client.get("/accounts/logout/").status_code == 200
    for path in ("/admin/accounts/apikey/add/", "/admin/password_change/", "/admin/nothing"):
        answer = client.post(path, {"name": "a key"})
        assert answer.status_code == 302
        assert answer.url == "/accounts/2fa/"


# --- Passkeys ---------------------------------------------------------------------
def options(client: Client, path: str) -> dict[str, Any]:
    """Return what the browser is asked to do on a page."""
    page = client.get(path).content.decode()
    found = re.search(r'<script id="passkey-options"[^>]*>(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def add_passkey(client: Client, **device: Any) -> Device:
    """Add a passkey as a browser would."""
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    made = Device(**device)
    sent = {"name": "Telephone", "credential": made.create(options(client, ADD))}
    answer = client.post(ADD, sent)
    assert answer.status_code == 302, answer.content.decode()
    return made


def test_a_passkey_is_the_second_factor(client, publisher):
    sign_in(client)
    device = add_passkey(client)
    other = Client()
    asked = sign_in(other)

    answer = other.post(CODE, {"credential": device.get(options(other, CODE))})

    assert asked.url == CODE
    assert answer.status_code == 302
    assert other.get("/admin/").status_code == 200
    assert "Telephone" in client.get("/accounts/2fa/").content.decode()


def test_a_passkey_alone_signs_in(client, publisher):
    sign_in(client)
    device = add_passkey(client)
    other = Client()
    asked = other.get(BY_PASSKEY).json()["request_options"]

    answer = other.post(BY_PASSKEY, {"credential": device.get(asked)})

    assert answer.url == "/admin/"
    assert other.get("/admin/").status_code == 200
    assert other.post(BY_PASSKEY, {"credential": device.get(asked)}).status_code == 302


@pytest.mark.parametrize(
    "device",
    [
        pytest.param({"origin": "http://evil.example"}, id="of another site"),
        pytest.param({"verifies": False}, id="that nobody unlocked"),
        pytest.param({"id": b"another key, 16b"}, id="that we do not know"),
        pytest.param({"person": b"zzzz"}, id="of somebody who is not there"),
        pytest.param({"key": ec.generate_private_key(ec.SECP256R1())}, id="signed by another"),
    ],
)
def test_another_passkey_opens_nothing(client, publisher, settings, device):
    sign_in(client)
    known = add_passkey(client)
    settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = "origin" not in device
    other = Client()
    asked = other.get(BY_PASSKEY).json()["request_options"]

    answer = other.post(BY_PASSKEY, {"credential": replace(known, **device).get(asked)})

    assert answer.url == "/accounts/login/"
    assert other.get("/admin/").status_code == 302


def test_a_deactivated_owner_is_let_in_by_no_passkey(client, publisher):
    sign_in(client)
    device = add_passkey(client)
    User.objects.filter(pk=publisher.pk).update(is_active=False)
    other = Client()
    asked = other.get(BY_PASSKEY).json()["request_options"]

    answer = other.post(BY_PASSKEY, {"credential": device.get(asked)})

    assert answer.url == "/accounts/login/"
    assert other.get("/admin/").status_code == 302


RESPONSES: list[Any] = [
    *("", "{", "[]", "null", '"x"', "1", "{}", "[" * 9_000, "{" + '"a":[' * 4_000),
    *({"id": 1}, {"response": 5}, {"response": []}, {"id": "é", "rawId": [], "response": {}}),
    {"response": {"userHandle": 5}},
    {"response": {"userHandle": "MQ", "clientDataJSON": "!!", "signature": "AA"}},
    {
        "id": "AA",
        "rawId": "AA",
        "type": "public-key",
        "response": {
            "userHandle": "MQ",
            "clientDataJSON": "e30",
            "authenticatorData": "AA",
            "signature": "AA",
            "attestationObject": "oA",
        },
    },
    {
        "id": "AA",
        "rawId": "AA",
        "type": "public-key",
        "response": {"clientDataJSON": "bnVsbA", "authenticatorData": "", "signature": ""},
    },
    {"response": {"userHandle": "A" * 30_000}},
]


def test_no_answer_of_a_browser_breaks_a_page(client, publisher):
    sign_in(client)
    add_passkey(client)
    other = Client()
    sign_in(other)

    for answer in RESPONSES:
        sent = {"credential": answer if isinstance(answer, str) else json.dumps(answer)}
        client.get(ADD)
        assert client.post(ADD, sent).status_code == 200, sent
        other.get(CODE)
        assert other.post(CODE, sent).status_code == 200, sent
        stranger = Client(REMOTE_ADDR=f"203.0.113.{RESPONSES.index(answer)}")
        stranger.get(BY_PASSKEY)
        assert stranger.post(BY_PASSKEY, sent).status_code == 302, sent


def test_the_last_administrator_is_let_in_at_the_server(client, publisher):
    sign_in(client)
    set_up(client)
    said = StringIO()

    call_command("reset_second_factor", "paula", stdout=said)

    assert "Signs in with the password alone now." in said.getvalue()
    assert client.get("/admin/").status_code == 302
    assert sign_in(Client()).url == "/admin/"
    history = LogEntry.objects.filter(object_id=str(publisher.pk)).values_list("change_message")
    assert ("Took the second factor away, at the server.",) in history
    with pytest.raises(CommandError, match="nobody called"):
        call_command("reset_second_factor", "nobody")


def test_the_pages_ask_the_database_little(client, publisher, django_assert_max_num_queries):
    sign_in(client)
    secret, _ = set_up(client)
    other = Client()
    sign_in(other)

    with django_assert_max_num_queries(5):
        client.get("/accounts/2fa/")
    with django_assert_max_num_queries(8):
        other.get(CODE)
    with django_assert_max_num_queries(30):
        other.post(CODE, {"code": code_for(secret, later=1)})


def test_while_none_is_asked_for_no_page_pays_for_it(client, publisher, settings):
    sign_in(client)
    with CaptureQueriesContext(connection) as free:
        client.get("/admin/")
    assert [query["sql"] for query in free if "mfa_" in query["sql"]] == []
    settings.SECOND_FACTOR_REQUIRED = True
    set_up(client)

    with CaptureQueriesContext(connection) as asked:
        client.get("/admin/")

    assert len([query for query in asked if "mfa_" in query["sql"]]) <= 2
