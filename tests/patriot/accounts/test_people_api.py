"""The API of accounts, as an administrator's client sees it."""

from __future__ import annotations

import json
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import LogEntry
from django.test import Client

from patriot.accounts import people
from patriot.accounts.models import User
from patriot.accounts.roles import Role
from tests.factories import NOW, a_staff_user, a_user_with, an_api_key

pytestmark = pytest.mark.django_db

LIST = "/api/v1/users/"
BOTH = ("users:read", "users:write")


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False):
        yield


class Caller:
    """A client with a key."""

    def __init__(self, owner: User, scopes=BOTH) -> None:
        self.owner = owner
        self.key, token = an_api_key(owner, *scopes)
        self.headers = {"Authorization": f"Bearer {token}"}

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        said = b"" if body is None else json.dumps(body)
        return Client().generic(method, path, said, "application/json", headers=self.headers)


@pytest.fixture
def ada() -> Caller:
    return Caller(a_user_with(Role.ADMINISTRATOR, username="ada"))


def test_somebody_is_told_without_anything_secret(ada) -> None:
    bob = a_user_with(
        Role.EDITOR, username="bob", email="bob@example.org", last_login=NOW, date_joined=NOW
    )
    bob.set_password("correct horse")
    bob.save()
    Authenticator.objects.create(user=bob, type="totp", data={"secret": "hush"})

    answer = ada.ask("GET", f"{LIST}{bob.pk}/")

    assert answer.json() == {
        "id": bob.pk,
        "url": f"http://testserver{LIST}{bob.pk}/",
        "username": "bob",
        "first_name": "",
        "last_name": "",
        "email": "bob@example.org",
        "role": "editor",
        "is_superuser": False,
        "is_active": True,
        "has_second_factor": True,
        "last_login": "2026-06-09T06:30:00Z",
        "date_joined": "2026-06-09T06:30:00Z",
    }
    assert "no-store" in answer["Cache-Control"]
    for secret in (bob.password, "hush", "session_number"):
        assert secret not in answer.text + ada.ask("GET", LIST).text


@pytest.mark.parametrize(
    ("query", "names"),
    [
        pytest.param("", ["ada", "ed", "eve", "nob"], id="all"),
        pytest.param("role=editor", ["ed", "eve"], id="role"),
        pytest.param("role=none", ["nob"], id="no role"),
        pytest.param("state=inactive", ["eve"], id="inactive"),
        pytest.param("state=active&role=editor", ["ed"], id="both"),
        pytest.param("fields=username", ["ada", "ed", "eve", "nob"], id="fields"),
    ],
)
def test_people_are_listed_and_filtered(ada, query, names) -> None:
    a_user_with(Role.EDITOR, username="ed")
    a_user_with(Role.EDITOR, username="eve", is_active=False)
    a_user_with(None, username="nob")

    found, address = [], f"{LIST}?page_size=2&{query}"
    while address:
        page = ada.ask("GET", address).json()
        found += [row["username"] for row in page["results"]]
        address = page["next"]

    assert found == names


def test_a_list_costs_six_queries_however_many(ada, django_assert_num_queries) -> None:
    for _ in range(5):
        a_user_with(Role.VIEWER)
    ada.ask("GET", LIST)

    # The key and its owner, what she may (two), the throttle's, the rows, their groups.
    for path in (LIST, f"{LIST}{ada.owner.pk}/"):
        with django_assert_num_queries(6):
            assert ada.ask("GET", path).status_code == 200
    for query in ("password=x", "ordering=password", "fields=password", "role=god"):
        answer = ada.ask("GET", f"{LIST}?{query}")
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["field"] == query.partition("=")[0]


# --- Changing ---------------------------------------------------------------------
def test_somebody_who_leaves_is_out_at_once(ada) -> None:
    bob = a_user_with(Role.EDITOR, username="bob")
    session, key = Client(), Caller(bob, ())
    session.force_login(bob)

    answer = ada.ask("PATCH", f"{LIST}{bob.pk}/", {"is_active": False})

    assert (answer.status_code, answer.json()["is_active"]) == (200, False)
    assert session.get("/api/v1/me/").status_code == 401
    assert key.ask("GET", "/api/v1/me/").status_code == 401
    assert ada.ask("PATCH", f"{LIST}{bob.pk}/", {"is_active": True}).json()["is_active"] is True
    assert session.get("/api/v1/me/").status_code == 401
    said = [entry.change_message for entry in LogEntry.objects.order_by("pk")]
    assert said == [f"{act}, with the API key {ada.key}." for act in ("Deactivated", "Activated")]


def test_a_role_is_given_and_taken_away(ada) -> None:
    bob = a_user_with(None, username="bob")

    given = ada.ask("PATCH", f"{LIST}{bob.pk}/", {"role": "publisher"})
    same = ada.ask("PATCH", f"{LIST}{bob.pk}/", {"role": "publisher"})
    bob.refresh_from_db()
    was_staff = bob.is_staff
    taken = ada.ask("PATCH", f"{LIST}{bob.pk}/", {"role": None})

    bob.refresh_from_db()
    assert (given.json()["role"], same.status_code, taken.json()["role"]) == (
        "publisher",
        200,
        None,
    )
    assert (was_staff, bob.is_staff) == (True, False)
    said = LogEntry.objects.order_by("pk").values_list("change_message", flat=True)
    assert [sentence.partition(",")[0] for sentence in said] == [
        "Role: none → publisher",
        "Role: publisher → none",
    ]


@pytest.mark.parametrize(
    ("said", "field"),
    [
        pytest.param({}, "body", id="nothing"),
        pytest.param({"is_active": "no"}, "is_active", id="a word"),
        pytest.param({"is_active": None}, "is_active", id="null"),
        pytest.param({"role": "god"}, "role", id="no role"),
        pytest.param({"role": ["editor"]}, "role", id="a list"),
        pytest.param({"is_superuser": True}, "is_superuser", id="more than a role"),
        pytest.param({"password": "x"}, "password", id="a password"),
        pytest.param({"is_active": False, "groups": []}, "groups", id="one of two"),
    ],
)
def test_what_cannot_be_changed_is_named(ada, said, field) -> None:
    bob = a_user_with(Role.EDITOR)

    answer = ada.ask("PATCH", f"{LIST}{bob.pk}/", said)

    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    bob.refresh_from_db()
    assert bob.is_active


def test_nobody_changes_themselves_or_who_is_above_them(ada) -> None:
    root = a_user_with(None, username="root", is_superuser=True)
    above = Caller(root)

    own = ada.ask("PATCH", f"{LIST}{ada.owner.pk}/", {"role": "viewer"})
    up = ada.ask("PATCH", f"{LIST}{root.pk}/", {"is_active": False})
    down = above.ask("PATCH", f"{LIST}{ada.owner.pk}/", {"is_active": False})

    assert [answer.status_code for answer in (own, up, down)] == [403, 403, 200]
    assert "somebody else" in own.json()["detail"]
    assert "superuser" in up.json()["detail"]


@pytest.mark.parametrize("said", [{"is_active": False}, {"role": "publisher"}, {"role": None}])
def test_somebody_who_lets_people_in_is_always_left(said) -> None:
    last = a_user_with(Role.ADMINISTRATOR, username="last")
    a_user_with(Role.ADMINISTRATOR, username="gone", is_active=False)
    # Who may do this without being one of them: through a group of one's own.
    clerk = Caller(a_staff_user("view_user", "change_user"))

    answer = clerk.ask("PATCH", f"{LIST}{last.pk}/", said)

    assert (answer.status_code, answer.json()["code"]) == (409, "last_administrator")
    last.refresh_from_db()
    assert last.is_active
    assert people.role_of(User.objects.get(pk=last.pk)) == Role.ADMINISTRATOR
    assert not LogEntry.objects.exists()


def test_two_administrators_cannot_switch_each_other_off() -> None:
    ada, bob = (a_user_with(Role.ADMINISTRATOR) for _ in range(2))
    people.change(bob, people.Wish(is_active=False), by=ada)

    # Bob's request was let in a moment before.
    with pytest.raises(people.LastAdministrator):
        people.change(ada, people.Wish(is_active=False), by=bob)

    assert User.objects.get(pk=ada.pk).is_active


@pytest.mark.parametrize(
    ("role", "scopes", "statuses"),
    [
        pytest.param(Role.ADMINISTRATOR, BOTH, (200, 200), id="both"),
        pytest.param(Role.ADMINISTRATOR, BOTH[:1], (200, 403), id="only looks"),
        pytest.param(Role.ADMINISTRATOR, BOTH[1:], (403, 200), id="only changes"),
        pytest.param(Role.PUBLISHER, BOTH, (403, 403), id="an owner who may not"),
    ],
)
def test_it_takes_a_scope_and_a_right(role, scopes, statuses) -> None:
    caller, bob = Caller(a_user_with(role), scopes), a_user_with(Role.EDITOR)
    address = f"{LIST}{bob.pk}/"

    assert caller.ask("GET", address).status_code == statuses[0]
    assert caller.ask("PATCH", address, {"role": "viewer"}).status_code == statuses[1]
    assert Client().get(address).status_code == 401
    assert caller.ask("GET", f"{LIST}999999/").status_code == {200: 404}.get(statuses[0], 403)
