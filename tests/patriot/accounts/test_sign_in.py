"""Signing in: one door, and nobody tries many keys at it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth import get_user
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import resolve
from django.urls.exceptions import Resolver404

from patriot.accounts.models import User
from patriot.accounts.roles import Role
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db
LOGIN, PASSWORD = "/accounts/login/", "correct horse battery staple"


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as traveler:
        yield traveler


@pytest.fixture
def alice() -> User:
    user = factories.a_user_with(Role.EDITOR, username="alice")
    user.set_password(PASSWORD)
    user.save()
    return user


def sign_in(client: Client, login: str = "alice", password: str = PASSWORD, **more: str):
    return client.post(LOGIN, {"login": login, "password": password} | more)


def test_signing_in_leads_to_the_desk(client, alice):
    response = sign_in(client)

    assert response.status_code == 302
    assert response["Location"] == "/admin/"
    assert get_user(client) == alice


def test_signing_in_leads_back_to_the_page_that_was_asked_for(client, alice):
    asked = client.get("/admin/sources/source/?health=ill", follow=True)
    target = asked.context["next"]

    response = sign_in(client, next=target)

    assert asked.request["PATH_INFO"] == LOGIN
    assert response["Location"] == "/admin/sources/source/?health=ill"


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "https:evil.example",
        "\x00https://evil.example/",
        # Hosts that are allowed, or trusted, are still not where the visitor is.
        "http://localhost/",
        "//127.0.0.1:8000/admin/",
        "https://other.example/",
        "https://sub.wild.example/",
    ],
)
def test_nobody_is_led_away_from_here(client, alice, target, settings):
    settings.ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1", ".wild.example"]
    settings.CSRF_TRUSTED_ORIGINS = ["https://other.example"]
    page = client.get(LOGIN, {"next": target})
    desk = client.get("/admin/login/", {"next": target})
    response = sign_in(client, next=target)
    again = client.get(LOGIN, {"next": target})
    asked = client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": target})
    index = client.get("/accounts/2fa/", {"next": target})
    out = client.post("/accounts/logout/", {"next": target})

    assert page.context["next"] == ""
    assert desk["Location"] == f"{LOGIN}?next=%2Fadmin%2F"
    assert response["Location"] == "/admin/"
    assert (again["Location"], index.status_code) == ("/admin/", 200)
    assert asked["Location"] == "/admin/"
    assert out["Location"] == "/"


def test_the_session_is_a_new_one_and_its_cookie_is_guarded(client, alice, settings):
    settings.SESSION_COOKIE_SECURE = True
    session = client.session
    session["planted"] = "by somebody else"
    session.save()
    planted = session.session_key
    client.cookies[settings.SESSION_COOKIE_NAME] = planted

    response = sign_in(client)

    cookie = response.cookies[settings.SESSION_COOKIE_NAME]
    assert cookie.value != planted
    assert not Session.objects.filter(session_key=planted).exists()
    assert cookie["httponly"] is True
    assert cookie["secure"] is True
    assert cookie["samesite"] == "Lax"
    assert cookie["max-age"] == timedelta(days=7).total_seconds()


def test_signing_out_needs_a_post(client, alice):
    sign_in(client)

    asked = client.get("/accounts/logout/")
    assert asked.status_code == 200
    assert get_user(client) == alice

    done = client.post("/accounts/logout/")
    assert done["Location"] == "/"
    assert get_user(client).is_anonymous


def test_signing_in_needs_the_csrf_token(alice):
    strict = Client(enforce_csrf_checks=True)

    assert sign_in(strict).status_code == 403
    assert strict.post("/accounts/logout/").status_code == 403


# --- No oracle --------------------------------------------------------------------
def test_the_answer_does_not_tell_whether_there_is_such_an_account(client, alice):
    gone = factories.a_user_with(Role.EDITOR, username="gone", is_active=False)
    gone.set_password(PASSWORD)
    gone.save()

    def answer(login: str, password: str) -> tuple[int, str]:
        response = sign_in(client, login, password)
        return response.status_code, str(response.context["form"].errors)

    answers = {
        answer("alice", "wrong"),
        answer("nobody", "wrong"),
        answer("gone", PASSWORD),
        answer("\u202ealice\x07", "wrong"),
    }
    assert len(answers) == 1
    assert "not correct" in answers.pop()[1]


@pytest.mark.parametrize(
    ("login", "password"),
    [
        pytest.param("\x00", "x", id="NUL"),
        pytest.param("a" * 10_000, "x", id="a long name"),
        pytest.param("alice", "x" * 100_000, id="a long password"),
        pytest.param("🗞" * 30, "🗞", id="newspapers"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_odd_input_is_refused_on_the_same_page(client, login, password):
    assert sign_in(client, login, password).status_code == 200


# --- The throttle -----------------------------------------------------------------
@pytest.mark.parametrize("login", ["alice", "nobody"])
def test_an_account_is_tried_ten_times_an_hour_whether_it_exists_or_not(client, alice, login):
    answers = [sign_in(client, login, f"wrong {n}") for n in range(11)]

    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert answers[-1]["Retry-After"] == "360"
    assert "Wait 6 minutes" in answers[-1].content.decode()


def test_then_the_right_password_waits_too_for_as_long_as_was_said(client, alice, clock):
    for n in range(10):
        sign_in(client, password=f"wrong {n}")

    assert sign_in(client).status_code == 429
    clock.shift(timedelta(minutes=6))
    assert sign_in(client).status_code == 302


@pytest.mark.parametrize("spelling", ["ALICE", " alice ", "ａlice"])
def test_another_spelling_is_the_same_account(client, alice, spelling):
    for n in range(10):
        sign_in(client, password=f"wrong {n}")

    assert sign_in(client, spelling).status_code == 429


def test_one_address_tries_thirty_names_an_hour(client):
    answers = [sign_in(client, f"name {n}", "wrong").status_code for n in range(31)]

    assert answers == [200] * 30 + [429]


def test_the_address_is_what_our_proxy_says(client, settings):
    settings.TRUSTED_PROXIES = 1

    def forging(address: str, name: str) -> int:
        sent = {"login": name, "password": "wrong"}
        forged = {"x-forwarded-for": f"10.9.8.7, {address}"}
        return client.post(LOGIN, sent, headers=forged).status_code

    for n in range(30):
        forging("203.0.113.1", f"name {n}")

    assert forging("203.0.113.1", "another") == 429
    assert forging("203.0.113.2", "another") == 200


def attempt(client: Client, address: str, **sent: str) -> Any:
    """Try to sign in from an address, by default with the right password."""
    form = {"login": "alice", "password": PASSWORD} | sent
    return client.post(LOGIN, form, headers={"x-forwarded-for": address})


@pytest.fixture
def proxy(settings: Any) -> None:
    settings.TRUSTED_PROXIES = 1


def attack(login: str, attempts: int) -> list[int]:
    """Try wrong passwords from one address after the other, ten times from each."""
    return [
        attempt(Client(), f"198.51.100.{n // 10}", login=login, password=f"wrong {n}").status_code
        for n in range(attempts)
    ]


def test_a_stranger_does_not_lock_the_owner_out(client, alice, proxy):
    stranger = [
        attempt(Client(), "198.51.100.1", password=f"wrong {n}").status_code for n in range(40)
    ]

    owner = attempt(client, "203.0.113.1")

    assert stranger == [200] * 10 + [429] * 30
    assert owner.status_code == 302


@pytest.mark.parametrize("login", ["alice", "nobody"])
def test_many_strangers_try_an_account_a_hundred_times_an_hour(alice, proxy, login):
    answers = attack(login, 101)

    assert answers == [200] * 100 + [429]
    refused = attempt(Client(), "203.0.113.1", login=login)
    assert refused.status_code == 429
    assert refused["Retry-After"] == "36"


def test_many_strangers_do_not_keep_a_known_browser_out(client, alice, proxy):
    attempt(client, "203.0.113.1")
    client.post("/accounts/logout/")
    attack("alice", 101)

    elsewhere = attempt(Client(), "203.0.113.2")
    known = attempt(client, "203.0.113.2")

    assert elsewhere.status_code == 429
    assert known.status_code == 302


def test_a_known_browser_guesses_no_more_than_anybody(client, alice, proxy):
    attempt(client, "203.0.113.1")
    client.post("/accounts/logout/")

    from_one = [attempt(client, "203.0.113.1", password="x").status_code for _ in range(11)]
    from_many = [
        attempt(client, f"198.51.100.{n // 10}", password="x").status_code for n in range(91)
    ]

    assert from_one == [200] * 10 + [429]
    assert from_many == [200] * 90 + [429]


def test_what_was_refused_uses_nothing_up(client, alice, proxy, clock):
    attack("alice", 101)
    for _ in range(20):
        attempt(client, "203.0.113.1")

    clock.shift(timedelta(seconds=36))

    assert attempt(client, "203.0.113.1").status_code == 302


def test_the_cookie_of_a_known_browser_is_guarded(client, alice, settings):
    settings.SESSION_COOKIE_SECURE = True

    cookie = sign_in(client).cookies["known_browser"]

    assert "alice" not in cookie.value
    assert (cookie["httponly"], cookie["secure"], cookie["samesite"]) == (True, True, "Strict")
    assert cookie["path"] == LOGIN
    assert cookie["max-age"] == timedelta(days=180).total_seconds()


def test_who_fails_to_sign_in_gets_no_cookie(client, alice):
    assert "known_browser" not in sign_in(client, password="wrong").cookies


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda cookie: cookie.replace(cookie[:8], "0" * 8), id="forged"),
        pytest.param(lambda cookie: cookie[:36], id="unsigned"),
        pytest.param(lambda cookie: "x" * 4000, id="long"),
        pytest.param(lambda cookie: "", id="empty"),
    ],
)
def test_a_cookie_that_is_not_ours_makes_no_browser_known(client, alice, proxy, change):
    attempt(client, "203.0.113.1")
    client.post("/accounts/logout/")
    attack("alice", 101)
    client.cookies["known_browser"] = change(client.cookies["known_browser"].value)

    assert attempt(client, "203.0.113.2").status_code == 429


def test_a_browser_is_known_to_its_own_account_and_for_180_days(client, alice, proxy, clock):
    attempt(client, "203.0.113.1")
    client.post("/accounts/logout/")
    attack("bob", 101)

    assert attempt(client, "203.0.113.2", login="bob", password="x").status_code == 429

    clock.shift(timedelta(days=180, seconds=1))
    attack("alice", 100)
    assert attempt(client, "203.0.113.2").status_code == 429


def test_a_sign_in_that_fails_takes_the_same_queries_for_known_and_unknown_accounts(alice):
    def cost(login: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            sign_in(Client(), login, "wrong")
        return len(captured)

    assert cost("alice") == cost("nobody") == 4  # three allowances and the look for the account


def test_who_signs_in_rightly_is_not_counted(client, alice):
    for _ in range(40):
        assert sign_in(client).status_code == 302
        client.post("/accounts/logout/")


# --- The desk's own pages ---------------------------------------------------------
def test_the_desks_login_leads_to_the_one_door(client):
    asked = client.get("/admin/login/?next=/admin/work/job/")

    assert asked["Location"] == f"{LOGIN}?next=%2Fadmin%2Fwork%2Fjob%2F"
    assert client.post("/admin/login/", {"username": "x", "password": "x"}).status_code == 405


def test_who_has_no_role_is_told_so(client):
    client.force_login(factories.a_user_with(None))

    assert client.get("/admin/", follow=True).status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        *("signup/", "email/", "confirm-email/", "confirm-email/x/", "password/reset/"),
        *("password/set/", "password/reset/key/1-x/", "login/code/", "2fa/trust/"),
        *("inactive/", "social/connections/", "2fa/codes/download/", "sessions/", ""),
    ],
)
def test_nothing_else_of_allauth_is_there(client, alice, path):
    with pytest.raises(Resolver404):
        resolve(f"/accounts/{path}")
    assert client.get(f"/accounts/{path}").status_code == 404
    client.force_login(alice)
    assert client.get(f"/accounts/{path}").status_code == 404


# --- The password -----------------------------------------------------------------
def change(client: Client, new: str, *, old: str = PASSWORD):
    path = "/accounts/password/change/"
    return client.post(path, {"oldpassword": old, "password1": new, "password2": new})


def test_a_changed_password_ends_all_other_sessions(client, alice):
    elsewhere = Client()
    elsewhere.force_login(alice)
    sign_in(client)

    response = change(client, "a much better pass phrase")

    assert response["Location"] == "/admin/"
    assert get_user(client) == alice
    assert get_user(elsewhere).is_anonymous
    assert "Your password is changed." in client.get("/admin/").content.decode()


@pytest.mark.parametrize(
    ("new", "said"),
    [
        pytest.param("elevenchars", "at least 12 characters", id="too short"),
        pytest.param("123456789012", "entirely numeric", id="digits only"),
        pytest.param("q1w2e3r4t5y6", "too common", id="a common one"),
    ],
)
def test_a_weak_password_is_refused(client, alice, new, said):
    client.force_login(alice)

    page = change(client, new)

    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)
    assert said in page.content.decode()


def test_the_old_password_cannot_be_guessed_here_either(client, alice):
    client.force_login(alice)

    answers = [change(client, "x", old=f"wrong {n}").status_code for n in range(21)]

    assert answers == [200] * 20 + [429]


def test_who_has_no_password_has_none_to_change(client):
    user = factories.a_user_with(Role.VIEWER)
    user.set_unusable_password()
    user.save()
    client.force_login(user)

    assert client.get("/accounts/password/change/").status_code == 403


# --- Pages ------------------------------------------------------------------------
@pytest.mark.parametrize("page", ["login/", "logout/", "password/change/"])
def test_the_pages_are_clean_and_kept_by_nobody(client, alice, page):
    if page != "login/":
        client.force_login(alice)

    response = client.get(f"/accounts/{page}")

    assert response.status_code == 200
    # Only of a file: what a passkey says comes through a script.
    assert response.content.count(b"<script") == response.content.count(b"<script src=")
    assert b"<style" not in response.content
    assert b" style=" not in response.content
    assert "unsafe" not in response["Content-Security-Policy"]
    assert "no-store" in response["Cache-Control"]


def test_the_sign_in_page_takes_no_query(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        client.get(LOGIN)


def test_no_json_is_spoken_here(client, alice):
    response = client.get(LOGIN, headers={"accept": "application/json"})

    assert response["Content-Type"].startswith("text/html")
