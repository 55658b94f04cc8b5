"""People: let in, kept out, given a role; somebody who can do so is always left.

Errors:

* NotYours            somebody else has to do it
* LastAdministrator   nobody would be left who lets people in
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from patriot.accounts.models import User
from patriot.accounts.roles import Role, give, role_of
from patriot.accounts.second_factor import FACTORS


class NotYours(Exception):
    """Somebody else has to do this; the text says who, in a sentence."""


class LastAdministrator(Exception):
    """Nobody would be left who could let people in."""


class Same(Enum):
    """What is not to be changed: None is a role, too."""

    AS_IT_IS = "as it is"


AS_IT_IS = Same.AS_IT_IS


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to become of somebody."""

    is_active: bool | Same = AS_IT_IS
    role: Role | Same | None = AS_IT_IS


def everybody() -> QuerySet[User]:
    """Return all accounts with what is told of them: the role, whether there is a second factor."""
    factors = Authenticator.objects.filter(user=OuterRef("pk"), type__in=FACTORS)
    return User.objects.annotate(has_second_factor=Exists(factors)).prefetch_related("groups")


def administrators() -> QuerySet[User]:
    """Return those who can let people in, and come in themselves."""
    named = User.objects.filter(groups__name=Role.ADMINISTRATOR).values("pk")
    return User.objects.filter(Q(is_superuser=True) | Q(pk__in=named), is_active=True)


def change(user: User, wish: Wish, *, by: User) -> list[str]:
    """Do what is wished; return what has changed, in words. Raises NotYours, LastAdministrator.

    Whoever is kept out is signed out for good.
    """
    if user.pk == by.pk:
        raise NotYours("Nobody changes what they may do themselves: somebody else has to.")
    if user.is_superuser and not by.is_superuser:
        raise NotYours("Only superusers change a superuser.")
    with transaction.atomic():
        # One after the other: two must not switch each other off.
        list(administrators().order_by("pk").select_for_update().values_list("pk"))
        changes = [*_let_in_or_out(user, wish.is_active), *_given(user, wish.role)]
        if changes and not administrators().exists():
            raise LastAdministrator
    return changes


def _let_in_or_out(user: User, is_active: bool | Same) -> list[str]:
    if isinstance(is_active, Same) or is_active == user.is_active:
        return []
    user.is_active = is_active
    user.save(update_fields=["is_active"])
    if not is_active:
        user.end_sessions()
    return ["Activated" if is_active else "Deactivated"]


def _given(user: User, role: Role | Same | None) -> list[str]:
    before = role_of(user)
    if isinstance(role, Same) or role == before:
        return []
    give(user, role)
    return [f"Role: {before or 'none'} → {role or 'none'}"]
