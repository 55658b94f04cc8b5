"""Who signs in, with which keys, how much everybody has asked for, and what was answered."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.crypto import salted_hmac

from patriot.accounts.tokens import Token
from patriot.lib.addresses import is_within

LONGEST_LIFE = timedelta(days=365)
# `last_used_at` is for people: a write per request would only cost.
USE_NOTED_EVERY = timedelta(minutes=1)
# What one client may spend in a day, unless somebody decides otherwise.
DAILY_CEILING = Decimal(1)
HIGHEST_DAILY_CEILING = Decimal(1_000)


class User(AbstractUser):
    """A person with an account; roles are Django groups (patriot.accounts.roles)."""

    session_number = models.PositiveIntegerField(
        default=0, db_default=0, editable=False, help_text="Sessions of another number are over."
    )

    def end_sessions(self) -> None:
        """Sign out everywhere, also where the same session would come to life again later."""
        User.objects.filter(pk=self.pk).update(session_number=F("session_number") + 1)
        self.refresh_from_db(fields=["session_number"])

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Return what a session must hold to go on: the password, and which sessions count.

        Django asks for this with each secret that may have signed it.
        """
        known = f"{self.password}{self.session_number or ''}"
        salt = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"
        return salted_hmac(salt, known, secret=secret, algorithm="sha256").hexdigest()


def known_peppers() -> list[str]:
    """Return today's pepper, the earlier ones, and none, while keys may be without."""
    known = [settings.API_KEY_PEPPER, *settings.API_KEY_PEPPER_FALLBACKS]
    return [*known, ""] if settings.API_KEYS_WITHOUT_PEPPER else [each for each in known if each]


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
        COMPLETE_TEXTS = "texts:complete", "have the model complete texts"
        READ_DESK = "desk:read", "look at drafts and at what ails sources"
        READ_SUBSCRIPTIONS = "subscriptions:read", "look at subscriptions and webhooks"
        WRITE_SUBSCRIPTIONS = "subscriptions:write", "set up, pause and end webhooks"
        READ_USERS = "users:read", "look at accounts"
        WRITE_USERS = "users:write", "let people in and out, and change their roles"
        WRITE_JOBS = "jobs:write", "cancel jobs, and run dead ones again"
        FETCH_SOURCES = "sources:fetch", "have sources fetched now"
        WRITE_SOURCES = "sources:write", "import lists of feeds, pause and resume sources"
        TRY_PROMPTS = "prompts:try", "try prompts on told stories, at the house's cost"

    name = models.CharField(max_length=100, help_text="What uses it, such as “newsletter script”.")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="api_keys")
    prefix = models.CharField(max_length=12, unique=True, help_text="The public part of the key.")
    hash = models.CharField(
        max_length=64, help_text="HMAC-SHA256 of the secret part, under API_KEY_PEPPER."
    )
    scopes = ArrayField(
        models.CharField(max_length=30, choices=Scope),
        default=list,
        blank=True,
        help_text="None: it only reads what is public, but more often.",
    )
    daily_ceiling_usd = models.DecimalField(
        "daily ceiling (USD)",
        max_digits=6,
        decimal_places=2,
        default=DAILY_CEILING,
        db_default=DAILY_CEILING,
        validators=[MinValueValidator(0), MaxValueValidator(HIGHEST_DAILY_CEILING)],
        help_text="What the texts that it has completed may cost in a day (UTC); 0 for none.",
    )
    networks = ArrayField(
        models.CharField(max_length=43),
        default=list,
        db_default=models.Value([], ArrayField(models.CharField(max_length=43))),
        blank=True,
        help_text="The addresses and networks that it works from; none: from everywhere.",
    )
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, help_text="To the minute.")

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = "API key"
        permissions = [
            ("manage_apikey", "Can see and revoke everybody's API keys"),
            ("ask_model", "Can have the model complete texts, at the house's cost"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    scopes__contained_by=[
                        *("jobs:read", "reports:produce", "texts:complete", "desk:read"),
                        *("subscriptions:read", "subscriptions:write"),
                        *("users:read", "users:write", "jobs:write"),
                        *("sources:fetch", "sources:write", "prompts:try"),
                    ]
                ),
                name="apikey_scopes_known",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at"))
                & Q(expires_at__lte=F("created_at") + LONGEST_LIFE),
                name="apikey_expires_within_a_year",
            ),
            models.CheckConstraint(
                condition=Q(daily_ceiling_usd__range=(0, HIGHEST_DAILY_CEILING)),
                name="apikey_ceiling_in_range",
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
        self.prefix, self.hash = token.prefix, token.digest(settings.API_KEY_PEPPER)
        self.created_at, self.expires_at = now, now + life
        return token

    def is_usable_from(self, address: str) -> bool:
        """Tell whether a client at this address may use it; "" is no address at all."""
        return not self.networks or is_within(address, self.networks)

    def is_usable(self, now: datetime) -> bool:
        return self.revoked_at is None and now < self.expires_at

    def belongs_to(self, token: Token) -> bool:
        """Tell whether the token is this key's, under today's pepper or an earlier one.

        A key from before there was a pepper goes on working, too.
        """
        return token.fits(self.hash, peppers=known_peppers())

    def keep_under_new_pepper(self, token: Token) -> None:
        """Store the digest anew if it was made under an earlier pepper; the token is this key's."""
        fresh = token.digest(settings.API_KEY_PEPPER)
        if fresh != self.hash:
            # Whoever was faster, on a machine with other settings, has had his way.
            ApiKey.objects.filter(pk=self.pk, hash=self.hash).update(hash=fresh)
            self.hash = fresh

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


class KeptAnswer(models.Model):
    """What a request with an Idempotency-Key was answered, so that it can be asked again.

    One try at a time holds the row: that whose `attempt` it is, until `leased_until`
    (patriot.accounts.idempotency).
    """

    owner = models.CharField(max_length=40, help_text="Who asked, such as “API key 5”.")
    key = models.CharField(max_length=255, help_text="The Idempotency-Key.")
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of what was asked.")
    attempt = models.UUIDField()
    leased_until = models.DateTimeField()
    is_begun = models.BooleanField(
        default=False, help_text="What cannot be undone, such as a payment, may have happened."
    )
    status = models.PositiveSmallIntegerField(null=True, help_text="HTTP; none before the answer.")
    body = models.TextField(blank=True, help_text="JSON.")
    created_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["owner", "key"], name="keptanswer_once"),
            models.CheckConstraint(
                condition=Q(status=None, body="") | Q(status__isnull=False, is_begun=True),
                name="keptanswer_begun_before_answered",
            ),
        ]
        indexes = [
            # those that have run out
            models.Index(fields=["created_at"], name="keptanswer_oldest"),
        ]

    def __str__(self) -> str:
        return f"{self.owner}, {self.key}"
