"""Roles: who may do what at the desk. The table is code; the database follows it."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from django.apps import apps as every_app
from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission

from patriot.accounts.models import ApiKey, User


class Role(StrEnum):
    """The four, each of which may do what the one before may."""

    VIEWER = "viewer"
    EDITOR = "editor"
    PUBLISHER = "publisher"
    ADMINISTRATOR = "administrator"

    @property
    def in_words(self) -> str:
        return f"{self}: {IN_WORDS[self]}"


IN_WORDS = {
    Role.VIEWER: "looks at everything but accounts",
    Role.EDITOR: "also curates sources and briefings, and hands reports in",
    Role.PUBLISHER: "also publishes, withdraws and promotes prompts",
    Role.ADMINISTRATOR: "also manages accounts, API keys and prices, and has services asked again",
}


def _every(action: str, *models: str) -> frozenset[str]:
    """Return such as "sources.view_source" for each of "sources.source"."""
    return frozenset(model.replace(".", f".{action}_") for model in models)


VIEWER = _every(
    "view",
    *("sources.source", "sources.fetch", "sources.publisher", "sources.digest"),
    *("sources.article", "sources.articleversion", "sources.passage", "sources.import"),
    *("reports.briefing", "reports.report", "reports.revision", "reports.section"),
    *("reports.claim", "reports.evidence", "reports.story", "reports.membership"),
    *("reports.decision", "reports.correction", "reports.errorreport", "reports.desknote"),
    *("reports.delivery", "reports.attempt"),
    *("reports.prompt", "reports.trial", "work.job"),
    *("ledger.call", "ledger.price", "ledger.breaker"),
) | {"accounts.view_apikey", "accounts.add_apikey"}

EDITOR = (
    VIEWER
    | _every("add", "sources.source", "sources.publisher", "sources.import")
    | _every("add", "reports.briefing", "reports.prompt")
    | _every("change", "sources.source", "sources.publisher", "reports.briefing")
    | {
        "sources.delete_source",
        "sources.fetch_source",
        "sources.release_article",
        "reports.produce_briefing",
        "reports.submit_report",
        "reports.edit_report",
        "reports.add_desknote",
        "reports.replay_delivery",
        "reports.decide_story",
        "reports.run_trial",
        "accounts.ask_model",
        "work.revive_job",
    }
)

PUBLISHER = EDITOR | {
    "reports.publish_report",
    "reports.correct_report",
    # Readers' addresses are not for everybody at the desk.
    "reports.view_subscription",
    "reports.add_subscription",
    "reports.change_subscription",
    "reports.view_suppression",
    "reports.add_suppression",
    "reports.delete_suppression",
    "reports.promote_prompt",
    "reports.delete_briefing",
    "sources.delete_publisher",
}

ADMINISTRATOR = (
    PUBLISHER
    | _every("view", "accounts.user")
    | _every("add", "accounts.user", "ledger.price")
    | _every("change", "accounts.user", "ledger.price")
    | _every("delete", "accounts.user", "ledger.price")
    # Whoever sees failed tasks may also put them back into the queue: the stock pages ask nothing.
    | {"accounts.manage_apikey", "django_q.view_failure", "django_q.delete_failure"}
    | {"ledger.close_breaker"}
)

TABLE: dict[Role, frozenset[str]] = {
    Role.VIEWER: VIEWER,
    Role.EDITOR: EDITOR,
    Role.PUBLISHER: PUBLISHER,
    Role.ADMINISTRATOR: ADMINISTRATOR,
}

SUPERUSER = "superuser: everything"

# What the owner of a key must be allowed for its scope to be of use.
SCOPES: dict[ApiKey.Scope, str] = {
    ApiKey.Scope.READ_JOBS: "work.view_job",
    ApiKey.Scope.PRODUCE_REPORTS: "reports.produce_briefing",
    ApiKey.Scope.COMPLETE_TEXTS: "accounts.ask_model",
    ApiKey.Scope.READ_DESK: "reports.view_report",
    ApiKey.Scope.READ_SUBSCRIPTIONS: "reports.view_subscription",
    ApiKey.Scope.WRITE_SUBSCRIPTIONS: "reports.change_subscription",
    ApiKey.Scope.READ_USERS: "accounts.view_user",
    ApiKey.Scope.WRITE_USERS: "accounts.change_user",
    ApiKey.Scope.WRITE_JOBS: "work.revive_job",
    ApiKey.Scope.FETCH_SOURCES: "sources.fetch_source",
    ApiKey.Scope.WRITE_SOURCES: "sources.add_source",
    ApiKey.Scope.TRY_PROMPTS: "reports.run_trial",
}


def only(permission: str) -> str:
    """Return such as “only editors and above”: those whom the table allows this."""
    lowest = next((role for role in Role if permission in TABLE[role]), None)
    if lowest is None:
        return "only superusers"
    return f"only {lowest}s" if lowest == Role.ADMINISTRATOR else f"only {lowest}s and above"


def usable_scopes(user: User) -> list[ApiKey.Scope]:
    """Return the scopes that somebody's keys can make use of."""
    return [scope for scope, permission in SCOPES.items() if user.has_perm(permission)]


# --- People -----------------------------------------------------------------------
def role_of(user: User) -> Role | None:
    """Return the highest role that somebody has; None if there is none."""
    names = {group.name for group in user.groups.all()}
    return next((role for role in reversed(Role) if role in names), None)


def in_short(user: User) -> str:
    """Return what somebody may do, in a word: the role, unless they may do everything."""
    return SUPERUSER if user.is_superuser else role_of(user) or "none"


def give(user: User, role: Role | None) -> None:
    """Let somebody have this role and no other; with a role comes the way to the desk."""
    user.groups.remove(*Group.objects.filter(name__in=list(Role)))
    if role is not None:
        user.groups.add(Group.objects.get(name=role))
    user.is_staff = role is not None or user.is_superuser
    user.save(update_fields=["is_staff"])


# --- The database follows ---------------------------------------------------------
def follow_table(apps: Apps, using: str) -> None:
    """Make the four groups hold exactly what the table says, whatever was done by hand.

    apps: as far as the database is migrated; permissions that it does not know yet are left
          for the next time
    """
    permissions = _permissions(apps, using)
    Group.objects.using(using).bulk_create(
        [Group(name=role) for role in Role], ignore_conflicts=True
    )
    groups = dict(Group.objects.using(using).filter(name__in=list(Role)).values_list("name", "pk"))
    wanted = {
        (groups[role], permissions[name])
        for role, names in TABLE.items()
        for name in names & permissions.keys()
    }
    held = Group.permissions.through.objects.using(using)
    there = {
        (group, permission): pk
        for pk, group, permission in held.filter(group__in=groups.values()).values_list(
            "pk", "group_id", "permission_id"
        )
    }
    if surplus := [pk for pair, pk in there.items() if pair not in wanted]:
        held.filter(pk__in=surplus).delete()
    if missing := wanted - there.keys():
        held.bulk_create(
            held.model(group_id=group, permission_id=permission) for group, permission in missing
        )
    User.objects.using(using).filter(groups__in=groups.values(), is_staff=False).update(
        is_staff=True
    )


def _permissions(apps: Apps, using: str) -> dict[str, int]:
    """Return the table's permissions by name; made first where an app is new."""
    found = _find(ADMINISTRATOR, using)
    for label in sorted({name.partition(".")[0] for name in ADMINISTRATOR - found.keys()}):
        create_permissions(every_app.get_app_config(label), verbosity=0, using=using, apps=apps)
    return found if len(found) == len(ADMINISTRATOR) else _find(ADMINISTRATOR, using)


def _find(names: Iterable[str], using: str) -> dict[str, int]:
    pairs = Permission.objects.using(using).filter(
        codename__in=[name.partition(".")[2] for name in names]
    )
    found = {
        f"{label}.{codename}": pk
        for label, codename, pk in pairs.values_list("content_type__app_label", "codename", "pk")
    }
    return {name: found[name] for name in names if name in found}


def after_migrate(sender: Any, *, using: str, apps: Apps = every_app, **options: Any) -> None:
    """Follow the table after every migrate (post_migrate), once there are groups and users."""
    try:
        apps.get_model("auth", "Group")
        apps.get_model("accounts", "User")
    except LookupError:
        return
    follow_table(apps, using)
