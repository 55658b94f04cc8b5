"""Who signs in, with which keys, and how much everybody has asked for lately."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from patriot.accounts.tokens import Token

LONGEST_LIFE = timedelta(days=365)
# `last_used_at` is for people: a write per request would only cost.
USE_NOTED_EVERY = timedelta(minutes=1)


class User(AbstractUser):
    """A person with an account; roles are Django groups (patriot.accounts.roles)."""


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def of(self, user: User) -> Self:
        return self.filter(owner=user)

    def usable(self, now: datetime) -> Self:
        return self.filter(revoked_at=None, expires_at__gt=now)

    def revoke(self, now: datetime) -> int:
        """Take back those that are usable; return how many."""
        return self.usable(now).update(revoked_at=now)


class ApiKey(models.Model):
    """A client of the API. It may do what its scopes say, and never more than its owner."""

    class Scope(models.TextChoices):
        READ_JOBS = "jobs:read", "look at jobs"
        PRODUCE_REPORTS = "reports:produce", "have reports produced"

    name = models.CharField(max_length=100, help_text="What uses it, such as “newsletter script”.")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="api_keys")
    prefix = models.CharField(max_length=12, unique=True, help_text="The public part of the key.")
    hash = models.CharField(max_length=64, help_text="SHA-256 of the secret part.")
    scopes = ArrayField(
        models.CharField(max_length=30, choices=Scope),
        default=list,
        blank=True,
        help_text="None: it only reads what is public, but more often.",
    )
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, help_text="To the minute.")

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = "API key"
        permissions = [("manage_apikey", "Can see and revoke everybody's API keys")]
        constraints = [
            models.CheckConstraint(
                condition=Q(scopes__contained_by=["jobs:read", "reports:produce"]),
                name="apikey_scopes_known",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at"))
                & Q(expires_at__lte=F("created_at") + LONGEST_LIFE),
                name="apikey_expires_within_a_year",
            ),
        ]

    if TYPE_CHECKING:
        owner_id: int

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix})"

    def make(self, *, owner: User, now: datetime, life: timedelta) -> Token:
        """Fill in a new key, before it is saved; return what nobody can read out of it again."""
        token = Token.make()
        self.owner = owner
        self.prefix, self.hash = token.prefix, token.digest
        self.created_at, self.expires_at = now, now + life
        return token

    def is_usable(self, now: datetime) -> bool:
        return self.revoked_at is None and now < self.expires_at

    def note_use(self, now: datetime) -> None:
        """Remember that it was used, at most once a minute however many processes ask."""
        stale = Q(last_used_at=None) | Q(last_used_at__lt=now - USE_NOTED_EVERY)
        if self.last_used_at is None or self.last_used_at < now - USE_NOTED_EVERY:
            ApiKey.objects.filter(stale, pk=self.pk).update(last_used_at=now)


class Allowance(models.Model):
    """How far somebody has used up what a rate allows (patriot.accounts.throttling).

    The table is not logged: after a crash everybody begins anew.
    """

    key = models.UUIDField(primary_key=True)
    whole_at = models.DateTimeField(help_text="When nothing of it is used up any more.")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.key)
