"""People on the desk: a role instead of permissions, and nobody lifts themselves."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.test import Client

from patriot.accounts.models import User
from patriot.accounts.roles import Role, role_of
from reports.models import Prompt
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db
USERS, PASSWORD = "/admin/accounts/user/", "correct horse battery staple"


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def administrator(client: Client) -> User:
    user = factories.a_user_with(Role.ADMINISTRATOR, username="adele")
    client.force_login(user)
    return user


@pytest.fixture
def chief() -> User:
    return User.objects.create_superuser("chief", password=PASSWORD)


def add(client: Client, **fields: Any) -> Any:
    usual = {"username": "bob", "password1": PASSWORD, "password2": PASSWORD, "role": "editor"}
    return client.post(f"{USERS}add/", usual | fields)


def save(client: Client, user: User, **fields: Any) -> Any:
    usual = {"username": user.username, "role": role_of(user) or "", "is_active": "on"}
    return client.post(f"{USERS}{user.pk}/change/", usual | fields)


@pytest.mark.parametrize("role", [*Role, None])
def test_somebody_is_added_with_a_role(client, administrator, role):
    add(client, role=role or "")

    bob = User.objects.get(username="bob")
    assert role_of(bob) == role
    assert bob.is_staff is (role is not None)
    assert bob.check_password(PASSWORD)
    assert client.login(username="bob", password=PASSWORD)


def test_a_role_is_changed_and_taken_away(client, administrator):
    bob = factories.a_user_with(Role.VIEWER)

    save(client, bob, role="publisher")
    assert [group.name for group in bob.groups.all()] == ["publisher"]

    save(client, bob, role="")
    bob.refresh_from_db()
    assert (role_of(bob), bob.is_staff) == (None, False)


def test_whoever_looks_at_themselves_first_can_still_change_others(client, administrator):
    bob = factories.a_user_with(Role.VIEWER)
    client.get(f"{USERS}{administrator.pk}/change/")

    save(client, bob, role="publisher")

    assert [group.name for group in bob.groups.all()] == ["publisher"]


def test_an_unknown_role_and_a_weak_password_are_refused(client, administrator):
    assert add(client, role="owner").status_code == 200
    assert add(client, password1="short", password2="short").status_code == 200
    assert not User.objects.filter(username="bob").exists()


# --- Nobody lifts themselves -------------------------------------------------------
LIFTED = {"is_superuser": "on", "is_staff": "on", "user_permissions": "1", "groups": "1"}


def test_an_administrator_makes_nobody_a_superuser(client, administrator):
    add(client, **LIFTED)
    bob = User.objects.get(username="bob")
    save(client, bob, **LIFTED)
    save(client, administrator, **LIFTED)

    assert not User.objects.filter(is_superuser=True).exists()
    assert not User.user_permissions.through.objects.exists()
    assert "is_superuser" not in client.get(f"{USERS}{bob.pk}/change/").content.decode()


@pytest.mark.parametrize("page", ["change/", "password/", "delete/"])
def test_an_administrator_does_not_touch_a_superuser(client, administrator, chief, page):
    form = {"username": "mine", "password1": "x" * 20, "password2": "x" * 20, "post": "yes"}

    response = client.post(f"{USERS}{chief.pk}/{page}", form)

    chief.refresh_from_db()
    assert response.status_code == 403
    assert chief.username == "chief"
    assert chief.check_password(PASSWORD)


def test_no_action_reaches_superusers_or_oneself(client, administrator, chief):
    bob = factories.a_user_with(Role.ADMINISTRATOR)
    chosen = [bob.pk, chief.pk, administrator.pk]

    client.post(USERS, {"action": "deactivate", "_selected_action": chosen})
    client.post(USERS, {"action": "delete_selected", "_selected_action": chosen, "post": "yes"})

    active = set(User.objects.filter(is_active=True).values_list("username", flat=True))
    assert active == {"chief", "adele"}
    assert User.objects.count() == 3


@pytest.mark.parametrize(
    "fields", [{"role": "viewer"}, {"is_active": ""}, {"role": ""}], ids=["lower", "off", "none"]
)
def test_nobody_changes_their_own_fate(client, administrator, fields):
    save(client, administrator, **fields)

    administrator.refresh_from_db()
    assert administrator.is_active
    assert role_of(administrator) == Role.ADMINISTRATOR


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR, Role.PUBLISHER])
def test_the_other_roles_see_no_people(client, role):
    user = factories.a_user_with(role)
    client.force_login(user)

    assert client.get(USERS).status_code == 403
    assert add(client).status_code == 403
    assert save(client, user, role="administrator").status_code == 403


def test_an_administrator_does_not_reach_groups(client, administrator):
    group = Group.objects.get(name=Role.VIEWER)

    assert client.get("/admin/auth/group/").status_code == 403
    assert client.post(f"/admin/auth/group/{group.pk}/change/", {"name": "x"}).status_code == 403


def test_not_even_a_superuser_edits_the_groups_of_roles(client, chief):
    client.force_login(chief)
    group = Group.objects.get(name=Role.VIEWER)

    assert client.post(f"/admin/auth/group/{group.pk}/change/", {"name": "x"}).status_code == 403
    assert client.post(f"/admin/auth/group/{group.pk}/delete/", {"post": "y"}).status_code == 403


def test_a_superuser_makes_another_and_sees_what_is_beyond_a_role(client, chief):
    client.force_login(chief)
    bob = factories.a_user_with(Role.VIEWER)
    bob.user_permissions.add(Permission.objects.get(codename="publish_report"))

    page = client.get(f"{USERS}{bob.pk}/change/").content.decode()
    save(client, bob, is_superuser="on")

    bob.refresh_from_db()
    assert "Can publish, hold and withdraw reports" in page
    assert bob.is_superuser
    assert bob.is_staff


def test_a_superuser_is_shown_as_one_who_may_do_everything(client, chief):
    client.force_login(chief)

    row = client.get(USERS).content.decode()
    own = client.get(f"{USERS}{chief.pk}/change/").content.decode()
    desk = client.get("/admin/").content.decode()
    api = client.get("/api/v1/me/").json()

    assert '<td class="field-role">superuser: everything</td>' in row
    assert "superuser: everything, whatever is chosen here." in own
    assert "superuser: everything" in desk
    assert (api["role"], api["is_superuser"]) == (None, True)


def test_who_is_only_looked_at_has_a_role_too(client, administrator, chief):
    page = client.get(f"{USERS}{chief.pk}/change/").content.decode()
    bob = factories.a_user_with(Role.EDITOR)
    theirs = client.get(f"{USERS}{bob.pk}/change/").content.decode()

    assert "superuser: everything" in page
    assert "superuser: everything" not in theirs


# --- Going ------------------------------------------------------------------------
def a_prompt_by(user: User) -> None:
    Prompt.objects.create(
        purpose="analyze", number=99, text="Write.", author=user, note="Why.", created_at=NOW
    )


@pytest.mark.parametrize(
    "did",
    [
        pytest.param(lambda user: Client().force_login(user), id="signed in"),
        pytest.param(factories.an_api_key, id="made a key"),
        pytest.param(
            lambda user: LogEntry.objects.create(user=user, action_flag=2, object_repr="x"),
            id="changed something",
        ),
        pytest.param(a_prompt_by, id="wrote a prompt"),
    ],
)
def test_who_has_a_history_is_not_deleted(client, administrator, did):
    bob = factories.a_user_with(Role.EDITOR)
    did(bob)

    client.post(f"{USERS}{bob.pk}/delete/", {"post": "yes"})

    assert User.objects.filter(pk=bob.pk).exists()


def test_who_was_added_by_mistake_is_deleted(client, administrator):
    bob = factories.a_user_with(Role.EDITOR)

    client.post(f"{USERS}{bob.pk}/delete/", {"post": "yes"})

    assert not User.objects.filter(pk=bob.pk).exists()


def test_who_is_deactivated_is_out_at_once(client, administrator):
    bob = factories.a_user_with(Role.EDITOR)
    _, token = factories.an_api_key(bob)
    elsewhere = Client()
    elsewhere.force_login(bob)

    client.post(USERS, {"action": "deactivate", "_selected_action": [bob.pk]})

    assert elsewhere.get("/admin/").status_code == 302
    assert (
        elsewhere.get("/api/v1/", headers={"authorization": f"Bearer {token}"}).status_code == 401
    )
    assert LogEntry.objects.get().change_message == "Deactivated."
