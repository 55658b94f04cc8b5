"""Four roles, each with exactly what the table says, whatever is done by hand."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command

from patriot.accounts.models import ApiKey, User
from patriot.accounts.roles import SCOPES, TABLE, Role, after_migrate, give, only, role_of
from tests import factories

pytestmark = pytest.mark.django_db


def held(role: Role) -> set[str]:
    permissions = Permission.objects.filter(group__name=role).select_related("content_type")
    return {f"{one.content_type.app_label}.{one.codename}" for one in permissions}


@pytest.mark.parametrize("role", Role)
def test_every_permission_of_the_table_exists_and_is_held(role):
    assert held(role) == TABLE[role]


def test_each_role_may_do_what_the_one_before_may_and_more():
    tables = [TABLE[role] for role in Role]

    assert all(lower < higher for lower, higher in pairwise(tables))


@pytest.mark.parametrize(
    ("permission", "lowest"),
    [
        pytest.param("reports.view_report", Role.VIEWER, id="look at a draft"),
        pytest.param("ledger.view_call", Role.VIEWER, id="look at what was paid"),
        pytest.param("accounts.add_apikey", Role.VIEWER, id="make a key of one's own"),
        pytest.param("sources.fetch_source", Role.EDITOR, id="fetch now"),
        pytest.param("sources.change_source", Role.EDITOR, id="pause and resume"),
        pytest.param("reports.produce_briefing", Role.EDITOR, id="produce now"),
        pytest.param("reports.submit_report", Role.EDITOR, id="hand in for review"),
        pytest.param("reports.add_prompt", Role.EDITOR, id="write a prompt"),
        pytest.param("work.revive_job", Role.EDITOR, id="run again"),
        pytest.param("accounts.ask_model", Role.EDITOR, id="have texts completed"),
        pytest.param("reports.publish_report", Role.PUBLISHER, id="publish, hold, withdraw"),
        pytest.param("reports.promote_prompt", Role.PUBLISHER, id="make a prompt live"),
        pytest.param("accounts.change_user", Role.ADMINISTRATOR, id="manage people"),
        pytest.param("accounts.manage_apikey", Role.ADMINISTRATOR, id="everybody's keys"),
        pytest.param("ledger.change_price", Role.ADMINISTRATOR, id="manage prices"),
    ],
)
def test_a_permission_begins_with_a_role(permission, lowest):
    holders = [role for role in Role if permission in TABLE[role]]

    assert holders == list(Role)[list(Role).index(lowest) :]


@pytest.mark.parametrize(
    ("permission", "who"),
    [
        pytest.param("work.view_job", "only viewers and above", id="the lowest"),
        pytest.param("reports.produce_briefing", "only editors and above", id="between"),
        pytest.param("accounts.change_user", "only administrators", id="the highest"),
        pytest.param("auth.change_group", "only superusers", id="none of the four"),
    ],
)
def test_who_may_is_said_in_words(permission, who):
    assert only(permission) == who


def test_each_scope_of_a_key_has_its_permission_and_some_role_has_that():
    assert set(SCOPES) == set(ApiKey.Scope)
    assert set(SCOPES.values()) <= TABLE[Role.ADMINISTRATOR]


@pytest.mark.parametrize(
    "forbidden",
    ["auth.change_group", "auth.add_group", "reports.change_report", "work.change_job"],
)
def test_what_would_lift_the_walls_is_in_no_role(forbidden):
    assert not any(forbidden in names for names in TABLE.values())


def test_what_was_done_by_hand_is_undone():
    viewer = Group.objects.get(name=Role.VIEWER)
    viewer.permissions.add(Permission.objects.get(codename="publish_report"))
    viewer.permissions.remove(Permission.objects.get(codename="view_report"))
    Group.objects.filter(name=Role.EDITOR).update(name="redactie")
    Group.objects.get(name=Role.PUBLISHER).delete()

    after_migrate(None, using="default")

    assert all(held(role) == TABLE[role] for role in Role)


def test_groups_of_ones_own_are_left_alone():
    own = Group.objects.create(name="night desk")
    own.permissions.add(Permission.objects.get(codename="view_source"))

    after_migrate(None, using="default")

    assert own.permissions.count() == 1


def test_following_the_table_when_nothing_changed_takes_few_queries(django_assert_num_queries):
    with django_assert_num_queries(5):
        after_migrate(None, using="default")


def test_migrate_follows_the_table():
    Group.objects.all().delete()

    call_command("migrate", verbosity=0)

    assert all(held(role) == TABLE[role] for role in Role)


def test_permissions_that_do_not_exist_yet_are_made():
    Permission.objects.filter(content_type__app_label="reports").delete()

    after_migrate(None, using="default")

    assert held(Role.PUBLISHER) == TABLE[Role.PUBLISHER]


# --- People -----------------------------------------------------------------------
def test_with_a_role_comes_the_way_to_the_desk_and_without_it_goes():
    user = User.objects.create(username="alice")

    give(user, Role.EDITOR)
    assert (role_of(user), user.is_staff) == (Role.EDITOR, True)

    give(user, Role.VIEWER)
    assert [group.name for group in user.groups.all()] == ["viewer"]

    give(user, None)
    assert (role_of(user), user.is_staff) == (None, False)


def test_a_superuser_without_a_role_keeps_the_way_to_the_desk():
    chief = User.objects.create_superuser("chief")

    give(chief, None)

    assert chief.is_staff


def test_who_was_put_into_a_role_by_hand_gets_to_the_desk_too():
    user = factories.a_user_with(None)
    user.groups.add(Group.objects.get(name=Role.VIEWER))

    after_migrate(None, using="default")

    user.refresh_from_db()
    assert user.is_staff


# --- Scopes -----------------------------------------------------------------------
def test_the_guide_says_of_each_scope_whose_keys_can_use_it() -> None:
    guide = (Path(__file__).parents[3] / "docs" / "api.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`[a-z:`, ]+) \| .* \| ([a-z; ]+) \|$", guide, re.MULTILINE)
    told = {}
    for names, lowest in rows:
        scopes, roles = re.findall("`([a-z:]+)`", names), lowest.split("; ")
        told |= dict(zip(scopes, roles * len(scopes), strict=False))

    lowest_role = {
        scope.value: next(role.value for role in Role if permission in TABLE[role])
        for scope, permission in SCOPES.items()
    }
    assert told == lowest_role
    assert set(lowest_role) == set(ApiKey.Scope.values)
